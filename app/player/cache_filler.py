"""Keeps the cache of frames filled around the playhead: seeks, reads on, and reads what lies
before. Belongs to the decode thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing

from app.player.frame_cache import FrameCache, Missing
from app.player.frame_requests import FrameRequest, Looks, PrepareRequest
from app.player.frame_source import PIXEL_FORMAT, FrameSource, IsLate
from app.player.glimpses import Glimpses, glimpse_size_px
from app.player.prepared import Prepared
from core_model.media.damage import OnBroken
from core_model.media.decoding import TimedFrame
from core_model.media.video import PaintedFrame, Painter, VideoFrame

# How many frames before the one that is wanted all are decoded, where its time is not known.
MARGIN_FRAMES = 3
# The second decoder only ever looks for few frames; more threads would hold more pictures.
SCOUT_THREADS = 2
# More packets than decoders hold back.
_MOST_WITHOUT_FRAME = 128


OnGlimpse = Callable[[VideoFrame], None]
"""Called with each small picture that is taken of what a search passes."""


class CacheFiller:
    """Decoders on one file: one reads on ahead of the playhead, another one looks around, a third
    prepares the frames of a moment that is expected to be asked for.

    ``give_up`` is called before every packet of a search, and ends it by raising; the cache then
    holds what it held before. Frames that are late are left out, and the run in the cache begins
    anew after them. ``glimpses`` are taken of what the first decoder passes, and those taken
    during a search are told to ``on_glimpse``; ``passed_us`` is how far that search has come
    (None: no frame is decoded yet). ``on_preparing`` is called before every packet of what is
    prepared, and ends it by raising. Every method that decodes may raise what ``give_up``
    raises, and MediaError.
    """

    def __init__(
        self,
        cache: FrameCache,
        give_up: Callable[[], None],
        on_broken: OnBroken,
        is_late: IsLate,
        glimpses: Glimpses,
        on_glimpse: OnGlimpse,
        on_preparing: Callable[[], None],
    ) -> None:
        self.passed_us: int | None = None
        self._cache = cache
        self._glimpses = glimpses
        self._on_glimpse = on_glimpse
        self._glimpse_painter: Painter | None = None
        self._looks_ahead: Looks | None = None
        # Of the frames in the cache: those of an earlier search where the last one was given up.
        self._looks_held: Looks | None = None
        self._give_up = give_up
        self._on_preparing = on_preparing
        self._on_broken = on_broken
        self._is_late = is_late
        self._searching = False
        self._packets_without_frame = 0
        self._ahead_source = self._new_source()
        self._spare_source = self._new_source()
        self._prepared: Prepared | None = None
        self._scout = FrameSource(give_up, on_broken, threads=SCOUT_THREADS)
        self._ahead: Generator[PaintedFrame] | None = None

    def close(self) -> None:
        """Close the file and drop all frames."""
        self._stop_ahead()
        self._drop_prepared()
        for source in (self._ahead_source, self._spare_source, self._scout):
            source.close()
        self._glimpses.clear()
        self._cache.begin(0)

    def begin(self, looks: Looks, start_us: int, margin_us: int) -> None:
        """Go to ``start_us``; the frames at hand are kept until the one there is decoded.

        ``margin_us``: how far before ``start_us`` that frame can be expected to begin.
        """
        self._stop_ahead()
        self._looks_ahead = looks
        self._glimpse_painter = None
        self.passed_us = None
        if self._begin_prepared(looks, start_us):
            return
        following = self._ahead_source.frames(looks.path, start_us, looks.size_px, margin_us)
        first = self._search(following, None)
        self._cache.begin(start_us)
        self._looks_held = looks
        self._take_on(first, following)

    def has_prepared(self, request: PrepareRequest) -> bool:
        """Whether all is decoded that is decoded beforehand."""
        run = self._prepared
        return run is not None and run.request == request and run.is_complete

    def prepare(self, request: PrepareRequest) -> None:
        """Decode one more frame of those from a moment on, aside from the cache."""
        run = self._prepared
        if run is None or run.request != request:
            self._drop_prepared()
            source, looks = self._spare_source, request.looks
            found = source.frames(looks.path, request.start_us, looks.size_px, request.margin_us)
            run = Prepared(request, source, found)
        # Whatever breaks it off ends the run of frames, too.
        self._prepared = None
        run.decode()
        self._prepared = run
        self._cache.reserve(run.nbytes)

    def feed(self) -> None:
        """Add a frame to the cache if it runs short and reading on is all that this takes."""
        if self._ahead is not None and self._looks_ahead is not None and self._cache.runs_short():
            self.read_ahead(self._looks_ahead)

    def _begin_prepared(self, looks: Looks, start_us: int) -> bool:
        """Go on with what is prepared, if that is what is asked for."""
        run = self._prepared
        if run is None or not run.frames:
            return False
        if (run.request.looks, run.request.start_us) != (looks, start_us):
            return False
        self._prepared = None
        self._cache.reserve(0)
        self._ahead_source, self._spare_source = run.source, self._ahead_source
        self._cache.begin(start_us)
        self._looks_held = looks
        for frame in run.frames:
            self._cache.append(frame)
        self._ahead = run.following
        if run.has_ended:
            self._take_on(None, run.following)
        return True

    def _drop_prepared(self) -> None:
        if self._prepared is not None:
            self._prepared.following.close()
            self._prepared = None
        self._cache.reserve(0)

    def read_ahead(self, looks: Looks) -> None:
        """Add the frame after the last one of the cache."""
        last_us = self._cache.last_pts_us()
        self._packets_without_frame = 0
        if self._ahead is not None:
            # Where it is broken off, the next frame is searched for.
            following, self._ahead = self._ahead, None
            self._take_on(next(following, None), following)
        elif last_us is None:
            self._cache.finish()
        else:
            self._looks_ahead = looks
            following = self._ahead_source.frames(looks.path, last_us, looks.size_px, 0)
            self._take_on(self._search(following, last_us), following)

    def leads_to(self, request: FrameRequest) -> bool:
        """Whether reading on comes to a moment sooner than going back to its key frame."""
        if request.looks != self._looks_held:
            return False
        if self._cache.holds(request.time_us, 0):
            return True
        last_us = self._cache.last_pts_us()
        if self._ahead is None or last_us is None or request.key_us is None:
            return False
        if last_us < request.key_us:
            return False
        return 0 <= request.time_us - last_us <= (request.time_us - request.key_us) // 2

    def read_behind(self, looks: Looks, missing: Missing) -> None:
        """Add the frames before the first one of the cache."""
        earlier: deque[PaintedFrame] = deque(maxlen=missing.most)
        passed = 0
        margin_us = MARGIN_FRAMES * missing.usual_us
        found = self._scout.frames(looks.path, missing.from_us, looks.size_px, margin_us)
        with closing(found):
            for frame in found:
                if frame.pts_us >= missing.first_us:
                    break
                earlier.append(frame)
                passed += 1
        began_later = not earlier or earlier[0].pts_us > missing.from_us
        reaches_first = began_later and passed == len(earlier)
        if self._cache.prepend(tuple(earlier), reaches_first=reaches_first):
            self._stop_ahead()

    def frame_at(self, looks: Looks, pts_us: int) -> PaintedFrame | None:
        """One frame, aside from the cache."""
        with closing(self._scout.frames(looks.path, pts_us, looks.size_px, 0)) as found:
            return next(found, None)

    def key_frame(self, looks: Looks, time_us: int) -> VideoFrame | None:
        """The key frame before a moment, aside from the cache; None where it is unknown."""
        return self._scout.key_frame(looks.path, time_us, looks.size_px)

    def _search(self, found: Generator[PaintedFrame], after_us: int | None) -> PaintedFrame | None:
        """The first frame, or the first one later than ``after_us``."""
        self._searching = True
        try:
            first = next(found, None)
            while after_us is not None and first is not None and first.pts_us <= after_us:
                first = next(found, None)
        finally:
            self._searching = False
        return first

    def _take_on(self, frame: PaintedFrame | None, following: Generator[PaintedFrame]) -> None:
        if frame is None:
            following.close()
            self._ahead = None
            self._cache.finish()
        else:
            self._ahead = following
            if self._ahead_source.left_out:
                self._cache.begin(frame.pts_us)
            self._cache.append(frame)

    def _on_decoded(self, frame: TimedFrame) -> None:
        self.passed_us = frame.pts_us
        looks = self._looks_ahead
        if looks is None or not self._glimpses.lacks(looks.path, frame.pts_us):
            return
        if self._glimpse_painter is None:
            size_px = glimpse_size_px(looks.size_px)
            self._glimpse_painter = Painter(looks.path, frame, size_px, PIXEL_FORMAT)
        glimpse = VideoFrame(frame.pts_us, self._glimpse_painter.paint(frame.picture))
        self._glimpses.add(looks.path, glimpse)
        if self._searching:
            self._on_glimpse(glimpse)

    def _stop_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _new_source(self) -> FrameSource:
        """One that reads ahead or prepares: which of both may change while it is open."""

        def is_ahead() -> bool:
            return source is self._ahead_source

        def on_decoded(frame: TimedFrame) -> None:
            if is_ahead():
                self._on_decoded(frame)

        source = FrameSource(
            lambda: self._on_packet_ahead() if is_ahead() else self._on_preparing(),
            self._on_broken,
            is_late=lambda end_us: is_ahead() and self._is_late(end_us),
            on_decoded=on_decoded,
        )
        return source

    def _on_packet_ahead(self) -> None:
        # Reading on frame by frame is not worth breaking off, since the next place would be lost,
        # but where all is damaged there may be no next frame.
        self._packets_without_frame += 1
        if self._searching or self._packets_without_frame > _MOST_WITHOUT_FRAME:
            self._give_up()
