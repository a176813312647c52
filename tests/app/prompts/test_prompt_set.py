"""Sets of prompts as JSON: nothing lost, and nothing taken from a file that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prompts.prompt_book import Prompt
from app.prompts.prompt_memory import FIRST_KINDS, PromptMemory
from app.prompts.prompt_set import (
    LARGEST_BYTES,
    PromptSet,
    PromptSetError,
    Result,
    from_json,
    read_sets,
    to_json,
    write_sets,
)
from core_model.prompt_spec import PromptSpec
from core_model.timeline import Task

words = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)
shares = st.floats(0, 1)
# Values are made in the tests: checks of types draw random numbers, which strategies must not.
raw_prompts = st.lists(
    st.tuples(
        st.sampled_from(Task),
        st.lists(words, min_size=2, max_size=4, unique_by=str.casefold).map(tuple),
        st.integers(1, 2),
        st.sampled_from(["", "a sound of {label}"]),
        shares,
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[:4],
)
raw_results = st.lists(
    st.tuples(
        words,
        words,
        st.datetimes(),
        st.lists(shares, min_size=4, max_size=4),
        st.lists(st.integers(0, 10_000), min_size=4, max_size=4),
    ),
    max_size=3,
)
raw_sets = st.lists(
    st.tuples(words, raw_prompts, words, raw_results), max_size=4, unique_by=lambda each: each[0]
)


def made_prompts(rows: list[tuple]) -> tuple[Prompt, ...]:
    return tuple(
        Prompt(PromptSpec(task, texts[:cut], texts[cut:], template), threshold, shown)
        for task, texts, cut, template, threshold, shown in rows
    )


def made_set(raw: tuple) -> PromptSet:
    name, rows, notes, results = raw
    number = len(rows)
    return PromptSet(
        name,
        made_prompts(rows),
        notes,
        tuple(
            Result(video, model, at.isoformat(), tuple(limits[:number]), tuple(counts[:number]))
            for video, model, at, limits, counts in results
        ),
    )


@given(raw_sets)
def test_sets_come_back_as_they_were(raw: list[tuple]) -> None:
    wanted = [made_set(each) for each in raw]
    text = json.dumps(to_json(wanted))
    assert from_json(json.loads(text), "file") == tuple(wanted)


@given(
    st.frozensets(st.sampled_from(Task), min_size=1),
    raw_prompts,
    st.dictionaries(st.sampled_from(Task), st.just("the noise of {label}")),
)
def test_the_list_is_remembered(
    kinds: frozenset[Task], rows: list[tuple], templates: dict[Task, str]
) -> None:
    memory = PromptMemory(kinds, templates, made_prompts(rows))
    assert PromptMemory.from_stored(json.loads(json.dumps(memory.stored()))) == memory


@pytest.mark.parametrize(
    "raw", [{}, {"kinds": 7, "templates": [], "prompts": {}}, {"kinds": ["x"], "prompts": [1, {}]}]
)
def test_settings_that_make_no_sense_are_left_at_their_defaults(raw: dict[str, Any]) -> None:
    assert PromptMemory.from_stored(raw) == PromptMemory(FIRST_KINDS)


def good() -> dict[str, Any]:
    spec = PromptSpec(Task.SED, ("dog",))
    result = Result("a.mp4", "starter 1.1", "2026-01-01T10:00:00+00:00", (0.3,), (7,))
    return to_json([PromptSet("birds", (Prompt(spec),), "notes", (result,))])


def changed(**values: Any) -> dict[str, Any]:
    raw = good()
    raw["sets"][0].update(values)
    return raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "object"),
        ([], "object"),
        ({"avscope_prompt_sets": 1}, "missing key 'sets'"),
        ({**good(), "more": 1}, "unknown key 'more'"),
        ({**good(), "avscope_prompt_sets": 99}, "version"),
        ({**good(), "sets": {}}, "list"),
        ({**good(), "sets": good()["sets"] * 2}, "one name"),
        ({**good(), "sets": good()["sets"] * 501}, "500"),
        (changed(name=""), "name"),
        (changed(name="two\nlines"), "name"),
        (changed(notes="\ud800"), "no text"),
        (changed(prompts=[]), "without prompts"),
        (changed(prompts=good()["sets"][0]["prompts"] * 2, results=[]), "twice"),
        (changed(prompts=[{"spec": {}, "threshold": 0.5, "shown": True}]), "task"),
        (changed(results=[{**good()["sets"][0]["results"][0], "counts": [1, 2]}]), "one number"),
        (changed(results=[{**good()["sets"][0]["results"][0], "at": "soon"}]), "date"),
        (changed(results=[{**good()["sets"][0]["results"][0], "counts": [True]}]), "whole"),
    ],
)
def test_what_is_no_list_of_sets_gives_one_line_with_the_reason(raw: object, reason: str) -> None:
    with pytest.raises(PromptSetError, match=reason) as caught:
        from_json(raw, "strange.json")
    assert str(caught.value).startswith("strange.json")
    assert "\n" not in str(caught.value)


def test_thresholds_beyond_1_and_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    raw = good()
    raw["sets"][0]["prompts"][0]["threshold"] = 1.5
    with pytest.raises(PromptSetError, match="threshold"):
        from_json(raw, "file")
    file = tmp_path / "nan.json"
    file.write_text(json.dumps(raw).replace("1.5", "NaN"), encoding="utf-8")
    with pytest.raises(PromptSetError, match=r"nan\.json: not JSON"):
        read_sets(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b" " * (LARGEST_BYTES + 1), "larger"),
    ],
)
def test_files_of_strangers_give_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "strange.json"
    file.write_bytes(content)
    with pytest.raises(PromptSetError, match=reason):
        read_sets(file)
    with pytest.raises(PromptSetError):
        read_sets(tmp_path / "missing.json")
    with pytest.raises(PromptSetError):
        read_sets(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = from_json(good(), "good")
    write_sets(tmp_path / "new" / "sets.json", kept)
    assert read_sets(tmp_path / "new" / "sets.json") == kept
    with pytest.raises(PromptSetError):
        write_sets(tmp_path / "new" / "sets.json" / "below", kept)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["sets.json"]
