"""How two lists of events compare: with each other, and with what people marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core_model.timeline import US_PER_S, Detection, Task

# Two spans are the same event from this temporal IoU on.
SAME_EVENT_IOU = 0.5
# Longer than any time that an event can have.
_APART_S = 1e8
_KINDS = tuple(Task)
Spans = np.ndarray
# ``training.metrics`` is imported where it measures: with what checks shapes in it, it would take
# a tenth of the window's start.


@dataclass(frozen=True, slots=True)
class Overlap:
    """``first`` and ``second`` events, of which ``matched`` are in both; their ``mean_tiou`` is
    in [0, 1], 0 without any.
    """

    first: int
    second: int
    matched: int
    mean_tiou: float

    @property
    def share(self) -> float:
        """Matched events of all different ones, in [0, 1]; 1 for two empty lists."""
        either = self.first + self.second - self.matched
        return self.matched / either if either else 1.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shown events against annotations at tIoU 0.5, all in [0, 1].

    ``average_precision`` looks at all events by falling score, whatever is shown of them.
    """

    hits: int
    shown: int
    annotated: int
    average_precision: float

    @property
    def precision(self) -> float:
        return self.hits / self.shown if self.shown else 0.0

    @property
    def recall(self) -> float:
        return self.hits / self.annotated if self.annotated else 0.0

    @property
    def f1(self) -> float:
        total = self.shown + self.annotated
        return 2 * self.hits / total if total else 0.0


def spans_of(events: Sequence[Detection]) -> Spans:
    """Onsets and offsets (n, 2) in seconds, apart by kind."""
    flat = [(each.onset_us / US_PER_S, each.offset_us / US_PER_S) for each in events]
    spans = np.array(flat, np.float64).reshape(-1, 2)
    return shifted_by_kind(spans, np.array([_KINDS.index(each.task) for each in events], int))


def shifted_by_kind(spans: Spans, kinds: np.ndarray) -> Spans:
    """Spans (n, 2) moved so far apart that only those of one kind, 0, 1 or 2 (n,), can meet."""
    return spans + kinds[:, None].astype(np.float64) * _APART_S


def matches(first: Spans, second: Spans) -> list[tuple[int, int, float]]:
    """Pairs of events that are the same, one to one, the best first: (index, index, tIoU)."""
    pairs = _near_pairs(first, second)
    if not len(pairs):
        return []
    from training.metrics import temporal_iou

    tiou = temporal_iou(first[pairs[:, 0]], second[pairs[:, 1]])
    taken_first: set[int] = set()
    taken_second: set[int] = set()
    found: list[tuple[int, int, float]] = []
    for place in np.argsort(-tiou, kind="stable").tolist():
        if tiou[place] < SAME_EVENT_IOU:
            break
        one, other = pairs[place].tolist()
        if one not in taken_first and other not in taken_second:
            taken_first.add(one)
            taken_second.add(other)
            found.append((one, other, float(tiou[place])))
    return found


def overlap(first: Sequence[Detection], second: Sequence[Detection]) -> Overlap:
    """What two lists have in common."""
    found = matches(spans_of(first), spans_of(second))
    mean = float(np.mean([tiou for _, _, tiou in found])) if found else 0.0
    return Overlap(len(first), len(second), len(found), mean)


def agreement(
    events: Sequence[Detection], shown: Sequence[Detection], annotated: Spans
) -> Agreement:
    """Events, of which some are shown, against annotations (m, 2) as :func:`spans_of` gives."""
    hits = len(matches(spans_of(shown), annotated))
    if not len(annotated):
        return Agreement(hits, len(shown), 0, 0.0)
    from training.metrics import Events, average_precision

    predictions = Events(
        np.zeros(len(events), np.int64),
        spans_of(events),
        np.zeros(len(events), np.int64),
        np.array([each.score for each in events], np.float64),
    )
    nothing = np.zeros(len(annotated), np.int64)
    truth = Events(nothing, annotated, nothing)
    average = average_precision(predictions, truth, np.array([SAME_EVENT_IOU]))
    return Agreement(hits, len(shown), len(annotated), float(average[0]))


def _near_pairs(first: Spans, second: Spans) -> np.ndarray:
    """Pairs (k, 2) of indexes whose spans touch."""
    order = np.argsort(second[:, 0], kind="stable")
    reach = np.maximum.accumulate(second[order, 1]) if len(second) else second[:, 1]
    begin = np.searchsorted(reach, first[:, 0], "right")
    end = np.searchsorted(second[order, 0], first[:, 1], "left")
    count = np.maximum(end - begin, 0)
    owners = np.repeat(np.arange(len(first)), count)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(count) - count, count)
    return np.stack((owners, order[begin[owners] + within]), axis=1)
