"""The thread that opens files and decodes frames around the playhead."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.player.cache_filler import CacheFiller
from app.player.frame_cache import FrameCache, Missing
from app.player.frame_requests import (
    DetailRequest,
    FrameRequest,
    Looks,
    PrepareRequest,
    ProbeRequest,
    ProbeResponse,
)
from app.player.glimpses import Glimpses
from app.precedence import Rank, give_way
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo, probe
from core_model.media.video import PaintedFrame

# Frames that are over for longer than this are left out while playing.
LATE_US = 100_000
# A hand that drags sees something new this often.
PREVIEW_S = 0.04


class _SupersededError(Exception):
    """Something newer is wanted than what is being searched for."""


class FrameReader(QObject):
    """Owner of the decode thread. Requests return at once, and of each sort the newest wins.

    A search that a newer request makes pointless is broken off between two packets; one that leads
    to the newer moment goes on. ``glimpses`` are the small pictures taken on the way.

    ``probed`` carries a :class:`ProbeResponse`; ``frame_ready`` the serial of the FrameRequest
    whose frame lies in the cache now (or never will: the stream has ended); ``previewed`` and
    ``detailed`` the serial and a frame that goes round the cache; ``broken`` the path of the file
    and a stretch (start_us, end_us) of it that could not be decoded; ``failed`` a MediaError of
    the picture.
    """

    probed = Signal(object)
    frame_ready = Signal(object)
    previewed = Signal(object, object)
    detailed = Signal(object, object)
    broken = Signal(object, object)
    failed = Signal(object)

    def __init__(self, cache: FrameCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self.glimpses = Glimpses()
        self._condition = threading.Condition()
        self._probe_request: ProbeRequest | None = None
        self._frame_request: FrameRequest | None = None
        self._detail_request: DetailRequest | None = None
        self._prepare_request: PrepareRequest | None = None
        self._standing = False
        self._forget = False
        self._closing = False
        self._is_waiting = False
        # The rest belongs to the thread alone.
        self._filler = CacheFiller(
            cache,
            self._give_up_if_superseded,
            self._on_broken,
            self._is_late,
            self.glimpses,
            self._preview_passed,
            self._go_on_preparing,
        )
        self._preparing: PrepareRequest | None = None
        self._looks: Looks | None = None
        self._sought: FrameRequest | None = None
        self._is_idle_work = False
        self._previewed_s = 0.0
        self._thread = threading.Thread(target=self._work, name="frame reader")
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether everything is decoded that was asked for or may be asked for soon."""
        with self._condition:
            return self._is_waiting and not self._has_work()

    def probe(self, request: ProbeRequest) -> None:
        with self._condition:
            self._probe_request = request
            self._condition.notify_all()

    def seek(self, request: FrameRequest) -> None:
        with self._condition:
            self._frame_request = request
            self._detail_request = None
            self._condition.notify_all()

    def detail(self, request: DetailRequest) -> None:
        with self._condition:
            self._detail_request = request
            self._condition.notify_all()

    def prepare(self, request: PrepareRequest | None) -> None:
        """Say which moment is expected to be asked for next, if any is."""
        with self._condition:
            self._prepare_request = request
            self._condition.notify_all()

    def set_playhead(self, time_us: int, *, standing: bool) -> None:
        """Let decoding go on ahead of ``time_us``, and behind it while the picture stands."""
        self._cache.set_playhead(time_us)
        with self._condition:
            self._standing = standing
            self._condition.notify_all()

    def forget(self) -> None:
        """Close the file and drop its frames."""
        with self._condition:
            self._frame_request = None
            self._detail_request = None
            self._prepare_request = None
            self._forget = True
            self._standing = True
            self._condition.notify_all()

    def shutdown(self) -> None:
        """Close the file and join the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()

    def _work(self) -> None:
        give_way(Rank.PLAYBACK)
        while self._wait():
            if self._forget:
                self._close()
            probe_request = self._take_probe_request()
            if probe_request is not None:
                self._probe(probe_request)
            try:
                self._decode_what_is_due()
            except _SupersededError:
                continue
            except MediaError as error:
                self._stop_at(error)
        self._close()

    def _wait(self) -> bool:
        """Sleep until there is work; False when the thread should end."""
        with self._condition:
            self._is_waiting = True
            self._condition.wait_for(self._has_work)
            self._is_waiting = False
            return not self._closing

    def _has_work(self) -> bool:
        return (
            self._closing
            or self._forget
            or self._probe_request is not None
            or self._frame_request is not None
            or self._sought is not None
            or (self._looks is not None and self._is_reading_due())
        )

    def _is_reading_due(self) -> bool:
        return (
            (self._standing and self._detail_request is not None)
            or self._cache.wants_more()
            or self._due_preparation() is not None
            or self._missing_behind() is not None
        )

    def _due_preparation(self) -> PrepareRequest | None:
        request = self._prepare_request
        return None if request is None or self._filler.has_prepared(request) else request

    def _missing_behind(self) -> Missing | None:
        return self._cache.wanted_behind() if self._standing else None

    def _take_probe_request(self) -> ProbeRequest | None:
        with self._condition:
            request, self._probe_request = self._probe_request, None
            return request

    def _take_frame_request(self) -> FrameRequest | None:
        with self._condition:
            if self._forget:
                # It may be of the file that comes next: first the last one is closed.
                return None
            request, self._frame_request = self._frame_request, None
            return request

    def _give_up_if_superseded(self) -> None:
        waiting = self._frame_request
        # Frames before the run are what a step back waits for, too.
        newer = (
            waiting is not None and waiting.direction >= 0 and not self._search_leads_to(waiting)
        )
        ends = self._closing or self._forget or self._probe_request is not None
        if newer or ends or (self._is_idle_work and not self._standing):
            raise _SupersededError

    def _go_on_preparing(self) -> None:
        """Any other wish ends it, but what plays is read on meanwhile, and what stands decoded."""
        waiting, prepared = self._frame_request, self._preparing
        is_asked_for = (
            waiting is not None
            and prepared is not None
            and waiting.direction == 0
            and (waiting.looks, waiting.start_us) == (prepared.looks, prepared.start_us)
        )
        is_other = prepared is not self._prepare_request if waiting is None else not is_asked_for
        if is_other or self._closing or self._forget or self._probe_request is not None:
            raise _SupersededError
        if waiting is not None:
            return
        self._filler.feed()
        if self._standing and (detail_request := self._detail_request) is not None:
            with suppress(_SupersededError):
                self._decode_detail(detail_request)

    def _search_leads_to(self, waiting: FrameRequest) -> bool:
        """Whether the search under way has yet to pass the frame of a newer request."""
        sought = self._sought
        if sought is None or sought.looks != waiting.looks or waiting.key_us is None:
            return False
        if waiting.time_us < sought.time_us and not waiting.scrubs:
            return False
        passed_us = self._filler.passed_us
        passed_us = sought.key_us if passed_us is None else passed_us
        return passed_us is not None and waiting.key_us <= passed_us <= waiting.time_us

    def _give_up_probing(self) -> None:
        if self._closing or self._probe_request is not None:
            raise _SupersededError

    def _is_late(self, end_us: int) -> bool:
        return not self._standing and self._cache.is_behind(end_us + LATE_US)

    def _probe(self, request: ProbeRequest) -> None:
        try:
            result: MediaInfo | MediaError = probe(request.path, self._give_up_probing)
        except _SupersededError:
            return
        except MediaError as error:
            result = error
        self.probed.emit(ProbeResponse(request.serial, request.path, result))

    def _decode_what_is_due(self) -> None:
        """One piece of work, the most urgent first."""
        request = self._take_frame_request()
        if request is not None:
            self._looks = request.looks
            if request.direction == 0 and self._filler.leads_to(request):
                request = replace(request, start_us=None)
            self._sought = request
            if request.preview:
                self._preview(request)
        if self._looks is None:
            return
        self._is_idle_work = self._sought is None
        due = self._due_preparation()
        wants_more = self._cache.wants_more() if due is None else self._cache.runs_short()
        if self._sought is not None:
            self._seek_on(self._looks, self._sought)
        elif (detail_request := self._detail_request) is not None and self._standing:
            self._decode_detail(detail_request)
        elif wants_more:
            self._is_idle_work = False
            self._filler.read_ahead(self._looks)
        elif due is not None:
            self._preparing = due
            self._filler.prepare(due)
        elif (missing := self._missing_behind()) is not None:
            self._filler.read_behind(self._looks, missing)

    def _stop_at(self, error: MediaError) -> None:
        """The picture cannot be read on; the next request tries again."""
        self.failed.emit(error)
        self._looks = None
        self._prepare_request = None
        self._cache.finish()
        self._report(found=True)

    def _preview(self, request: FrameRequest) -> None:
        frame = self._filler.key_frame(request.looks, request.time_us)
        if frame is not None:
            self.previewed.emit(request.serial, frame)

    def _seek_on(self, looks: Looks, sought: FrameRequest) -> None:
        """One step towards the frame that is wanted."""
        if sought.start_us is not None:
            self._filler.begin(looks, sought.start_us, sought.margin_us)
            self._sought = replace(sought, start_us=None)
        elif not self._cache.holds(sought.time_us, sought.direction):
            missing = self._cache.before_first(sought.time_us) if sought.direction < 0 else None
            if missing is not None:
                self._filler.read_behind(looks, missing)
                self._report(found=True)
                return
            self._filler.read_ahead(looks)
        passed = self._cache.newest_before(sought.time_us)
        if passed is not None:
            self._preview_passed(passed)
        found = self._cache.holds(sought.time_us, sought.direction)
        self._report(found=found or not self._cache.may_reach(sought.time_us))

    def _preview_passed(self, frame: PaintedFrame) -> None:
        """Hand out what was found on the way to the newest request, but not too often."""
        newest = self._frame_request or self._sought
        if newest is None or not newest.scrubs or frame.pts_us > newest.time_us:
            return
        now_s = time.monotonic()
        if now_s - self._previewed_s >= PREVIEW_S:
            self._previewed_s = now_s
            self.previewed.emit(newest.serial, frame)

    def _decode_detail(self, request: DetailRequest) -> None:
        with self._condition:
            self._detail_request = None
        frame = self._filler.frame_at(request.looks, request.pts_us)
        if frame is not None and frame.pts_us == request.pts_us:
            self.detailed.emit(request.serial, frame)

    def _report(self, *, found: bool) -> None:
        if found and self._sought is not None:
            serial = self._sought.serial
            self._sought = None
            self.frame_ready.emit(serial)

    def _on_broken(self, start_us: int, end_us: int) -> None:
        if self._looks is not None:
            self.broken.emit(self._looks.path, (start_us, end_us))

    def _close(self) -> None:
        with self._condition:
            self._forget = False
        self._filler.close()
        self._looks = None
        self._sought = None
