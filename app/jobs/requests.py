"""What the window asks the worker thread for, and what comes back. Nothing else is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core_model.timeline import US_PER_S, Detection, Task


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """Find the events of a file. Ids increase; only the newest request is served."""

    id: int
    path: Path


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The model is loaded: its name, the device it runs on, its own thresholds in [0, 1]."""

    id: int
    model: str
    device: str
    thresholds: Mapping[Task, float]


@dataclass(frozen=True, slots=True)
class DetectProgress:
    """All events found so far, sorted by onset, after ``analysed_us`` of ``[start_us, end_us)``.

    ``times_real_time`` is media seconds per second of work, 0 while it is not known.
    """

    id: int
    detections: tuple[Detection, ...]
    analysed_us: int
    start_us: int
    end_us: int
    times_real_time: float
    from_cache: bool
    done: bool

    @property
    def part_done(self) -> float:
        """In [0, 1]."""
        span_us = self.end_us - self.start_us
        if self.done or span_us <= 0:
            return 1.0
        return min(max((self.analysed_us - self.start_us) / span_us, 0.0), 1.0)

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None while that is not known."""
        if self.times_real_time <= 0:
            return None
        return max(self.end_us - self.analysed_us, 0) / US_PER_S / self.times_real_time


@dataclass(frozen=True, slots=True)
class DetectFailure:
    """The request cannot be served; ``reason`` is one line for people."""

    id: int
    reason: str


DetectResponse = ModelReady | DetectProgress | DetectFailure
