"""Prompts as people type them, and as files hold them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.prompt_spec import (
    LONGEST_WORDING,
    MOST_PROMPTS,
    MOST_WORDINGS,
    PromptError,
    PromptSpec,
    parse_prompt,
    parse_prompts,
)
from core_model.timeline import Task

WORDS = st.text(st.characters(codec="utf-8"), max_size=40)


def test_a_prompt_has_wordings_and_what_it_is_not():
    spec = parse_prompt(" dog  barking | hound|HOUND ! cat ! a  cow ", Task.SED)
    assert spec == PromptSpec(Task.SED, ("dog barking", "hound"), ("cat", "a cow"))
    assert spec.name == "dog barking / hound, not cat or a cow"
    assert PromptSpec(Task.TAL, ("jumping",)).name == "jumping"


def test_prompts_are_parted_by_commas_and_lines_for_every_kind():
    specs = parse_prompts("dog, kettle whistle,,\n dog ,", (Task.SED, Task.AVEL))
    assert [(spec.task, spec.name) for spec in specs] == [
        (Task.SED, "dog"),
        (Task.AVEL, "dog"),
        (Task.SED, "kettle whistle"),
        (Task.AVEL, "kettle whistle"),
    ]


def test_the_own_template_goes_before_the_model_s():
    spec = PromptSpec(Task.SED, ("dog", "hound"), ("cat",), "I hear {label}!")
    assert spec.sentences("A sound of {label}.") == (
        ("I hear dog!", "I hear hound!"),
        ("I hear cat!",),
    )
    plain = PromptSpec(Task.SED, ("dog",))
    assert plain.sentences("A sound of {label}.") == (("A sound of dog.",), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no word in it"),
        (" ,\n,, ", "there is no word in it"),
        ("!cat", "there is no word in it"),
        ("|", "there is no word in it"),
        ("…?", "there is no word in '…?'"),
        ("x" * 10_000, "10000 characters are more than 300: xxx"),
        ("dog\x07bark", r"control character: dog\x07bark"),
        ("dog\u202ebark", r"control character: dog\u202ebark"),
        ("dog ! Dog", "'dog' occurs twice"),
        ("|".join(f"w{n}" for n in range(MOST_WORDINGS + 1)), "33 wordings are more than 32"),
        (",".join(f"w{n}" for n in range(MOST_PROMPTS + 1)), "101 prompts are more than 100"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(text, said):
    with pytest.raises(PromptError) as caught:
        parse_prompts(text, (Task.SED,))
    message = str(caught.value)
    assert message.startswith("prompt: ") and said in message
    assert message.isprintable() and len(message) < 200


@pytest.mark.parametrize(
    "template", ["a {label} and {label}", "{}", "no field", "{label} {x}", "\n{label}"]
)
def test_a_template_holds_the_label_once(template):
    with pytest.raises(PromptError, match="template"):
        PromptSpec(Task.SED, ("dog",), template=template)


@given(st.sampled_from(Task), WORDS)
def test_whatever_is_typed_is_a_prompt_that_survives_json_or_one_line(task, text):
    try:
        specs = parse_prompts(text, (task,), "It is {label}.")
    except PromptError as error:
        assert str(error).isprintable()
        return
    for spec in specs:
        assert PromptSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
        assert all(len(each) <= LONGEST_WORDING for each in spec.wordings)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "set 3: must be an object"),
        ({"task": "sed", "wordings": ["a"], "x": 1}, "set 3: unknown key 'x'"),
        ({"task": "smell", "wordings": ["a"]}, "set 3: 'task' must be one of tal, sed, avel"),
        ({"task": ["sed"], "wordings": ["a"]}, "set 3: 'task' must be one of tal, sed, avel"),
        ({"task": "sed", "wordings": "abc"}, "set 3: 'wordings' must be a list of texts"),
        ({"task": "sed", "wordings": [1]}, "set 3: 'wordings' must be a list of texts"),
        ({"task": "sed"}, "set 3: there is no word in it"),
        ({"task": "sed", "wordings": ["a"], "template": 3}, "set 3: 'template' must be a text"),
        ({"task": "sed", "wordings": [" a"]}, "set 3: blanks around 'a'"),
    ],
)
def test_a_file_that_is_no_prompt_is_one_clear_line(raw, said):
    with pytest.raises(PromptError) as caught:
        PromptSpec.from_dict(raw, "set 3")
    assert str(caught.value) == said
