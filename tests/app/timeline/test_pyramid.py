"""Pyramids: true to their rows at every zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.timeline.pyramid import GROUP, between, build_levels, largest

ROWS = 256
entries = hnp.arrays(np.uint8, (ROWS, 3))


@given(hnp.arrays(np.int16, (64, 5)))
def test_few_columns_are_as_many(rows: np.ndarray) -> None:
    for narrow, wide in zip(build_levels(rows[:, :2]), build_levels(rows), strict=True):
        np.testing.assert_array_equal(narrow, wide[:, :2])


class Memory:
    """Levels in memory, of which some rows are not known."""

    def __init__(self, rows: np.ndarray, known: range = range(ROWS)) -> None:
        self._levels = build_levels(rows)
        self._known = known

    @property
    def level_count(self) -> int:
        return len(self._levels)

    def read(self, level: int, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        size = GROUP**level
        indices = np.arange(first, end)
        known = (indices >= self._known.start // size) & (indices * size < self._known.stop)
        rows = np.zeros((end - first, self._levels[level].shape[1]), np.uint8)
        rows[known] = self._levels[level][indices[known]]
        return rows, known


@given(entries, st.integers(0, 3), st.integers(1, GROUP - 1))
def test_columns_of_whole_groups_are_exact(rows: np.ndarray, level: int, groups: int) -> None:
    per_column = groups * GROUP**level
    picture, known = largest(Memory(rows), 0, per_column, 10)
    for column in range(10):
        covered = rows[column * per_column : (column + 1) * per_column]
        assert known[column] == bool(len(covered))
        if len(covered):
            np.testing.assert_array_equal(picture[column], covered.max(axis=0))


@given(entries, st.floats(-50, 250), st.floats(1, 64))
def test_no_peak_is_lost_or_moved_further_than_a_column(
    rows: np.ndarray, first: float, per_column: float
) -> None:
    picture, known = largest(Memory(rows), first, per_column, 8)
    for column in np.nonzero(known)[0].tolist():
        left, right = first + (column - 1) * per_column, first + (column + 2) * per_column
        near = rows[max(0, int(np.floor(left))) : max(0, int(np.ceil(right)))]
        assert len(near)
        assert np.all(picture[column] <= near.max(axis=0))


@given(entries, st.floats(0, 100), st.floats(1, 20))
def test_every_peak_is_seen(rows: np.ndarray, first: float, per_column: float) -> None:
    picture, _ = largest(Memory(rows), first, per_column, 5)
    inside = rows[int(np.ceil(first / 16)) * 16 : int((first + 5 * per_column) // 16) * 16]
    if len(inside):
        assert np.all(picture.max(axis=0) >= inside.max(axis=0))


def test_levels_end_with_one_row() -> None:
    levels = build_levels(np.arange(64, dtype=np.int16)[:, None])
    assert [len(level) for level in levels] == [64, 16, 4, 1]
    assert [int(level[0, 0]) for level in levels] == [0, 3, 15, 63]


def test_between_rows_values_run_straight() -> None:
    rows = np.array([[0], [100]], np.uint8)
    position = np.array([-0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25])
    values, known = between(rows, np.array([True, True]), position)
    assert values[:, 0] == pytest.approx([0, 0, 25, 50, 75, 100, 100])
    assert known.all()


def test_nothing_is_mixed_with_what_is_not_known() -> None:
    rows = np.array([[80], [0]], np.uint8)
    values, known = between(rows, np.array([True, False]), np.array([0.0, 0.4, 0.6]))
    assert values[:2, 0] == pytest.approx([80, 80])
    assert known.tolist() == [True, True, False]


def test_nothing_is_nowhere() -> None:
    _, known = largest(Memory(np.zeros((ROWS, 2), np.uint8), range(0)), 0, 3, 5)
    assert not known.any()
