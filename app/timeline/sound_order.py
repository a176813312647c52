"""Which segment of the sound is read next: what is looked at first, then on to the end."""

from __future__ import annotations

import threading

from app.timeline.sound_features import SEGMENT_FRAMES
from app.timeline.sound_settings import SoundPlan


class SegmentOrder:
    """Gives each segment once; safe between the thread that looks and the one that takes.

    ``may_jump`` says whether reading may begin anywhere; else it goes from start to end.
    """

    def __init__(self, plan: SoundPlan, start_us: int, end_us: int) -> None:
        self._start_us = start_us
        self._segment_us = SEGMENT_FRAMES * plan.hop_us
        # The end is what the file states: there may be more, or less.
        self.stated = max(1, -int((start_us - end_us) // self._segment_us))
        self._left = set(range(self.stated))
        self._given: set[int] = set()
        self._end: int | None = None
        self._lock = threading.Lock()
        self._focus = (0, 0)
        self.may_jump = True

    def look_at(self, start_us: int, end_us: int) -> None:
        """What lies there comes first."""
        first = int((start_us - self._start_us) // self._segment_us)
        last = int((end_us - 1 - self._start_us) // self._segment_us)
        with self._lock:
            self._focus = (first, last)

    def take(self, after: int | None = None, *, is_last: bool = False) -> int | None:
        """The next segment, or None when all were given.

        ``after`` is the segment just read; with ``is_last`` no sound came after it. Reading on
        costs least, so that the segment after it comes unless a visible one is missing.
        """
        with self._lock:
            if after is not None and is_last:
                self._end = after + 1
                self._left = {number for number in self._left if number < after}
            following = self._following(after)
            if following is not None:
                # Beyond the stated end nobody else remembers it while something else comes first.
                self._left.add(following)
            number = self._choose(following)
            if number is not None:
                self._left.discard(number)
                self._given.add(number)
            return number

    def _choose(self, following: int | None) -> int | None:
        first, last = self._focus
        if following is not None and (not self.may_jump or first <= following <= last):
            return following
        wanted = [number for number in self._left if first <= number <= last]
        if wanted and self.may_jump:
            return min(wanted)
        return following if following is not None else min(self._left, default=None)

    def _following(self, after: int | None) -> int | None:
        """The segment to be read on to, even beyond the stated end; None where it is known."""
        if after is None or after + 1 in self._given:
            return None
        is_beyond = self._end is not None and after + 1 >= self._end
        return None if is_beyond else after + 1
