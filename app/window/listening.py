"""What the actions for looking and listening closely do: loops, rolls, reviews, scrubbed sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.messages import MessageBar
from app.player.plan import ReviewMode
from app.player.player import Player
from app.player.route import Spans
from app.session import Session
from app.view_state import ViewState
from app.window.memory import WindowMemory

# What is played before and after an edge.
ROLL_US = 500_000
NO_EVENTS = "There are no events to review yet."


class ListeningCommands(QObject):
    """Plays stretches, loops and reviews, and keeps their switches in step with the player."""

    def __init__(
        self,
        player: Player,
        session: Session,
        view_state: ViewState,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__(player)
        self._player = player
        self._session = session
        self._view_state = view_state
        self._messages = messages
        self._memory = memory
        self._actions = actions
        player.loop_changed.connect(actions["loop"].setChecked)
        player.review_changed.connect(self._on_review)
        session.media_changed.connect(self._on_media)
        session.detections_changed.connect(self._refresh_review)
        session.thresholds_changed.connect(self._refresh_review)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "loop": self._player.set_loop,
            "play_selection": self._player.play_selection,
            "pre_roll": self._pre_roll,
            "post_roll": self._post_roll,
            "review_events": self._review_events,
            "review_gaps": self._review_gaps,
            "scrub_sound": self._set_scrub_sound,
        }

    def restore(self) -> None:
        """Hear sound while scrubbing as it was chosen last time."""
        heard = self._memory.settings.scrub_sound
        self._actions["scrub_sound"].setChecked(heard)
        self._set_scrub_sound(heard)

    def _pre_roll(self) -> None:
        start_us, _ = self._edges()
        self._player.play_range(start_us - ROLL_US, start_us)

    def _post_roll(self) -> None:
        _, end_us = self._edges()
        self._player.play_range(end_us, end_us + ROLL_US)

    def _edges(self) -> tuple[int, int]:
        """Those of the selection; without one the playhead is both."""
        here_us = self._player.position_us
        return self._view_state.selection or (here_us, here_us)

    def _review_events(self, on: bool) -> None:
        self._review("events", on)

    def _review_gaps(self, on: bool) -> None:
        self._review("gaps", on)

    def _review(self, mode: ReviewMode, on: bool) -> None:
        spans = self._spans()
        if on and not spans:
            self._messages.show_notice(NO_EVENTS)
            self._on_review(self._player.review_mode)
        elif on:
            self._player.review(mode, spans)
            self._player.play()
        elif self._player.review_mode == mode:
            self._player.review(None)

    def _on_review(self, mode: ReviewMode | None) -> None:
        self._actions["review_events"].setChecked(mode == "events")
        self._actions["review_gaps"].setChecked(mode == "gaps")

    def _on_media(self) -> None:
        self._player.review(None)

    def _refresh_review(self) -> None:
        if self._player.review_mode is not None:
            self._player.review(self._player.review_mode, self._spans())

    def _spans(self) -> Spans:
        return tuple(
            (found.onset_us, found.offset_us) for found in self._session.shown_detections()
        )

    def _set_scrub_sound(self, heard: bool) -> None:
        self._player.pacer.grains_heard = heard
        self._memory.update(scrub_sound=heard)
