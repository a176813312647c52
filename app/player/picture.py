"""Which frame is on screen: looked up by presentation time, decoded in another thread."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal

from app.player.frame_cache import FrameCache
from app.player.frame_numbers import FrameNumbers
from app.player.frame_reader import FrameReader, FrameRequest
from core_model.media.probe import VideoInfo
from core_model.media.video import VideoFrame
from core_model.timeline import US_PER_S

# Stepping back decodes this much before the frame wanted, so that the next steps are instant.
LEAD_FRAMES = 12
# Further behind than this, decoding skips ahead instead of catching up frame by frame.
HOPELESSLY_LATE_US = 1_000_000
SMALLEST_PICTURE_PX = 16
LARGEST_SCALED_UP_PX = 1920 * 1080


class Picture(QObject):
    """The frame on screen and the ways to another one. Times are presentation times.

    ``frame_shown`` carries a VideoFrame, or None when there is no picture; ``stepped`` the time
    of the frame that a step led to; ``failed`` a MediaError.
    """

    frame_shown = Signal(object)
    stepped = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = FrameCache()
        self.reader = FrameReader(self._cache, self)
        self.reader.frame_ready.connect(self._on_frame_ready)
        self.reader.previewed.connect(self._on_previewed)
        self.reader.failed.connect(self._on_failed)
        self.numbers = FrameNumbers(self)
        self.shown: VideoFrame | None = None
        self.dropped_frames = 0
        self._path: Path | None = None
        self._video: VideoInfo | None = None
        self._time_us = 0
        self._serial = 0
        self._awaited: int | None = None
        self._awaits_step = False
        # Directions, the next one first. Not their sum: at either end one leads nowhere.
        self._steps: deque[int] = deque()
        self._view_size = QSize(960, 540)

    def set_media(self, path: Path | None, video: VideoInfo | None) -> None:
        """Drop all frames and take on another file; without ``video`` there is no picture."""
        self._path, self._video = path, video
        self.dropped_frames = 0
        self._awaited = None
        self._steps.clear()
        self.reader.forget()
        self.numbers.read(path if video is not None else None)
        self._set_shown(None)

    def shutdown(self) -> None:
        """Join the threads."""
        self.numbers.shutdown()
        self.reader.shutdown()

    @property
    def frame_number(self) -> int | None:
        """The number of the frame on screen, from 0; None while the frames are not counted."""
        if self.shown is None or self.numbers.index is None:
            return None
        return self.numbers.index.number_at(self.shown.pts_us)

    def show_at(self, time_us: int, *, preview: bool = False) -> None:
        """Show the frame of ``time_us``: from the cache, else as soon as it is decoded.

        With ``preview`` the key frame before it may be shown until then: for the mouse that
        drags, never for a moment that somebody named.
        """
        self._time_us = time_us
        self._steps.clear()
        if self._video is None:
            return
        self.reader.set_playhead(time_us)
        frame = self._cache.shown_at(time_us)
        if frame is not None:
            self._awaited = None
            self._set_shown(frame)
        else:
            key_us = self._key_frame_us(time_us) if preview else None
            self._request(time_us, start_us=time_us, preview_us=key_us)

    def follow(self, time_us: int) -> None:
        """Playback has reached ``time_us``: show its frame if it is there; late ones drop."""
        self._time_us = time_us
        if self._video is None:
            return
        self.reader.set_playhead(time_us)
        if self._awaited is not None:
            return
        frame = self._cache.shown_at(time_us) or self._cache.newest_before(time_us)
        if frame is not None:
            if self.shown is not None:
                self.dropped_frames += self._cache.count_between(self.shown.pts_us, frame.pts_us)
            self._set_shown(frame)
        last_us = self._cache.last_pts_us()
        late = last_us is not None and last_us < time_us - HOPELESSLY_LATE_US
        if late and self._cache.wants_more():
            self._request(time_us, start_us=time_us)

    def step(self, direction: int) -> None:
        """Go one frame on (1) or back (-1); steps that come faster than frames wait."""
        self._steps.append(direction)
        if self._awaited is None:
            self._go_on_stepping()

    def set_view_size(self, size_px: QSize) -> None:
        """The pixels that the picture may fill; frames are scaled to them while decoding."""
        before = self._decode_size_px()
        self._view_size = size_px
        if self.shown is not None and self._decode_size_px() != before:
            self._request(self._time_us, start_us=self._time_us)

    def _take_steps(self) -> bool:
        """Take the steps that wait as far as the cache reaches; whether there was any."""
        taken = False
        while self._steps and self.shown is not None:
            pts_us = self.shown.pts_us
            forward = self._steps[0] > 0
            frame = self._cache.after(pts_us) if forward else self._cache.before(pts_us)
            if frame is None:
                break
            taken = True
            self._steps.popleft()
            self._time_us = frame.pts_us
            self.reader.set_playhead(frame.pts_us)
            self._set_shown(frame)
            self.stepped.emit(frame.pts_us)
        return taken

    def _go_on_stepping(self) -> None:
        """Take the steps that wait, and have the frames decoded that the next one needs."""
        self._take_steps()
        while self._steps and self.shown is not None:
            if not self._is_at_end(self.shown.pts_us, self._steps[0]):
                self._ask_for_step(self.shown.pts_us, self._steps[0])
                return
            self._drop_steps()
            self._take_steps()

    def _is_at_end(self, pts_us: int, direction: int) -> bool:
        if direction > 0:
            return self._cache.is_last(pts_us)
        return self._cache.is_first(pts_us) or pts_us <= self._video_start_us

    def _ask_for_step(self, pts_us: int, direction: int) -> None:
        if direction > 0:
            start_us = None if self._cache.last_pts_us() == pts_us else pts_us
            self._request(pts_us, start_us=start_us, following=True)
        else:
            self._request(pts_us, start_us=pts_us - 1 - self._lead_us())
        self._awaits_step = True

    def _drop_steps(self) -> None:
        """Drop the steps up to the next one in the other direction: no frame is there."""
        direction = self._steps[0]
        while self._steps and self._steps[0] == direction:
            self._steps.popleft()

    @property
    def _video_start_us(self) -> int:
        return self._video.start_us if self._video is not None else 0

    def _lead_us(self) -> int:
        rate_hz = self._video.average_rate_hz if self._video is not None else 0.0
        return round(LEAD_FRAMES / rate_hz * US_PER_S) if rate_hz > 0 else 0

    def _key_frame_us(self, time_us: int) -> int | None:
        index = self.numbers.index
        if index is None:
            return None
        return index.time_us(index.keyframe_before(index.number_at(time_us)))

    def _request(
        self,
        time_us: int,
        *,
        start_us: int | None,
        following: bool = False,
        preview_us: int | None = None,
    ) -> None:
        if self._path is None:
            return
        self._serial += 1
        self._awaited = self._serial
        self._awaits_step = False
        size_px = self._decode_size_px()
        self.reader.seek(
            FrameRequest(
                self._serial, self._path, time_us, following, start_us, size_px, preview_us
            )
        )

    def _decode_size_px(self) -> tuple[int, int]:
        """The picture's (width, height) as it fits into the view.

        Small pictures are scaled up here as well, in the decode thread, since a widget that
        scales while it paints holds up the window; on very large screens they are not, to keep
        the cache of frames long.
        """
        if self._video is None:
            return SMALLEST_PICTURE_PX, SMALLEST_PICTURE_PX
        own = QSize(self._video.width, self._video.height)
        size = own.scaled(self._view_size, Qt.AspectRatioMode.KeepAspectRatio)
        if size.width() > own.width() and size.width() * size.height() > LARGEST_SCALED_UP_PX:
            size = own
        return max(size.width(), SMALLEST_PICTURE_PX), max(size.height(), SMALLEST_PICTURE_PX)

    def _on_frame_ready(self, serial: int) -> None:
        if serial != self._awaited:
            return
        self._awaited = None
        if not self._awaits_step:
            frame = self._cache.shown_at(self._time_us)
            frame = frame or self._cache.newest_before(self._time_us)
            if frame is not None:
                self._set_shown(frame)
        if self._steps and not self._take_steps() and self._awaits_step:
            self._drop_steps()
        self._go_on_stepping()

    def _on_previewed(self, serial: int, frame: VideoFrame) -> None:
        if serial == self._awaited:
            self._set_shown(frame)

    def _on_failed(self, error: object) -> None:
        if self._video is not None:
            self.failed.emit(error)

    def _set_shown(self, frame: VideoFrame | None) -> None:
        if frame is not self.shown:
            self.shown = frame
            self.frame_shown.emit(frame)
