"""Who sets the pace: the sound card where there is one, else a timer."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.player.clock import MediaClock
from app.player.route import Route
from app.player.sound_output import SoundOutput
from app.player.sound_requests import NO_RUN, PlayRequest, SoundFailure

# As much is heard of the place where a hand holds the playhead.
GRAIN_US = 90_000
# The picture waits no longer for the sound to begin.
SOUND_STARTS_MS = 1_500


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
    state says all. ``beeped`` says at which time of ``time.monotonic`` a beep is heard;
    ``beep_failed`` why none is.
    """

    sound_changed = Signal(object, object)
    beeped = Signal(object)
    beep_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = MediaClock()
        self._sound = SoundOutput(self._clock, self)
        self._sound.started.connect(self._on_sound_started)
        self._sound.failed.connect(self._on_sound_failed)
        self._sound.found.connect(self._on_card_found)
        self._sound.beeped.connect(self._on_beeped)
        self._path: Path | None = None
        self._run = 0
        self._route: Route | None = None
        self._on_timer = False
        # The run that the card did not play, or not yet.
        self._lost_run = NO_RUN
        self._starts_late = QTimer(self)
        self._starts_late.setSingleShot(True)
        self._starts_late.setInterval(SOUND_STARTS_MS)
        self._starts_late.timeout.connect(self._go_on_without)
        self._was_late = False
        self.grains_heard = True
        self.sound_state = SoundState.NONE

    def set_media(self, path: Path | None, *, has_sound: bool) -> None:
        """Take on media whose pace is to be kept; None for no media."""
        self._path = path if has_sound else None
        self._starts_late.stop()
        self._sound.forget()
        if path is None:
            self._set_state(SoundState.NONE)
        else:
            self._set_state(SoundState.READY if has_sound else SoundState.SILENT_FILE)

    def now_us(self) -> int:
        return self._clock.now_us()

    def seconds_until(self, media_us: int) -> float | None:
        """How long until ``media_us`` at the present speed; None while the clock stands still."""
        return self._clock.seconds_until(media_us)

    def start(self, media_us: int, route: Route) -> None:
        """Run along ``route`` from ``media_us`` on, as soon as the sound is heard if there is any.

        Once the route has ended the clock stands there.
        """
        self._was_late = False
        self._begin(media_us, route)

    def _begin(self, media_us: int, route: Route) -> None:
        self._route = route
        self._on_timer = self._path is None
        if self._path is None:
            self._run = self._clock.run(media_us, route.legs_from(media_us))
            return
        self._run = self._clock.hold(media_us)
        self._sound.play(PlayRequest(self._run, self._path, media_us, route))
        self._starts_late.start()

    def change(self, route: Route) -> None:
        """Run on along another route, without a gap in the sound; only while running."""
        self._route = route
        if self._on_timer:
            now_us = self._clock.now_us()
            self._run = self._clock.run(now_us, route.legs_from(now_us))
        else:
            self._sound.change(self._run, route)

    def stop(self, media_us: int) -> None:
        """Stand still at ``media_us``, silent."""
        self._run = self._clock.hold(media_us)
        self._starts_late.stop()
        if self._route is not None:
            self._route = None
            self._sound.stop()

    def play_grain(self, media_us: int) -> None:
        """Let a moment's sound be heard; only while standing still."""
        hears = self.sound_state in (SoundState.READY, SoundState.PLAYING)
        if self.grains_heard and hears and self._path is not None and self._route is None:
            moment = Route(media_us, media_us + GRAIN_US)
            self._sound.play(PlayRequest(NO_RUN, self._path, media_us, moment))

    def beep(self) -> bool:
        """Beep once, as soon as the card can; False while something plays."""
        if self._route is not None:
            return False
        self._sound.beep()
        return True

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Loudness in [0, 1]; the amplitude is its square, which the ear takes for even steps."""
        self._sound.set_gain(0.0 if muted else volume * volume)

    def shutdown(self) -> None:
        """Close the card and join the sound thread."""
        self._starts_late.stop()
        self._sound.shutdown()

    def _on_sound_started(self, run: int) -> None:
        if run == self._run:
            self._starts_late.stop()
            self._set_state(SoundState.PLAYING)
        elif run == self._lost_run and not self._was_late:
            self._was_late = True
            self._on_card_found(run)

    def _on_sound_failed(self, failure: SoundFailure) -> None:
        if failure.run == NO_RUN:
            self.beep_failed.emit(failure.reason)
        elif failure.run == self._run:
            state = SoundState.NO_CARD if failure.no_card else SoundState.UNREADABLE
            self._lose(state, failure.reason)

    def _on_beeped(self, at_s: float) -> None:
        self.beeped.emit(at_s)

    def _go_on_without(self) -> None:
        self._lose(SoundState.NO_CARD, "the sound card does not answer")

    def _lose(self, state: SoundState, reason: str) -> None:
        """Go on by the timer."""
        self._starts_late.stop()
        if self._route is not None:
            self._on_timer = True
            self._lost_run = self._run
            now_us = self._clock.now_us()
            self._run = self._clock.run(now_us, self._route.legs_from(now_us))
        self._set_state(state, reason)

    def _on_card_found(self, run: int) -> None:
        """The card is back: go on with sound, if what lost it still plays."""
        if self._route is not None and self._on_timer and run == self._lost_run:
            self._begin(self._clock.now_us(), self._route)

    def _set_state(self, state: SoundState, reason: str = "") -> None:
        if state is not self.sound_state:
            self.sound_state = state
            self.sound_changed.emit(state, reason)
