"""Frames decoded before anybody asks for them, where somebody is expected to."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from app.player.frame_requests import PrepareRequest
from app.player.frame_source import FrameSource
from core_model.media.video import PaintedFrame

# Ten frames of 1080p, half a second of small ones: until they are shown, more are decoded.
LIMIT_BYTES = 32_000_000
LEAST_FRAMES, MOST_FRAMES = 2, 15


@dataclass(slots=True)
class Prepared:
    """The first frames of a run, the rest of it, and the open file that it comes from."""

    request: PrepareRequest
    source: FrameSource
    following: Generator[PaintedFrame]
    frames: list[PaintedFrame] = field(default_factory=list)
    has_ended: bool = False

    @property
    def nbytes(self) -> int:
        return sum(frame.nbytes for frame in self.frames)

    @property
    def is_complete(self) -> bool:
        """Whether no more is decoded until somebody asks."""
        count = len(self.frames)
        is_full = count >= LEAST_FRAMES and self.nbytes >= LIMIT_BYTES
        return self.has_ended or is_full or count >= MOST_FRAMES

    def decode(self) -> None:
        """Add one frame."""
        frame = next(self.following, None)
        if frame is None:
            self.has_ended = True
        else:
            self.frames.append(frame)
