"""What is to be played next: everything, the selection in a loop, a short stretch, a review."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.player.route import Route, Spans, between, merged

ReviewMode = Literal["events", "gaps"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch that was asked for by itself; ``speed`` None for the speed that is set."""

    start_us: int
    end_us: int
    speed: float | None
    loops: bool


@dataclass(slots=True)
class Plan:
    """The wishes that together make a :class:`Route`. Times are presentation times."""

    speed: float = 1.0
    loops: bool = False
    review: ReviewMode | None = None
    spans: Spans = field(default_factory=tuple)
    stretch: Stretch | None = None

    def route(self, media: tuple[int, int], selection: tuple[int, int] | None) -> Route:
        """The way through media of this (start_us, end_us).

        A stretch by itself goes before everything; a loop is that of the selection, if any.
        Raises ValueError for media without length.
        """
        if self.stretch is not None:
            start_us, end_us, loops = self.stretch.start_us, self.stretch.end_us, self.stretch.loops
            return Route(start_us, end_us, self.stretch.speed or self.speed, loops)
        start_us, end_us = selection if self.loops and selection is not None else media
        passed_over = self._passed_over(start_us, end_us)
        return Route(start_us, end_us, self.speed, self.loops, passed_over)

    def _passed_over(self, start_us: int, end_us: int) -> Spans:
        if self.review is None:
            return ()
        return between(self.spans, start_us, end_us) if self.review == "events" else self.spans

    def set_review(self, mode: ReviewMode | None, spans: Spans) -> None:
        """Pass over all but ``spans`` ("events"), over the spans ("gaps"), or nothing (None)."""
        self.review, self.spans = mode, merged(spans)
