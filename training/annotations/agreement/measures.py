"""Cohen's kappa on units of time, event F1 with a collar and segment F1, per label and overall.

Kappa: J. Cohen 1960, each unit of time is one decision. Event and segment F1: Mesaros, Heittola
and Virtanen 2016, "Metrics for polyphonic sound event detection". Swapping the annotators changes
no figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core_model.timeline import US_PER_S, Task
from training.annotations.agreement.matching import pair
from training.annotations.model import AnnotationSet, Segment, State

OVERALL = "all labels"
_MOST_UNITS = 20_000_000
_Class = tuple[Task, str]
_Events = tuple[list[Segment], list[Segment]]


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one label, or of all where ``kind`` is None.

    ``kappa``: in [-1, 1], None where it is not defined because both say the same in every unit.
    ``event_f1`` and ``segment_f1``: in [0, 1], None where neither annotator has an event.
    """

    kind: Task | None
    label: str
    first: int
    second: int
    matched: int
    kappa: float | None
    event_f1: float | None
    segment_f1: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures per label in alphabetical order and over all labels, with what they depend on."""

    overall: Row
    labels: tuple[Row, ...]
    collar_us: int
    unit_us: int
    segment_us: int


def agreement(
    first: AnnotationSet,
    second: AnnotationSet,
    *,
    collar_us: int = 500_000,
    unit_us: int = 100_000,
    segment_us: int = US_PER_S,
) -> Agreement:
    """Compare two annotators on the videos that both have; rejected events do not count.

    ``collar_us``: how far onset and offset may lie apart for event F1. ``unit_us``: one decision
    for kappa. ``segment_us``: the grid of segment F1, where an event counts in each cell that it
    touches.

    Raises:
        ValueError: no video in common, or times out of all proportion to the units.
    """
    if min(unit_us, segment_us) <= 0:
        raise ValueError("a unit of time is longer than zero")
    spans = _spans(first, second)
    _demand_few(spans, min(unit_us, segment_us))
    ours, theirs = (_counted(each, spans) for each in (first, second))
    pairing = pair(ours, theirs, collar_us)
    matches = Counter((one.kind, one.label) for one, _ in pairing.both)
    units = _Grid(spans, unit_us, by_centre=True)
    cells = _Grid(spans, segment_us, by_centre=False)
    # Each set of labels that is active at once gets a number of its own: a sum of random ones.
    chance = np.random.default_rng(0)
    sets = np.zeros((2, units.count), np.uint64)
    hits = np.zeros(3, np.int64)
    rows: list[Row] = []
    for (kind, label), events in sorted(_by_class(ours, theirs).items(), key=_alphabetical):
        active = np.stack([units.active(side) for side in events])
        counts = _counts(np.stack([cells.active(side) for side in events]))
        sets += active * chance.integers(2**64 - 1, dtype=np.uint64)
        hits += counts
        rows.append(_row(kind, label, events, matches[kind, label], _kappa(active), counts))
    overall = _row(None, OVERALL, (ours, theirs), len(pairing.both), _kappa(sets), hits)
    return Agreement(overall, tuple(rows), collar_us, unit_us, segment_us)


def _by_class(ours: list[Segment], theirs: list[Segment]) -> dict[_Class, _Events]:
    """The events of both by kind and label."""
    found: dict[_Class, _Events] = {}
    for side, events in enumerate((ours, theirs)):
        for each in events:
            found.setdefault((each.kind, each.label), ([], []))[side].append(each)
    return found


def _alphabetical(item: tuple[_Class, _Events]) -> tuple[str, str]:
    return item[0][1], item[0][0]


def _counted(document: AnnotationSet, spans: Mapping[str, tuple[int, int]]) -> list[Segment]:
    """The events on the videos in common that nobody has rejected."""
    return [
        each
        for each in document.segments
        if each.video in spans and each.state is not State.REJECTED
    ]


def _spans(first: AnnotationSet, second: AnnotationSet) -> dict[str, tuple[int, int]]:
    """The time that is compared per video: its length where known, and every event."""
    common = {each.name for each in first.videos} & {each.name for each in second.videos}
    if not common:
        raise ValueError("the two have no video in common")
    spans: dict[str, tuple[int, int]] = dict.fromkeys(sorted(common), (0, 0))
    for document in (first, second):
        for video in document.videos:
            if video.name in common:
                start_us, end_us = spans[video.name]
                spans[video.name] = start_us, max(end_us, video.duration_us or 0)
        for each in document.segments:
            if each.video in common:
                start_us, end_us = spans[each.video]
                spans[each.video] = min(start_us, each.onset_us), max(end_us, each.offset_us)
    return spans


def _demand_few(spans: Mapping[str, tuple[int, int]], unit_us: int) -> None:
    if sum((end_us - start_us) // unit_us for start_us, end_us in spans.values()) > _MOST_UNITS:
        raise ValueError("too many units of time: choose a longer unit")


class _Grid:
    """All videos one after another, in cells of one length."""

    def __init__(
        self, spans: Mapping[str, tuple[int, int]], cell_us: int, *, by_centre: bool
    ) -> None:
        self._cell_us = cell_us
        self._by_centre = by_centre
        self._first: dict[str, tuple[int, int]] = {}
        self.count = 0
        for name, (start_us, end_us) in spans.items():
            self._first[name] = self.count, start_us
            length_us = end_us - start_us
            # A point at the very end touches a cell of its own.
            self.count += (
                max(-(-length_us // cell_us), 1) if by_centre else length_us // cell_us + 1
            )

    def active(self, segments: Sequence[Segment]) -> np.ndarray:
        """Shape (cells,), bool: whether an event is at the centre of a cell, or touches it."""
        active = np.zeros(self.count, bool)
        shift_us = self._cell_us // 2 if self._by_centre else 0
        for each in segments:
            first, start_us = self._first[each.video]
            begin_us, end_us = each.onset_us - start_us, each.offset_us - start_us
            low = -((shift_us - begin_us) // self._cell_us) if self._by_centre else (
                begin_us // self._cell_us
            )  # fmt: skip
            high = -((shift_us - end_us) // self._cell_us)
            active[first + low : first + max(high, low + (not self._by_centre))] = True
        return active


def _kappa(codes: np.ndarray) -> float | None:
    """Cohen's kappa of two rows of categories; None where chance alone explains everything."""
    total = codes.shape[1]
    found, numbers = np.unique(codes, return_inverse=True)
    numbers = numbers.reshape(codes.shape)
    observed = float(np.count_nonzero(numbers[0] == numbers[1])) / total
    shares = [np.bincount(row, minlength=len(found)) / total for row in numbers]
    expected = float(shares[0] @ shares[1])
    if expected >= 1.0:
        return None
    return (observed - expected) / (1.0 - expected)


def _counts(active: np.ndarray) -> np.ndarray:
    """Cells in which both, the first and the second have the label."""
    both = np.count_nonzero(active[0] & active[1])
    return np.array([both, np.count_nonzero(active[0]), np.count_nonzero(active[1])], np.int64)


def _f1(both: int, first: int, second: int) -> float | None:
    return 2 * both / (first + second) if first + second else None


def _row(
    kind: Task | None,
    label: str,
    events: Sequence[Sequence[Segment]],
    matched: int,
    kappa: float | None,
    counts: np.ndarray,
) -> Row:
    first, second = len(events[0]), len(events[1])
    return Row(
        kind=kind,
        label=label,
        first=first,
        second=second,
        matched=matched,
        kappa=kappa,
        event_f1=_f1(matched, first, second),
        segment_f1=_f1(*(int(count) for count in counts)),
    )
