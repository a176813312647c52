"""How far the row of a new label moves from its wording towards its examples.

Judged by average precision on events that the examples were not taken from: those of other
videos, or the other half of the events where only one video has any. What is trained on would
always speak for the examples, and a good wording is better than a few of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from core_model.timeline import Task
from training.corrections.data import TrainingSegment
from training.corrections.encoded import EncodedStretch
from training.corrections.measure import TIOU, truth
from training.corrections.open_model import OpenModel
from training.corrections.prototypes import mixed, prototypes
from training.metrics import Events, average_precision

SHARES = (0.0, 0.15, 0.3, 0.45, 0.6, 0.9)
# The least share counts that finds this much of what the best one finds: there are more other
# sounds and pictures in the world than in these videos, and a row of examples meets more of them.
GOOD_ENOUGH = 0.6
# Of long videos the first that many snippets are judged on, about an hour and a half.
MOST_SNIPPETS = 20_000


def chosen_shares(
    model: OpenModel, train: Sequence[EncodedStretch], task: Task
) -> Mapping[int, float]:
    """Place of a new label among the rows of its task -> the share of :data:`SHARES` that finds
    most. A label with a single event keeps to its wording."""
    own = model.rows[task]
    new = range(own.known, len(own.labels))
    halves = [
        [_half(stretch, task, half, own.labels, train) for stretch in train] for half in (0, 1)
    ]
    found_rows = [prototypes(model, half, task) for half in halves]
    candidates = {
        (place, half, share): mixed(own.rows[place], found_rows[half][place], share)
        for place in new
        if all(place in rows for rows in found_rows)
        for half in (0, 1)
        for share in SHARES
    }
    if not candidates:
        return dict.fromkeys(new, 0.0)
    judged_on = _first(train)
    found = _found(model, judged_on, task, list(candidates.values()))
    precision = {
        key: _precision(
            found.where(found.labels == str(number)),
            [half[: len(judged_on)] for half in halves],
            task,
            own.labels[key[0]],
            key[1],
        )
        for number, key in enumerate(candidates)
    }
    return {place: _best(precision, place) for place in new}


def _best(precision: Mapping[tuple[int, int, float], float], place: int) -> float:
    means = {
        share: (precision[place, 0, share] + precision[place, 1, share]) / 2
        for share in SHARES
        if (place, 0, share) in precision
    }
    if not means:
        return 0.0
    wanted = GOOD_ENOUGH * max(means.values())
    return min(share for share, precision in means.items() if precision >= wanted)


def _half(
    stretch: EncodedStretch,
    task: Task,
    half: int,
    labels: Sequence[str],
    train: Sequence[EncodedStretch],
) -> EncodedStretch:
    """The stretch with the events of one half only, label by label."""
    kept = [
        each
        for each in stretch.segments
        if each.kind is not task
        or not each.decision.is_event
        or each.label not in labels
        or _side(each, stretch, task, train) == half
    ]
    video = replace(stretch.stretch.video, segments=tuple(kept))
    return replace(stretch, stretch=replace(stretch.stretch, video=video))


def _side(
    event: TrainingSegment, stretch: EncodedStretch, task: Task, train: Sequence[EncodedStretch]
) -> int:
    """0 or 1: by video where more than one has the label, else by turns."""

    def same(other: EncodedStretch) -> list[TrainingSegment]:
        return [
            each
            for each in other.segments
            if (each.kind, each.label) == (task, event.label) and each.decision.is_event
        ]

    holding = [other for other in train if same(other)]
    if len(holding) > 1:
        return next(n for n, other in enumerate(holding) if other is stretch) % 2
    return same(stretch).index(event) % 2


def _first(train: Sequence[EncodedStretch]) -> Sequence[EncodedStretch]:
    counts = np.cumsum([stretch.count for stretch in train])
    return train[: max(1, int((counts <= MOST_SNIPPETS).sum()))]


def _found(
    model: OpenModel,
    stretches: Sequence[EncodedStretch],
    task: Task,
    rows: Sequence[torch.Tensor],
) -> Events:
    """Detections of every row in one pass; a row's label is its number."""
    own = model.rows[task]
    asked = replace(
        own,
        labels=tuple(map(str, range(len(rows)))),
        rows=torch.stack(list(rows)),
        known=0,
        compared=0,
        others=own.reference,
    )
    return replace(model, rows={**model.rows, task: asked}).events(stretches, task)


def _precision(
    found: Events,
    halves: Sequence[Sequence[EncodedStretch]],
    task: Task,
    label: str,
    half: int,
) -> float:
    """On the other half's events; what was found of its own is neither right nor wrong."""
    own, others = (truth(halves[side], task) for side in (half, 1 - half))
    own, others = (each.where(each.labels == label) for each in (own, others))
    if not len(others):
        return 0.0
    met = np.zeros(len(found), bool)
    for video, (onset, offset) in zip(own.videos, own.segments, strict=True):
        met |= (
            (found.videos == video)
            & (found.segments[:, 0] < offset)
            & (found.segments[:, 1] > onset)
        )
    return float(average_precision(found.where(~met), others, TIOU).mean())
