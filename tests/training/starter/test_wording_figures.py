"""Prompts in other words: what is asked for, and how the figures come together."""

import json
from pathlib import Path

import pytest

from core_model.bundle_description import read_description, starter_folder
from core_model.timeline import Task
from training.starter import wording_figures
from training.starter.wording_figures import WordingFigures, summary, table, unseen_wordings


def test_no_asked_wording_was_trained() -> None:
    trained = json.loads(
        (Path(wording_figures.__file__).with_name("wordings.json")).read_text(encoding="utf-8")
    )
    known = {word.casefold() for words in trained.values() for word in words}
    known |= {
        label.casefold()
        for task in read_description(starter_folder()).tasks.values()
        for label in task.labels
    }
    asked = [word for labels in unseen_wordings().values() for ws in labels.values() for word in ws]
    assert not known & {word.casefold() for word in asked}


def test_at_least_forty_labels_are_asked_for_in_two_other_wordings() -> None:
    tasks = read_description(starter_folder()).tasks
    for task, labels in unseen_wordings().items():
        assert set(labels) <= set(tasks[task].labels)
        assert all(len(set(words)) >= 2 for words in labels.values())
    assert len(unseen_wordings()[Task.SED]) >= 40


def test_the_ratio_is_of_the_means() -> None:
    figures = [
        WordingFigures(Task.SED, "dog", 9, 0.8, {"a barking hound": 0.6, "woof": 0.2}),
        WordingFigures(Task.SED, "siren", 5, 0.4, {"a wailing alarm": 0.1}),
    ]
    assert [f.ratio for f in figures] == pytest.approx([0.5, 0.25])
    row = summary(figures)["sed"]
    assert row == {
        "labels": 2,
        "trained": 0.6,
        "unseen": 0.25,
        "ratio": 0.4167,
        "at_least_half": 1,
    }
    assert table(figures).splitlines()[1].split()[:2] == ["sed", "siren"]
