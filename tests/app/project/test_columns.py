"""The arrays of a video: the same whether read anew or kept up to date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.project.columns import SegmentColumns, TextPool
from training.annotations.model import State

rows_of_segments = st.lists(
    st.tuples(
        st.integers(1, 30),  # id
        st.integers(0, 12),  # onset
        st.integers(0, 9),  # length
        st.integers(1, 3),  # label
        st.none() | st.floats(0, 1),
        st.sampled_from(("", "anna", "ben")),
    ),
    unique_by=lambda row: row[0],
    max_size=20,
)


def as_rows(segments: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """As the reader gives them: sorted by onset and id."""
    rows = [
        (n, onset, onset + length, label, label % 3, n % 4, n % 3, score, n % 2, who, "", "")
        for n, onset, length, label, score, who in segments
    ]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def same(first: SegmentColumns, second: SegmentColumns) -> bool:
    return [first.segment(i) for i in range(len(first))] == [
        second.segment(i) for i in range(len(second))
    ] and first.reach_us.tolist() == second.reach_us.tolist()


@given(before=rows_of_segments, after=rows_of_segments, few=st.booleans())
def test_updates_give_what_reading_anew_gives(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], few: bool
) -> None:
    old = {row[0]: row for row in before}
    new = {row[0]: row for row in (after[:1] if few else after)}
    gone = set() if few else {n for n in old if n % 3 == 0} - new.keys()
    whole = {**{n: row for n, row in old.items() if n not in gone}, **new}
    texts = TextPool()
    columns = SegmentColumns.from_rows(1, as_rows(list(old.values())), texts)
    kept = [columns.segment(i) for i in range(len(columns))]
    updated = columns.updated(new.keys() | gone, as_rows(list(new.values())))
    assert same(updated, SegmentColumns.from_rows(1, as_rows(list(whole.values())), texts))
    # What was handed out before is as it was.
    assert [columns.segment(i) for i in range(len(columns))] == kept


def test_many_changes_at_once_stay_sorted() -> None:
    texts = TextPool()
    rows = as_rows([(n, (n * 7_919) % 1_000, 5, 1, None, "") for n in range(1, 501)])
    columns = SegmentColumns.from_rows(1, rows, texts)
    moved = as_rows([(n, (n * 104_729) % 1_000, 5, 1, None, "") for n in range(1, 401)])
    whole = as_rows(
        [(n, (n * (104_729 if n < 401 else 7_919)) % 1_000, 5, 1, None, "") for n in range(1, 501)]
    )
    updated = columns.updated(range(1, 401), moved)
    assert same(updated, SegmentColumns.from_rows(1, whole, texts))


@given(segments=rows_of_segments, start=st.integers(-2, 25), length=st.integers(0, 12))
def test_segments_within_a_span(segments: list[tuple[Any, ...]], start: int, length: int) -> None:
    columns = SegmentColumns.from_rows(1, as_rows(segments), TextPool())
    end = start + length
    touching = (columns.onset_us <= end) & (columns.offset_us >= start)
    assert columns.within(start, end).tolist() == np.flatnonzero(touching).tolist()


def test_trim_shares_what_it_leaves_alone() -> None:
    columns = SegmentColumns.from_rows(
        1, as_rows([(1, 0, 5, 1, 0.5, "anna"), (2, 9, 5, 1, None, "")]), TextPool()
    )
    trimmed = columns.updated([1], as_rows([(1, 0, 4, 1, 0.5, "anna")]))
    assert trimmed.onset_us is columns.onset_us
    assert trimmed.offset_us is not columns.offset_us


def test_lookups() -> None:
    columns = SegmentColumns.from_rows(
        4, as_rows([(7, 5, 5, 2, 0.5, "anna"), (2, 9, 5, 1, None, "")]), TextPool()
    )
    assert columns.row_of(2) == 1
    assert columns.row_of(3) is None
    assert columns.rows_of([2, 7, 99]).tolist() == [0, 1]
    segment = columns.segment(0)
    assert (segment.id, segment.video_id, segment.score, segment.annotator) == (7, 4, 0.5, "anna")
    assert segment.state is State.UNSURE
    assert columns.segment(1).score is None


def test_video_without_segments() -> None:
    columns = SegmentColumns.from_rows(1, [], TextPool())
    assert len(columns) == 0
    assert columns.within(0, 10).tolist() == []
    filled = columns.updated([1], as_rows([(1, 0, 5, 1, None, "")]))
    assert len(filled) == 1
    assert len(filled.updated([1], [])) == 0


@pytest.mark.parametrize("name", ["ids", "onset_us", "offset_us"])
def test_times_have_room_for_microseconds(name: str) -> None:
    columns = SegmentColumns.from_rows(1, as_rows([(1, 0, 5, 1, None, "")]), TextPool())
    assert getattr(columns, name).dtype == np.int64
