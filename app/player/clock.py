"""Where playback stands: straight pieces of (reference time, media time), one after the other."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.player.route import Leg
from core_model.timeline import US_PER_S

Monotonic = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Piece:
    """Media from ``start_us`` up to ``end_us`` is heard from ``at_s`` on, at ``speed``.

    ``at_s`` is a time of the monotonic clock. ``lap`` grows by one with every leg, so that a
    jump back is told from a clock that trembles.
    """

    at_s: float
    start_us: int
    end_us: int
    speed: float
    lap: int

    def media_us(self, now_s: float) -> int:
        reached_us = self.start_us + round((now_s - self.at_s) * self.speed * US_PER_S)
        return min(max(reached_us, self.start_us), self.end_us)

    @property
    def until_s(self) -> float:
        return self.at_s + (self.end_us - self.start_us) / self.speed / US_PER_S


class Reading(NamedTuple):
    """Media time, and the lap that it belongs to: within one lap time never runs back."""

    media_us: int
    lap: int


class MediaClock:
    """Media time in microseconds of presentation time, readable from every thread.

    Three states: held (stands still), running on the monotonic timer, or following the sound
    card. Every change of state begins a new run; :meth:`follow` names the run it belongs to, so
    that a sound callback which is still on its way cannot move a clock that was set anew.
    """

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._run = 0
        self._pieces: deque[Piece] = deque()
        self._legs: Iterator[Leg] = iter(())
        self._latest = Reading(0, 0)

    def now_us(self) -> int:
        return self.reading().media_us

    def reading(self) -> Reading:
        """The present moment. Within a lap it is never before one that was read already."""
        with self._lock:
            now_s = self._monotonic()
            self._go_on_to(now_s)
            if self._pieces:
                piece = self._pieces[0]
                media_us = piece.media_us(now_s)
                if piece.lap == self._latest.lap:
                    media_us = max(media_us, self._latest.media_us)
                self._latest = Reading(media_us, piece.lap)
            return self._latest

    def seconds_until(self, media_us: int) -> float | None:
        """How long until ``media_us`` at the present speed; None where the clock stands still."""
        now_us = self.now_us()
        with self._lock:
            if not self._pieces:
                return None
            return (media_us - now_us) / self._pieces[0].speed / US_PER_S

    def hold(self, media_us: int) -> int:
        """Stand still at ``media_us``; returns the number of the run that begins."""
        return self._begin(media_us, ())

    def run(self, media_us: int, legs: Iterable[Leg]) -> int:
        """Go along the legs on the monotonic timer; returns the number of the run.

        Where there is no leg the clock stands at ``media_us``, after the last one at its end.
        """
        return self._begin(media_us, legs)

    def follow(self, run: int, pieces: Iterable[Piece]) -> bool:
        """Say what is heard next, in order.

        Sound is heard a little later than it is given away, so before the first piece the clock
        stands where the run began; without a further one it stops at the end of the last.
        Returns whether ``run`` is still the present one.
        """
        with self._lock:
            if run != self._run:
                return False
            self._pieces.extend(pieces)
            return True

    def _begin(self, media_us: int, legs: Iterable[Leg]) -> int:
        with self._lock:
            self._run += 1
            self._pieces.clear()
            self._legs = iter(legs)
            self._latest = Reading(media_us, 0)
            self._take_leg(self._monotonic(), 0)
            return self._run

    def _go_on_to(self, now_s: float) -> None:
        while self._pieces:
            piece = self._pieces[0]
            if len(self._pieces) == 1 and now_s >= piece.until_s:
                self._take_leg(piece.until_s, piece.lap + 1)
            if len(self._pieces) == 1 or self._pieces[1].at_s > now_s:
                return
            self._pieces.popleft()

    def _take_leg(self, at_s: float, lap: int) -> None:
        leg = next(self._legs, None)
        if leg is not None:
            self._pieces.append(Piece(at_s, *leg, lap))
