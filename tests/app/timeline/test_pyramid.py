"""Pyramids: the same however the entries came, and true to them at every zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.timeline.pyramid import GROUP, Pyramid

entries = hnp.arrays(np.uint8, st.tuples(st.integers(1, 200), st.just(3)))


def filled(rows: np.ndarray, extreme: np.ufunc = np.maximum, expected: int = 200) -> Pyramid:
    pyramid = Pyramid(rows.shape[1], rows.dtype, extreme, expected)
    pyramid.append(rows)
    return pyramid


@given(entries, st.lists(st.integers(0, 60), max_size=8), st.integers(1, 300), st.floats(1, 90))
def test_blocks_do_not_matter(
    rows: np.ndarray, cuts: list[int], expected: int, per_column: float
) -> None:
    pieces = Pyramid(3, np.uint8, np.maximum, expected)
    for piece in np.split(rows, np.minimum(np.cumsum(cuts), len(rows)).astype(int)):
        pieces.append(piece)
    whole = filled(rows, expected=expected)
    assert pieces.count == len(rows)
    np.testing.assert_array_equal(
        pieces.columns(0, per_column, 20), whole.columns(0, per_column, 20)
    )


@given(entries, st.integers(0, 3), st.integers(1, GROUP - 1))
def test_columns_of_whole_groups_are_exact(rows: np.ndarray, level: int, groups: int) -> None:
    per_column = groups * GROUP**level
    picture = filled(rows).columns(0, per_column, 10)
    for column in range(10):
        covered = rows[column * per_column : (column + 1) * per_column]
        if len(covered):
            np.testing.assert_array_equal(picture[column], covered.max(axis=0))
        else:
            assert np.isnan(picture[column]).all()


@given(entries, st.floats(-50, 250), st.floats(1, 64))
def test_no_peak_is_lost_or_moved_further_than_a_column(
    rows: np.ndarray, first: float, per_column: float
) -> None:
    picture = filled(rows).columns(first, per_column, 8)
    for column in range(8):
        left, right = first + (column - 1) * per_column, first + (column + 2) * per_column
        near = rows[max(0, int(np.floor(left))) : max(0, int(np.ceil(right)))]
        seen = picture[column]
        assert np.isnan(seen).all() or (len(near) and np.all(seen <= near.max(axis=0)))


def test_minima_are_kept_as_minima() -> None:
    rows = np.array([[5], [-3], [7], [2], [9]], np.int16)
    picture = filled(rows, np.minimum).columns(0, 2, 3)
    np.testing.assert_array_equal(picture[:, 0], [-3, 2, 9])


def test_between_entries_values_run_straight() -> None:
    rows = np.array([[0], [100]], np.uint8)
    picture = filled(rows).columns(0, 0.25, 12)[:, 0]
    assert picture[:2] == pytest.approx([0, 0])
    assert picture[2:6] == pytest.approx([12.5, 37.5, 62.5, 87.5])
    assert picture[6:8] == pytest.approx([100, 100])
    assert np.isnan(picture[8:]).all()


def test_nothing_is_nowhere() -> None:
    pyramid = Pyramid(4, np.uint8, np.maximum, 10)
    pyramid.append(np.zeros((0, 4), np.uint8))
    assert np.isnan(pyramid.columns(0, 3, 5)).all()


def test_all_levels_together_take_a_third_more() -> None:
    pyramid = Pyramid(80, np.uint8, np.maximum, 360_000)
    assert 80 * 360_000 < pyramid.nbytes < 80 * 360_000 * 1.35
