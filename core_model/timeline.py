"""Frozen values on the time axis.

Every time is an integer count of microseconds of presentation time (the time stamps of the
file itself, not counted from its first frame). Seconds as floats exist only inside tensors and
at the edges where people or JSON read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

US_PER_S = 1_000_000


class Task(StrEnum):
    """The three kinds of events (Geng et al., arXiv 2404.03179, section 3)."""

    TAL = "tal"
    SED = "sed"
    AVEL = "avel"


@dataclass(frozen=True, slots=True)
class Detection:
    """One predicted event: ``onset_us < offset_us`` in presentation time, score in [0, 1]."""

    task: Task
    label: str
    onset_us: int
    offset_us: int
    score: float

    @property
    def duration_us(self) -> int:
        return self.offset_us - self.onset_us


@dataclass(frozen=True, slots=True)
class SnippetGrid:
    """The grid of snippets on which embeddings lie (UniAV: 1 s windows every 0.25 s).

    Snippet ``i`` covers ``[origin_us + i * stride_us, origin_us + i * stride_us + window_us)``.
    Grid coordinate ``g`` (a float in model output) is the centre of snippet ``g``.
    """

    origin_us: int
    stride_us: int = 250_000
    window_us: int = 1_000_000

    def snippet_count(self, end_us: int) -> int:
        """Whole windows up to ``end_us``; one (padded) for anything shorter, none when empty."""
        length_us = end_us - self.origin_us
        if length_us <= 0:
            return 0
        return max(1, (length_us - self.window_us) // self.stride_us + 1)

    def centre_us(self, coordinate: float) -> int:
        """Presentation time of a grid coordinate, rounded to a microsecond."""
        return self.origin_us + round(coordinate * self.stride_us + self.window_us / 2)

    def coordinate(self, time_us: int) -> float:
        """Grid coordinate of a presentation time: the inverse of :meth:`centre_us`."""
        return (time_us - self.origin_us - self.window_us / 2) / self.stride_us


def seconds(time_us: int) -> float:
    """Microseconds as seconds, for JSON and for people."""
    return time_us / US_PER_S


def microseconds(time_s: float) -> int:
    """Seconds as the nearest whole microsecond."""
    return round(time_s * US_PER_S)
