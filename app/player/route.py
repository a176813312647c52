"""Which stretches of the media are played, in which order and how fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Review passes over what it leaves out at this speed.
REVIEW_SPEED = 10.0

Spans = tuple[tuple[int, int], ...]


class Leg(NamedTuple):
    """The media from ``start_us`` up to ``end_us``, at ``speed`` media seconds per second."""

    start_us: int
    end_us: int
    speed: float


@dataclass(frozen=True, slots=True)
class Route:
    """From ``start_us`` to ``end_us`` at ``speed``, and again for ever where it ``loops``.

    The stretches of ``passed_over``, ascending and apart, go by at ``REVIEW_SPEED``. Times are
    microseconds of presentation time. Raises ValueError for a route without length.
    """

    start_us: int
    end_us: int
    speed: float = 1.0
    loops: bool = False
    passed_over: Spans = ()

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us:
            raise ValueError(f"nothing lies between {self.start_us} and {self.end_us} us")

    def covers(self, time_us: int) -> bool:
        return self.start_us <= time_us < self.end_us

    def legs_from(self, time_us: int) -> Iterator[Leg]:
        """What is played when it begins at ``time_us``; a loop has no last leg.

        Nothing at or after the end, but a loop begins there anew; the route's start before it.
        """
        yield from self._once(max(time_us, self.start_us))
        while self.loops:
            yield from self._once(self.start_us)

    def _once(self, time_us: int) -> Iterator[Leg]:
        for start_us, end_us in self.passed_over:
            if end_us <= time_us or start_us >= self.end_us:
                continue
            if start_us > time_us:
                yield Leg(time_us, start_us, self.speed)
                time_us = start_us
            until_us = min(end_us, self.end_us)
            yield Leg(time_us, until_us, REVIEW_SPEED)
            time_us = until_us
        if time_us < self.end_us:
            yield Leg(time_us, self.end_us, self.speed)


def merged(spans: Spans) -> Spans:
    """The same stretches ascending, with those that touch or overlap made one."""
    joined: list[tuple[int, int]] = []
    for start_us, end_us in sorted(spans):
        if joined and start_us <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_us))
        elif end_us > start_us:
            joined.append((start_us, end_us))
    return tuple(joined)


def between(spans: Spans, start_us: int, end_us: int) -> Spans:
    """What lies in ``[start_us, end_us)`` and in none of the ``spans``."""
    gaps: list[tuple[int, int]] = []
    for span_start_us, span_end_us in merged(spans):
        if span_start_us > start_us:
            gaps.append((start_us, min(span_start_us, end_us)))
        start_us = max(start_us, span_end_us)
        if start_us >= end_us:
            return tuple(gaps)
    return (*gaps, (start_us, end_us))
