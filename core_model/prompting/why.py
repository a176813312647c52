"""How a detection came about: the point that proposed it, and what each stream had to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.detection.run import Features
from core_model.detection.stitching import EDGE_CELLS
from core_model.detection.windows import WindowPlan, WindowScorer
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.prompt_spec import PromptSpec
from core_model.prompting.kept import KeptFile
from core_model.prompting.scoring import raw_outputs
from core_model.prompting.texts import prompt_rows
from core_model.similarity import compared_stream, contrasted, snippet_probabilities
from core_model.timeline import Detection, Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import UniAV

NEAREST = 5
# A proposal is for the same stretch from this overlap on.
_SAME_IOU = 0.5
# Proposals whose overlaps differ by less than this cover the stretch equally well.
_EQUAL_IOU = 0.02
# Windows that see so much of what the best one sees are asked, too, but not very many.
_MOST_SEEN = 0.75
_MOST_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Why:
    """All scores in [0, 1]; those without a stream are None where the file lacks it.

    ``raw_score`` is the model's own at the point of ``level`` that proposed the detection,
    ``calibrated`` the same as it would be shown if no neighbour took a part of it.
    ``nearest_labels`` are the bundle's labels with their calibrated scores at that point.
    """

    level: int
    stride: int
    raw_score: float
    calibrated: float
    without_audio: float | None
    without_picture: float | None
    nearest_labels: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Proposals:
    """All points of a window: overlap with the detection (n,), level (n,), and scores (n, 1 +
    labels) of what was asked for and of every label."""

    ious: np.ndarray
    levels: np.ndarray
    scores: np.ndarray

    def best(self) -> int:
        """The point that covers the stretch best, the surest of those that do so equally."""
        close = self.ious >= self.ious.max() - _EQUAL_IOU
        return int(np.where(close, self.scores[:, 0], -1.0).argmax())

    def fit(self) -> tuple[float, float]:
        """Overlap, in steps that make a difference, and score of the best point."""
        best = self.best()
        return round(float(self.ious[best]) / _EQUAL_IOU) * _EQUAL_IOU, float(self.scores[best, 0])

    def surest(self) -> float:
        """The best score of what was asked for among the proposals of the same stretch."""
        same = self.ious >= _SAME_IOU
        return float(self.scores[same, 0].max(initial=0.0))


class Explainer:
    """Asks the model again about one detection; for one thread."""

    def __init__(
        self, bundle: Bundle, head: UniAV, scorer: WindowScorer, plan: WindowPlan, missing: Features
    ) -> None:
        """``missing`` are the rows (dim,) that stand for no picture and for silence."""
        self._bundle = bundle
        self._head = head
        self._scorer = scorer
        self._plan = plan
        self._missing = missing

    def explain(self, file: KeptFile, detection: Detection, spec: PromptSpec | None) -> Why:
        """``spec`` is the prompt that found the detection, None for a label of the bundle.

        Raises:
            MediaError: that stretch of the file is not encoded.
            BundleError: the bundle cannot be asked about single labels, or lacks the task.
            TextEncoderError: a new wording, and the text model is not installed.
        """
        task = detection.task
        rows = self._rows(task, detection.label, spec)
        looks = {
            span: self._proposals(file, detection, rows, span[0], *file.features.part(*span))
            for span in self._windows(file, detection)
        }
        (start, end), seen = max(looks.items(), key=lambda look: look[1].fit())
        point = seen.best()
        raw = float(seen.scores[point, 0])
        visual, audio = file.features.part(start, end)
        no_picture = np.broadcast_to(self._missing.visual, visual.shape)
        silence = np.broadcast_to(self._missing.audio, audio.shape)
        deaf = self._proposals(file, detection, rows, start, visual, silence)
        blind = self._proposals(file, detection, rows, start, no_picture, audio)
        level = int(seen.levels[point])
        return Why(
            level=level,
            stride=2**level,
            raw_score=raw,
            calibrated=self._shown(task, raw),
            without_audio=self._shown(task, deaf.surest()) if file.info.audio else None,
            without_picture=self._shown(task, blind.surest()) if file.info.video else None,
            nearest_labels=self._nearest(task, seen.scores[point, 1:]),
        )

    def _rows(self, task: Task, label: str, spec: PromptSpec | None) -> Float[Tensor, "rows dim"]:
        name = self._bundle.description.name
        if task not in self._bundle.description.tasks:
            raise BundleError(f"{name}: has no task {task}")
        config = self._head.config
        if config.classifier is not Classifier.TEXT or config.tasks[task].class_aware:
            raise BundleError(f"{name}: cannot be asked how it came to {task} events")
        if spec is None:
            return self._bundle.text_embeddings(task, [label])
        return prompt_rows(self._bundle, spec).rows

    def _windows(self, file: KeptFile, detection: Detection) -> list[tuple[int, int]]:
        """First snippet and end of the windows that see most of a detection."""
        extent = file.extent
        onset, offset = _on_grid(file, detection)
        seen: dict[tuple[int, int], float] = {}
        for start in self._plan.starts(extent.count):
            end = min(start + self._plan.length, extent.count, extent.ready)
            shared = min(offset, end - 1 + EDGE_CELLS) - max(onset, start - EDGE_CELLS)
            if end > start and shared > 0:
                seen[start, end] = shared
        if not seen:
            raise MediaError(file.info.path, WHOLE_FILE, "is not encoded there yet")
        enough = _MOST_SEEN * max(seen.values())
        return [span for span, shared in seen.items() if shared >= enough][:_MOST_WINDOWS]

    @torch.inference_mode()
    def _proposals(
        self,
        file: KeptFile,
        detection: Detection,
        rows: Float[Tensor, "rows dim"],
        start: int,
        visual: np.ndarray,
        audio: np.ndarray,
    ) -> _Proposals:
        """Every point of the window on these snippets."""
        task = detection.task
        known = self._bundle.description.tasks[task]
        text = torch.cat([rows, self._bundle.text_embeddings(task, known.labels)])
        window = self._scorer.points(task, 0, visual, audio)
        probabilities = None
        if known.similarity.weight:
            stream = compared_stream(
                task,
                torch.from_numpy(visual.astype(np.float32)),
                torch.from_numpy(audio.astype(np.float32)),
            )
            probabilities = snippet_probabilities(
                stream[None], text, self._bundle.reference(task), known.similarity.scale
            )[0]
        device = next(self._head.parameters()).device
        raw = raw_outputs(
            self._head,
            self._plan.length,
            text.to(device),
            [window],
            probabilities,
            known.similarity.weight,
        )
        # What a window cannot see says nothing against a proposal: seams have been closed.
        seen = (start - EDGE_CELLS, start + len(visual) - 1 + EDGE_CELLS)
        ious, levels, scores = [], [], []
        for level, (logits, offsets) in enumerate(zip(raw.logits, raw.offsets, strict=True)):
            real = raw.masks[level][0]
            asked = contrasted(logits[0, real, : len(rows)])
            every = torch.cat([asked[:, None], logits[0, real, len(rows) :]], dim=1)
            reach = offsets[0, real].cpu().numpy().astype(np.float64) * 2**level
            centres = start + np.arange(len(reach)) * 2**level
            onsets, ends = centres - reach[:, 0], centres + reach[:, 1]
            ious.append(_ious(_on_grid(file, detection), onsets, ends, seen))
            levels.append(np.full(len(reach), level))
            scores.append(every.sigmoid().cpu().numpy())
        return _Proposals(*(np.concatenate(parts) for parts in (ious, levels, scores)))

    def _shown(self, task: Task, score: float) -> float:
        return float(self._bundle.calibrated(task, np.array([score]))[0])

    def _nearest(self, task: Task, scores: np.ndarray) -> tuple[tuple[str, float], ...]:
        labels = self._bundle.description.tasks[task].labels
        shown = self._bundle.calibrated(task, scores)
        order = np.argsort(-shown, kind="stable")[:NEAREST]
        return tuple((labels[index], float(shown[index])) for index in order)


def _on_grid(file: KeptFile, detection: Detection) -> tuple[float, float]:
    return file.grid.coordinate(detection.onset_us), file.grid.coordinate(detection.offset_us)


def _ious(
    wanted: tuple[float, float], onsets: np.ndarray, offsets: np.ndarray, seen: tuple[float, float]
) -> np.ndarray:
    """Overlap of proposals with what is wanted, both as far as they were seen."""
    first, last = np.clip(wanted, *seen)
    onsets, offsets = np.clip(onsets, *seen), np.clip(offsets, *seen)
    shared = np.minimum(offsets, last) - np.maximum(onsets, first)
    covered = np.maximum(offsets, last) - np.minimum(onsets, first)
    return np.clip(shared, 0, None) / np.maximum(covered, 1e-6)
