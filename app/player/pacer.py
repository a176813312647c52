"""Who sets the pace: the sound card where there is one, else a timer."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.player.clock import MediaClock
from app.player.sound_output import PlayRequest, SoundFailure, SoundOutput


class SoundState(Enum):
    """What is known about the sound of the open media."""

    NONE = "no media"
    SILENT_FILE = "the file has no sound"
    READY = "sound not started yet"
    PLAYING = "sound plays and sets the pace"
    NO_CARD = "no sound card"
    UNREADABLE = "the sound of the file can't be read"


class Pacer(QObject):
    """The media clock together with the sound that drives it.

    ``sound_changed`` carries a (:class:`SoundState`, reason) pair; the reason is empty where the
    state says all.
    """

    sound_changed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = MediaClock()
        self._sound = SoundOutput(self._clock, self)
        self._sound.started.connect(self._on_sound_started)
        self._sound.failed.connect(self._on_sound_failed)
        self._path: Path | None = None
        self._run = 0
        self._speed = 1.0
        self._running = False
        self.sound_state = SoundState.NONE

    def set_media(self, path: Path | None, *, has_sound: bool) -> None:
        """Take on media whose pace is to be kept; None for no media."""
        self._path = path if has_sound else None
        if path is None:
            self._set_state(SoundState.NONE)
        else:
            self._set_state(SoundState.READY if has_sound else SoundState.SILENT_FILE)

    def now_us(self) -> int:
        return self._clock.now_us()

    def start(self, media_us: int, speed: float) -> None:
        """Run from ``media_us`` on, as soon as the sound is heard where there is sound."""
        self._running = True
        self._speed = speed
        if self._path is None:
            self._run = self._clock.run(media_us, speed)
            return
        self._run = self._clock.hold(media_us)
        self._sound.play(PlayRequest(self._run, self._path, media_us, speed))

    def stop(self, media_us: int) -> None:
        """Stand still at ``media_us``, silent."""
        self._running = False
        self._run = self._clock.hold(media_us)
        self._sound.stop()

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Loudness in [0, 1]; the amplitude is its square, which the ear takes for even steps."""
        self._sound.set_gain(0.0 if muted else volume * volume)

    def shutdown(self) -> None:
        """Close the card and join the sound thread."""
        self._sound.shutdown()

    def _on_sound_started(self, run: int) -> None:
        if run == self._run:
            self._set_state(SoundState.PLAYING)

    def _on_sound_failed(self, failure: SoundFailure) -> None:
        if failure.run != self._run:
            return
        if self._running:
            self._run = self._clock.run(self._clock.now_us(), self._speed)
        if failure.no_card:
            self._set_state(SoundState.NO_CARD, failure.reason)
        else:
            self._set_state(SoundState.UNREADABLE, failure.reason)

    def _set_state(self, state: SoundState, reason: str = "") -> None:
        if state is not self.sound_state:
            self.sound_state = state
            self.sound_changed.emit(state, reason)
