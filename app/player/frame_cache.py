"""Decoded frames around the playhead: one unbroken run, bounded in bytes.

Of what has been visited more is kept than is decoded in advance, so that going to and fro within
a long group of pictures needs no decoding.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from core_model.media.video import PaintedFrame

# As much is decoded around the playhead before anybody asks for it.
EAGER_BYTES = 128_000_000
MINIMUM_FRAMES = 6
# Half a second of most videos.
SHORT_FRAMES = 15
# Of that, the part kept for stepping back; the rest is decoded ahead.
BEHIND_PART = 1 / 2
_FRAME_US_IF_UNKNOWN = 40_000


class Missing(NamedTuple):
    """Frames wanted before the run: at most ``most`` from ``from_us`` on, up to ``first_us``.

    ``usual_us`` is how long a frame is usually shown.
    """

    first_us: int
    from_us: int
    most: int
    usual_us: int


class FrameCache:
    """Frames in presentation order with none missing between the first and the last.

    The reader thread appends and prepends, the main thread looks up; every method takes the lock
    for a short time only. Times are presentation times in microseconds.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._reserved_bytes = 0
        self._lock = threading.Lock()
        self._frames: list[PaintedFrame] = []
        self._pts_us: list[int] = []
        self._certain_us: int | None = None
        self._starts_at_first = False
        self._finished = False
        self._playhead_us = 0

    def begin(self, start_us: int) -> None:
        """Forget all frames; the next one appended is the frame shown at ``start_us``."""
        with self._lock:
            self._frames.clear()
            self._pts_us.clear()
            self._certain_us = start_us
            self._starts_at_first = False
            self._finished = False

    def append(self, frame: PaintedFrame) -> None:
        """Add the frame that follows the last one; drops frames far behind the playhead."""
        with self._lock:
            if not self._frames and self._certain_us is not None:
                # Nothing precedes a frame that comes after the time asked for.
                self._starts_at_first = frame.pts_us > self._certain_us
            self._frames.append(frame)
            self._pts_us.append(frame.pts_us)
            self._forget_behind()

    def prepend(self, earlier: Sequence[PaintedFrame], *, reaches_first: bool) -> bool:
        """Add the frames just before the first one; ``reaches_first``: none precedes them.

        Returns whether frames far ahead of the playhead were dropped to make room.
        """
        with self._lock:
            self._frames[:0] = earlier
            self._pts_us[:0] = [frame.pts_us for frame in earlier]
            self._starts_at_first = reaches_first
            return self._forget_ahead()

    def finish(self) -> None:
        """Say that no frame follows the last one."""
        with self._lock:
            self._finished = True

    def reserve(self, count_bytes: int) -> None:
        """Let so much of the room be taken by frames that are kept elsewhere."""
        with self._lock:
            self._reserved_bytes = count_bytes

    def set_playhead(self, time_us: int) -> None:
        with self._lock:
            self._playhead_us = time_us

    def is_behind(self, time_us: int) -> bool:
        """Whether the playhead has left a moment behind."""
        with self._lock:
            return time_us < self._playhead_us

    def wants_more(self) -> bool:
        """Whether frames should be decoded ahead of the playhead."""
        with self._lock:
            return not self._finished and self._ahead() < self._ahead_limit()

    def runs_short(self) -> bool:
        """Whether so few are left ahead of the playhead that nothing else should be decoded."""
        with self._lock:
            return not self._finished and self._ahead() < min(self._ahead_limit(), SHORT_FRAMES)

    def _ahead(self) -> int:
        return len(self._frames) - max(self._index(self._playhead_us), 0)

    def _ahead_limit(self) -> float:
        if not self._frames:
            return MINIMUM_FRAMES
        return max(self._eager_frames() * (1 - BEHIND_PART), MINIMUM_FRAMES / 2)

    def wanted_behind(self) -> Missing | None:
        """What should be decoded behind the playhead: None while half of its part is there."""
        with self._lock:
            behind_limit = int(self._eager_frames() * BEHIND_PART) if self._frames else 0
            behind = max(self._index(self._playhead_us), 0)
            if self._starts_at_first or not self._frames or 2 * behind >= behind_limit:
                return None
            return self._before_first(behind_limit - behind)

    def before_first(self, playhead_us: int) -> Missing | None:
        """What a step back from the run's first frame needs; None where nothing precedes it."""
        with self._lock:
            if self._starts_at_first or not self._frames:
                return None
            behind = max(self._index(playhead_us), 0)
            return self._before_first(max(int(self._eager_frames() * BEHIND_PART) - behind, 1))

    def shown_at(self, time_us: int) -> PaintedFrame | None:
        """The frame on screen at ``time_us``, or None where this run cannot say."""
        with self._lock:
            if not self._frames:
                return None
            index = self._index(time_us)
            if index < 0:
                return self._frames[0] if self._starts_at_first else None
            is_last = index == len(self._frames) - 1
            certain = self._finished or (
                self._certain_us is not None and time_us <= self._certain_us
            )
            return None if is_last and not certain else self._frames[index]

    def holds(self, time_us: int, direction: int) -> bool:
        """Whether the frame shown at a moment is there, or its neighbour (1: after, -1: before)."""
        shown = self.shown_at(time_us)
        if direction == 0 or shown is None:
            return shown is not None
        if direction > 0:
            return self.after(shown.pts_us) is not None
        return self.before(shown.pts_us) is not None

    def may_reach(self, time_us: int) -> bool:
        """Whether frames appended to this run may come to be shown at a moment."""
        with self._lock:
            return bool(self._pts_us) and self._pts_us[0] <= time_us and not self._finished

    def newest_before(self, time_us: int) -> PaintedFrame | None:
        """The last decoded frame at or before ``time_us``, even if a later one may be due."""
        with self._lock:
            index = self._index(time_us)
            return self._frames[index] if index >= 0 else None

    def after(self, pts_us: int) -> PaintedFrame | None:
        """The frame that follows the one at ``pts_us``, or None where it is not in the run."""
        with self._lock:
            index = self._index(pts_us)
            if index < 0 or self._pts_us[index] != pts_us or index + 1 == len(self._frames):
                return None
            return self._frames[index + 1]

    def before(self, pts_us: int) -> PaintedFrame | None:
        """The frame that precedes the one at ``pts_us``, or None where it is not in the run."""
        with self._lock:
            index = self._index(pts_us)
            if index < 1 or self._pts_us[index] != pts_us:
                return None
            return self._frames[index - 1]

    def is_last(self, pts_us: int) -> bool:
        """Whether the frame at ``pts_us`` is known to be the last one of the stream."""
        with self._lock:
            return self._finished and bool(self._pts_us) and self._pts_us[-1] == pts_us

    def is_first(self, pts_us: int) -> bool:
        """Whether the frame at ``pts_us`` is known to be the first one of the stream."""
        with self._lock:
            return self._starts_at_first and bool(self._pts_us) and self._pts_us[0] == pts_us

    def count_between(self, earlier_us: int, later_us: int) -> int:
        """Frames strictly between two presentation times."""
        with self._lock:
            return max(0, bisect_right(self._pts_us, later_us - 1) - self._index(earlier_us) - 1)

    def first_pts_us(self) -> int | None:
        with self._lock:
            return self._pts_us[0] if self._pts_us else None

    def last_pts_us(self) -> int | None:
        with self._lock:
            return self._pts_us[-1] if self._pts_us else None

    def _index(self, time_us: int) -> int:
        return bisect_right(self._pts_us, time_us) - 1

    def _most_frames(self) -> int:
        return self._count_in(self._limit_bytes - self._reserved_bytes)

    def _eager_frames(self) -> int:
        return self._count_in(min(EAGER_BYTES, self._limit_bytes))

    def _count_in(self, limit_bytes: int) -> int:
        frame_bytes = max(self._frames[-1].nbytes, 1)
        return max(limit_bytes // frame_bytes, MINIMUM_FRAMES)

    def _before_first(self, count: int) -> Missing:
        first_us = self._pts_us[0]
        gaps = len(self._pts_us) - 1
        usual_us = (self._pts_us[-1] - first_us) // gaps if gaps else _FRAME_US_IF_UNKNOWN
        return Missing(first_us, first_us - max(usual_us, 1) * count, count, usual_us)

    def _forget_behind(self) -> None:
        excess = len(self._frames) - self._most_frames()
        if excess <= 0:
            return
        # Never the frame on screen: it and those ahead are what the next ticks will ask for.
        dropped = min(excess, max(self._index(self._playhead_us), 0))
        if dropped > 0:
            del self._frames[:dropped]
            del self._pts_us[:dropped]
            self._starts_at_first = False

    def _forget_ahead(self) -> bool:
        excess = len(self._frames) - self._most_frames()
        # Never the frame on screen, nor the one after it.
        dropped = min(excess, len(self._frames) - max(self._index(self._playhead_us), 0) - 2)
        if dropped <= 0:
            return False
        del self._frames[-dropped:]
        del self._pts_us[-dropped:]
        self._finished = False
        self._certain_us = None
        return True
