"""Videos as training sees them: features on a grid, events on the same grid, crops, batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.config import GridKind, TaskConfig
from core_model.uniav.points import level_lengths, make_points
from training.recipe.settings import Streams
from training.targets import Targets, batch_targets

TRIES = 200


@dataclass(frozen=True, slots=True)
class CellTimes:
    """Seconds and grid coordinates: cell = second * ``cells_per_s`` - ``first_centre``.

    ``first_centre`` is half a feature window in cells: cell 0 stands for that window's middle.
    """

    cells_per_s: float
    first_centre: float

    @classmethod
    def of_snippets(cls, rate_hz: float, window_frames: int, stride_frames: int) -> CellTimes:
        """A cell per feature."""
        return cls(rate_hz / stride_frames, 0.5 * window_frames / stride_frames)

    @classmethod
    def resized(
        cls, count: int, length: int, rate_hz: float, window_frames: int, stride_frames: int
    ) -> CellTimes:
        """``count`` features interpolated to ``length`` cells that share their time evenly."""
        cell_frames = ((count - 1) * stride_frames + window_frames) / length
        return cls(rate_hz / cell_frames, 0.5)

    def cells(self, seconds: np.ndarray) -> np.ndarray:
        return seconds * self.cells_per_s - self.first_centre

    def seconds(self, cells: np.ndarray) -> np.ndarray:
        return (cells + self.first_centre) / self.cells_per_s


@dataclass(frozen=True, slots=True)
class Example:
    """One video of one task: features (cells, dim), events in cells, class indices."""

    video: str
    visual: Float[Tensor, "cells visual_dim"]
    audio: Float[Tensor, "cells audio_dim"]
    segments: Float[Tensor, "events 2"]
    labels: Int64[Tensor, " events"]
    times: CellTimes
    duration_s: float


@dataclass(slots=True)
class Kept:
    """Reads examples once and keeps them, ``most_bytes`` of features at most; those that find no
    room are read anew each time."""

    read: Callable[[int], Example]
    most_bytes: int
    _kept: dict[int, Example] = field(default_factory=dict)
    _bytes: int = 0

    def __call__(self, index: int) -> Example:
        if index in self._kept:
            return self._kept[index]
        example = self.read(index)
        size = example.visual.nbytes + example.audio.nbytes
        if self._bytes + size <= self.most_bytes:
            self._kept[index] = example
            self._bytes += size
        return example


@dataclass(frozen=True, slots=True)
class TaskBatch:
    """One batch of one task: features, mask and targets over all points."""

    task: Task
    visual: Tensor
    audio: Tensor
    mask: Tensor
    targets: Targets

    def to(self, device: torch.device) -> TaskBatch:
        return TaskBatch(
            self.task,
            self.visual.to(device),
            self.audio.to(device),
            self.mask.to(device),
            self.targets.to(device),
        )


def on_grid(
    video: str,
    features: tuple[Tensor, Tensor],
    seconds: np.ndarray,
    labels: np.ndarray,
    settings: TaskConfig,
    duration_s: float,
    frames: tuple[float, int, int] = (16.0, 16, 4),
) -> Example:
    """A video with its features and its events in seconds (events, 2), as the task's grid has it.

    ``features`` are visual and audio (T, dim) and are cut to the shorter; ``frames`` are rate in
    Hz, window and stride of a feature in frames.
    """
    count = min(len(features[0]), len(features[1]))
    visual, audio = (stream[:count].float() for stream in features)
    if settings.grid is GridKind.RESIZED:
        times = CellTimes.resized(count, settings.max_length, *frames)
        visual, audio = (_interpolated(stream, settings.max_length) for stream in (visual, audio))
    else:
        times = CellTimes.of_snippets(*frames)
    cells = times.cells(np.asarray(seconds, np.float64).reshape(-1, 2))
    return Example(
        video,
        visual,
        audio,
        torch.from_numpy(cells.astype(np.float32)),
        torch.from_numpy(np.asarray(labels, np.int64)),
        times,
        duration_s,
    )


def _interpolated(stream: Tensor, length: int) -> Tensor:
    return functional.interpolate(stream.T[None], size=length, mode="linear")[0].T.contiguous()


def clipped_to_video(example: Example, least_kept: float) -> Example:
    """For training on a resized grid: events that lie mostly beyond the features are left out,
    the others end where the features do."""
    end = len(example.visual) + example.times.first_centre
    onset, offset = example.segments.unbind(1)
    inside = (offset.clamp(max=end) - onset) / (offset - onset).clamp(min=1e-6) >= least_kept
    kept = inside & (onset < end)
    segments = example.segments[kept].clamp(max=end)
    return replace(example, segments=segments, labels=example.labels[kept])


def cropped(
    example: Example, most: int, least_crop: float, least_kept: float, random: np.random.Generator
) -> Example:
    """A stretch drawn by chance: at most ``most`` cells, ``least_crop`` of the video or more.

    Up to 200 stretches are tried until some event keeps ``least_kept`` of its length; events are
    clipped to the stretch, widened by half a feature window on both sides.
    """
    count = len(example.visual)
    length = most
    if count <= most:
        length = int(random.integers(max(round(least_crop * count), 1), count + 1))
    if length >= count:
        return example
    starts = random.integers(count - length + 1, size=TRIES)
    for start in starts.tolist():
        stretch = _stretch(example, start, length, least_kept)
        if len(stretch.labels) or not len(example.labels):
            return stretch
    return _stretch(example, int(starts[-1]), length, 0.0)


def _stretch(example: Example, start: int, length: int, least_kept: float) -> Example:
    """``length`` cells from ``start`` on, with the events that keep enough of themselves."""
    margin = example.times.first_centre
    onset, offset = example.segments.unbind(1)
    clipped = torch.stack(
        (onset.clamp(min=start - margin), offset.clamp(max=start + length + margin)), dim=1
    )
    left = clipped[:, 1] - clipped[:, 0]
    kept = (left > 0) & (left >= least_kept * (offset - onset))
    return replace(
        example,
        visual=example.visual[start : start + length],
        audio=example.audio[start : start + length],
        segments=(clipped - start)[kept],
        labels=example.labels[kept],
    )


def collate(
    task: Task,
    examples: Sequence[Example],
    settings: TaskConfig,
    num_classes: int,
    levels: int,
    streams: Streams = Streams.BOTH,
    device: torch.device | None = None,
) -> TaskBatch:
    """Examples padded with zeros to the length that the task trains on, with their targets, all
    of it on ``device`` and the targets computed there."""
    length = max(settings.max_length, *(len(example.visual) for example in examples))
    visual = torch.stack([_padded(example.visual, length) for example in examples])
    audio = torch.stack([_padded(example.audio, length) for example in examples])
    if streams is Streams.AUDIO:
        visual = torch.zeros_like(visual)
    elif streams is Streams.VISUAL:
        audio = torch.zeros_like(audio)
    counts = torch.tensor([len(example.visual) for example in examples])
    targets = batch_targets(
        make_points(level_lengths(length, levels), device),
        [example.segments.to(device) for example in examples],
        [example.labels.to(device) for example in examples],
        num_classes,
        class_aware=settings.class_aware,
    )
    mask = torch.arange(length) < counts[:, None]
    return TaskBatch(task, visual.to(device), audio.to(device), mask.to(device), targets)


def _padded(stream: Tensor, length: int) -> Tensor:
    return functional.pad(stream, (0, 0, 0, length - len(stream)))
