"""Overlap and agreement by hand, and matching as it should be whatever comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prompts.comparison import Overlap, agreement, matches, overlap, spans_of
from core_model.timeline import Detection, Task
from tests.app.prompts.prompt_parts import DOG, HOUND, RUN, hits

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda each: (each[0], sum(each))),
    max_size=12,
).map(lambda rows: np.array(rows, np.float64).reshape(-1, 2))


def test_events_that_are_the_same_are_counted_once() -> None:
    first = hits(DOG, (0, 2, 0.9), (4, 6, 0.8), (8, 9, 0.7))
    second = hits(HOUND, (0, 2, 0.9), (4.5, 6, 0.5))
    assert overlap(first, second) == Overlap(3, 2, 2, pytest.approx((1 + 0.75) / 2))
    assert overlap(first, second).share == pytest.approx(2 / 3)
    assert overlap((), ()).share == 1.0
    assert overlap(first, ()) == Overlap(3, 0, 0, 0.0)


def test_events_of_another_kind_are_never_the_same() -> None:
    assert overlap(hits(DOG, (0, 2, 0.9)), hits(RUN, (0, 2, 0.9))).matched == 0


def test_agreement_counts_what_is_shown_and_ranks_everything() -> None:
    found = hits(DOG, (0, 2, 0.9), (4, 6, 0.6), (8, 9, 0.2))
    shown = [each for each in found if each.score >= 0.5]
    annotated = spans_of(hits(DOG, (0, 2, 1.0), (8, 9, 1.0), (20, 21, 1.0)))
    told = agreement(found, shown, annotated)
    assert (told.hits, told.shown, told.annotated) == (1, 2, 3)
    assert told.precision == 0.5
    assert told.recall == pytest.approx(1 / 3)
    assert told.f1 == pytest.approx(0.4)
    assert told.average_precision == pytest.approx((1 + 2 / 3) / 3)


def test_nothing_annotated_and_nothing_shown_are_no_agreement() -> None:
    nothing = agreement((), (), np.empty((0, 2)))
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.average_precision) == (0,) * 4


@given(spans, spans)
def test_matches_are_one_to_one_and_near_enough(first: np.ndarray, second: np.ndarray) -> None:
    found = matches(first, second)
    assert len({one for one, _, _ in found}) == len(found) == len({o for _, o, _ in found})
    for one, other, tiou in found:
        shared = min(first[one, 1], second[other, 1]) - max(first[one, 0], second[other, 0])
        union = max(first[one, 1], second[other, 1]) - min(first[one, 0], second[other, 0])
        assert tiou == pytest.approx(shared / union)
        assert tiou >= 0.5
    assert len(matches(second, first)) == len(found)


@given(spans)
def test_every_event_is_found_in_its_own_list(rows: np.ndarray) -> None:
    found = [Detection(Task.SED, "x", int(a) * 1_000_000, int(b) * 1_000_000, 0.5) for a, b in rows]
    told = overlap(found, found)
    assert told.matched == len(found)
    assert told.share == 1.0
