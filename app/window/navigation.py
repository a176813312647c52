"""Feeds what the timeline is steered by: frames, events and shots to snap to, what is broken."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.player.player import Player
from app.player.time_code import time_code
from app.session import Session
from app.timeline.marks import JOINTS, length_text
from app.timeline.shot_finder import ShotFinder
from app.view_state import ViewState
from app.window.status_line import StatusLine
from core_model.media.index import FrameIndex
from core_model.media.probe import MediaInfo

REST_MS = 150


class Navigation(QObject):
    """Carries what player, session and shot finder know into the view state and status line."""

    def __init__(
        self, player: Player, session: Session, view_state: ViewState, status: StatusLine
    ) -> None:
        super().__init__(view_state)
        self._session = session
        self._view_state = view_state
        self._status = status
        self._looped = False
        self.shots = ShotFinder(view_state, self)
        player.picture.numbers.index_ready.connect(self._on_index)
        player.picture.broken_spans_changed.connect(self._on_broken)
        player.picture.dropped_changed.connect(status.set_dropped)
        player.picture.ran_short.connect(self.shots.stand_aside)
        session.media_changed.connect(self.shots.set_media)
        session.media_changed.connect(self._on_media)
        # A threshold that is dragged changes often, and nobody snaps to anything meanwhile.
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._offer_events)
        session.detections_changed.connect(self._offer_events)
        session.thresholds_changed.connect(self._rest.start)
        view_state.selection_changed.connect(self._tell_selection)
        player.loop_changed.connect(self._on_loop)

    def shutdown(self) -> None:
        """End the search for shots; nothing is waited for any more."""
        self._rest.stop()
        self.shots.shutdown()

    def _on_media(self, media: MediaInfo | None) -> None:
        self._view_state.set_snap_times(JOINTS, () if media is None else media.joints_us)

    def _on_index(self, index: FrameIndex) -> None:
        self._view_state.set_frame_times(index.pts_us)

    def _on_broken(self, spans_us: tuple[tuple[int, int], ...]) -> None:
        self._view_state.set_broken_spans(spans_us)

    def _offer_events(self) -> None:
        self._view_state.set_snap_times("events", self._session.shown_edges_us())

    def _on_loop(self, on: bool) -> None:
        self._looped = on
        self._tell_selection(self._view_state.selection)

    def _tell_selection(self, selection: tuple[int, int] | None) -> None:
        """How much is selected, and whether it, or all, is played in a loop."""
        if selection is None:
            self._status.set_selection("looped" if self._looped else "", "")
            return
        start_us, end_us = selection
        span = f"{time_code(start_us)} to {time_code(end_us)}"
        state = "looped" if self._looped else "selected"
        self._status.set_selection(f"{length_text(start_us, end_us)} {state}", span)
