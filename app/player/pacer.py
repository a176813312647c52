"""Who sets the pace: the sound card where there is one, else a timer."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.player.clock import MediaClock
from app.player.route import Route
from app.player.sound_output import NO_RUN, PlayRequest, SoundFailure, SoundOutput

# As much is heard of the place where a hand holds the playhead.
GRAIN_US = 90_000
# A card that was lost while playing is looked for again after these times: a server that was
# only too busy for a moment is back soon. Each look holds the picture for a moment.
LOOK_AGAIN_MS = (2_000, 5_000, 15_000)


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
        self._route: Route | None = None
        self._on_timer = False
        self._looks_left: list[int] = []
        self._look_again = QTimer(self)
        self._look_again.setSingleShot(True)
        self._look_again.timeout.connect(self._look_for_card)
        self.grains_heard = True
        self.sound_state = SoundState.NONE

    def set_media(self, path: Path | None, *, has_sound: bool) -> None:
        """Take on media whose pace is to be kept; None for no media."""
        self._path = path if has_sound else None
        self._give_up_looking()
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
        self._give_up_looking()
        self._begin(media_us, route)

    def _begin(self, media_us: int, route: Route) -> None:
        self._route = route
        self._on_timer = self._path is None
        if self._path is None:
            self._run = self._clock.run(media_us, route.legs_from(media_us))
            return
        self._run = self._clock.hold(media_us)
        self._sound.play(PlayRequest(self._run, self._path, media_us, route))

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
        self._give_up_looking()
        self._run = self._clock.hold(media_us)
        if self._route is not None:
            self._route = None
            self._sound.stop()

    def play_grain(self, media_us: int) -> None:
        """Let a moment's sound be heard; only while standing still."""
        hears = self.sound_state in (SoundState.READY, SoundState.PLAYING)
        if self.grains_heard and hears and self._path is not None and self._route is None:
            moment = Route(media_us, media_us + GRAIN_US)
            self._sound.play(PlayRequest(NO_RUN, self._path, media_us, moment))

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Loudness in [0, 1]; the amplitude is its square, which the ear takes for even steps."""
        self._sound.set_gain(0.0 if muted else volume * volume)

    def shutdown(self) -> None:
        """Close the card and join the sound thread."""
        self._give_up_looking()
        self._sound.shutdown()

    def _on_sound_started(self, run: int) -> None:
        if run == self._run:
            self._give_up_looking()
            self._set_state(SoundState.PLAYING)

    def _on_sound_failed(self, failure: SoundFailure) -> None:
        if failure.run != self._run:
            return
        if self._route is not None:
            self._on_timer = True
            now_us = self._clock.now_us()
            self._run = self._clock.run(now_us, self._route.legs_from(now_us))
        if failure.no_card:
            if self.sound_state is SoundState.PLAYING:
                self._looks_left = list(LOOK_AGAIN_MS)
            if self._looks_left and self._route is not None:
                self._look_again.start(self._looks_left.pop(0))
            self._set_state(SoundState.NO_CARD, failure.reason)
        else:
            self._set_state(SoundState.UNREADABLE, failure.reason)

    def _look_for_card(self) -> None:
        if self._route is not None and self._on_timer and self._path is not None:
            self._begin(self._clock.now_us(), self._route)

    def _give_up_looking(self) -> None:
        self._looks_left.clear()
        self._look_again.stop()

    def _set_state(self, state: SoundState, reason: str = "") -> None:
        if state is not self.sound_state:
            self.sound_state = state
            self.sound_changed.emit(state, reason)
