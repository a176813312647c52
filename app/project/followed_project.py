"""The open project as the window follows it: what is open, and what has just changed in it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, Signal

from app.project.columns import SegmentColumns
from app.project.document import Document, Touched
from app.project.project import Project
from app.project.project_worker import ProjectWorker, Write
from app.project.store import Commit


class FollowedProject(QObject):
    """The open project, or none.

    ``project_changed``: another project is open now, or none. ``segments_changed(video_id,
    ids)``: these segments were added, altered or removed; ``columns`` shows them already.
    ``labels_changed(ids)``, ``videos_changed(ids)``, ``runs_changed(ids)`` likewise.
    ``history_changed``: undo and redo would do something else. ``saved_at(datetime)``: all
    changes are on the disk, local time. ``failed(line)``: a write failed and editing stopped
    until :meth:`try_again`, :meth:`save_elsewhere` or another project. ``refused(line)``: an
    edit makes no sense here; nothing else is wrong. ``noticed(line)``: worth showing once.
    ``open_failed(line)``: there is no such project to open. ``busy_changed(bool)``: something
    is under way in the worker. ``writable_changed(bool)``: whether edits are taken.
    """

    project_changed = Signal()
    segments_changed = Signal(object, object)
    labels_changed = Signal(object)
    videos_changed = Signal(object)
    runs_changed = Signal(object)
    history_changed = Signal()
    saved_at = Signal(object)
    failed = Signal(str)
    refused = Signal(str)
    noticed = Signal(str)
    open_failed = Signal(str)
    busy_changed = Signal(bool)
    writable_changed = Signal(bool)
    _job_done = Signal()

    def __init__(self, author: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._author = author
        self._project: Project | None = None
        self._stopped: str | None = None
        self._unsaved: list[Write] = []
        self._last_saved: datetime | None = None
        self._worker = ProjectWorker(self._job_done.emit)
        self._was_busy = False
        self._was_writable = False

    @property
    def project(self) -> Project | None:
        """For reading; everything that writes goes through the session."""
        return self._project

    @property
    def document(self) -> Document | None:
        return self._project.document if self._project is not None else None

    @property
    def author(self) -> str:
        """Who annotates now."""
        return self._author

    @property
    def is_writable(self) -> bool:
        """Whether edits are taken."""
        project = self._project
        return project is not None and project.read_only_reason is None and self._stopped is None

    @property
    def is_busy(self) -> bool:
        """Whether anything but a backup is under way in the worker."""
        return self._worker.is_busy

    @property
    def stopped_reason(self) -> str | None:
        """Why editing stopped, in one line, or None."""
        return self._stopped

    @property
    def unsaved_count(self) -> int:
        """Edits that were made and are not on the disk, since a write failed."""
        return len(self._unsaved)

    @property
    def last_saved(self) -> datetime | None:
        """When the last change reached the disk, local time; None before the first."""
        return self._last_saved

    @property
    def undo_name(self) -> str | None:
        """What undo would take back ("Trim end of dog bark"), or None."""
        return self._project.history.undo_name if self._project is not None else None

    @property
    def redo_name(self) -> str | None:
        """What redo would do again, or None."""
        return self._project.history.redo_name if self._project is not None else None

    def columns(self, video_id: int) -> SegmentColumns:
        """The segments of a video. Raises ValueError where no project is open."""
        if self._project is None:
            raise ValueError("no project is open")
        return self._project.document.columns(video_id)

    def _announce(self, touched: Touched, commit: Commit) -> None:
        self._last_saved = commit.at.astimezone()
        if touched.labels:
            self.labels_changed.emit(touched.labels)
        if touched.videos:
            self.videos_changed.emit(touched.videos)
        if touched.runs:
            self.runs_changed.emit(touched.runs)
        for video_id, ids in touched.segments.items():
            self.segments_changed.emit(video_id, ids)
        self.history_changed.emit()
        self.saved_at.emit(self._last_saved)

    def _stop(self, line: str) -> None:
        if self._stopped is None:
            self._stopped = line
            self._tell_state()
            self.failed.emit(line)

    def _tell_state(self) -> None:
        if self._was_busy != self.is_busy:
            self._was_busy = self.is_busy
            self.busy_changed.emit(self._was_busy)
        if self._was_writable != self.is_writable:
            self._was_writable = self.is_writable
            self.writable_changed.emit(self._was_writable)
