"""Final scores that mean something: Platt scaling and a default threshold per task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit
from torch import Tensor

from core_model.bundle_description import Calibration, Similarity
from core_model.postprocess import DecodeConfig, decode, suppress
from core_model.similarity import compared_stream, fused, snippet_probabilities
from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.metrics import TIOU_THRESHOLDS, Events, mean_average_precision, temporal_iou
from training.starter.anchors import Anchors
from training.starter.compose import CELL_S
from training.starter.head_stage import WINDOW_CENTRE_S
from training.starter.scene_store import SceneSet

# A detection is right when it overlaps an event of its label by half.
RIGHT_TIOU = 0.5
# Chosen on one half of the held-back scenes a little above what is promised on the other half.
WANTED_PRECISION = 0.78
MOST_PER_SCENE = 200
# Weights of the comparison that are tried.
WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Comparison:
    """How a task's snippets are compared with its labels (see :mod:`core_model.similarity`)."""

    reference: Tensor
    similarity: Similarity


@torch.inference_mode()
def predict(
    model: UniAV,
    scenes: SceneSet,
    task: Task,
    anchors: Anchors,
    comparison: Comparison | None = None,
    *,
    per_scene: int | None = MOST_PER_SCENE,
) -> Events:
    """Every detection of a task above a low floor, in seconds, with uncalibrated scores.

    The best ``per_scene`` of each scene; None keeps all.
    """
    model.set_text_embeddings(task, anchors.plain())
    config = DecodeConfig.for_task(task, max_per_video=per_scene)
    videos, segments, labels, scores = [], [], [], []
    for first in range(0, len(scenes), 16):
        part = slice(first, min(first + 16, len(scenes)))
        visual = torch.from_numpy(scenes.visual[part].astype(np.float32))
        audio = torch.from_numpy(scenes.audio[part].astype(np.float32))
        mask = torch.ones(visual.shape[:2], dtype=torch.bool)
        raw = model(visual, audio, mask, task)
        if comparison is not None and comparison.similarity.weight > 0:
            probabilities = snippet_probabilities(
                compared_stream(task, visual, audio),
                anchors.plain(),
                comparison.reference,
                comparison.similarity.scale,
            )
            raw = fused(raw, probabilities, comparison.similarity.weight)
        for item in range(len(visual)):
            found = suppress(decode(raw, config, item), config)
            videos.append(np.full(len(found.scores), first + item))
            length_s = (visual.shape[1] - 1) * CELL_S + 2 * WINDOW_CENTRE_S
            segments.append((found.segments * CELL_S + WINDOW_CENTRE_S).clip(0, length_s))
            labels.append(np.array(anchors.labels)[found.labels])
            scores.append(found.scores)
    return Events(
        np.concatenate(videos),
        np.concatenate(segments).astype(np.float64),
        np.concatenate(labels),
        np.concatenate(scores).astype(np.float64),
    )


def truth(scenes: SceneSet, task: Task) -> Events:
    """The events of a task in all scenes."""
    rows = [
        (index, e.onset_s, e.offset_s, e.label)
        for index, events in enumerate(scenes.events)
        for e in events
        if e.task is task
    ]
    return Events(
        np.array([r[0] for r in rows], int),
        np.array([r[1:3] for r in rows], float).reshape(-1, 2),
        np.array([r[3] for r in rows], str),
    )


def right(predictions: Events, events: Events) -> np.ndarray:
    """Whether each prediction, best first, meets an event that no better one has met."""
    assert predictions.scores is not None
    outcome = np.zeros(len(predictions), bool)
    taken: set[int] = set()
    by_place: dict[tuple[int, str], list[int]] = {}
    for index, key in enumerate(zip(events.videos.tolist(), events.labels.tolist(), strict=True)):
        by_place.setdefault(key, []).append(index)
    for index in np.argsort(-predictions.scores):
        key = (int(predictions.videos[index]), str(predictions.labels[index]))
        rows = [row for row in by_place.get(key, []) if row not in taken]
        if rows:
            wanted = events.segments[rows]
            mine = np.repeat(predictions.segments[index : index + 1], len(rows), axis=0)
            overlap = temporal_iou(mine, wanted)
            if overlap.max() >= RIGHT_TIOU:
                outcome[index] = True
                taken.add(rows[int(overlap.argmax())])
    return outcome


@dataclass(frozen=True)
class FittedTask:
    """What the bundle says of a task's scores."""

    calibration: Calibration
    threshold: float
    comparison: Comparison | None = None


def fit(predictions: Events, outcome: np.ndarray) -> FittedTask:
    """Platt scaling (Platt, 1999) and the least threshold with the wanted precision above it."""
    assert predictions.scores is not None
    inside = predictions.scores.clip(1e-9, 1 - 1e-9)
    logit = np.log(inside / (1 - inside))

    def loss(parameters: np.ndarray) -> float:
        # The logarithm of the scale is fitted: a better score must stay a better score.
        margin = (np.exp(parameters[0]) * logit + parameters[1]) * np.where(outcome, 1, -1)
        return float(np.logaddexp(0, -margin).mean())

    log_scale, bias = minimize(loss, np.zeros(2), bounds=[(-3, 3), (-20, 20)]).x
    calibration = Calibration(float(np.exp(log_scale)), float(bias))
    scores = calibrated(predictions.scores, calibration)
    order = np.argsort(-scores)
    precision = outcome[order].cumsum() / np.arange(1, len(order) + 1)
    # The first few are too few to judge by; past them, the deepest cut that is still good enough.
    good = np.flatnonzero((precision >= WANTED_PRECISION) & (np.arange(len(order)) >= 20))
    threshold = float(scores[order[good[-1]]]) if len(good) else 0.9
    return FittedTask(calibration, round(threshold, 3))


def calibrated(scores: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The scores that the program shows."""
    inside = scores.clip(1e-9, 1 - 1e-9)
    logit = np.log(inside / (1 - inside))
    return expit(calibration.scale * logit + calibration.bias)


def fit_all(
    model: UniAV,
    scenes: SceneSet,
    anchors: Mapping[Task, Anchors],
    comparisons: Mapping[Task, Comparison],
) -> dict[Task, FittedTask]:
    """Weight of the comparison and calibration of every task, on held-back scenes."""
    fitted = {}
    for task, anchor in anchors.items():
        wanted = truth(scenes, task)
        comparison = comparisons.get(task)
        if comparison is not None and len(wanted):
            comparison = _best_weight(model, scenes, task, anchor, comparison)
        found = predict(model, scenes, task, anchor, comparison)
        fitted[task] = replace(fit(found, right(found, wanted)), comparison=comparison)
    return fitted


def _best_weight(
    model: UniAV, scenes: SceneSet, task: Task, anchors: Anchors, comparison: Comparison
) -> Comparison:
    """The comparison with the weight of the best average mAP."""
    wanted, thresholds = truth(scenes, task), np.array(TIOU_THRESHOLDS[Task.SED])
    choices = [
        replace(comparison, similarity=replace(comparison.similarity, weight=weight))
        for weight in WEIGHTS
    ]
    return max(
        choices,
        key=lambda choice: (
            mean_average_precision(
                predict(model, scenes, task, anchors, choice), wanted, thresholds
            ).average
        ),
    )
