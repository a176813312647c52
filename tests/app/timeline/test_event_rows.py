"""Rows: nothing lost, nothing overlapping, labels where they were, cuts and cover exact."""

from __future__ import annotations

from operator import is_

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.detection_table import DetectionTable
from app.timeline.event_rows import LabelOrder, Row, kept, rows_in, rows_of
from core_model.timeline import Detection, Task

S = 1_000_000


def event(label: str, onset_s: float, offset_s: float, score: float = 0.5) -> Detection:
    return Detection(Task.SED, label, round(onset_s * S), round(offset_s * S), score)


@st.composite
def event_lists(draw: st.DrawFn) -> list[Detection]:
    found = []
    for _ in range(draw(st.integers(0, 25))):
        onset_s = draw(st.integers(0, 60))
        label = draw(st.sampled_from("abcd"))
        found.append(event(label, onset_s, onset_s + draw(st.integers(1, 20))))
    return found


def labels_of(rows: tuple[Row, ...]) -> list[list[str]]:
    return [[found.label for found in row.events] for row in rows]


@given(event_lists())
def test_every_event_is_in_one_row_and_none_overlap(events: list[Detection]) -> None:
    rows = rows_of(events, LabelOrder())
    laid_out = [found for row in rows for found in row.events]
    assert sorted(laid_out, key=repr) == sorted(events, key=repr)
    for row in rows:
        assert np.all(row.onset_us[1:] >= row.offset_us[:-1])
        assert row.onset_us.tolist() == [found.onset_us for found in row.events]


@given(event_lists(), st.integers(-5, 85), st.integers(1, 30))
def test_a_span_holds_exactly_what_touches_it(
    events: list[Detection], start_s: int, length_s: int
) -> None:
    start_us, end_us = start_s * S, (start_s + length_s) * S
    for row in rows_of(events, LabelOrder()):
        first, last = row.span(start_us, end_us)
        expected = [e for e in row.events if e.onset_us < end_us and e.offset_us > start_us]
        assert list(row.events[first:last]) == expected


@given(event_lists(), st.integers(-1, 85))
def test_hit_testing_agrees_with_looking_at_each(events: list[Detection], time_s: int) -> None:
    for row in rows_of(events, LabelOrder()):
        hits = [e for e in row.events if e.onset_us <= time_s * S < e.offset_us]
        assert row.at(time_s * S) == (hits[0] if hits else None)


def test_labels_share_a_row_only_where_they_never_meet() -> None:
    events = [event("dog", 0, 4), event("speech", 2, 6), event("bell", 7, 8), event("dog", 8, 9)]
    assert labels_of(rows_of(events, LabelOrder())) == [["dog", "bell", "dog"], ["speech"]]


def test_events_of_one_label_that_overlap_are_stacked() -> None:
    events = [event("dog", 0, 4), event("dog", 1, 5), event("dog", 4, 6), event("dog", 2, 3)]
    assert [len(row.events) for row in rows_of(events, LabelOrder())] == [2, 1, 1]


def test_rows_stay_as_results_stream_in() -> None:
    order = LabelOrder()
    first = [event("dog", 5, 9), event("speech", 6, 12)]
    assert labels_of(rows_of(first, order)) == [["dog"], ["speech"]]
    later = [event("bell", 0, 7), *first]
    assert labels_of(rows_of(later, order)) == [["dog"], ["speech"], ["bell"]]


def test_touching_events_share_a_row() -> None:
    assert len(rows_of([event("a", 0, 1), event("b", 1, 2)], LabelOrder())) == 1


@given(event_lists(), st.lists(st.booleans(), min_size=25, max_size=25))
def test_rows_lose_what_is_hidden_and_nothing_moves(
    events: list[Detection], shown: list[bool]
) -> None:
    table = DetectionTable.of(tuple(events))
    is_shown = np.array(shown[: len(events)], bool)
    rows = rows_in(table, np.arange(len(events)), LabelOrder())
    fewer = kept(rows, is_shown)
    stays = [row.places[is_shown[row.places]].tolist() for row in rows]
    assert [row.places.tolist() for row in fewer] == [each for each in stays if each]
    for row in fewer:
        assert row.onset_us.tolist() == [found.onset_us for found in row.events]
    assert all(map(is_, kept(rows, np.ones(len(events), bool)), rows))


def test_a_layout_that_is_cancelled_ends() -> None:
    table = DetectionTable.of((event("dog", 0, 1), event("cat", 0, 1)))
    assert rows_in(table, np.arange(2), LabelOrder(), lambda: False) == ()
