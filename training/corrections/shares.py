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
    halves = _halves(train, task, own.labels[own.known :])
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


def _halves(
    train: Sequence[EncodedStretch], task: Task, labels: Sequence[str]
) -> list[list[EncodedStretch]]:
    """The stretches twice, each time with one half of the events of these labels: by video where
    more than one has the label, else by turns."""
    sides: list[dict[int, int]] = [{} for _ in train]
    for label in labels:
        events = [_places(stretch.segments, task, label) for stretch in train]
        holding = [number for number, places in enumerate(events) if places]
        for rank, number in enumerate(holding):
            for turn, place in enumerate(events[number]):
                sides[number][place] = (rank if len(holding) > 1 else turn) % 2
    return [
        [_only(stretch, of_stretch, half) for stretch, of_stretch in zip(train, sides, strict=True)]
        for half in (0, 1)
    ]


def _places(segments: Sequence[TrainingSegment], task: Task, label: str) -> list[int]:
    return [
        place
        for place, each in enumerate(segments)
        if (each.kind, each.label) == (task, label) and each.decision.is_event
    ]


def _only(stretch: EncodedStretch, sides: Mapping[int, int], half: int) -> EncodedStretch:
    """The stretch without the events of the other half."""
    kept = tuple(
        each for place, each in enumerate(stretch.segments) if sides.get(place, half) == half
    )
    video = replace(stretch.stretch.video, segments=kept)
    return replace(stretch, stretch=replace(stretch.stretch, video=video))


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
