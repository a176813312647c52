"""Small pictures of what was decoded before, to be shown while a hand drags the playhead."""

from __future__ import annotations

import threading
from pathlib import Path

from core_model.media.video import VideoFrame

# One picture is kept of every such stretch that decoding passes.
SPACING_US = 250_000
LONG_SIDE_PX = 320
LIMIT_BYTES = 32_000_000


class Glimpses:
    """At most one picture for each quarter of a second of one file; the oldest make room.

    Written by the decode thread, read by the main thread. Times are presentation times; each
    picture carries its own, so that it is called by its right number.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._frames: dict[int, VideoFrame] = {}

    def lacks(self, path: Path, pts_us: int) -> bool:
        """Whether there is no picture near a moment of a file."""
        with self._lock:
            return path != self._path or pts_us // SPACING_US not in self._frames

    def add(self, path: Path, frame: VideoFrame) -> None:
        """Keep a picture; those of another file are dropped."""
        with self._lock:
            if path != self._path:
                self._frames.clear()
                self._path = path
            self._frames[frame.pts_us // SPACING_US] = frame
            while len(self._frames) * frame.image.nbytes > self._limit_bytes:
                del self._frames[next(iter(self._frames))]

    def clear(self) -> None:
        with self._lock:
            self._frames.clear()

    def newest(self, path: Path, from_us: int, to_us: int) -> VideoFrame | None:
        """The last picture from one moment to another, both included."""
        with self._lock:
            if path != self._path:
                return None
            frames = self._frames.values()
            between = [frame for frame in frames if from_us <= frame.pts_us <= to_us]
            return max(between, key=lambda frame: frame.pts_us, default=None)


def glimpse_size_px(size_px: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of a small picture of the same shape as one of ``size_px``."""
    width_px, height_px = size_px
    shrink = min(1.0, LONG_SIDE_PX / max(width_px, height_px))
    return max(round(width_px * shrink), 1), max(round(height_px * shrink), 1)
