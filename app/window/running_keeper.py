"""Labels that were started and not yet stopped, kept where a crash cannot take them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.messages import MessageBar
from app.player.time_code import short_time_code
from app.project.edits import AddSegment, Together
from app.project.edits.base import Edit
from app.project.errors import ProjectError
from app.project.project import Project
from app.project.values import is_span
from app.timeline.gestures import SHORTEST_US
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.timeline import Task

VIEW_NAME = "running"
# So often the moment is noted up to which a running label would be kept.
EVERY_MS = 1_000


class RunningKeeper(QObject):
    """Notes in the project's file what is under way, and up to where it has been played. When a
    project is opened whose program was cut off, what was under way becomes segments.
    """

    def __init__(self, annotation: Annotation, view_state: ViewState, messages: MessageBar) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._projects = annotation.projects
        self._view_state = view_state
        self._messages = messages
        self._project: Project | None = None
        self._is_noted = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._note)
        annotation.running_changed.connect(self._on_running)
        self._projects.project_changed.connect(self._on_project)
        self._projects.busy_changed.connect(self._on_busy)

    def _on_running(self) -> None:
        if self._annotation.running:
            self._timer.start()
        else:
            self._timer.stop()
        self._note()

    def _on_busy(self, is_busy: bool) -> None:
        if not is_busy and (self._annotation.running or self._is_noted):
            self._note()

    def _note(self) -> None:
        """No step of undo, and not while the worker writes: a project is one thread's at a time."""
        project, running = self._projects.project, self._annotation.running
        can = self._projects.is_writable and not self._projects.is_busy
        if project is None or not can or not (running or self._is_noted):
            return
        video_id, here_us = self._annotation.video_id, self._view_state.playhead_us
        rows = [[video_id, str(kind), name, start_us, here_us] for kind, name, start_us in running]
        try:
            project.set_view(VIEW_NAME, rows)
        except ProjectError:
            # The next edit meets the same trouble and tells it; a note is no edit.
            return
        self._is_noted = bool(rows)

    def _on_project(self) -> None:
        project = self._projects.project
        if project is self._project:
            return
        self._project = project
        self._is_noted = False
        if project is None or not self._projects.is_writable:
            return
        try:
            left = project.view(VIEW_NAME)
        except ProjectError:
            return
        edits = [edit for row in _rows(left) if (edit := _edit(row, project)) is not None]
        if edits and self._projects.perform(_together(edits)):
            offers = (("Undo", self._projects.undo),)
            self._messages.show_offers(_said(edits), offers)
        if left:
            self._is_noted = True
            self._note()


def _rows(value: Any) -> list[list[Any]]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, list) and len(row) == 5]


def _edit(row: list[Any], project: Project) -> AddSegment | None:
    """A label that was under way as a segment; None for what makes no sense or was too short."""
    video_id, kind, name, start_us, here_us = row
    is_number = all(type(each) is int for each in (video_id, start_us, here_us))
    is_text = isinstance(name, str) and isinstance(kind, str)
    if not is_number or not is_text or kind not in set(Task):
        return None
    first_us, last_us = sorted((start_us, here_us))
    is_long_enough = last_us - first_us >= SHORTEST_US
    if video_id not in project.document.videos or not is_span(first_us, last_us):
        return None
    return AddSegment(video_id, Task(kind), name, first_us, last_us) if is_long_enough else None


def _together(edits: list[AddSegment]) -> Edit:
    if len(edits) == 1:
        return edits[0]
    return Together(f"Keep {len(edits)} labels that were under way", tuple(edits))


def _said(edits: list[AddSegment]) -> str:
    names = ", ".join(dict.fromkeys(edit.label for edit in edits))
    until = short_time_code(max(edit.offset_us for edit in edits))
    return f"Under way when the program was cut off, and kept up to {until}: {names}."
