"""Average precision on media of which only a part may have been looked at.

In a video that is done everything is known. Elsewhere a detection of a label is judged only where
it lies, by at least half of its length, in what was decided: inside and around events of the
kind, and inside segments in which its own label was rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core_model.timeline import Task, seconds
from training.corrections.data import Decision, TrainingSegment
from training.corrections.encoded import EncodedStretch
from training.corrections.events import ComparedLabel, KeptDetections
from training.corrections.open_model import OpenModel
from training.metrics import Events, average_precision, temporal_iou

TIOU = np.linspace(0.1, 0.9, 9)
HALF = 4
MARGIN_S = 2.0
LEAST_JUDGED = 0.5


@dataclass(frozen=True, slots=True)
class LabelResult:
    """Average precision of one label at each of :data:`TIOU`, and its number of events."""

    label: str
    events: int
    precision: np.ndarray

    @property
    def average(self) -> float:
        """Mean over the thresholds."""
        return float(self.precision.mean())


def truth(stretches: Sequence[EncodedStretch], task: Task) -> Events:
    """The events of a task; videos are numbered as in ``OpenModel.events``."""
    rows = [
        (number, seconds(each.onset_us), seconds(each.offset_us), each.label)
        for number, stretch in enumerate(stretches)
        for each in stretch.segments
        if each.kind is task and each.decision.is_event
    ]
    return Events(
        np.array([row[0] for row in rows], int),
        np.array([row[1:3] for row in rows], float).reshape(-1, 2),
        np.array([row[3] for row in rows], str),
    )


def judged(found: Events, stretches: Sequence[EncodedStretch], task: Task) -> Events:
    """The detections that can be judged by what was decided."""
    kept = np.ones(len(found), bool)
    for number, stretch in enumerate(stretches):
        rows = np.flatnonzero(found.videos == number)
        if stretch.stretch.video.is_done or not len(rows):
            continue
        marked = [each for each in stretch.segments if each.kind is task]
        for label in np.unique(found.labels[rows]).tolist():
            own = rows[found.labels[rows] == label]
            known = _united(_known_spans(marked, label))
            kept[own] = _share_inside(found.segments[own], known) >= LEAST_JUDGED
    return found.where(kept)


def label_results(
    model: OpenModel, stretches: Sequence[EncodedStretch], task: Task, labels: Sequence[str]
) -> list[LabelResult]:
    """Of those of ``labels`` that have events in the stretches."""
    events = truth(stretches, task)
    wanted = [label for label in labels if (events.labels == label).any()]
    if not wanted:
        return []
    found = judged(model.events(stretches, task), stretches, task)
    return [
        LabelResult(
            label,
            int((events.labels == label).sum()),
            average_precision(
                found.where(found.labels == label), events.where(events.labels == label), TIOU
            ),
        )
        for label in wanted
    ]


def mean_ap(
    model: OpenModel, stretches: Sequence[EncodedStretch], task: Task, labels: Sequence[str]
) -> float | None:
    """Mean over labels with events and over tIoU 0.1:0.1:0.9; None where there is no event."""
    results = label_results(model, stretches, task, labels)
    return float(np.mean([each.average for each in results])) if results else None


def compare(
    before: OpenModel, after: OpenModel, stretches: Sequence[EncodedStretch], task: Task
) -> tuple[ComparedLabel, ...]:
    """Every label of a task with events in the stretches, and the whole task first."""
    labels, known = before.rows[task].labels, before.rows[task].known
    old = label_results(before, stretches, task, labels)
    new = label_results(after, stretches, task, labels)
    rows = [
        ComparedLabel(
            task,
            one.label,
            one.label in labels[known:],
            one.events,
            one.average,
            two.average,
            float(one.precision[HALF]),
            float(two.precision[HALF]),
        )
        for one, two in zip(old, new, strict=True)
    ]
    return (_whole(task, rows), *rows) if rows else ()


def _whole(task: Task, rows: Sequence[ComparedLabel]) -> ComparedLabel:
    def mean(name: str) -> float:
        return float(np.mean([getattr(row, name) for row in rows]))

    return ComparedLabel(
        task,
        "",
        False,
        sum(row.events for row in rows),
        mean("before"),
        mean("after"),
        mean("before_at_half"),
        mean("after_at_half"),
    )


def kept_detections(
    before: OpenModel,
    after: OpenModel,
    stretches: Sequence[EncodedStretch],
    task: Task,
    touched: Sequence[str],
) -> KeptDetections:
    """How many detections of untouched labels, shown at their thresholds, are as before."""
    settings = before.description.tasks[task]

    def shown(model: OpenModel) -> Events:
        found = model.events(stretches, task)
        assert found.scores is not None
        limits = np.array([settings.threshold_of(str(label)) for label in found.labels])
        return found.where((found.scores >= limits) & ~np.isin(found.labels, list(touched)))

    old, new = shown(before), shown(after)
    return KeptDetections(task, len(old), _matched(old, new), len(new) - _matched(new, old))


def _matched(these: Events, those: Events) -> int:
    """How many of these overlap one of those of their video and label by half."""
    count = 0
    for index in range(len(these)):
        same = (those.videos == these.videos[index]) & (those.labels == these.labels[index])
        segments = those.segments[same]
        own = np.repeat(these.segments[index : index + 1], len(segments), axis=0)
        count += bool(len(segments)) and bool((temporal_iou(own, segments) >= 0.5).any())
    return count


def _known_spans(marked: Sequence[TrainingSegment], label: str) -> list[tuple[float, float]]:
    spans = []
    for each in marked:
        onset, offset = seconds(each.onset_us), seconds(each.offset_us)
        if each.decision.is_event:
            margin = MARGIN_S if each.label == label else 0.0
            spans.append((onset - margin, offset + margin))
        elif each.decision is Decision.REJECTED and each.label == label:
            spans.append((onset, offset))
    return spans


def _united(spans: Sequence[tuple[float, float]]) -> np.ndarray:
    """Overlapping spans as one, in order (n, 2)."""
    united: list[list[float]] = []
    for onset, offset in sorted(spans):
        if united and onset <= united[-1][1]:
            united[-1][1] = max(united[-1][1], offset)
        else:
            united.append([onset, offset])
    return np.array(united, float).reshape(-1, 2)


def _share_inside(segments: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,): how much of each segment lies in the spans, which don't overlap."""
    ends = np.minimum(segments[:, None, 1], known[None, :, 1])
    starts = np.maximum(segments[:, None, 0], known[None, :, 0])
    inside = np.clip(ends - starts, 0, None).sum(axis=1)
    return inside / np.maximum(segments[:, 1] - segments[:, 0], 1e-9)
