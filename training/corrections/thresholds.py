"""From which score on the labels in question are shown, chosen by what was decided.

The threshold with the best F1 at tIoU 0.5 on what can be judged, drawn towards the one it was by as
many events as :data:`HABIT`: a few events say little. Held-out media decide alone where they hold
enough events; else training media, which flatter, have a say, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core_model.timeline import Task
from training.corrections.encoded import EncodedStretch
from training.corrections.knowledge import Vocabulary
from training.corrections.measure import judged, truth
from training.corrections.open_model import OpenModel
from training.metrics import Events, hits

HABIT = 8.0
ENOUGH_HELD_OUT = 8
_TIOU = 0.5
_LOWEST, _HIGHEST = 0.05, 0.95


def label_thresholds(
    model: OpenModel,
    train: Sequence[EncodedStretch],
    held_out: Sequence[EncodedStretch],
    task: Task,
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Thresholds of the labels that have events, rounded to thousandths."""
    sides = [_judged_events(model, side, task) for side in (held_out, train)]
    found = {}
    for label in vocabulary.labels:
        held = int((sides[0][1].labels == label).sum())
        used = sides[:1] if held >= ENOUGH_HELD_OUT else sides
        scores, right, events = [], [], 0
        for detections, wanted in used:
            own, real = (each.where(each.labels == label) for each in (detections, wanted))
            assert own.scores is not None
            scores.append(own.scores)
            right.append(hits(own, real, _TIOU))
            events += len(real)
        if events:
            best = best_threshold(np.concatenate(scores), np.concatenate(right), events)
            usual = model.description.tasks[task].threshold_of(label)
            mean = (events * best + HABIT * usual) / (events + HABIT)
            found[label] = round(float(np.clip(mean, _LOWEST, _HIGHEST)), 3)
    return found


def best_threshold(scores: np.ndarray, right: np.ndarray, events: int) -> float:
    """The middle between the last score that is shown at the best F1 and the next one.

    ``right`` (n,) says which detections meet an event; there are ``events`` in all. 1 where
    nothing is worth showing.
    """
    order = np.argsort(-scores, kind="stable")
    found = right[order].cumsum()
    if not len(order) or found[-1] == 0:
        return 1.0
    f1 = 2 * found / (np.arange(1, len(order) + 1) + events)
    last = int(f1.argmax())
    following = scores[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((scores[order[last]] + following) / 2)


def _judged_events(
    model: OpenModel, stretches: Sequence[EncodedStretch], task: Task
) -> tuple[Events, Events]:
    return judged(model.events(stretches, task), stretches, task), truth(stretches, task)
