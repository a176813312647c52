"""Sound laid on one line of samples, with silence where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core_model.media.mixing import PIECE_SAMPLES
from core_model.timeline import US_PER_S


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """float32 (n,) for one channel or (n, channels); the first sample lies at ``pts_us``.

    Full scale is [-1, 1]; lossy decoders may overshoot it a little.
    """

    pts_us: int
    samples: np.ndarray


def silence(count: int, channels: int) -> Iterator[np.ndarray]:
    """``count`` samples of silence in pieces, float32 (n,) for one channel or (n, channels)."""
    while count > 0:
        length = min(count, PIECE_SAMPLES)
        yield np.zeros(length if channels == 1 else (length, channels), np.float32)
        count -= length


class SampleLine:
    """Lays pieces on a line of samples that begins at one moment and has no gaps: at ``start_us``,
    or where the first piece does when that is later or nothing is asked for."""

    def __init__(self, start_us: int | None, rate_hz: int, channels: int) -> None:
        self._anchor_us = start_us
        self.rate_hz = rate_hz
        self.channels = channels
        self._offset_us = 0
        self._limit_us: int | None = None
        self._limit: int | None = None
        self._begun = False
        self._written = 0
        self._cursor = 0

    def take_clock(self, offset_us: int, limit_us: int | None) -> None:
        """What comes now says times that are ``offset_us`` earlier than those of the line, and
        ends at ``limit_us`` of the line's."""
        self._offset_us, self._limit_us = offset_us, limit_us

    def go_to(self, pts_us: int) -> Iterator[AudioChunk]:
        """The next piece begins at ``pts_us``: gives the silence up to there."""
        pts_us += self._offset_us
        if self._anchor_us is None or (not self._begun and pts_us > self._anchor_us):
            self._anchor_us = pts_us
        self._begun = True
        self._cursor = self._samples_to(pts_us)
        self._limit = None if self._limit_us is None else self._samples_to(self._limit_us)
        reached = self._cursor if self._limit is None else min(self._cursor, self._limit)
        for quiet in silence(reached - self._written, self.channels):
            yield self._chunk(quiet)

    def place(self, pieces: Iterator[np.ndarray]) -> Iterator[AudioChunk]:
        """Pieces that follow each other, without what is already written."""
        for piece in pieces:
            end = None if self._limit is None else max(0, self._limit - self._cursor)
            fresh = piece[max(0, self._written - self._cursor) : end]
            self._cursor += len(piece)
            if len(fresh):
                yield self._chunk(fresh)

    def _samples_to(self, time_us: int) -> int:
        assert self._anchor_us is not None
        return round((time_us - self._anchor_us) * self.rate_hz / US_PER_S)

    def _chunk(self, fresh: np.ndarray) -> AudioChunk:
        assert self._anchor_us is not None
        pts_us = self._anchor_us + round(self._written * US_PER_S / self.rate_hz)
        self._written += len(fresh)
        return AudioChunk(pts_us, fresh)
