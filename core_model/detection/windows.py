"""The head over windows of snippets: embeddings -> segments on the grid of the whole media."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.bundle_description import Similarity
from core_model.detection.stitching import EDGE_CELLS, Segments, Window
from core_model.postprocess import Candidates, DecodeConfig, decode, suppress
from core_model.similarity import compared_stream, fused, snippet_probabilities
from core_model.timeline import Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import PointFeatures, RawOutput, UniAV

# Per window of 64 s; what is beyond has been decayed or lies at the floor.
MAX_PER_WINDOW = 200
MAX_PER_CLASS = 100


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """Windows of ``length`` snippets, ``hop`` apart; the last one ends with the media."""

    length: int
    hop: int

    def starts(self, count: int) -> Iterator[int]:
        """First snippets of the windows over ``count`` snippets; none for none."""
        start = 0
        while start + self.length < count:
            yield start
            start += self.hop
        if count:
            yield max(0, count - self.length)

    def spans(self, count: int) -> Iterator[tuple[int, int]]:
        """First snippet and number of snippets of each of them."""
        for start in self.starts(count):
            yield start, min(self.length, count - start)

    def complete(self, start: int, ready: int, count: int) -> bool:
        """Whether all snippets of a window of these starts are there."""
        return min(start + self.length, count) <= ready


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """What to look for: label rows (labels, text dim) on the head's device, and what to keep.

    With a ``similarity`` of some weight, ``reference`` (rows, text dim) are the rows with which
    snippets are compared.
    """

    task: Task
    labels: tuple[str, ...]
    text: Tensor
    decoding: DecodeConfig
    similarity: Similarity | None = None
    reference: Tensor | None = None


@dataclass(frozen=True, slots=True)
class WindowPoints:
    """What the backbone made of the snippets ``first`` to ``first + count - 1``, before any class
    is named, all levels one after the other, finest first.

    ``embeddings`` (points, dim) are float16 of unit length, ``offsets`` (points, 2) float32
    distances in strides, both on the CPU. Padded points are there, too.
    """

    first: int
    count: int
    embeddings: Float[Tensor, "points dim"]
    offsets: Float[Tensor, "points 2"]


PointSink = Callable[[Task, WindowPoints], None]


class WindowScorer:
    """Runs the head over one window at a time; always alone, so that results never depend on
    what else was ready.

    Points are named in half precision wherever they are named, now or from memory later: an
    embedding of unit length loses less than 0.001 of a logit by it. ``backbone_calls`` counts.
    """

    def __init__(self, head: UniAV, length: int, device: torch.device) -> None:
        self._head = head
        self._length = length
        self._device = device
        self.backbone_calls = 0

    @torch.inference_mode()
    def score(
        self,
        prompt: TaskPrompt,
        first: int,
        visual: Float[np.ndarray, "n visual_dim"],
        audio: Float[np.ndarray, "n audio_dim"],
        keep: PointSink | None = None,
    ) -> Window:
        """The snippets ``first`` to ``first + n - 1``: their segments, suppressed.

        Fewer snippets than a window are padded behind, as in training. ``keep`` takes the points,
        where they do not depend on the classes.
        """
        inputs = self._inputs(visual, audio)
        if self._head.config.classifier is Classifier.TEXT:
            features = self._features(prompt.task, *inputs)
            if keep is not None and features.offsets[0].ndim == 3:
                keep(prompt.task, _window_points(first, len(visual), features))
            raw = self._named(prompt, features, *inputs)
        else:
            raw = self._head(*inputs, prompt.task)
        found = suppress(decode(raw, prompt.decoding), prompt.decoding)
        return Window(first, first + len(visual) - 1, within_snippets(found, first, len(visual)))

    @torch.inference_mode()
    def points(
        self,
        task: Task,
        first: int,
        visual: Float[np.ndarray, "n visual_dim"],
        audio: Float[np.ndarray, "n audio_dim"],
    ) -> WindowPoints:
        """The points of a window for any prompt. Needs class-agnostic offsets."""
        features = self._features(task, *self._inputs(visual, audio))
        return _window_points(first, len(visual), features)

    def _inputs(self, visual: np.ndarray, audio: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        mask = torch.zeros(1, self._length, dtype=torch.bool)
        mask[0, : len(visual)] = True
        return self._padded(visual), self._padded(audio), mask.to(self._device)

    def _padded(self, embeddings: np.ndarray) -> Tensor:
        rows = torch.zeros(1, self._length, embeddings.shape[1])
        rows[0, : len(embeddings)] = torch.from_numpy(embeddings.astype(np.float32))
        return rows.to(self._device)

    def _features(self, task: Task, visual: Tensor, audio: Tensor, mask: Tensor) -> PointFeatures:
        self.backbone_calls += 1
        features = self._head.point_features(visual, audio, mask, task)
        embeddings = [level.half().float() for level in features.embeddings]
        return PointFeatures(embeddings, features.offsets, features.masks)

    def _named(
        self,
        prompt: TaskPrompt,
        features: PointFeatures,
        visual: Tensor,
        audio: Tensor,
        mask: Tensor,
    ) -> RawOutput:
        logits = self._head.score(features, prompt.text)
        raw = RawOutput(logits, features.offsets, features.masks)
        if prompt.similarity is None or prompt.reference is None or not prompt.similarity.weight:
            return raw
        stream = compared_stream(prompt.task, visual, audio)
        probabilities = snippet_probabilities(
            stream, prompt.text, prompt.reference, prompt.similarity.scale
        )
        # Padding behind the last snippet says nothing of an event that reaches the end.
        return fused(raw, probabilities[:, : int(mask.sum())], prompt.similarity.weight)


def within_snippets(found: Candidates, first: int, count: int) -> Segments:
    """Candidates of a window of ``count`` snippets on the grid of all, cut where nothing has been
    seen: what is foretold beyond the window's own snippets."""
    last = first + count - 1
    onsets = np.maximum(found.segments[:, 0].astype(np.float64) + first, first - EDGE_CELLS)
    offsets = np.minimum(found.segments[:, 1].astype(np.float64) + first, last + EDGE_CELLS)
    segments = Segments(
        onsets, offsets, found.scores.astype(np.float64), found.labels.astype(np.int64)
    )
    return segments.pick(onsets < offsets)


def _window_points(first: int, count: int, features: PointFeatures) -> WindowPoints:
    embeddings = torch.cat(features.embeddings, dim=1)[0]
    offsets = torch.cat(features.offsets, dim=1)[0]
    return WindowPoints(first, count, embeddings.half().cpu(), offsets.float().cpu())
