"""Playing, pausing, seeking and stepping, all addressed by presentation time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal

from app.player.frame_reader import ProbeRequest, ProbeResponse
from app.player.pacer import Pacer
from app.player.picture import Picture
from app.view_state import ViewState
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo

SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
TICK_MS = 15
# A step where there is no picture.
SOUND_STEP_US = 40_000


class Player(QObject):
    """Plays one file; moves the playhead of the shared :class:`ViewState` and nobody else does.

    All times are microseconds of presentation time. ``media_opened`` carries a MediaInfo, or
    None when the file was closed; ``open_failed`` a MediaError.
    """

    media_opened = Signal(object)
    open_failed = Signal(object)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, view_state: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view_state = view_state
        self.picture = Picture(self)
        self.pacer = Pacer(self)
        self.media: MediaInfo | None = None
        self.is_playing = False
        self.speed = 1.0
        self._opening: int | None = None
        self._serial = 0
        self._resume_after_scrub = False
        self._is_scrubbing = False
        self._tick_timer = QTimer(self)
        self._tick_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick_timer.setInterval(TICK_MS)
        self._tick_timer.timeout.connect(self._tick)
        self.picture.reader.probed.connect(self._on_probed)
        self.picture.stepped.connect(self._on_stepped)
        view_state.seek_requested.connect(self.seek)

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
        self._tick_timer.stop()
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

    def play(self) -> None:
        """Play on from the playhead; from the start when it stands at the end."""
        if self.media is None or self.is_playing:
            return
        if self.position_us >= self.media.end_us:
            self.seek(self.media.start_us)
        self.pacer.start(self.position_us, self.speed)
        self._tick_timer.start()
        self._set_playing(True)

    def pause(self) -> None:
        if not self.is_playing:
            return
        self._tick_timer.stop()
        self._set_playing(False)
        self._stand_at(self._now_us())

    def set_speed(self, speed: float) -> None:
        """Media seconds per second, one of SPEEDS; the pitch of the sound stays."""
        if speed not in SPEEDS:
            raise ValueError(f"speed must be one of {SPEEDS}, not {speed}")
        if speed != self.speed:
            self.speed = speed
            if self.is_playing:
                self.pacer.start(self._now_us(), speed)
            self.speed_changed.emit(speed)

    def faster(self) -> None:
        self.set_speed(SPEEDS[min(SPEEDS.index(self.speed) + 1, len(SPEEDS) - 1)])

    def slower(self) -> None:
        self.set_speed(SPEEDS[max(SPEEDS.index(self.speed) - 1, 0)])

    def seek(self, time_us: int) -> None:
        """Go to ``time_us`` (clamped to the media) and show the frame on screen then."""
        if self.media is None:
            return
        time_us = min(max(time_us, self.media.start_us), self.media.end_us)
        if self.is_playing:
            self.pacer.start(time_us, self.speed)
            self._view_state.set_playhead(time_us)
            self.picture.show_at(time_us)
        else:
            self._stand_at(time_us)

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
        self.pacer.stop(pts_us)
        self._view_state.set_playhead(pts_us)

    def _on_probed(self, response: ProbeResponse) -> None:
        if response.serial != self._opening:
            return
        self._opening = None
        if isinstance(response.result, MediaError):
            self.open_failed.emit(response.result)
        else:
            self._take_media(response.result)

    def _take_media(self, media: MediaInfo | None) -> None:
        self.pause()
        self._is_scrubbing = False
        self.media = media
        path = media.path if media is not None else None
        start_us, end_us = (media.start_us, media.end_us) if media is not None else (0, 0)
        self.pacer.stop(start_us)
        self.pacer.set_media(path, has_sound=media is not None and media.audio is not None)
        self.picture.set_media(path, media.video if media is not None else None)
        self._view_state.set_media_range(start_us, end_us)
        self.media_opened.emit(media)
        self.picture.show_at(start_us)

    def _tick(self) -> None:
        if self.media is None:
            return
        now_us = self._now_us()
        if now_us >= self.media.end_us:
            self.pause()
            return
        self._view_state.set_playhead(now_us)
        self.picture.follow(now_us)

    def _now_us(self) -> int:
        """The clock's time, never before the playhead: sound cards' clocks tremble a little."""
        end_us = self.media.end_us if self.media is not None else 0
        return min(max(self.pacer.now_us(), self.position_us), end_us)

    def _stand_at(self, time_us: int) -> None:
        self.pacer.stop(time_us)
        self._view_state.set_playhead(time_us)
        self.picture.show_at(time_us, preview=self._is_scrubbing)

    def _set_playing(self, playing: bool) -> None:
        self.is_playing = playing
        self.playing_changed.emit(playing)
