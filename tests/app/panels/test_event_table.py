"""The rows behind the list of events."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from app.detection_table import DetectionTable
from app.panels.event_table import DURATION, KIND, LABEL, ONSET, SCORE, EventTable
from core_model.timeline import Detection, Task

ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def event(
    label: str, onset_s: float, length_s: float = 1.0, score: float = 0.5, task: Task = Task.SED
) -> Detection:
    onset_us = round(onset_s * 1e6)
    return Detection(task, label, onset_us, onset_us + round(length_s * 1e6), score)


DOG, SPEECH, DOOR = event("dog", 3, 2, 0.9), event("Speech", 1, 0.5, 0.7), event("door", 2, 9, 0.8)


def show(table: EventTable, found: tuple[Detection, ...]) -> None:
    table.set_table(DetectionTable.of(found), np.ones(len(found), bool))


def labels(table: EventTable) -> list[str]:
    return [table.detection(row).label for row in range(table.rowCount())]


def test_rows_are_sorted_by_the_chosen_column() -> None:
    table = EventTable()
    show(table, (DOG, SPEECH, DOOR))
    assert labels(table) == ["Speech", "door", "dog"]
    table.sort(SCORE, DESCENDING)
    assert labels(table) == ["dog", "door", "Speech"]
    table.sort(LABEL, ASCENDING)
    assert labels(table) == ["dog", "door", "Speech"]
    table.sort(DURATION, ASCENDING)
    assert labels(table) == ["Speech", "dog", "door"]


def test_the_heading_says_how_rows_are_sorted() -> None:
    table = EventTable()
    table.sort(SCORE, DESCENDING)
    assert table.headerData(SCORE, Qt.Orientation.Horizontal) == "Score ▾"
    assert table.headerData(ONSET, Qt.Orientation.Horizontal) == "Onset"


def test_filter_looks_into_labels_in_any_case() -> None:
    table = EventTable()
    show(table, (DOG, SPEECH, DOOR))
    table.set_filter(" DO")
    assert labels(table) == ["door", "dog"]
    show(table, (SPEECH, DOOR))
    assert labels(table) == ["door"]
    table.set_filter("")
    assert labels(table) == ["Speech", "door"]
    table.set_table(DetectionTable.of((SPEECH, DOOR)), np.array([False, True]))
    assert labels(table) == ["door"]


def test_texts() -> None:
    table = EventTable()
    show(table, (DOG,))
    texts = [table.data(table.index(0, column)) for column in range(table.columnCount())]
    assert texts == ["", "dog", "00:03.000", "2.00 s", "0.90"]
    spoken = table.data(table.index(0, KIND), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "dog (sound), 00:03.000 – 00:05.000, score 0.90"


def test_rows_that_stay_are_neither_removed_nor_added() -> None:
    table = EventTable()
    show(table, (SPEECH, DOOR, DOG))
    removed: list[tuple[int, int]] = []
    added: list[tuple[int, int]] = []
    table.rowsRemoved.connect(lambda _parent, first, last: removed.append((first, last)))
    table.rowsInserted.connect(lambda _parent, first, last: added.append((first, last)))
    show(table, (SPEECH, event("bell", 2.5), DOG))
    assert removed == [(1, 1)]
    assert added == [(1, 1)]


events = st.lists(
    st.builds(
        event,
        st.sampled_from(["dog", "speech", "bell"]),
        st.integers(0, 5),
        st.integers(1, 3),
        st.sampled_from([0.1, 0.5, 0.9]),
        st.sampled_from(list(Task)),
    ),
    max_size=12,
)


@given(st.lists(events, min_size=1, max_size=4), st.integers(KIND, SCORE), st.booleans())
def test_any_change_ends_in_the_sorted_rows(
    steps: list[list[Detection]], column: int, descending: bool
) -> None:
    table = EventTable()
    tester = QAbstractItemModelTester(table)
    table.sort(column, DESCENDING if descending else ASCENDING)
    for found in steps:
        show(table, tuple(found))
        rows = [table.detection(row) for row in range(table.rowCount(QModelIndex()))]
        assert sorted(map(repr, rows)) == sorted(map(repr, found))
    assert tester.model() is table


@given(events, st.lists(st.integers(0, 10), min_size=2, max_size=5), st.booleans())
def test_a_threshold_that_moves_only_takes_rows_out_and_in(
    found: list[Detection], steps: list[int], descending: bool
) -> None:
    model, table = EventTable(), DetectionTable.of(tuple(found))
    tester = QAbstractItemModelTester(model)
    model.sort(SCORE, DESCENDING if descending else ASCENDING)
    for step in steps:
        model.set_table(table, table.scores >= step / 10)
        rows = [model.detection(row) for row in range(model.rowCount())]
        expected = [each for each in found if each.score >= step / 10]
        expected.sort(key=lambda each: each.score, reverse=descending)
        assert rows == expected
    assert tester.model() is model
