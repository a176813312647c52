"""Where two annotators differ, as a list to go through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from training.annotations.agreement.matching import pair
from training.annotations.model import AnnotationSet, Segment, State

_SAME_TIME_TIOU = 0.5


class Difference(StrEnum):
    """How two annotators differ about one event."""

    BOUNDARIES = "boundaries"
    LABEL = "label"
    ONLY_FIRST = "only first"
    ONLY_SECOND = "only second"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One difference; ``first`` or ``second`` is None where that annotator has nothing."""

    what: Difference
    first: Segment | None
    second: Segment | None

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(each for each in (self.first, self.second) if each is not None)

    @property
    def video(self) -> str:
        return self.segments[0].video

    @property
    def onset_us(self) -> int:
        """Where to begin to listen: the earliest onset of both."""
        return min(each.onset_us for each in self.segments)

    @property
    def offset_us(self) -> int:
        return max(each.offset_us for each in self.segments)


def disagreements(
    first: AnnotationSet, second: AnnotationSet, *, collar_us: int = 500_000
) -> tuple[Disagreement, ...]:
    """All differences on the videos in common, by video and time; rejected events do not count.

    What is not paired within the collar is BOUNDARIES where the other has the same label at an
    overlapping time, LABEL where the other has another label with a tIoU of 0.5 or more, and else
    only in one of both.
    """
    common = {each.name for each in first.videos} & {each.name for each in second.videos}
    ours, theirs = (
        [e for e in side.segments if e.video in common and e.state is not State.REJECTED]
        for side in (first, second)
    )
    pairing = pair(ours, theirs, collar_us)
    found: list[Disagreement] = []
    left, right = list(pairing.only_first), list(pairing.only_second)
    for what in (Difference.BOUNDARIES, Difference.LABEL):
        for one, other in _couples(left, right, what):
            found.append(Disagreement(what, one, other))
            left.remove(one)
            right.remove(other)
    found += [Disagreement(Difference.ONLY_FIRST, each, None) for each in left]
    found += [Disagreement(Difference.ONLY_SECOND, None, each) for each in right]
    return tuple(sorted(found, key=lambda each: (each.video, each.onset_us, each.offset_us)))


def tiou(one: Segment, other: Segment) -> float:
    """Temporal intersection over union of two events, in [0, 1]."""
    shared_us = min(one.offset_us, other.offset_us) - max(one.onset_us, other.onset_us)
    whole_us = max(one.offset_us, other.offset_us) - min(one.onset_us, other.onset_us)
    return max(shared_us, 0) / whole_us if whole_us else 1.0


def _couples(
    left: list[Segment], right: list[Segment], what: Difference
) -> list[tuple[Segment, Segment]]:
    """Events that lie at the same time, the best overlap first; each in one couple at most."""
    waiting: dict[str, list[tuple[int, int]]] = {}
    for other, candidate in enumerate(right):
        waiting.setdefault(candidate.video, []).append((candidate.onset_us, other))
    for entries in waiting.values():
        entries.sort()
    scored: list[tuple[float, int, int]] = []
    for place, one in enumerate(left):
        for onset_us, other in waiting.get(one.video, []):
            if onset_us >= one.offset_us:
                break
            score = tiou(one, right[other])
            same = (one.kind, one.label) == (right[other].kind, right[other].label)
            if score and (same if what is Difference.BOUNDARIES else score >= _SAME_TIME_TIOU):
                scored.append((-score, place, other))
    used: tuple[set[int], set[int]] = (set(), set())
    couples: list[tuple[Segment, Segment]] = []
    for _, place, other in sorted(scored):
        if place not in used[0] and other not in used[1]:
            used[0].add(place)
            used[1].add(other)
            couples.append((left[place], right[other]))
    return couples
