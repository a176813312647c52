"""The thread that opens files and decodes frames ahead of the playhead."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal

from app.player.frame_cache import FrameCache
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo, probe
from core_model.media.video import VideoFrame, frames

PIXEL_FORMAT = "bgra"
# How long the mouse must rest while it scrubs before the exact frame is decoded.
REST_S = 0.06


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Look at a file."""

    serial: int
    path: Path


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """What the file holds, or why it can't be read."""

    serial: int
    path: Path
    result: MediaInfo | MediaError


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Find the frame shown at ``time_us``, or the ``following`` one.

    Decoding begins at ``start_us``; with None the run of frames at hand goes on. ``size_px`` is
    the (width, height) to which frames are scaled. With ``preview_us``, the time of a key frame,
    that frame is handed out first, and the exact one only if no other request comes soon.
    """

    serial: int
    path: Path
    time_us: int
    following: bool
    start_us: int | None
    size_px: tuple[int, int]
    preview_us: int | None = None


class FrameReader(QObject):
    """Owner of the decode thread. Requests return at once, and of each sort the newest wins.

    ``probed`` carries a :class:`ProbeResponse`; ``frame_ready`` the serial of the FrameRequest
    whose frame lies in the cache now (or never will: the stream has ended); ``previewed`` the
    serial and the key frame handed out before it; ``failed`` a MediaError of the picture.
    """

    probed = Signal(object)
    frame_ready = Signal(object)
    previewed = Signal(object, object)
    failed = Signal(object)

    def __init__(self, cache: FrameCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self._condition = threading.Condition()
        self._probe_request: ProbeRequest | None = None
        self._frame_request: FrameRequest | None = None
        self._forget = False
        self._closing = False
        # The rest belongs to the thread alone.
        self._frames: Generator[VideoFrame] | None = None
        self._sought: FrameRequest | None = None
        self._thread = threading.Thread(target=self._work, name="frame reader")
        self._thread.start()

    def probe(self, request: ProbeRequest) -> None:
        with self._condition:
            self._probe_request = request
            self._condition.notify_all()

    def seek(self, request: FrameRequest) -> None:
        with self._condition:
            self._frame_request = request
            self._condition.notify_all()

    def set_playhead(self, time_us: int) -> None:
        """Let decoding go on ahead of ``time_us``."""
        self._cache.set_playhead(time_us)
        with self._condition:
            self._condition.notify_all()

    def forget(self) -> None:
        """Close the file and drop its frames."""
        with self._condition:
            self._frame_request = None
            self._forget = True
            self._condition.notify_all()

    def shutdown(self) -> None:
        """Close the file and join the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while self._wait():
            if self._forget:
                self._close()
            probe_request = self._take_probe_request()
            if probe_request is not None:
                self._probe(probe_request)
            frame_request = self._take_frame_request()
            if frame_request is not None:
                self._begin(frame_request)
            elif self._frames is not None and self._is_reading_due():
                self._read()
        self._close()

    def _wait(self) -> bool:
        """Sleep until there is work; False when the thread should end."""
        with self._condition:
            self._condition.wait_for(self._has_work)
            return not self._closing

    def _has_work(self) -> bool:
        return (
            self._closing
            or self._forget
            or self._probe_request is not None
            or self._frame_request is not None
            or (self._frames is not None and self._is_reading_due())
        )

    def _is_reading_due(self) -> bool:
        return self._sought is not None or self._cache.wants_more()

    def _take_probe_request(self) -> ProbeRequest | None:
        with self._condition:
            request, self._probe_request = self._probe_request, None
            return request

    def _take_frame_request(self) -> FrameRequest | None:
        with self._condition:
            request, self._frame_request = self._frame_request, None
            return request

    def _probe(self, request: ProbeRequest) -> None:
        try:
            result: MediaInfo | MediaError = probe(request.path)
        except MediaError as error:
            result = error
        self.probed.emit(ProbeResponse(request.serial, request.path, result))

    def _begin(self, request: FrameRequest) -> None:
        if request.start_us is not None:
            self._close()
            if request.preview_us is not None and not self._preview(request, request.preview_us):
                return
            self._cache.begin(request.start_us)
            self._frames = _frames_from(request, request.start_us)
        self._sought = request
        self._report_if_found()

    def _preview(self, request: FrameRequest, key_us: int) -> bool:
        """Hand out the key frame; whether the exact one is still wanted after a short rest."""
        with closing(_frames_from(request, key_us)) as found:
            try:
                frame = next(found, None)
            except MediaError:
                frame = None
        if frame is not None:
            self.previewed.emit(request.serial, frame)
        with self._condition:
            return not self._condition.wait_for(
                lambda: self._closing or self._forget or self._frame_request is not None, REST_S
            )

    def _read(self) -> None:
        assert self._frames is not None
        try:
            frame = next(self._frames, None)
        except MediaError as error:
            self.failed.emit(error)
            frame = None
        if frame is None:
            self._frames.close()
            self._frames = None
            self._cache.finish()
        else:
            self._cache.append(frame)
        self._report_if_found()

    def _report_if_found(self) -> None:
        if self._sought is None:
            return
        if self._frames is None or self._has_frame(self._sought):
            serial = self._sought.serial
            self._sought = None
            self.frame_ready.emit(serial)

    def _has_frame(self, request: FrameRequest) -> bool:
        if not request.following:
            return self._cache.shown_at(request.time_us) is not None
        shown = self._cache.shown_at(request.time_us)
        return shown is not None and self._cache.after(shown.pts_us) is not None

    def _close(self) -> None:
        with self._condition:
            self._forget = False
        if self._frames is not None:
            self._frames.close()
        self._frames = None
        self._sought = None
        self._cache.begin(0)


def _frames_from(request: FrameRequest, start_us: int) -> Generator[VideoFrame]:
    found = frames(request.path, start_us, size_px=request.size_px, pixel_format=PIXEL_FORMAT)
    # A generator, which closes the file when it is closed.
    return cast("Generator[VideoFrame]", found)
