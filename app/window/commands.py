"""What the actions of the Playback menu do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.player.player import Player
from app.session import Session
from app.view_state import ViewState
from app.window.stage import Stage
from core_model.timeline import US_PER_S

# Steps of speed at once.
MUCH = 3


class PlaybackCommands(QObject):
    """Small moves that need the player and the events."""

    def __init__(
        self, player: Player, session: Session, view_state: ViewState, stage: Stage
    ) -> None:
        super().__init__(player)
        self._view_state = view_state
        self._player = player
        self._session = session
        self._stage = stage
        view_state.scrubbing_changed.connect(self._on_scrubbing)
        view_state.step_requested.connect(self._on_step)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        player = self._player
        return {
            "close": player.close_media,
            "play": player.toggle,
            "slower": player.slower,
            "faster": player.faster,
            "much_slower": self._much_slower,
            "much_faster": self._much_faster,
            "normal_speed": self._normal_speed,
            "frame_back": player.step_back,
            "frame_forward": player.step_forward,
            "back_1s": self._back_1s,
            "forward_1s": self._forward_1s,
            "back_10s": self._back_10s,
            "forward_10s": self._forward_10s,
            "start": player.seek_start,
            "end": player.seek_end,
            "next_event": self._next_event,
            "previous_event": self._previous_event,
            "next_shot": self._next_shot,
            "previous_shot": self._previous_shot,
            "mute": self._stage.set_muted,
            "volume_up": self._volume_up,
            "volume_down": self._volume_down,
        }

    def _on_scrubbing(self, on: bool) -> None:
        if on:
            self._player.begin_scrub()
        else:
            self._player.end_scrub()

    def _on_step(self, direction: int) -> None:
        if direction > 0:
            self._player.step_forward()
        else:
            self._player.step_back()

    def _much_slower(self) -> None:
        for _ in range(MUCH):
            self._player.slower()

    def _much_faster(self) -> None:
        for _ in range(MUCH):
            self._player.faster()

    def _normal_speed(self) -> None:
        self._player.set_speed(1.0)

    def _back_1s(self) -> None:
        self._player.seek_by(-US_PER_S)

    def _forward_1s(self) -> None:
        self._player.seek_by(US_PER_S)

    def _back_10s(self) -> None:
        self._player.seek_by(-10 * US_PER_S)

    def _forward_10s(self) -> None:
        self._player.seek_by(10 * US_PER_S)

    def _next_event(self) -> None:
        self._jump(self._onsets_us(), 1)

    def _previous_event(self) -> None:
        self._jump(self._onsets_us(), -1)

    def _next_shot(self) -> None:
        self._jump(self._view_state.snap_times("shots"), 1)

    def _previous_shot(self) -> None:
        self._jump(self._view_state.snap_times("shots"), -1)

    def _jump(self, times_us: Sequence[int], direction: int) -> None:
        """Go to the next of these ascending times in a direction, if there is one."""
        now_us = self._player.position_us
        if direction > 0:
            place = bisect_right(times_us, now_us)
        else:
            place = bisect_left(times_us, now_us) - 1
        if 0 <= place < len(times_us):
            self._player.seek(times_us[place])

    def _onsets_us(self) -> list[int]:
        return [found.onset_us for found in self._session.shown_detections()]

    def _volume_up(self) -> None:
        self._stage.transport.step_volume(1)

    def _volume_down(self) -> None:
        self._stage.transport.step_volume(-1)
