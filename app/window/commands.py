"""What the actions of the Playback menu do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from PySide6.QtCore import QObject

from app.player.player import Player
from app.session import Session
from app.window.stage import Stage
from core_model.timeline import US_PER_S


class PlaybackCommands(QObject):
    """Small moves that need the player and the events."""

    def __init__(self, player: Player, session: Session, stage: Stage) -> None:
        super().__init__(player)
        self._player = player
        self._session = session
        self._stage = stage

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        player = self._player
        return {
            "close": player.close_media,
            "play": player.toggle,
            "slower": player.slower,
            "faster": player.faster,
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
            "mute": self._stage.set_muted,
            "volume_up": self._volume_up,
            "volume_down": self._volume_down,
        }

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
        onsets_us = self._onsets_us()
        place = bisect_right(onsets_us, self._player.position_us)
        if place < len(onsets_us):
            self._player.seek(onsets_us[place])

    def _previous_event(self) -> None:
        onsets_us = self._onsets_us()
        place = bisect_left(onsets_us, self._player.position_us)
        if place > 0:
            self._player.seek(onsets_us[place - 1])

    def _onsets_us(self) -> list[int]:
        return [found.onset_us for found in self._session.shown_detections()]

    def _volume_up(self) -> None:
        self._stage.transport.step_volume(1)

    def _volume_down(self) -> None:
        self._stage.transport.step_volume(-1)
