"""Detections of a model on annotated videos, and their mean average precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core_model.postprocess import DecodeConfig, decode, suppress
from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.metrics import (
    TIOU_THRESHOLDS,
    Events,
    MeanAveragePrecision,
    mean_average_precision,
)
from training.recipe.examples import Example, collate
from training.recipe.settings import Streams


@dataclass(frozen=True, slots=True)
class FoundAndTrue:
    """What a model finds in some videos, and what is there; seconds and label names."""

    found: Events
    truth: Events

    def score(self, task: Task) -> MeanAveragePrecision:
        """Average precision by the protocol of the task."""
        return mean_average_precision(self.found, self.truth, np.array(TIOU_THRESHOLDS[task]))


@torch.inference_mode()
def look_through(
    model: UniAV,
    task: Task,
    examples: Iterable[Example],
    label_names: Sequence[str],
    streams: Streams = Streams.BOTH,
) -> FoundAndTrue:
    """Run ``model`` over whole videos, one at a time, as the published evaluation does."""
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    settings, levels = model.config.tasks[task], model.config.level_count
    config = DecodeConfig.for_task(task)
    names = np.array(label_names)
    found, truth = [], []
    for example in examples:
        batch = collate(task, [example], settings, len(names), levels, streams, device)
        raw = model(batch.visual, batch.audio, batch.mask, task)
        kept = suppress(decode(raw, config), config)
        seconds = example.times.seconds(kept.segments.astype(np.float64))
        seconds = seconds.clip(0, example.duration_s)
        found.append(_events(example.video, seconds, names[kept.labels], kept.scores))
        real = example.times.seconds(example.segments.double().numpy())
        truth.append(_events(example.video, real, names[example.labels.numpy()]))
    model.train(was_training)
    return FoundAndTrue(_joined(found), _joined(truth))


def _events(
    video: str, seconds: np.ndarray, labels: np.ndarray, scores: np.ndarray | None = None
) -> Events:
    videos = np.full(len(seconds), video)
    return Events(videos, seconds, labels, None if scores is None else scores.astype(np.float64))


def _joined(parts: Sequence[Events]) -> Events:
    scores = [part.scores for part in parts if part.scores is not None]
    return Events(
        np.concatenate([part.videos for part in parts]),
        np.concatenate([part.segments for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(scores) if scores else None,
    )
