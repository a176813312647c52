"""Videos as embeddings in memory, their stretches, and the windows that are drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core_model.detection.run import Features
from core_model.timeline import SnippetGrid, Task, seconds
from training.corrections.data import TrainingSegment
from training.corrections.split import Split, Stretch
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """The snippets of one video: ``features`` as the program has them, on ``grid``, of which
    ``count`` are real. ``tasks`` are those whose streams the video has."""

    name: str
    features: Features
    grid: SnippetGrid
    count: int
    end_us: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class EncodedStretch:
    """The snippets ``first`` to ``last - 1`` of a video, and what is known of them."""

    encoded: EncodedVideo
    stretch: Stretch
    first: int
    last: int

    @property
    def count(self) -> int:
        """Snippets."""
        return self.last - self.first

    @property
    def segments(self) -> tuple[TrainingSegment, ...]:
        """Everything marked in the stretch."""
        return self.stretch.segments

    def span(self, segment: TrainingSegment) -> tuple[float, float]:
        """Onset and offset in cells, 0 at the first snippet of the stretch."""
        grid = self.encoded.grid
        return (
            grid.coordinate(segment.onset_us) - self.first,
            grid.coordinate(segment.offset_us) - self.first,
        )

    def features(self, start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Both streams of ``count`` snippets from ``start`` of the stretch on: (count, dim)."""
        first = self.first + start
        return self.encoded.features.part(first, first + count)

    @property
    def seconds(self) -> tuple[float, float]:
        """From where to where in presentation time, half a snippet before the first centre."""
        grid = self.encoded.grid
        start_us = max(self.stretch.start_us, grid.origin_us)
        return seconds(start_us), seconds(min(self.stretch.end_us, self.encoded.end_us))


def encoded_split(
    split: Split, encoded: Mapping[str, EncodedVideo]
) -> tuple[list[EncodedStretch], list[EncodedStretch]]:
    """Both sides of a split over embeddings; videos without any are left out.

    Raises TrainingError where nothing is left to learn from.
    """
    train = list(_stretches(split.train, encoded))
    held_out = list(_stretches(split.held_out, encoded))
    if not any(stretch.segments for stretch in train):
        raise TrainingError("none of the videos with corrections can be read")
    return train, held_out


def _stretches(
    stretches: tuple[Stretch, ...], encoded: Mapping[str, EncodedVideo]
) -> Iterator[EncodedStretch]:
    for stretch in stretches:
        video = encoded.get(stretch.video.name)
        if video is None:
            continue
        # A snippet belongs to the stretch that holds its middle.
        first = _cell(video, stretch.start_us)
        last = _cell(video, stretch.end_us)
        if last > first:
            yield EncodedStretch(video, stretch, first, last)


def _cell(video: EncodedVideo, time_us: int) -> int:
    return int(np.clip(np.ceil(video.grid.coordinate(time_us)), 0, video.count))
