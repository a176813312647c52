"""The picture that is shown next, brought to the colours of the screen before it is due."""

from __future__ import annotations

import threading

from core_model.media.video import CompactFrame, PaintedFrame, VideoFrame


class ReadyPicture:
    """Owner of a thread that expands one compact frame at a time, and of what it made of it.

    At most one picture is kept. The thread stands back behind nobody: its work is the window's,
    done a frame earlier and mostly on another core.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._expected: CompactFrame | None = None
        self._in_work: CompactFrame | None = None
        self._made: tuple[CompactFrame, VideoFrame] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="ready picture")
        self._thread.start()

    def expect(self, frame: PaintedFrame | None) -> None:
        """Make this frame ready, instead of any other; None for no frame."""
        compact = frame if isinstance(frame, CompactFrame) else None
        with self._condition:
            if self._made is not None and self._made[0] is not compact:
                self._made = None
            if compact is not self._expected:
                self._expected = compact
                self._condition.notify_all()

    def of(self, frame: PaintedFrame) -> PaintedFrame:
        """The frame with its pixels made if it was expected in time, else as it is."""
        with self._condition:
            # Half made it is there no later than if it were made here.
            self._condition.wait_for(lambda: self._in_work is not frame)
            made = self._made
        return made[1] if made is not None and made[0] is frame else frame

    def shutdown(self) -> None:
        """Drop what is ready and join the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()
        self._expected = self._made = None

    def _work(self) -> None:
        while (frame := self._next()) is not None:
            self._make(frame)

    def _next(self) -> CompactFrame | None:
        """What is to be made next; None when the thread has to end."""
        with self._condition:
            self._condition.wait_for(self._has_work)
            self._in_work = None if self._closing else self._expected
            return self._in_work

    def _has_work(self) -> bool:
        made = None if self._made is None else self._made[0]
        return self._closing or (self._expected is not None and self._expected is not made)

    def _make(self, frame: CompactFrame) -> None:
        ready: VideoFrame | None = None
        try:
            ready = VideoFrame(frame.pts_us, frame.image)
        finally:
            with self._condition:
                self._in_work = None
                if ready is not None and self._expected is frame:
                    self._made = frame, ready
                self._condition.notify_all()
