"""Sound on its way to the card: filled by the sound thread, emptied by the card's callback."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from core_model.timeline import US_PER_S


@dataclass(frozen=True, slots=True)
class Taken:
    """What one callback got: ``count`` samples that cover ``[start_us, end_us)`` of the media."""

    count: int
    start_us: int
    end_us: int


class SoundQueue:
    """First in, first out; knows the media time of every sample that passes through.

    ``speed`` is media seconds per second of output, so the samples of one second of output
    cover ``speed`` seconds of the media.
    """

    def __init__(self, run: int, start_us: int, speed: float, rate_hz: int) -> None:
        self.run = run
        self.speed = speed
        self._start_us = start_us
        self._rate_hz = rate_hz
        self._lock = threading.Lock()
        self._blocks: deque[np.ndarray] = deque()
        self._waiting = 0
        self._taken = 0

    @property
    def waiting_s(self) -> float:
        """Seconds of output that lie ready."""
        return self._waiting / self._rate_hz

    def put(self, block: np.ndarray) -> None:
        """Add float32 (n, channels) samples."""
        with self._lock:
            self._blocks.append(block)
            self._waiting += len(block)

    def take(self, out: np.ndarray) -> Taken:
        """Fill ``out``, float32 (n, channels), as far as there is sound; the rest gets silence."""
        with self._lock:
            filled = 0
            while filled < len(out) and self._blocks:
                block = self._blocks.popleft()
                part = block[: len(out) - filled]
                out[filled : filled + len(part)] = part
                filled += len(part)
                if len(part) < len(block):
                    self._blocks.appendleft(block[len(part) :])
            self._waiting -= filled
            start = self._taken
            self._taken += filled
        out[filled:] = 0.0
        return Taken(filled, self._media_us(start), self._media_us(start + filled))

    def _media_us(self, position: int) -> int:
        return self._start_us + round(position * self.speed * US_PER_S / self._rate_hz)
