"""Limits by label and by kind agree, for detections and for segments of a project."""

from __future__ import annotations

import numpy as np

from app.limits import HIDDEN, Limits
from app.project.columns import SegmentColumns, TextPool
from app.project.values import Label
from core_model.timeline import Task

LABELS = (Label(1, Task.SED, "dog"), Label(2, Task.SED, "bell"), Label(7, Task.TAL, "dog"))


def columns() -> SegmentColumns:
    rows = [
        (number, 0, 1, label.id, list(Task).index(label.kind), 0, 1, 0.5, 0, "", "", "")
        for number, label in enumerate(LABELS, start=1)
    ]
    return SegmentColumns.from_rows(1, rows, TextPool())


def test_a_label_counts_before_its_kind_and_only_in_its_kind() -> None:
    limits = Limits({Task.SED: 0.5, Task.TAL: 0.6}, {(Task.SED, "dog"): 0.2})
    assert [limits.of(label.kind, label.name) for label in LABELS] == [0.2, 0.5, 0.6]
    assert limits.of_segments(LABELS).of(columns()).tolist() == [0.2, 0.5, 0.6]


def test_nothing_of_a_hidden_kind_is_shown() -> None:
    limits = Limits({Task.SED: HIDDEN}, {(Task.SED, "dog"): 0.2})
    assert limits.of(Task.SED, "dog") > 1
    assert limits.of_segments(LABELS).of(columns()).tolist() == [HIDDEN, HIDDEN, 0.0]


def test_some_rows_are_told_as_all_are() -> None:
    limits = Limits({Task.SED: 0.5}, {(Task.TAL, "dog"): 0.9}).of_segments(LABELS)
    assert limits.of(columns(), np.array([2, 0])).tolist() == [0.9, 0.5]
    assert Limits().of_segments(()).of(columns()).tolist() == [0.0, 0.0, 0.0]
