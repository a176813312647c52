"""Everything of the window about what is like something, and why something was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QCursor
from PySide6.QtWidgets import QMenu, QWidget

from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.moments_panel import MomentsPanel
from app.panels.why_popup import WhyPopup
from app.player.player import Player
from app.prompts.prompt_book import Prompt
from app.session import Session
from app.theme import Theme
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.find_at import FindAt, Found
from app.window.moments import Moments
from app.window.prompt_room import PromptRoom
from app.window.review import ReviewRoom
from app.window.why import Why
from core_model.timeline import Detection


class SearchRoom(QObject):
    """Makes the parts and joins them, with the menus of what lies on the timeline."""

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        runner: JobRunner,
        player: Player,
        view_state: ViewState,
        timeline: TimelineView,
        review: ReviewRoom,
        prompts: PromptRoom,
        messages: MessageBar,
        actions: Mapping[str, QAction],
        theme: Theme,
        open_path: Callable[[Path], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._view_state = view_state
        self._timeline = timeline
        self._review = review
        self._prompts = prompts
        self._messages = messages
        self._actions = actions
        self.panel = MomentsPanel(theme)
        self.why_popup = WhyPopup(theme, window)
        self.why = Why(self.why_popup, runner, session)
        self.find_at = FindAt(annotation, session, view_state, prompts.lanes_pane)
        self.moments = Moments(
            self.panel,
            runner,
            annotation,
            session,
            player,
            messages,
            prompts.templates,
            open_path,
            self._show,
        )
        review.add_panel(self.panel, "Search")
        prompts.panel.search_asked.connect(self.moments.search)
        prompts.lanes_pane.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        prompts.lanes_pane.customContextMenuRequested.connect(self._on_prompts_menu)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "find_like": self._find_like,
            "search_videos": self._search_videos,
            "why": self._ask_why,
        }

    def set_theme(self, theme: Theme) -> None:
        self.panel.set_theme(theme)
        self.why_popup.set_theme(theme)

    def shutdown(self) -> None:
        """Nothing moves any more."""
        self.why_popup.hide()
        self.panel.show_idle()

    def _show(self) -> None:
        self._actions["events_panel"].setChecked(True)
        self._review.side.setCurrentWidget(self.panel)

    def _search_videos(self) -> None:
        self._show()
        self.panel.field.setFocus()
        self.panel.field.selectAll()

    def _find_like(self) -> None:
        """Like the selected segment, else the selected time, else what is at the playhead."""
        segment, selected = self.find_at.selected(), self._view_state.selection
        found = segment or self.find_at.at_playhead()
        if segment is None and selected is not None:
            kind = self.panel.task if found is None else found.detection.task
            self.moments.like(selected, kind)
        elif found is not None:
            self._like(found)
        else:
            self._messages.show_notice("Select a stretch or an event to find more like it.")

    def _like(self, found: Found) -> None:
        span_us = (found.detection.onset_us, found.detection.offset_us)
        self.moments.like(span_us, found.detection.task)

    def _ask_why(self) -> None:
        found = self.find_at.selected() or self.find_at.at_playhead()
        if found is None:
            self._messages.show_notice("No event is selected or at the playhead.")
        else:
            self.why.ask(found, QCursor.pos())

    def open_detection_menu(self, found: Detection, corner: QPoint) -> QMenu | None:
        """The menu of a detection that no project holds, at a global point."""
        return self.open_menu(Found(found), corner)

    def _on_prompts_menu(self, place: QPoint) -> None:
        pane = self._prompts.lanes_pane
        lane = pane.lane_at(place)
        prompt = None if lane is None else self._prompts.book.prompt(lane.spec)
        self.open_menu(self.find_at.under_prompts(place), pane.mapToGlobal(place), prompt)

    def open_menu(
        self, found: Found | None, corner: QPoint, prompt: Prompt | None = None
    ) -> QMenu | None:
        """The menu of an event and of a prompt's lane at a global point; None where it is empty."""
        menu = QMenu(self._timeline)
        if found is not None:
            menu.addAction("Find More Like This", lambda: self._like(found))
            menu.addAction("Why Was This Found?", lambda: self.why.ask(found, corner))
        if prompt is not None:
            keep = menu.addAction(
                "Keep Its Hits as Segments", lambda: self._prompts.keeper.keep([prompt])
            )
            keep.setEnabled(bool(self._prompts.book.hits(prompt)))
            menu.addAction("Search All Videos for It", lambda: self.moments.search(prompt.spec))
            menu.addAction("Hide", lambda: self._prompts.book.set_shown(prompt.spec, False))
        menu.aboutToHide.connect(menu.deleteLater)
        if menu.isEmpty():
            menu.deleteLater()
            return None
        menu.popup(corner)
        return menu
