"""Agreement of two annotators against figures that are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.timeline import US_PER_S, Task, microseconds
from tests.training.annotations.projects import random_project
from training.annotations.agreement import (
    MergeRule,
    agreement,
    disagreements,
    merge,
    merge_by_hand,
    pair,
)
from training.annotations.model import AnnotationSet, Segment, State, Video

VIDEO = Video("clip.mp4", 100 * US_PER_S)
_times = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=10)


def event(label: str, onset_s: float, offset_s: float, **rest: object) -> Segment:
    plain = Segment(
        VIDEO.name, Task.TAL, label, microseconds(float(onset_s)), microseconds(float(offset_s))
    )
    return replace(plain, **rest)


def annotated(*segments: Segment) -> AnnotationSet:
    return AnnotationSet((VIDEO,), (), segments)


def points(*times_s: float) -> AnnotationSet:
    return annotated(*(event("p", time_s, time_s) for time_s in times_s))


ONE = points(155.105, 169.855, 264.855)
OTHER = points(156.405, 170.852, 264.606)


def test_matching_points_within_two_seconds_match() -> None:
    """The times of https://github.com/olivierfriard/BORIS/issues/228."""
    found = agreement(ONE, OTHER, collar_us=2 * US_PER_S).overall
    assert (found.matched, found.event_f1) == (3, 1.0)
    assert agreement(ONE, OTHER, collar_us=US_PER_S).overall.matched == 2
    assert agreement(ONE, OTHER, collar_us=100_000).overall.matched == 0


@given(ours=_times, theirs=_times)
def test_matches_never_fall_as_the_collar_grows(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    one, other = ([event("p", a, a + b) for a, b in side] for side in (ours, theirs))
    counts = [len(pair(one, other, collar_us * US_PER_S).both) for collar_us in range(0, 50, 3)]
    assert counts == sorted(counts)
    assert counts[-1] == min(len(one), len(other))
    back = [len(pair(other, one, collar_us * US_PER_S).both) for collar_us in range(0, 50, 3)]
    assert back == counts


def test_as_many_as_possible_are_paired() -> None:
    """The nearest of the first event is the only one that the second has."""
    found = pair(points(2, 3).segments, points(2.9, 1).segments, US_PER_S)
    assert [(a.onset_us, b.onset_us) for a, b in found.both] == [
        (2_000_000, 1_000_000),
        (3_000_000, 2_900_000),
    ]


def test_kappa_of_a_table_that_is_known() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa 0.4 (the textbook's example)."""
    first = annotated(event("yes", 0, 25))
    second = annotated(event("yes", 0, 20), event("yes", 25, 35))
    short = tuple(replace(VIDEO, duration_us=50 * US_PER_S) for _ in range(1))
    found = agreement(replace(first, videos=short), replace(second, videos=short), unit_us=US_PER_S)
    assert found.labels[0].kappa == pytest.approx(0.4)
    assert found.overall.kappa == pytest.approx(0.4)


def test_segment_f1_counts_cells_that_are_touched() -> None:
    first = annotated(event("a", 0.5, 2.5))
    second = annotated(event("a", 1.2, 3.0))
    found = agreement(first, second, segment_us=US_PER_S)
    assert found.overall.segment_f1 == pytest.approx(2 * 2 / (3 + 2))


def test_labels_are_told_apart_and_rejected_events_do_not_count() -> None:
    first = annotated(event("a", 1, 2), event("b", 5, 6), event("c", 8, 9, state=State.REJECTED))
    second = annotated(event("a", 1, 2), event("a", 5, 6))
    found = agreement(first, second)
    assert [(row.label, row.first, row.second, row.matched) for row in found.labels] == [
        ("a", 1, 2, 1),
        ("b", 1, 0, 0),
    ]
    assert found.overall.event_f1 == 0.5
    assert found.labels[1].event_f1 == 0.0
    assert found.overall.kappa is not None
    assert found.overall.kappa < 1


def test_nothing_to_compare() -> None:
    empty = agreement(annotated(), annotated()).overall
    assert (empty.kappa, empty.event_f1, empty.segment_f1) == (None, None, None)
    elsewhere = AnnotationSet((Video("other.mp4"),), (), ())
    with pytest.raises(ValueError, match="no video in common"):
        agreement(annotated(), elsewhere)
    with pytest.raises(ValueError, match="choose a longer unit"):
        agreement(annotated(), annotated(), unit_us=1)


@pytest.mark.parametrize("seed", range(3))
def test_agreement_with_oneself_is_whole_and_symmetric(seed: int) -> None:
    project, other = random_project(seed, segments=60), random_project(seed + 50, segments=60)
    same = agreement(project, project, unit_us=US_PER_S)
    assert same.overall.kappa == pytest.approx(1.0)
    assert (same.overall.event_f1, same.overall.segment_f1) == (1.0, 1.0)
    assert disagreements(project, project) == ()
    there, back = (
        agreement(*pair_, unit_us=US_PER_S) for pair_ in ((project, other), (other, project))
    )
    assert there.overall.kappa == pytest.approx(back.overall.kappa)
    assert there.overall.matched == back.overall.matched
    assert there.overall.segment_f1 == back.overall.segment_f1


def test_disagreements_are_told_by_their_sort_in_time() -> None:
    first = annotated(event("a", 1, 4), event("b", 10, 12), event("c", 20, 21), event("d", 30, 31))
    second = annotated(
        event("a", 2, 6), event("x", 10, 12.4), event("d", 30.2, 31), event("e", 40, 41)
    )
    found = disagreements(first, second, collar_us=500_000)
    assert [(str(each.what), each.onset_us // US_PER_S) for each in found] == [
        ("boundaries", 1),
        ("label", 10),
        ("only first", 20),
        ("only second", 40),
    ]
    assert found[0].offset_us == 6 * US_PER_S


MERGED = {
    MergeRule.AGREED: [("d", 30.1, 31.0)],
    MergeRule.UNION: [("a", 1.0, 6.0), ("c", 20.0, 21.0), ("d", 30.0, 31.0), ("e", 40.0, 41.0)],
    MergeRule.FIRST: [("a", 1.0, 4.0), ("c", 20.0, 21.0), ("d", 30.0, 31.0), ("e", 40.0, 41.0)],
    MergeRule.SECOND: [("a", 2.0, 6.0), ("c", 20.0, 21.0), ("d", 30.2, 31.0), ("e", 40.0, 41.0)],
}


@pytest.mark.parametrize("rule", MergeRule)
def test_merge_by_rule(rule: MergeRule) -> None:
    first = annotated(event("a", 1, 4), event("c", 20, 21), event("d", 30, 31, annotator="anna"))
    second = annotated(
        event("a", 2, 6),
        event("d", 30.2, 31, annotator="bo"),
        event("e", 40, 41),
        event("f", 50, 51, state=State.REJECTED),
    )
    merged = merge(first, second, rule)
    assert [
        (each.label, each.onset_us / US_PER_S, each.offset_us / US_PER_S)
        for each in merged.segments
    ] == MERGED[rule]
    if rule is MergeRule.AGREED:
        assert merged.segments[0].annotator == "anna, bo"


@settings(max_examples=20)
@given(ours=_times, theirs=_times, rule=st.sampled_from(MergeRule))
def test_merging_with_oneself_changes_nothing(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]], rule: MergeRule
) -> None:
    one = annotated(*(event("p", a, a + b) for a, b in ours))
    times = sorted((each.onset_us, each.offset_us) for each in one.segments)
    again = merge(one, one, rule)
    assert sorted((each.onset_us, each.offset_us) for each in again.segments) == times
    both = merge(one, annotated(*(event("p", a, a + b) for a, b in theirs)), rule)
    assert len(both.segments) <= len(ours) + len(theirs)


def test_by_hand_all_stays_of_videos_that_only_one_has() -> None:
    first = annotated(event("a", 1, 4), event("b", 5, 6))
    alone = replace(first.segments[1], video="other.mp4")
    first = AnnotationSet(
        (*first.videos, Video("other.mp4")), first.labels, (first.segments[0], alone)
    )
    second = annotated(event("a", 1, 4), event("c", 20, 21))
    merged = merge_by_hand(first, second, ())
    assert [(each.video, each.label) for each in merged.segments] == [
        (VIDEO.name, "a"),
        ("other.mp4", "b"),
    ]
