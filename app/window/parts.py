"""All that the window consists of: made in the order in which one needs another, and ended."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtWidgets import QMainWindow

from app.actions import make_actions
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.event_list import EventList
from app.player.player import Player
from app.project.lock import user_name
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import theme_for
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.annotator_room import AnnotatorRoom
from app.window.commands import PlaybackCommands
from app.window.detection import DetectionPresenter
from app.window.empty_page import EmptyPage
from app.window.help_room import HelpRoom
from app.window.layout import PaneLayout
from app.window.listening import ListeningCommands
from app.window.looks import Looks
from app.window.memory import WindowMemory
from app.window.menus import Menus
from app.window.model_room import ModelRoom
from app.window.navigation import Navigation
from app.window.panes import PaneRing
from app.window.picture_commands import PictureCommands
from app.window.project_room import ProjectRoom
from app.window.prompt_room import PromptRoom
from app.window.queue_room import QueueRoom
from app.window.review import ReviewRoom
from app.window.search_room import SearchRoom
from app.window.selection import SelectionCommands
from app.window.stage import Stage
from app.window.status_line import StatusLine


class WindowParts(QMainWindow):
    """Owns the long-lived objects. Call :meth:`shutdown` once it is closed to join all threads."""

    def __init__(self, memory: WindowMemory) -> None:
        super().__init__()
        self.memory = memory
        self._theme = theme_for(memory.settings.theme)
        self.view_state = ViewState(self)
        self.session = Session(self)
        self.player = Player(self.view_state, self)
        self.annotation = Annotation(ProjectSession(user_name(), self), self)
        self.runner = JobRunner(self)
        self.actions_by_id = make_actions(self)
        self._is_down = False
        self._make_panes()
        self._make_rooms()

    # --- what the outside may ask for ------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a file; what is open stays until the new one has turned out to be readable."""
        self.messages.dismiss()
        self.player.open(path)

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Remember the layout and join every thread; doing it twice does no harm.

        False if detection has not ended within ``patience_s`` (None waits for it).
        """
        self._wind_down()
        rooms = (self.queue, self.models, self.runner)
        return all(room.shutdown(patience_s) for room in rooms)

    def _wind_down(self) -> None:
        """Everything but waiting for detection, which may take seconds."""
        if self._is_down:
            return
        self._is_down = True
        self.runner.stop()
        self.queue.stop()
        self.models.stop()
        self.memory.remember_layout(self.pane_layout.states())
        self.memory.update(volume=self.stage.volume, muted=self.actions_by_id["mute"].isChecked())
        problem = self.memory.save()
        if problem:
            # The window is going: only the terminal can still say it.
            print(problem, file=sys.stderr)
        self.messages.dismiss()
        self.pictures.shutdown()
        self.player.shutdown()
        self.timeline.shutdown()
        self.navigation.shutdown()
        self.search.shutdown()
        self.prompts.shutdown()
        self.review.shutdown()
        self.desk.shutdown()
        self.projects.shutdown()
        self.annotation.projects.close()

    # --- making ------------------------------------------------------------------------------

    def _make_panes(self) -> None:
        theme, actions = self._theme, self.actions_by_id
        self.stage = Stage(self.player, self.session, self.view_state, actions, theme)
        self.events = EventList(self.session, theme)
        self.timeline = TimelineView(self.view_state, theme)
        self.empty_page = EmptyPage(actions, theme)
        self.status = StatusLine()
        self.pane_layout = PaneLayout(self, self.empty_page)
        self.messages = MessageBar(self.pane_layout.pages, theme)
        self.menus = Menus(self.menuBar(), actions)

    def _make_rooms(self) -> None:
        theme, actions = self._theme, self.actions_by_id
        self.detection = DetectionPresenter(
            self.session, self.runner, self.status, self.events, self.messages
        )
        self.models = ModelRoom(
            self.annotation.projects,
            self.session,
            self.view_state,
            self.runner,
            self.detection,
            self.messages,
            self.memory,
            theme,
            self,
        )
        self.commands = PlaybackCommands(self.player, self.session, self.view_state, self.stage)
        self.selection = SelectionCommands(self.view_state)
        self.listening = ListeningCommands(
            self.player, self.session, self.view_state, self.messages, self.memory, actions
        )
        self.navigation = Navigation(self.player, self.session, self.view_state, self.status)
        self.pictures = PictureCommands(
            self.player, self.session, self.view_state, self.stage, self.messages, actions
        )
        self.review = ReviewRoom(
            self.annotation,
            self.session,
            self.player,
            self.view_state,
            self.runner,
            self.events,
            self.messages,
            actions,
            theme,
            self.open_path,
        )
        self.queue = QueueRoom(
            self.annotation,
            self.detection,
            self.review.board,
            self.models.bundle,
            self.status,
            self.messages,
            actions,
        )
        self.prompts = PromptRoom(
            self.annotation,
            self.session,
            self.runner,
            self.detection,
            self.view_state,
            self.timeline,
            self.review,
            self.messages,
            self.memory,
            actions,
            theme,
            self,
        )
        self.models.all_asked.connect(actions["detect_all"].trigger)
        self.search = SearchRoom(
            self.annotation,
            self.session,
            self.runner,
            self.player,
            self.view_state,
            self.timeline,
            self.review,
            self.prompts,
            self.messages,
            actions,
            theme,
            self.open_path,
            self,
        )
        self.panes = PaneRing(self.timeline, self.stage, self.review.side, self.review.board)
        self.help = HelpRoom(self.messages, self)
        self.projects = ProjectRoom(
            self.annotation,
            self.session,
            self.player,
            self.view_state,
            self.timeline,
            self.selection,
            self.detection,
            self.status,
            self.messages,
            self.memory,
            actions,
            self.menus,
            self.open_path,
            self,
        )
        self.desk = AnnotatorRoom(
            self.annotation,
            self.view_state,
            self.player,
            self.timeline,
            self.review,
            self.projects,
            self.messages,
            self.memory,
            actions,
            self,
        )
        self.desk.palette.offer_prompts(self.prompts.look_for)
        self.desk.menus.show_detection = self.search.open_detection_menu
        themed = (
            *(self.stage, self.events, self.timeline, self.empty_page, self.messages),
            *(self.review, self.models, self.prompts, self.search),
        )
        self.looks = Looks(themed, self.memory, actions, self)
