"""How a detection came about: the point that proposed it, and what each stream had to say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.detection.run import Features
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
        start, end = self._window(file, detection)
        visual, audio = file.features.part(start, end)
        seen = self._proposals(file, detection, rows, start, visual, audio)
        point = seen.best()
        raw = float(seen.scores[point, 0])
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

    def _window(self, file: KeptFile, detection: Detection) -> tuple[int, int]:
        """The window in which most of the detection lies, in its middle if there are several."""
        extent = file.extent
        onset = file.grid.coordinate(detection.onset_us)
        offset = file.grid.coordinate(detection.offset_us)
        best: tuple[float, float, tuple[int, int]] | None = None
        for start in self._plan.starts(extent.count):
            end = min(start + self._plan.length, extent.count, extent.ready)
            if end <= start:
                break
            seen = min(offset, end + 1) - max(onset, start - 2)
            aside = abs((onset + offset) / 2 - (start + end) / 2)
            if seen > 0 and (best is None or (seen, -aside) > best[:2]):
                best = (seen, -aside, (start, end))
        if best is None:
            raise _not_encoded(file.info.path)
        return best[2]

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
        ious, levels, scores = [], [], []
        for level, (logits, offsets) in enumerate(zip(raw.logits, raw.offsets, strict=True)):
            real = raw.masks[level][0]
            asked = contrasted(logits[0, real, : len(rows)])
            every = torch.cat([asked[:, None], logits[0, real, len(rows) :]], dim=1)
            reach = offsets[0, real].cpu().numpy().astype(np.float64) * 2**level
            centres = start + np.arange(len(reach)) * 2**level
            ious.append(_ious(file, detection, centres - reach[:, 0], centres + reach[:, 1]))
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


def _ious(
    file: KeptFile, detection: Detection, onsets: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    """Overlap of proposals on the grid with the detection, which ends where the media do."""
    first = file.grid.coordinate(detection.onset_us)
    last = file.grid.coordinate(detection.offset_us)
    onsets = np.maximum(onsets, file.grid.coordinate(file.info.start_us))
    offsets = np.minimum(offsets, file.grid.coordinate(file.extent.end_us))
    shared = np.minimum(offsets, last) - np.maximum(onsets, first)
    covered = np.maximum(offsets, last) - np.minimum(onsets, first)
    return np.clip(shared, 0, None) / np.maximum(covered, 1e-6)


def _not_encoded(path: Path) -> MediaError:
    return MediaError(path, WHOLE_FILE, "is not encoded there yet")
