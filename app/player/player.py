"""Playing, pausing, seeking and stepping, all addressed by presentation time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal

from app.player.frame_requests import ProbeRequest, ProbeResponse
from app.player.motion import Motion
from app.player.pacer import Pacer
from app.player.picture import Picture
from app.player.plan import Plan, ReviewMode, Stretch
from app.player.route import Route, Spans
from app.view_state import ViewState
from core_model.media.errors import MediaError
from core_model.media.index import FrameIndex
from core_model.media.probe import MediaInfo

SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
# A step where there is no picture.
SOUND_STEP_US = 40_000


class Player(QObject):
    """Plays one file; moves the playhead of the shared :class:`ViewState` and nobody else does.

    All times are microseconds of presentation time. ``media_opened`` carries a MediaInfo, or
    None when the file was closed; ``open_failed`` a MediaError; ``review_changed`` "events",
    "gaps" or None.
    """

    media_opened = Signal(object)
    open_failed = Signal(object)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    loop_changed = Signal(bool)
    review_changed = Signal(object)
    dropped_changed = Signal(object)

    def __init__(self, view_state: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view_state = view_state
        self.picture = Picture(self)
        self.pacer = Pacer(self)
        self.media: MediaInfo | None = None
        self.is_playing = False
        self._plan = Plan()
        self._opening: int | None = None
        self._serial = 0
        self._resume_after_scrub = False
        self._is_scrubbing = False
        self._motion = Motion(view_state, self.picture, self.pacer, self)
        self._motion.arrived.connect(self._stop_at)
        self.picture.reader.probed.connect(self._on_probed)
        self.picture.stepped.connect(self._on_stepped)
        self.picture.numbers.index_ready.connect(self._on_index)
        self.picture.dropped_changed.connect(self.dropped_changed)
        view_state.seek_requested.connect(self.seek)
        view_state.selection_changed.connect(self._on_selection)

    def open(self, path: Path) -> None:
        """Look at ``path``; ``media_opened`` or ``open_failed`` follows.

        What is open stays open until the new file has turned out to be readable.
        """
        self._serial += 1
        self._opening = self._serial
        self.picture.reader.probe(ProbeRequest(self._serial, path))

    def close_media(self) -> None:
        """Forget the open file."""
        self._opening = None
        self._take_media(None)

    def shutdown(self) -> None:
        """Stop and join both threads."""
        self._motion.stop()
        self.pacer.shutdown()
        self.picture.shutdown()

    @property
    def position_us(self) -> int:
        return self._view_state.playhead_us

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    @property
    def speed(self) -> float:
        """Media seconds per second, one of SPEEDS."""
        return self._plan.speed

    @property
    def loops(self) -> bool:
        return self._plan.loops

    @property
    def review_mode(self) -> ReviewMode | None:
        return self._plan.review

    @property
    def dropped_frames(self) -> int:
        """How many frames came too late to be shown since the media were opened."""
        return self.picture.dropped_frames

    def play(self) -> None:
        """Play on from the playhead; from the start when it stands at the end or outside.

        Media of a single moment, such as one picture without a length, do not play.
        """
        if self.media is None or self.media.duration_us == 0 or self.is_playing:
            return
        self._start()

    def pause(self) -> None:
        if self.is_playing:
            self._stop_at(self._motion.now_us)

    def play_range(
        self, start_us: int, end_us: int, *, speed: float | None = None, loop: bool = False
    ) -> None:
        """Play one stretch of the media and stop on the last frame within it.

        ``speed`` counts for this stretch only. Pausing, seeking and stepping leave the stretch.
        """
        if self.media is None:
            return
        start_us = max(start_us, self.media.start_us)
        end_us = min(end_us, self.media.end_us)
        if end_us > start_us:
            self.pause()
            self._plan.stretch = Stretch(start_us, end_us, speed, loop)
            self._go_to(start_us)
            self._start()

    def expect_range(self, start_us: int | None) -> None:
        """Say where :meth:`play_range` will probably begin next, so that it begins at once."""
        if start_us is not None and self.media is not None:
            start_us = max(start_us, self.media.start_us)
        self.picture.expect(start_us)

    def play_selection(self) -> None:
        """Play what is selected, in a loop if loops are on; without a selection just play."""
        selection = self._view_state.selection
        if selection is not None and not self.loops:
            self.play_range(*selection)
            return
        if selection is not None:
            self.seek(selection[0])
        self.play()

    def set_loop(self, on: bool) -> None:
        """Play the selection, or everything where nothing is selected, again and again."""
        if on != self._plan.loops:
            self._plan.loops = on
            self._plan.stretch = None
            self.loop_changed.emit(on)
            self._change_route()

    def review(self, mode: ReviewMode | None, spans: Spans = ()) -> None:
        """Pass at 10x over all but ``spans`` ("events") or over these ("gaps"); None ends it.

        ``spans`` are (start_us, end_us) in any order.
        """
        changed = mode != self._plan.review
        self._plan.set_review(mode, spans)
        self._plan.stretch = None
        self._change_route()
        if changed:
            self.review_changed.emit(mode)

    def set_speed(self, speed: float) -> None:
        """Media seconds per second, one of SPEEDS; the pitch of the sound stays."""
        if speed not in SPEEDS:
            raise ValueError(f"speed must be one of {SPEEDS}, not {speed}")
        if speed != self.speed:
            self._plan.speed = speed
            self._change_route()
            self.speed_changed.emit(speed)

    def faster(self) -> None:
        self.set_speed(SPEEDS[min(SPEEDS.index(self.speed) + 1, len(SPEEDS) - 1)])

    def slower(self) -> None:
        self.set_speed(SPEEDS[max(SPEEDS.index(self.speed) - 1, 0)])

    def seek(self, time_us: int) -> None:
        """Go to ``time_us`` (clamped to the media) and show the frame on screen then.

        What plays goes on from there; in a loop that does not reach there, from its start.
        """
        if self.media is None:
            return
        self._plan.stretch = None
        time_us = min(max(time_us, self.media.start_us), self.media.end_us)
        if self.is_playing:
            self._go_to(time_us)
            self._start()
        else:
            self._stand_at(time_us)
            if self._is_scrubbing:
                self.pacer.play_grain(time_us)

    def seek_by(self, delta_us: int) -> None:
        self.seek(self.position_us + delta_us)

    def seek_start(self) -> None:
        if self.media is not None:
            self.seek(self.media.start_us)

    def seek_end(self) -> None:
        if self.media is not None:
            self.seek(self.media.end_us)

    def begin_scrub(self) -> None:
        """The mouse holds the seek bar: stand still until :meth:`end_scrub`."""
        if not self._is_scrubbing:
            self._is_scrubbing = True
            self._resume_after_scrub = self.is_playing
            self.pause()

    def end_scrub(self) -> None:
        if self._is_scrubbing:
            self._is_scrubbing = False
            self.seek(self.position_us)
            if self._resume_after_scrub:
                self.play()

    def set_scrubbing(self, on: bool) -> None:
        """A hand takes hold of the playhead (True) or lets it go."""
        if on:
            self.begin_scrub()
        else:
            self.end_scrub()

    def step_forward(self) -> None:
        self._step(1)

    def step_back(self) -> None:
        self._step(-1)

    def set_view_size(self, size_px: QSize) -> None:
        self.picture.set_view_size(size_px)

    def _step(self, direction: int) -> None:
        if self.media is None:
            return
        self.pause()
        if self.media.video is None:
            self.seek_by(direction * SOUND_STEP_US)
        else:
            self.picture.step(direction)

    def _on_stepped(self, pts_us: int) -> None:
        if self.is_playing:
            # It was asked for before playing went on.
            return
        self.pacer.stop(pts_us)
        self._view_state.set_playhead(pts_us)
        self.pacer.play_grain(pts_us)

    def _on_probed(self, response: ProbeResponse) -> None:
        if response.serial != self._opening:
            return
        self._opening = None
        if isinstance(response.result, MediaError):
            self.open_failed.emit(response.result)
        else:
            self._take_media(response.result)

    def _on_index(self, index: FrameIndex) -> None:
        if self._opening is not None or self.media is None:
            return
        if index.joints_us != self.media.joints_us:
            # Only reading all of it has shown that more was put together in it: it is longer.
            self.open(self.media.path)

    def _take_media(self, media: MediaInfo | None) -> None:
        self.pause()
        self._is_scrubbing = False
        self._plan.stretch = None
        self.media = media
        path = media.path if media is not None else None
        start_us, end_us = (media.start_us, media.end_us) if media is not None else (0, 0)
        self.pacer.stop(start_us)
        self.pacer.set_media(path, has_sound=media is not None and media.audio is not None)
        self.picture.set_media(path, media.video if media is not None else None)
        self._view_state.set_media_range(start_us, end_us)
        self.media_opened.emit(media)
        self.picture.show_at(start_us)

    def _make_route(self) -> Route:
        assert self.media is not None
        media_us = (self.media.start_us, self.media.end_us)
        return self._plan.route(media_us, self._view_state.selection)

    def _start(self) -> None:
        """Play from the playhead."""
        self._motion.start(self._make_route())
        self._set_playing(True)

    def _change_route(self) -> None:
        if self.is_playing:
            self._motion.change(self._make_route())

    def _on_selection(self, _selection: tuple[int, int] | None) -> None:
        if self._plan.loops and self._plan.stretch is None:
            self._change_route()

    def _stop_at(self, time_us: int) -> None:
        self._motion.stop()
        self._plan.stretch = None
        self._set_playing(False)
        self._stand_at(time_us)

    def _go_to(self, time_us: int) -> None:
        self._view_state.set_playhead(time_us)
        self.picture.show_at(time_us)

    def _stand_at(self, time_us: int) -> None:
        self.pacer.stop(time_us)
        self._view_state.set_playhead(time_us)
        self.picture.show_at(time_us, preview=self._is_scrubbing)

    def _set_playing(self, playing: bool) -> None:
        if playing != self.is_playing:
            self.is_playing = playing
            self.playing_changed.emit(playing)
