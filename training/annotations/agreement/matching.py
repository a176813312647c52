"""Which event of one annotator is which of the other.

Two events may be one when video, kind and label are equal and neither onset nor offset differs by
more than the collar. As many as possible are paired (a maximum matching, Kuhn 1955), so that a
wider collar never gives fewer pairs; near ones are tried first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core_model.timeline import Task
from training.annotations.model import AnnotationSet, Segment

Class = tuple[str, Task, str]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Events that both have (the first annotator's before the second's), and the rest of each."""

    both: tuple[tuple[Segment, Segment], ...]
    only_first: tuple[Segment, ...]
    only_second: tuple[Segment, ...]


def of_annotator(document: AnnotationSet, name: str) -> AnnotationSet:
    """The events of one annotator and the videos on which there is one."""
    segments = tuple(each for each in document.segments if each.annotator == name)
    busy = {each.video for each in segments}
    videos = tuple(each for each in document.videos if each.name in busy)
    return replace(document, videos=videos, segments=segments)


def pair(first: Iterable[Segment], second: Iterable[Segment], collar_us: int) -> Pairing:
    """Pair the events of two annotators; ``collar_us`` >= 0 is allowed at onset and at offset."""
    if collar_us < 0:
        raise ValueError("a collar is not negative")
    ours, theirs = _by_class(first), _by_class(second)
    both: list[tuple[Segment, Segment]] = []
    only: tuple[list[Segment], list[Segment]] = ([], [])
    for name in {**ours, **theirs}:
        left, right = ours.get(name, []), theirs.get(name, [])
        partner = _matching(_candidates(left, right, collar_us), len(right))
        both += [(left[place], right[other]) for other, place in sorted(partner.items())]
        taken = set(partner.values())
        only[0].extend(each for place, each in enumerate(left) if place not in taken)
        only[1].extend(each for place, each in enumerate(right) if place not in partner)
    both.sort(key=lambda each: _order(each[0]))
    return Pairing(
        tuple(both), tuple(sorted(only[0], key=_order)), tuple(sorted(only[1], key=_order))
    )


def _order(segment: Segment) -> tuple[str, int, int, str, str]:
    return segment.video, segment.onset_us, segment.offset_us, segment.kind, segment.label


def _by_class(segments: Iterable[Segment]) -> dict[Class, list[Segment]]:
    groups: dict[Class, list[Segment]] = {}
    for segment in segments:
        groups.setdefault((segment.video, segment.kind, segment.label), []).append(segment)
    for members in groups.values():
        members.sort(key=_order)
    return groups


def _candidates(
    left: Sequence[Segment], right: Sequence[Segment], collar_us: int
) -> list[list[int]]:
    """For each event on the left those on the right that it may be, the nearest first."""
    onsets = [each.onset_us for each in right]
    found: list[list[int]] = []
    for event in left:
        low = bisect_left(onsets, event.onset_us - collar_us)
        high = bisect_right(onsets, event.onset_us + collar_us)
        near = [
            place
            for place in range(low, high)
            if abs(right[place].offset_us - event.offset_us) <= collar_us
        ]
        near.sort(key=lambda place: (_distance_us(event, right[place]), place))
        found.append(near)
    return found


def _distance_us(one: Segment, other: Segment) -> int:
    return abs(one.onset_us - other.onset_us) + abs(one.offset_us - other.offset_us)


def _matching(candidates: list[list[int]], count: int) -> dict[int, int]:
    """A maximum matching: the place on the left for each place on the right that has one."""
    partner: dict[int, int] = {}
    held: dict[int, int] = {}
    for start in range(len(candidates)):
        if len(partner) == count:
            break
        _augment(start, candidates, partner, held)
    return partner


def _augment(
    start: int, candidates: list[list[int]], partner: dict[int, int], held: dict[int, int]
) -> None:
    """Find a free place for ``start``, moving others on where that is needed; breadth first.

    ``held`` is ``partner`` the other way round.
    """
    came_from: dict[int, int] = {}
    queue = [start]
    for place in queue:
        for other in candidates[place]:
            if other in came_from:
                continue
            came_from[other] = place
            if other not in partner:
                _turn_round(other, start, came_from, partner, held)
                return
            queue.append(partner[other])


def _turn_round(
    free: int,
    start: int,
    came_from: dict[int, int],
    partner: dict[int, int],
    held: dict[int, int],
) -> None:
    """Give each place on the path the one that it reached, and its former one back."""
    other = free
    while True:
        place = came_from[other]
        before = held.get(place)
        partner[other], held[place] = place, other
        if place == start or before is None:
            return
        other = before
