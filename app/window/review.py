"""What the window shows for a project: videos, segments, agreement, and triage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.agreement_panel import AgreementPanel
from app.panels.segment_table import SegmentTable
from app.panels.video_board import VideoBoard
from app.player.player import Player
from app.session import Session
from app.theme import Theme
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.triage import POST_ROLL_US, PRE_ROLL_US, Triage
from app.window.triage_bar import TriageBar
from training.annotations.agreement import Disagreement

NARROWEST_SIDE_PX = 360


class ReviewRoom(QObject):
    """Makes these parts and lets them play and open what they ask for.

    ``board`` stands left of the picture, ``side`` right of it (with the list of events where no
    project is open), ``bar`` above the timeline. Call :meth:`shutdown` at the end.
    """

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        player: Player,
        view_state: ViewState,
        runner: JobRunner,
        events: QWidget,
        messages: MessageBar,
        actions: dict[str, QAction],
        theme: Theme,
        open_path: Callable[[Path], None],
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._player = player
        self._view_state = view_state
        self._messages = messages
        self._open_path = open_path
        self._wants_board = True
        self._is_open: bool | None = None
        self._awaited: int | None = None
        self._goes_on = False
        self._to_play: Disagreement | None = None
        self.triage = Triage(annotation, session, player, view_state, runner)
        self.bar = TriageBar(self.triage, annotation, actions, theme)
        self.board = VideoBoard(annotation, theme)
        self.segments = SegmentTable(annotation, session, theme)
        self.agreement = AgreementPanel(annotation)
        self._events = events
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.tabBar().setDrawBase(False)
        self.side.setMinimumWidth(NARROWEST_SIDE_PX)
        self.side.setUsesScrollButtons(True)
        self.side.addTab(self.segments, "Segments")
        self.side.addTab(events, "Events")
        self.side.addTab(self.agreement, "Agreement")
        self._connect()
        self._on_project()

    def add_panel(self, panel: QWidget, title: str) -> None:
        """Show one more panel beside the picture, before the comparison of annotators."""
        self.side.insertTab(self.side.indexOf(self.agreement), panel, title)

    def above(self, timeline: QWidget) -> QWidget:
        """The timeline with the bar of triage on top of it."""
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(timeline, 1)
        return both

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            **self.triage.slots(),
            "videos_panel": self._show_board,
            "next_video": self.board.open_next,
        }

    def set_theme(self, theme: Theme) -> None:
        for part in (self.bar, self.board, self.segments):
            part.set_theme(theme)

    def back_out(self) -> bool:
        """End triage; False where it was not on."""
        was_on = self.triage.is_on
        self.triage.stop()
        return was_on

    def shutdown(self) -> None:
        """Wait for the threads of the board and of the comparison."""
        self.board.shutdown()
        self.agreement.shutdown()

    def _connect(self) -> None:
        self._annotation.projects.project_changed.connect(self._on_project)
        self._annotation.changed.connect(self._on_changed)
        self.segments.chosen.connect(self._go_to)
        self.segments.play_asked.connect(self._play)
        self.segments.problem.connect(self._messages.show_notice)
        self.board.open_asked.connect(self._open)
        self.agreement.play_asked.connect(self._play_difference)
        self.bar.next_video_asked.connect(self._finish_video)

    def _on_project(self) -> None:
        is_open = self._annotation.projects.project is not None
        for panel, is_wanted in (
            (self.segments, is_open),
            (self.agreement, is_open),
            (self._events, not is_open),
        ):
            self.side.setTabVisible(self.side.indexOf(panel), is_wanted)
        if is_open != self._is_open:
            self._is_open = is_open
            self.side.setCurrentWidget(self.segments if is_open else self._events)
        self.board.setVisible(is_open and self._wants_board)

    def _show_board(self, shown: bool) -> None:
        self._wants_board = shown
        self._on_project()

    def _go_to(self, onset_us: int) -> None:
        if not self._player.is_playing:
            self._view_state.request_seek(onset_us)

    def _play(self, onset_us: int, offset_us: int) -> None:
        self._player.play_range(onset_us - PRE_ROLL_US, offset_us + POST_ROLL_US)

    def _open(self, video_id: int) -> None:
        if video_id == self._annotation.video_id:
            self._arrive()
            return
        project = self._annotation.projects.project
        if project is None:
            return
        path = project.locate(video_id)
        if path is None:
            name = project.document.videos[video_id].path
            self._messages.show_error(f"{name}: the file is missing. It is not where it was.")
            self._to_play = None
            return
        self._awaited = video_id
        self._open_path(path)

    def _finish_video(self) -> None:
        self._goes_on = True
        self.board.finish_and_open_next()

    def _play_difference(self, difference: Disagreement) -> None:
        document = self._annotation.projects.document
        videos = () if document is None else document.videos.values()
        for video in videos:
            if video.path == difference.video:
                self._to_play = difference
                self._open(video.id)
                return

    def _on_changed(self) -> None:
        if self._awaited is not None and self._awaited == self._annotation.video_id:
            self._awaited = None
            # The player is still busy with opening it.
            QTimer.singleShot(0, self, self._arrive)

    def _arrive(self) -> None:
        """The video that was asked for is open: go on with what it was wanted for."""
        difference, self._to_play = self._to_play, None
        goes_on, self._goes_on = self._goes_on, False
        if difference is not None:
            self._show_difference(difference)
        elif goes_on:
            self.triage.go_on()

    def _show_difference(self, difference: Disagreement) -> None:
        columns = self._annotation.columns
        if columns is not None:
            edges = [(each.onset_us, each.offset_us) for each in difference.segments]
            is_meant = np.zeros(len(columns), bool)
            for onset_us, offset_us in edges:
                is_meant |= (columns.onset_us == onset_us) & (columns.offset_us == offset_us)
            self._annotation.select(columns.ids[is_meant].tolist())
        self._play(difference.onset_us, difference.offset_us)
