"""The head over windows of snippets: embeddings -> segments on the grid of the whole media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.bundle_description import Similarity
from core_model.detection.stitching import EDGE_CELLS, Segments, Window
from core_model.postprocess import DecodeConfig, decode, suppress
from core_model.similarity import compared_stream, fused, snippet_probabilities
from core_model.timeline import Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import RawOutput, UniAV

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


class WindowScorer:
    """Runs the head over one window at a time; always alone, so that results never depend on
    what else was ready."""

    def __init__(self, head: UniAV, length: int, device: torch.device) -> None:
        self._head = head
        self._length = length
        self._device = device

    @torch.inference_mode()
    def score(
        self,
        prompt: TaskPrompt,
        first: int,
        visual: Float[np.ndarray, "n visual_dim"],
        audio: Float[np.ndarray, "n audio_dim"],
    ) -> Window:
        """The snippets ``first`` to ``first + n - 1``: their segments, suppressed.

        Fewer snippets than a window are padded behind, as in training.
        """
        count = len(visual)
        mask = torch.zeros(1, self._length, dtype=torch.bool)
        mask[0, :count] = True
        raw = self._raw(prompt, self._padded(visual), self._padded(audio), mask.to(self._device))
        found = suppress(decode(raw, prompt.decoding), prompt.decoding)
        # What is foretold beyond the snippets has not been seen.
        last = first + count - 1
        onsets = np.maximum(found.segments[:, 0].astype(np.float64) + first, first - EDGE_CELLS)
        offsets = np.minimum(found.segments[:, 1].astype(np.float64) + first, last + EDGE_CELLS)
        segments = Segments(
            onsets, offsets, found.scores.astype(np.float64), found.labels.astype(np.int64)
        )
        return Window(first, last, segments.pick(onsets < offsets))

    def _padded(self, embeddings: np.ndarray) -> Tensor:
        rows = torch.zeros(1, self._length, embeddings.shape[1])
        rows[0, : len(embeddings)] = torch.from_numpy(embeddings.astype(np.float32))
        return rows.to(self._device)

    def _raw(self, prompt: TaskPrompt, visual: Tensor, audio: Tensor, mask: Tensor) -> RawOutput:
        if self._head.config.classifier is not Classifier.TEXT:
            return self._head(visual, audio, mask, prompt.task)
        features = self._head.point_features(visual, audio, mask, prompt.task)
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
