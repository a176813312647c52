"""Decoded frames around the playhead: one unbroken run, bounded in bytes."""

from __future__ import annotations

import threading
from bisect import bisect_right

from core_model.media.video import VideoFrame

LIMIT_BYTES = 96_000_000
MINIMUM_FRAMES = 6
# Of the limit, the part kept for stepping back; the rest is decoded ahead.
BEHIND_PART = 1 / 3


class FrameCache:
    """Frames in presentation order with none missing between the first and the last.

    The reader thread appends, the main thread looks up; every method takes the lock for a short
    time only. Times are presentation times in microseconds.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._frames: list[VideoFrame] = []
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
            self._playhead_us = start_us

    def append(self, frame: VideoFrame) -> None:
        """Add the frame that follows the last one; drops frames far behind the playhead."""
        with self._lock:
            if not self._frames and self._certain_us is not None:
                # Nothing precedes a frame that comes after the time asked for.
                self._starts_at_first = frame.pts_us > self._certain_us
            self._frames.append(frame)
            self._pts_us.append(frame.pts_us)
            self._forget_behind()

    def finish(self) -> None:
        """Say that no frame follows the last one."""
        with self._lock:
            self._finished = True

    def set_playhead(self, time_us: int) -> None:
        with self._lock:
            self._playhead_us = time_us

    def wants_more(self) -> bool:
        """Whether frames should be decoded ahead of the playhead."""
        with self._lock:
            if self._finished:
                return False
            if not self._frames:
                return True
            ahead = len(self._frames) - max(self._index(self._playhead_us), 0)
            ahead_limit = self._most_frames() * (1 - BEHIND_PART)
            return ahead < max(ahead_limit, MINIMUM_FRAMES / 2)

    def shown_at(self, time_us: int) -> VideoFrame | None:
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

    def newest_before(self, time_us: int) -> VideoFrame | None:
        """The last decoded frame at or before ``time_us``, even if a later one may be due."""
        with self._lock:
            index = self._index(time_us)
            return self._frames[index] if index >= 0 else None

    def after(self, pts_us: int) -> VideoFrame | None:
        """The frame that follows the one at ``pts_us``, or None where it is not in the run."""
        with self._lock:
            index = self._index(pts_us)
            if index < 0 or self._pts_us[index] != pts_us or index + 1 == len(self._frames):
                return None
            return self._frames[index + 1]

    def before(self, pts_us: int) -> VideoFrame | None:
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

    def last_pts_us(self) -> int | None:
        with self._lock:
            return self._pts_us[-1] if self._pts_us else None

    def _index(self, time_us: int) -> int:
        return bisect_right(self._pts_us, time_us) - 1

    def _most_frames(self) -> int:
        frame_bytes = max(self._frames[-1].image.nbytes, 1)
        return max(self._limit_bytes // frame_bytes, MINIMUM_FRAMES)

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
