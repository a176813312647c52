"""The main window: puts the parts together and does what actions ask for."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.actions import connect_actions, enable_for_media, make_actions
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.event_list import EventList
from app.player.player import Player
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import Theme, apply_theme, theme_for
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.annotator_room import AnnotatorRoom
from app.window.commands import PlaybackCommands
from app.window.detection import DetectionPresenter, suggest_bundled
from app.window.empty_page import EmptyPage
from app.window.help_room import HelpRoom
from app.window.listening import ListeningCommands
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
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo
from core_model.timeline import Detection
from resources import resource_path

FIRST_SIZE_PX = (1280, 820)
TITLE = "AVScope"
THEME_ACTIONS = {"system": "theme_system", "dark": "theme_dark", "light": "theme_light"}


class MainWindow(QMainWindow):
    """Owns the long-lived objects. Call :meth:`shutdown` once it is closed to join all threads."""

    def __init__(self, memory: WindowMemory) -> None:
        super().__init__()
        self.memory = memory
        self._theme = theme_for(memory.settings.theme)
        self.view_state = ViewState(self)
        self.session = Session(self)
        self.player = Player(self.view_state, self)
        self.annotation = Annotation(ProjectSession(getpass.getuser(), self), self)
        self.runner = JobRunner(self)
        self.actions_by_id = make_actions(self)
        self._is_down = False
        self._make_parts()
        self._lay_out()
        self._connect()
        self._restore()

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
        self.memory.remember_layout(self._layout_states())
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

    def _make_parts(self) -> None:
        theme, actions = self._theme, self.actions_by_id
        self.stage = Stage(self.player, self.session, self.view_state, actions, theme)
        self.events = EventList(self.session, theme)
        self.timeline = TimelineView(self.view_state, theme)
        self.empty_page = EmptyPage(actions, theme)
        self.status = StatusLine()
        self.pages = QStackedWidget()
        self.messages = MessageBar(self.pages, theme)
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
        self.menus = Menus(self.menuBar(), actions)
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

    def _lay_out(self) -> None:
        self.upper = QSplitter(Qt.Orientation.Horizontal)
        for place, part in enumerate((self.review.board, self.stage, self.review.side)):
            self.upper.addWidget(part)
            self.upper.setStretchFactor(place, part is self.stage)
        self.upper.setSizes([270, 530, 480])
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.upper)
        self.split.addWidget(self.review.above(self.timeline))
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        self.split.setSizes([430, 360])
        for splitter in (self.upper, self.split):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        self.pages.addWidget(self.empty_page)
        self.pages.addWidget(self.split)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(central)
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.resize(*FIRST_SIZE_PX)

    def _connect(self) -> None:
        connect_actions(self.actions_by_id, self._slots())
        self.addActions(list(self.actions_by_id.values()))
        self.player.media_opened.connect(self._on_media)
        self.player.open_failed.connect(self._on_open_failed)
        self.player.pacer.sound_changed.connect(self.status.set_sound)
        self.session.detections_changed.connect(self._show_detections)
        self.session.thresholds_changed.connect(self._show_thresholds)
        self.events.chosen.connect(self._on_event_chosen)
        self.menus.recent_chosen.connect(self.open_path)
        self.empty_page.recent_chosen.connect(self.open_path)
        self.memory.changed.connect(self._show_recent)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)

    def _slots(self) -> dict[str, Callable[..., object]]:
        return {
            **self.commands.slots(),
            **self.selection.slots(),
            **self.listening.slots(),
            **self.pictures.slots(),
            **self.panes.slots(),
            **self.projects.slots(),
            **self.review.slots(),
            **self.prompts.slots(),
            **self.search.slots(),
            **self.queue.slots(),
            **self.desk.slots(),
            **self.help.slots(),
            **self.models.slots(),
            "open": self._choose_file,
            "open_sample": self._open_sample,
            "quit": self.close,
            "detect": self.detection.start,
            "cancel": self.detection.cancel,
            "back_out": self._back_out,
            "theme_system": self._on_theme_action,
            "theme_dark": self._on_theme_action,
            "theme_light": self._on_theme_action,
            "zoom_in": self.timeline.zoom_in,
            "zoom_out": self.timeline.zoom_out,
            "zoom_all": self.timeline.zoom_to_all,
            "events_panel": self._show_events_panel,
            "full_screen": self._set_full_screen,
        }

    def _restore(self) -> None:
        settings = self.memory.settings
        self.actions_by_id[THEME_ACTIONS[settings.theme]].setChecked(True)
        self.actions_by_id["events_panel"].setChecked(settings.events_panel)
        self.actions_by_id["videos_panel"].setChecked(True)
        self.actions_by_id["mute"].setChecked(settings.muted)
        self.stage.transport.set_volume(settings.volume)
        self.listening.restore()
        for name, restore in (
            ("window", self.restoreGeometry),
            ("upper", self.upper.restoreState),
            ("split", self.split.restoreState),
        ):
            state = settings.layout_state(name)
            if state is not None:
                restore(state)
        self.memory.keep_spectrogram(self.timeline.sound)
        self._show_recent()
        suggest_bundled(self.session)
        self._on_media(None)
        if self.memory.problem:
            self.messages.show_error(self.memory.problem)

    def _layout_states(self) -> dict[str, bytes]:
        return {
            "window": bytes(self.saveGeometry().data()),
            "upper": bytes(self.upper.saveState().data()),
            "split": bytes(self.split.saveState().data()),
        }

    # --- opening -----------------------------------------------------------------------------

    def _choose_file(self) -> None:
        folder = str(Path(recent[0]).parent) if (recent := self.memory.settings.recent) else ""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a video or sound file", folder)
        if chosen:
            self.open_path(Path(chosen))

    def _open_sample(self) -> None:
        self.open_path(resource_path("sample", "sample.mp4"))

    def _on_media(self, media: MediaInfo | None) -> None:
        self.session.set_media(media)
        self.timeline.set_media(media)
        enable_for_media(self.actions_by_id, media is not None)
        self._turn_page(self.empty_page if media is None else self.split)
        self.messages.set_area(self.empty_page if media is None else self.stage)
        if media is None:
            self.detection.forget()
            self.projects.media_opened(None)
            self.setWindowTitle(TITLE)
            return
        self.setWindowTitle(f"{media.path.name} — {TITLE}")
        self.memory.add_recent(media.path)
        if media.notes:
            self.messages.show_notice(f"{media.path.name}: {'; '.join(media.notes)}")
        self.projects.media_opened(media)

    def _turn_page(self, page: QWidget) -> None:
        """Show the page; the keys go where they are of most use, not to its first button."""
        if page is not self.pages.currentWidget():
            self.pages.setCurrentWidget(page)
            if page is self.split:
                self.timeline.setFocus()

    def _on_open_failed(self, error: MediaError) -> None:
        self.memory.remove_recent(error.path)
        self.messages.show_error(str(error))

    def _show_recent(self) -> None:
        settings = self.memory.settings
        self.menus.set_recent(settings.recent, settings.recent_projects)
        self.empty_page.set_recent(self.memory.settings.recent)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = _dropped_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            if self.desk.take_dropped(files):
                return
            self.open_path(files[0])
        if len(files) > 1:
            self.messages.show_notice(f"Opening {files[0].name}, the first of {len(files)} files.")

    # --- events ------------------------------------------------------------------------------

    def _show_detections(self) -> None:
        self.timeline.set_detections(self.session.detections)

    def _show_thresholds(self) -> None:
        self.timeline.set_limits(self.session.limits)

    def _on_event_chosen(self, found: Detection) -> None:
        self.view_state.request_seek(found.onset_us)

    # --- looks -------------------------------------------------------------------------------

    def _on_theme_action(self, checked: bool) -> None:
        if not checked:
            return
        for choice, action_id in THEME_ACTIONS.items():
            if self.actions_by_id[action_id].isChecked():
                self.memory.update(theme=choice)
                self._set_theme(theme_for(choice))

    def _on_system_scheme(self, _scheme: Qt.ColorScheme) -> None:
        self._set_theme(theme_for(self.memory.settings.theme))

    def _set_theme(self, theme: Theme) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)
        for part in (self.stage, self.events, self.timeline, self.empty_page, self.messages):
            part.set_theme(theme)
        self.review.set_theme(theme)
        self.models.set_theme(theme)
        self.prompts.set_theme(theme)
        self.search.set_theme(theme)

    def _show_events_panel(self, shown: bool) -> None:
        self.review.side.setVisible(shown)
        self.memory.update(events_panel=shown)

    def _set_full_screen(self, full: bool) -> None:
        if full != self.isFullScreen():
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _back_out(self) -> None:
        """One step: the message, saving, full screen, the selection, then detection."""
        if self.projects.let_go():
            return
        if self.messages.text:
            self.messages.dismiss()
        elif self.pictures.is_saving:
            self.pictures.cancel()
        elif self.isFullScreen():
            self.actions_by_id["full_screen"].setChecked(False)
        elif self.review.back_out() or self.projects.back_out():
            return
        elif self.view_state.selection is not None:
            self.view_state.clear_selection()
        else:
            self.detection.cancel()

    # --- closing -----------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        # Out of sight first: threads are joined now.
        self.hide()
        self._wind_down()
        super().closeEvent(event)


def _dropped_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
