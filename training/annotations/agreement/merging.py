"""One set of annotations from those of two people, by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from training.annotations.agreement.disagreements import Difference, disagreements
from training.annotations.agreement.matching import pair
from training.annotations.model import AnnotationSet, Label, Segment, State, Video


class MergeRule(StrEnum):
    """What becomes of events that only one has, and of those whose boundaries differ."""

    AGREED = "agreed"
    """Only what both have, with boundaries half-way between."""
    UNION = "union"
    """All; where the same label overlaps, from the earlier onset to the later offset."""
    FIRST = "first"
    """All of the first, and of the second what meets no event of the same label."""
    SECOND = "second"
    """The same the other way round."""


def merge(
    first: AnnotationSet, second: AnnotationSet, rule: MergeRule, *, collar_us: int = 500_000
) -> AnnotationSet:
    """Merge two annotators; what only one of them has seen, videos and labels, is always kept.

    Rejected events of either are left out. A merged event names both annotators.
    """
    if rule is MergeRule.SECOND:
        return merge(second, first, MergeRule.FIRST, collar_us=collar_us)
    ours, theirs = (_live(each) for each in (first, second))
    pairing = pair(ours.segments, theirs.segments, collar_us)
    if rule is MergeRule.FIRST:
        merged = [*ours.segments]
    elif rule is MergeRule.AGREED:
        merged = [_between(*both) for both in pairing.both]
    else:
        merged = [_hull(*both) for both in pairing.both]
    if rule is not MergeRule.AGREED:
        for each in disagreements(ours, theirs, collar_us=collar_us):
            merged += _kept(each.what, each.first, each.second, rule)
        # Videos that only one of both has are no disagreement.
        merged += _alone(theirs, ours)
        if rule is MergeRule.UNION:
            merged += _alone(ours, theirs)
    merged.sort(key=lambda each: (each.video, each.onset_us, each.offset_us, each.label))
    return AnnotationSet(_videos(first, second), _labels(first, second), tuple(merged))


def merge_by_hand(
    first: AnnotationSet,
    second: AnnotationSet,
    kept: Sequence[Segment],
    *,
    collar_us: int = 500_000,
) -> AnnotationSet:
    """What both have, half-way between their boundaries, and of the rest what was ``kept``. Videos
    that only one of both has are no disagreement: all of theirs stays.
    """
    agreed = merge(first, second, MergeRule.AGREED, collar_us=collar_us)
    alone = (*_alone(_live(first), second), *_alone(_live(second), first))
    segments = sorted(
        (*agreed.segments, *kept, *alone),
        key=lambda each: (each.video, each.onset_us, each.offset_us, each.label),
    )
    return replace(agreed, segments=tuple(segments))


def _kept(
    what: Difference, one: Segment | None, other: Segment | None, rule: MergeRule
) -> list[Segment]:
    """What a disagreement adds to the merged events."""
    if what is Difference.BOUNDARIES and one is not None and other is not None:
        return [_hull(one, other)] if rule is MergeRule.UNION else []
    if rule is MergeRule.UNION:
        return [each for each in (one, other) if each is not None]
    return [other] if other is not None else []


def _alone(document: AnnotationSet, other: AnnotationSet) -> list[Segment]:
    """The events on videos that the other does not have."""
    names = {video.name for video in other.videos}
    return [each for each in document.segments if each.video not in names]


def _live(document: AnnotationSet) -> AnnotationSet:
    kept = tuple(each for each in document.segments if each.state is not State.REJECTED)
    return replace(document, segments=kept)


def _between(one: Segment, other: Segment) -> Segment:
    return _joined(
        one, other, (one.onset_us + other.onset_us) // 2, (one.offset_us + other.offset_us) // 2
    )


def _hull(one: Segment, other: Segment) -> Segment:
    return _joined(
        one, other, min(one.onset_us, other.onset_us), max(one.offset_us, other.offset_us)
    )


def _joined(one: Segment, other: Segment, onset_us: int, offset_us: int) -> Segment:
    names = dict.fromkeys(name for name in (one.annotator, other.annotator) if name)
    notes = dict.fromkeys(note for note in (one.note, other.note) if note)
    return replace(
        one,
        onset_us=onset_us,
        offset_us=offset_us,
        annotator=", ".join(names),
        note="; ".join(notes),
    )


def _videos(first: AnnotationSet, second: AnnotationSet) -> tuple[Video, ...]:
    return tuple({each.name: each for each in (*second.videos, *first.videos)}.values())


def _labels(first: AnnotationSet, second: AnnotationSet) -> tuple[Label, ...]:
    every = {(each.kind, each.name): each for each in (*second.labels, *first.labels)}
    return tuple(every.values())
