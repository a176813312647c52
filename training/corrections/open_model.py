"""A bundle opened for learning: head and rows of the labels in memory, and what they detect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.bundle import Bundle
from core_model.bundle_description import BundleDescription
from core_model.detection.stitching import Segments, Stitcher
from core_model.detection.windows import (
    MAX_PER_CLASS,
    MAX_PER_WINDOW,
    TaskPrompt,
    WindowPlan,
    WindowScorer,
)
from core_model.postprocess import DecodeConfig
from core_model.timeline import US_PER_S, Task
from core_model.uniav.config import Classifier
from core_model.uniav.heads import TextHead
from core_model.uniav.model import UniAV
from training.corrections.encoded import EncodedStretch
from training.errors import TrainingError
from training.metrics import Events


@dataclass(frozen=True, slots=True)
class LabelRows:
    """The labels of a task with one unit row each; the first ``known`` are the model's own.

    Snippets are compared with the rows of the first ``compared`` labels and with ``others``.
    """

    labels: tuple[str, ...]
    rows: Float[Tensor, "labels dim"]
    known: int
    compared: int
    others: Float[Tensor, "_ dim"]

    @property
    def reference(self) -> Float[Tensor, "_ dim"]:
        """What snippets are compared with."""
        return torch.cat([self.rows[: self.compared], self.others])


@dataclass(frozen=True, slots=True)
class OpenModel:
    """Head, rows and description; :meth:`detect` finds what a bundle of them would find."""

    head: UniAV
    description: BundleDescription
    rows: Mapping[Task, LabelRows]
    bundle: Bundle

    @classmethod
    def of(cls, bundle: Bundle, device: torch.device | None = None) -> OpenModel:
        """Raises BundleError, and TrainingError for a model that only knows its own labels."""
        head = bundle.head(device or torch.device("cpu"))
        config = head.config
        closed = [task for task in config.tasks if config.tasks[task].class_aware]
        if config.classifier is not Classifier.TEXT or closed:
            raise TrainingError(
                f"{bundle.description.name}: its classes are built in, so it cannot learn labels"
                " from corrections; train it on feature folders"
            )
        rows = {}
        for task, settings in bundle.description.tasks.items():
            own = bundle.text_embeddings(task, settings.labels)
            rows[task] = LabelRows(
                settings.labels, own, len(own), settings.compared_count, bundle.others(task)
            )
        return cls(head, bundle.description, rows, bundle)

    def with_prompts(self, wordings: Mapping[tuple[Task, str], str]) -> OpenModel:
        """The same model asked for further labels, by the wordings given.

        Raises TextEncoderError where the text model is not installed.
        """
        rows = dict(self.rows)
        for task, old in self.rows.items():
            new = [label for kind, label in wordings if kind is task and label not in old.labels]
            if new:
                asked = self.bundle.text_embeddings(task, [wordings[task, each] for each in new])
                rows[task] = replace(
                    old, labels=(*old.labels, *new), rows=torch.cat([old.rows, asked])
                )
        return replace(self, rows=rows)

    @property
    def classifier(self) -> TextHead:
        """The classification head."""
        assert isinstance(self.head.classification, TextHead)
        return self.head.classification

    @property
    def device(self) -> torch.device:
        """Where the head lies."""
        return self.head.regression.level_scales.device

    @property
    def plan(self) -> WindowPlan:
        """Windows as in detection."""
        return WindowPlan(self.description.window, self.description.hop)

    def detect(self, stretch: EncodedStretch, task: Task) -> Segments:
        """All detections of a task above the bundle's floor, in cells of the stretch; scores are
        calibrated. Nothing for a task whose stream the video lacks."""
        if task not in stretch.encoded.tasks:
            return Segments.empty()
        own, settings = self.rows[task], self.description.tasks[task]
        decoding = DecodeConfig.for_task(
            task,
            min_score=self.bundle.probability_floor(task),
            max_per_class=MAX_PER_CLASS,
            max_per_video=MAX_PER_WINDOW,
        )
        prompt = TaskPrompt(
            task,
            own.labels,
            own.rows.to(self.device),
            decoding,
            settings.similarity,
            own.reference.to(self.device),
        )
        scorer = WindowScorer(self.head, self.plan.length, self.device)
        stitcher = Stitcher(decoding.sigma, decoding.min_score)
        for start in self.plan.starts(stretch.count):
            count = min(self.plan.length, stretch.count - start)
            stitcher.add(scorer.score(prompt, start, *stretch.features(start, count)))
        found = Segments.joined(stitcher.settled(), stitcher.open())
        return replace(found, scores=self.bundle.calibrated(task, found.scores))

    def events(self, stretches: Sequence[EncodedStretch], task: Task) -> Events:
        """What :meth:`detect` finds in stretches, in seconds of presentation time."""
        names, times, labels, scores = [], [], [], []
        own = np.array(self.rows[task].labels)
        for number, stretch in enumerate(stretches):
            found = self.detect(stretch, task)
            start_s, end_s = stretch.seconds
            grid = stretch.encoded.grid
            cells = np.stack([found.onsets, found.offsets], axis=1) + stretch.first
            centres = cells * grid.stride_us + grid.origin_us + grid.window_us / 2
            names.append(np.full(len(found), number))
            times.append((centres / US_PER_S).clip(start_s, end_s))
            labels.append(own[found.labels])
            scores.append(found.scores)
        if not names:
            return Events(np.empty(0, int), np.empty((0, 2)), np.empty(0, str), np.empty(0))
        return Events(
            np.concatenate(names),
            np.concatenate(times),
            np.concatenate(labels),
            np.concatenate(scores),
        )
