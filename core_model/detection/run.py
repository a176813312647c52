"""One detection run over one file: windows as they become complete, and the list so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core_model.detection.feeds import DetectionCancelledError
from core_model.detection.stitching import Segments, Stitcher, Window
from core_model.detection.windows import PointSink, TaskPrompt, WindowPlan, WindowScorer
from core_model.media.probe import MediaInfo
from core_model.timeline import Detection, SnippetGrid, Task

# A look at an incomplete window costs as much as a complete one: not more often than this, and
# not for more than a tenth of the time.
_PREVIEW_PAUSE_S = 1.0
_PREVIEW_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Features:
    """All snippets of a file, or room for them: float16 (n, dim). A missing stream is one row
    that stands for every snippet."""

    visual: np.ndarray
    audio: np.ndarray

    def part(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Both streams of the snippets ``start`` to ``end - 1``."""
        return _rows(self.visual, start, end), _rows(self.audio, start, end)


def tasks_of(info: MediaInfo) -> tuple[Task, ...]:
    """What can be found with the streams at hand."""
    possible = {
        Task.TAL: info.video is not None,
        Task.SED: info.audio is not None,
        Task.AVEL: info.video is not None and info.audio is not None,
    }
    return tuple(task for task, is_possible in possible.items() if is_possible)


class DetectionRun:
    """Windows of a file in, detections out; ``calibrate`` maps probabilities of a task to scores.

    Complete windows are scored once and their result is final but for the seam; what lies behind
    them is looked at in between, and that look is thrown away.
    """

    def __init__(
        self,
        info: MediaInfo,
        features: Features,
        prompts: tuple[TaskPrompt, ...],
        scorer: WindowScorer,
        plan: WindowPlan,
        calibrate: Callable[[Task, np.ndarray], np.ndarray],
        cancelled: Callable[[], bool],
        keep: PointSink | None = None,
    ) -> None:
        """``keep`` takes the points of complete windows."""
        self._info = info
        self._features = features
        self._prompts = prompts
        self._scorer = scorer
        self._plan = plan
        self._calibrate = calibrate
        self._cancelled = cancelled
        self._keep = keep
        self._stitchers: Mapping[Task, Stitcher] = {
            prompt.task: Stitcher(prompt.decoding.sigma, prompt.decoding.min_score)
            for prompt in prompts
        }
        self._final: list[Detection] = []
        self._current: list[Detection] = []
        self._windows_done = 0
        self._seen = 0
        self._preview_due_s = 0.0

    def advance(self, ready: int, count: int, end_us: int) -> tuple[Detection, ...]:
        """Score what became complete with ``ready`` of ``count`` snippets; all events so far,
        by onset, clipped to ``end_us``. Raises DetectionCancelledError."""
        waiting = list(self._plan.starts(count))[self._windows_done :]
        had_done = self._windows_done
        while waiting and self._plan.complete(waiting[0], ready, count):
            self._take_window(waiting.pop(0), count, end_us)
        unseen = ready > self._seen
        began_s = time.monotonic()
        if unseen and began_s >= self._preview_due_s:
            self._current = self._preview(waiting[0], ready, end_us)
            took_s = time.monotonic() - began_s
            self._preview_due_s = began_s + max(_PREVIEW_PAUSE_S, took_s / _PREVIEW_SHARE)
        elif self._windows_done > had_done:
            self._current = self._open_detections(end_us)
        return tuple(sorted(self._final + self._current, key=by_onset))

    def _take_window(self, start: int, count: int, end_us: int) -> None:
        end = min(start + self._plan.length, count)
        for prompt in self._prompts:
            stitcher = self._stitchers[prompt.task]
            stitcher.add(self._score(prompt, start, end, self._keep))
            self._final += self._detections(prompt, stitcher.settled(), end_us)
        self._windows_done += 1
        self._seen = end

    def _preview(self, start: int, ready: int, end_us: int) -> list[Detection]:
        return [
            detection
            for prompt in self._prompts
            for detection in self._detections(
                prompt,
                self._stitchers[prompt.task].preview(self._score(prompt, start, ready)),
                end_us,
            )
        ]

    def _open_detections(self, end_us: int) -> list[Detection]:
        return [
            detection
            for prompt in self._prompts
            for detection in self._detections(prompt, self._stitchers[prompt.task].open(), end_us)
        ]

    def _score(
        self, prompt: TaskPrompt, start: int, end: int, keep: PointSink | None = None
    ) -> Window:
        if self._cancelled():
            raise DetectionCancelledError
        return self._scorer.score(prompt, start, *self._features.part(start, end), keep)

    def _detections(self, prompt: TaskPrompt, segments: Segments, end_us: int) -> list[Detection]:
        """Segments as events in presentation time, within the streams that the task looks at."""
        scores = self._calibrate(prompt.task, segments.scores)
        return timed(self._info, prompt.task, prompt.labels, segments, scores, end_us)


def timed(
    info: MediaInfo,
    task: Task,
    labels: tuple[str, ...],
    segments: Segments,
    scores: np.ndarray,
    end_us: int,
) -> list[Detection]:
    """Segments on the grid as events in presentation time with these ``scores``, clipped to
    ``end_us`` and to the streams that the task looks at."""
    grid = SnippetGrid(info.start_us)
    first_us, last_us = range_us(info, task)
    last_us = min(last_us, end_us)
    detections = []
    for onset, offset, score, label in zip(
        segments.onsets.tolist(),
        segments.offsets.tolist(),
        scores.tolist(),
        segments.labels.tolist(),
        strict=True,
    ):
        onset_us = max(first_us, grid.centre_us(onset))
        offset_us = min(last_us, grid.centre_us(offset))
        if onset_us < offset_us:
            detections.append(Detection(task, labels[label], onset_us, offset_us, score))
    return detections


def range_us(info: MediaInfo, task: Task) -> tuple[int, int]:
    """Where all streams that a task looks at are there."""
    streams = {
        Task.TAL: (info.video,),
        Task.SED: (info.audio,),
        Task.AVEL: (info.video, info.audio),
    }[task]
    present = [stream for stream in streams if stream is not None]
    return max(s.start_us for s in present), min(s.end_us for s in present)


def _rows(embeddings: np.ndarray, start: int, end: int) -> np.ndarray:
    if embeddings.ndim == 1:
        return np.broadcast_to(embeddings, (end - start, len(embeddings)))
    return embeddings[start:end]


def by_onset(detection: Detection) -> tuple[int, int, str, str]:
    """The order in which events are told."""
    return detection.onset_us, detection.offset_us, str(detection.task), detection.label
