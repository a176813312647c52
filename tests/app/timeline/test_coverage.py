"""The share of each column that rows cover is exact, and the same wherever one looks from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.detection_table import DetectionTable
from app.timeline.coverage import LEAST_SHARE, coverage, most_covered
from app.timeline.event_rows import LabelOrder, Row, rows_of
from app.timeline.time_scale import TimeScale
from core_model.timeline import Detection, Task

S = 1_000_000
COLUMNS = 30


def event(label: str, onset_s: float, length_s: float) -> Detection:
    onset_us = round(onset_s * S)
    return Detection(Task.SED, label, onset_us, onset_us + round(length_s * S), 0.5)


def scale_from(start_s: float, column_s: float) -> TimeScale:
    """``COLUMNS`` columns from about a time on, on a raster that is anchored at 0."""
    start_us = round(start_s * S)
    return TimeScale(start_us, start_us + round(COLUMNS * column_s * S), 100, COLUMNS)


@st.composite
def some_rows(draw: st.DrawFn) -> tuple[Row, ...]:
    count = draw(st.integers(0, 25))
    onsets_s, lengths_s = st.integers(0, 600), st.sampled_from((0.001, 0.1, 2.5, 7.0, 20.0))
    return rows_of(
        (
            event(draw(st.sampled_from("abcd")), draw(onsets_s) / 10, draw(lengths_s))
            for _ in range(count)
        ),
        LabelOrder(),
    )


@given(some_rows(), st.floats(-5, 40), st.floats(0.3, 7.0))
def test_coverage_is_the_covered_share(
    rows: tuple[Row, ...], start_s: float, column_s: float
) -> None:
    scale = scale_from(start_s, column_s)
    shares = coverage(rows, scale, COLUMNS)
    assert shares.shape == (len(rows), COLUMNS)
    bounds_us = (scale.first_column + np.arange(COLUMNS + 1)) * scale.us_per_column
    for row, got in zip(rows, shares, strict=True):
        for column, (left, right) in enumerate(pairwise(bounds_us)):
            spans = ((min(e.offset_us, right), max(e.onset_us, left)) for e in row.events)
            share = sum(max(0.0, end - begin) for end, begin in spans) / (right - left)
            if share > 1e-5:
                assert got[column] == pytest.approx(min(max(share, LEAST_SHARE), 1.0), abs=1e-5)
            elif share == 0:
                assert got[column] in (0.0, LEAST_SHARE)


@given(some_rows(), st.floats(0, 40), st.floats(0.1, 7.0))
def test_the_most_covered_are_the_largest_of_all_rows(
    rows: tuple[Row, ...], start_s: float, column_s: float
) -> None:
    scale = scale_from(start_s, column_s)
    largest = coverage(rows, scale, COLUMNS).max(axis=0, initial=0.0)
    np.testing.assert_allclose(most_covered(rows, scale), largest, atol=1e-12)


@given(some_rows(), st.integers(1, COLUMNS - 1), st.floats(0.1, 7.0))
def test_columns_look_the_same_wherever_the_view_begins(
    rows: tuple[Row, ...], shift: int, column_s: float
) -> None:
    here = scale_from(3.0, column_s)
    there = TimeScale(
        here.start_us + round(shift * here.us_per_column),
        here.end_us + round(shift * here.us_per_column),
        100,
        COLUMNS,
    )
    if there.us_per_column == here.us_per_column:
        first = there.first_column - here.first_column
        seen = coverage(rows, here, COLUMNS)[:, first:]
        np.testing.assert_array_equal(coverage(rows, there, COLUMNS)[:, : COLUMNS - first], seen)


def test_a_very_short_event_is_not_lost_from_afar() -> None:
    rows = rows_of([event("click", 100, 0.001)], LabelOrder())
    scale = TimeScale(0, 3_600 * S, 0, 1_000)
    for got in (coverage(rows, scale, 1_000)[0], most_covered(rows, scale)):
        assert np.count_nonzero(got) == 1
        assert got.max() == LEAST_SHARE


def test_points_are_seen_at_their_time() -> None:
    here = np.array([5 * S])
    table = DetectionTable.of((event("click", 5, 0.001),))
    point = Row(here, here, table, np.array([0]))
    scale = TimeScale(0, 10 * S, 0, 10)
    assert np.flatnonzero(coverage([point], scale, 10)[0]).tolist() == [5]
    assert np.flatnonzero(most_covered([point], scale)).tolist() == [5]
