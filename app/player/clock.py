"""Where playback stands: a line through one known point of (reference time, media time)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from core_model.timeline import US_PER_S

Reference = Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Media time ``media_us`` is at ``at_s`` of ``reference``; ``speed`` media s per second.

    The line counts within ``[earliest_us, latest_us]`` only.
    """

    reference: Reference
    at_s: float
    media_us: int
    speed: float
    earliest_us: int
    latest_us: int | None


class MediaClock:
    """Media time in microseconds of presentation time, readable from every thread.

    Three states: held (stands still), running on the monotonic timer, or following the sound
    card. Every change of state begins a new run; :meth:`follow` names the run it belongs to, so
    that a sound callback which is still on its way cannot move a clock that was set anew.
    """

    def __init__(self, monotonic: Reference = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._run = 0
        self._anchor = _Anchor(monotonic, 0.0, 0, 0.0, 0, None)

    def now_us(self) -> int:
        """Media time that is heard and should be seen now."""
        anchor = self._anchor
        if anchor.speed == 0.0:
            return anchor.media_us
        elapsed_s = anchor.reference() - anchor.at_s
        reached_us = anchor.media_us + round(elapsed_s * anchor.speed * US_PER_S)
        if anchor.latest_us is not None:
            reached_us = min(reached_us, anchor.latest_us)
        return max(reached_us, anchor.earliest_us)

    def hold(self, media_us: int) -> int:
        """Stand still at ``media_us``; returns the number of the run that begins."""
        return self._begin(media_us, 0.0)

    def run(self, media_us: int, speed: float) -> int:
        """Run on the monotonic timer from ``media_us``; returns the number of the run."""
        return self._begin(media_us, speed)

    def follow(
        self, run: int, reference: Reference, at_s: float, span_us: tuple[int, int], speed: float
    ) -> bool:
        """Say that a sound buffer over ``span_us`` (start, end) is heard from ``at_s`` on.

        ``at_s`` is a reading of ``reference``. A buffer is heard a little later than it is
        filled, so before the first one the clock stands where the run began; without a further
        one it stops at the end of the last. Returns whether ``run`` is still the present one.
        """
        with self._lock:
            if run != self._run:
                return False
            start_us, end_us = span_us
            earliest_us = self._anchor.earliest_us
            self._anchor = _Anchor(reference, at_s, start_us, speed, earliest_us, end_us)
            return True

    def _begin(self, media_us: int, speed: float) -> int:
        with self._lock:
            self._run += 1
            now_s = self._monotonic()
            self._anchor = _Anchor(self._monotonic, now_s, media_us, speed, media_us, None)
            return self._run
