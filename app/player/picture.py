"""Which frame is on screen: looked up by presentation time, decoded in another thread."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QSize, QTimer, Signal

from app.player.broken_spans import Spans, joined
from app.player.frame_cache import FrameCache
from app.player.frame_numbers import FrameNumbers
from app.player.frame_reader import FrameReader
from app.player.frame_requests import DetailRequest, FrameRequest, Looks, PrepareRequest
from app.player.memory import frames_budget_bytes
from app.player.picture_size import PictureSize
from app.player.ready_picture import ReadyPicture
from app.player.whereabouts import Whereabouts
from core_model.media.errors import MediaError
from core_model.media.probe import VideoInfo
from core_model.media.video import PaintedFrame

# Further behind than this, decoding leaps to a key frame instead of catching up.
HOPELESSLY_LATE_US = 1_000_000
# How long a picture must stand before it is decoded once more with all its pixels.
REST_MS = 150


class Picture(QObject):
    """The frame on screen and the ways to another one. Times are presentation times.

    ``frame_shown`` carries a PaintedFrame, or None when there is no picture; the same frame comes
    again with more pixels when it stands. ``stepped`` carries the time of the frame that a step
    led to; ``ran_short`` says, again and again, that hardly any frames are ready ahead of
    playback; ``dropped_changed`` how many frames came too late to be shown since the media were
    opened; ``broken_spans_changed`` the stretches known to be undecodable, (start_us, end_us) in
    order; ``failed`` a MediaError.
    """

    frame_shown = Signal(object)
    stepped = Signal(object)
    ran_short = Signal()
    dropped_changed = Signal(object)
    broken_spans_changed = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None, cache_bytes: int | None = None) -> None:
        super().__init__(parent)
        self._cache = FrameCache(cache_bytes or frames_budget_bytes())
        self.reader = FrameReader(self._cache, self)
        self.reader.frame_ready.connect(self._on_frame_ready)
        self.reader.previewed.connect(self._on_previewed)
        self.reader.detailed.connect(self._on_detailed)
        self.reader.broken.connect(self._on_broken)
        self.reader.failed.connect(self._on_failed)
        self.numbers = FrameNumbers(self)
        self._ready = ReadyPicture()
        self._whereabouts = Whereabouts(self._cache, self.numbers, self.reader.glimpses)
        self.shown: PaintedFrame | None = None
        self.dropped_frames = 0
        self.broken_spans: Spans = ()
        self._path: Path | None = None
        self._video: VideoInfo | None = None
        self._size = PictureSize(QSize(), QSize(960, 540), 1.0)
        self._time_us = 0
        self._serial = 0
        self._awaited: int | None = None
        self._awaits_step = False
        # Whether the frames of the cache are of another size, or file, than is wanted now.
        self._is_stale = False
        self._is_uncounted = False
        # Directions, the next one first. Not their sum: at either end one leads nowhere.
        self._steps: deque[int] = deque()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._ask_for_detail)

    def set_media(self, path: Path | None, video: VideoInfo | None) -> None:
        """Drop all frames and take on another file; without ``video`` there is no picture."""
        self._path, self._video = path, video
        own = QSize() if video is None else QSize(video.width, video.height)
        self._size = PictureSize(own, self._size.view, self._size.zoom)
        self._awaited = None
        # The decode thread drops the frames of the last file when it comes to it.
        self._is_stale = True
        self._steps.clear()
        self._rest.stop()
        self._ready.expect(None)
        self.reader.forget()
        # Counted when the first frame is there, which would have to wait for it otherwise.
        self.numbers.read(None)
        self._is_uncounted = video is not None
        self._set_dropped(0)
        self._set_broken(())
        self._set_shown(None)

    def shutdown(self) -> None:
        """Join the threads."""
        self._rest.stop()
        # A frame that is still on its way must not start to count the file.
        self._is_uncounted = False
        self.numbers.shutdown()
        self.reader.shutdown()
        self._ready.shutdown()

    @property
    def frame_number(self) -> int | None:
        """The number of the frame on screen, from 0; None while the frames are not counted."""
        return None if self.shown is None else self.numbers.number_at(self.shown.pts_us)

    @property
    def next_us(self) -> int | None:
        """When the frame after the one on screen is due; None while that is not known."""
        following = self._cache.after(self.shown.pts_us) if self.shown is not None else None
        return None if following is None else following.pts_us

    @property
    def full_resolution(self) -> bool:
        """Whether the frame on screen has every pixel that the view can show of it."""
        if self.shown is None:
            return False
        width, height = self.shown.size_px
        width_px, height_px = self._size.standing_px
        return width >= width_px and height >= height_px

    def show_at(self, time_us: int, *, preview: bool = False) -> None:
        """Show the frame of ``time_us``: from the cache, else as soon as it is decoded.

        With ``preview`` another frame near it may be shown until then: for the mouse that drags,
        never for a moment that somebody named.
        """
        self._time_us = time_us
        self._steps.clear()
        if self._video is None:
            return
        self.reader.set_playhead(time_us, standing=True)
        frame = None if self._is_stale else self._cache.shown_at(time_us)
        if frame is None:
            # While there is nothing to see, whatever comes first is welcome.
            self._request(time_us, start_us=time_us, scrubs=preview or self.shown is None)
            return
        if self._awaited is not None:
            # Breaks off the search under way, which would lead away from here.
            self._request(time_us, start_us=None)
            self._awaited = None
        self._show(frame)
        self._rest.start()

    def follow(self, time_us: int) -> None:
        """Playback has reached ``time_us``: show its frame if it is there; late ones drop."""
        self._time_us = time_us
        if self._video is None:
            return
        self._rest.stop()
        self.reader.set_playhead(time_us, standing=False)
        if self._cache.runs_short():
            self.ran_short.emit()
        if self._awaited is not None:
            return
        frame = self._cache.shown_at(time_us) or self._cache.newest_before(time_us)
        if frame is not None:
            self._count_dropped(frame)
            self._show(frame)
            self._ready.expect(self._cache.after(frame.pts_us))
        last_us = self._cache.last_pts_us()
        if last_us is not None and last_us < time_us - HOPELESSLY_LATE_US:
            self._leap(last_us, time_us)

    def step(self, direction: int) -> None:
        """Go one frame on (1) or back (-1); steps that come faster than frames wait."""
        self._steps.append(direction)
        if self._awaited is None:
            self._go_on_stepping()

    def expect(self, time_us: int | None) -> None:
        """Have the first frames from a moment on decoded before :meth:`show_at` asks for them; None
        expects nothing any more."""
        request = None
        if time_us is not None and self._path is not None and self._video is not None:
            looks = Looks(self._path, self._size.playing_px)
            margin_us = self._whereabouts.margin_us(self._video, time_us)
            request = PrepareRequest(looks, time_us, margin_us)
        self.reader.prepare(request)

    def set_view_size(self, size_px: QSize) -> None:
        """The device pixels that the whole picture may fill; frames are scaled to them."""
        self._set_size(self._size.with_view(size_px))

    def set_zoom(self, zoom: float) -> None:
        """How much larger than filling the view the picture is drawn, 1 for fitting it."""
        self._set_size(self._size.with_zoom(zoom))

    def _set_size(self, size: PictureSize) -> None:
        before, self._size = self._size, size
        if self._video is None or (self.shown is None and self._awaited is None):
            return
        if size.playing_px != before.playing_px:
            self._is_stale = True
            self._request(self._time_us, start_us=self._time_us)
        elif size.standing_px != before.standing_px:
            self._rest.start()

    def _leap(self, last_us: int, time_us: int) -> None:
        """Go on at a key frame, if there is one between the last frame and the playhead."""
        key_us = self.numbers.key_us(time_us)
        if self._cache.wants_more() and (key_us is None or key_us > last_us):
            self._request(time_us, start_us=time_us)

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
            self.reader.set_playhead(frame.pts_us, standing=True)
            self._set_shown(frame)
            self._rest.start()
            self.stepped.emit(frame.pts_us)
        return taken

    def _go_on_stepping(self) -> None:
        """Take the steps that wait, and have the frames decoded that the next one needs."""
        self._take_steps()
        while self._steps and self.shown is not None:
            pts_us, direction = self.shown.pts_us, self._steps[0]
            if not self._whereabouts.is_at_end(self._video, pts_us, direction):
                self._ask_for_step(pts_us, direction)
                return
            self._drop_steps()
            self._take_steps()

    def _ask_for_step(self, pts_us: int, direction: int) -> None:
        at_edge = self._cache.last_pts_us() if direction > 0 else self._cache.first_pts_us()
        start_us = None if at_edge == pts_us else pts_us
        self._request(pts_us, start_us=start_us, direction=direction)
        self._awaits_step = True

    def _drop_steps(self) -> None:
        """Drop the steps up to the next one in the other direction: no frame is there."""
        direction = self._steps[0]
        while self._steps and self._steps[0] == direction:
            self._steps.popleft()

    def _request(
        self, time_us: int, *, start_us: int | None, direction: int = 0, scrubs: bool = False
    ) -> None:
        if self._path is None:
            return
        self._serial += 1
        self._awaited = self._serial
        self._awaits_step = False
        self._rest.stop()
        known = None
        if scrubs:
            known = self._whereabouts.newest_known(self._path, self.shown, time_us)
        if known is not None:
            self._set_shown(known)
        self.reader.seek(
            FrameRequest(
                self._serial,
                Looks(self._path, self._size.playing_px),
                time_us,
                start_us,
                self._whereabouts.margin_us(self._video, time_us),
                direction,
                self.numbers.key_us(time_us),
                scrubs,
                preview=scrubs and known is None,
            )
        )

    def _on_frame_ready(self, serial: int) -> None:
        if serial != self._awaited:
            return
        self._awaited = None
        self._is_stale = False
        if not self._awaits_step:
            frame = self._cache.shown_at(self._time_us)
            frame = frame or self._cache.newest_before(self._time_us)
            if frame is not None:
                self._set_shown(frame)
                self._rest.start()
        if self._steps and not self._take_steps() and self._awaits_step:
            self._drop_steps()
        self._go_on_stepping()

    def _ask_for_detail(self) -> None:
        if self._path is not None and self.shown is not None and not self.full_resolution:
            looks = Looks(self._path, self._size.standing_px)
            self.reader.detail(DetailRequest(self._serial, looks, self.shown.pts_us))

    def _on_detailed(self, serial: int, frame: PaintedFrame) -> None:
        stands = self.shown is not None and self.shown.pts_us == frame.pts_us
        if serial == self._serial and stands:
            self._set_shown(frame)

    def _on_previewed(self, serial: int, frame: PaintedFrame) -> None:
        if serial != self._awaited:
            return
        # What is shown already may be nearer.
        if self.shown is None or not frame.pts_us <= self.shown.pts_us <= self._time_us:
            self._set_shown(frame)

    def _on_broken(self, path: Path, span: tuple[int, int]) -> None:
        if path == self._path:
            self._set_broken(joined(self.broken_spans, *span))

    def _on_failed(self, error: object) -> None:
        # What the file before could not show is no matter of this one.
        if self._video is not None and isinstance(error, MediaError) and error.path == self._path:
            self.failed.emit(error)

    def _count_dropped(self, frame: PaintedFrame) -> None:
        if self.shown is None or frame.pts_us <= self.shown.pts_us:
            return
        dropped = self._whereabouts.frames_between(self.shown.pts_us, frame.pts_us)
        self._set_dropped(self.dropped_frames + dropped)

    def _set_dropped(self, count: int) -> None:
        if count != self.dropped_frames:
            self.dropped_frames = count
            self.dropped_changed.emit(count)

    def _set_broken(self, spans: Spans) -> None:
        if spans != self.broken_spans:
            self.broken_spans = spans
            self.broken_spans_changed.emit(spans)

    def _show(self, frame: PaintedFrame) -> None:
        """Show a frame of the cache, unless the same one is on screen with no fewer pixels."""
        fewer = self.shown is not None and self.shown.size_px < frame.size_px
        if self.shown is None or self._is_stale or fewer or frame.pts_us != self.shown.pts_us:
            self._set_shown(frame)

    def _set_shown(self, frame: PaintedFrame | None) -> None:
        if frame is not self.shown:
            self.shown = frame
            self.frame_shown.emit(None if frame is None else self._ready.of(frame))
        if frame is not None and self._is_uncounted:
            self._is_uncounted = False
            self.numbers.read(self._path)
