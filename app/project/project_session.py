"""The window's end of the project: everything that changes it goes through here, in order.

Single edits are committed on the window's thread. A commit with ``synchronous=FULL`` takes about
a third of a millisecond, less than handing it to another thread and back would add, and when the
call returns the edit is on the disk and on the screen: there is no queue in which it could be
lost. Only what may touch many rows (imports, model runs, bulk decisions, and undo of these) goes
to a worker; edits made meanwhile line up behind it.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from app.project.columns import SegmentColumns
from app.project.document import Document, Touched
from app.project.edits.base import Edit
from app.project.errors import DamagedError, EditError, ProjectError
from app.project.project import Project, continue_elsewhere, restore_backup
from app.project.store import Commit

BACKUP_INTERVAL_MS = 10 * 60 * 1_000

_Write: TypeAlias = Callable[[Project], Commit | None]


@dataclass(frozen=True, slots=True)
class _Job:
    """Work for the worker: a write, or something else that reports with a line or not at all."""

    write: _Write | None = None
    backup_reason: str = ""
    open_path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a job: a commit, an opened project, an error, or nothing to tell."""

    job: _Job
    result: Commit | Project | None = None
    error: ProjectError | EditError | None = None


class ProjectSession(QObject):
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
        self._unsaved: list[_Write] = []
        self._last_saved: datetime | None = None
        self._wanted: _Job | None = None
        self._worker = _Worker(self._job_done.emit)
        self._job_done.connect(self._collect)
        self._was_busy = False
        self._was_writable = False
        self._timer = QTimer(self)
        self._timer.setInterval(BACKUP_INTERVAL_MS)
        self._timer.timeout.connect(self.back_up_if_needed)

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

    def set_author(self, author: str) -> None:
        """Who annotates from now on."""
        self._author = author
        if self._project is not None:
            self._project.author = author

    def create(self, path: Path) -> bool:
        """Make a new project and open it instead of what is open."""
        try:
            project = Project.create(path, self._author)
        except ProjectError as error:
            self.open_failed.emit(str(error))
            return False
        self._take(project)
        return True

    def open(self, path: Path) -> None:
        """Open a project instead of what is open, once it has been checked in the worker.

        One that is open elsewhere, damaged or in a folder that cannot be written opens for
        reading; ``project.read_only_reason`` says why.
        """
        project = self._project
        if project is not None and not project.is_damaged and project.path == path.absolute():
            return
        self._wanted = _Job(open_path=path)
        self._send(self._wanted)

    def perform(self, edit: Edit) -> bool:
        """Carry out an edit as one undo step; False where it was refused or failed.

        A bulk edit, and what follows while one is under way, is carried out in the worker; True
        then says that it was taken.
        """
        if self._project is None:
            self.refused.emit("No project is open.")
            return False
        return self._write(lambda project: project.write(edit), edit.is_bulk)

    def refuse(self, line: str) -> None:
        """Say why an edit that somebody asked for is not carried out."""
        self.refused.emit(line)

    def undo(self) -> bool:
        """Take back the last step."""
        history = self._project.history if self._project is not None else None
        return history is not None and self._write(Project.write_undo, history.undo_is_bulk)

    def redo(self) -> bool:
        """Do again what was taken back last."""
        history = self._project.history if self._project is not None else None
        return history is not None and self._write(Project.write_redo, history.redo_is_bulk)

    def remember_view(self, name: str, value: object) -> None:
        """Keep JSON for the window, no step of undo; ``project.view`` gives it back."""
        if self.is_writable:
            self._write(lambda project: project.set_view(name, value), is_bulk=False)

    def back_up_if_needed(self) -> None:
        """Make a backup in the worker if anything changed since the last one."""
        if self.is_writable and self._project is not None and self._project.needs_backup:
            self._send(_Job(backup_reason="timer"))

    def back_up(self, reason: str) -> None:
        """Make a backup in the worker; ``reason`` is small letters and dashes ("training")."""
        if self.is_writable:
            self._send(_Job(backup_reason=reason))

    def refresh(self) -> None:
        """Show what another window wrote meanwhile; for projects opened for reading."""
        if self._project is not None and not self.is_busy:
            try:
                self._project.refresh()
            except ProjectError as error:
                self.noticed.emit(str(error))
            else:
                self.project_changed.emit()

    def try_again(self) -> bool:
        """Write what a failed write left, and go on editing if that works."""
        if self._stopped is None or self._project is None:
            return self.is_writable
        # The worker turns down what follows on a failed write: a new one starts without doubts.
        self._worker.finish()
        self._collect()
        self._stopped = None
        unsaved, self._unsaved = self._unsaved, []
        return self._write_again(unsaved)

    def save_elsewhere(self, target: Path) -> bool:
        """Go on in a copy of the project, with what a failed write left written there."""
        if self._project is None:
            return False
        try:
            copy = continue_elsewhere(self._project, target)
        except ProjectError as error:
            self.noticed.emit(str(error))
            return False
        unsaved = self._unsaved
        self._take(copy)
        return self._write_again(unsaved)

    def restore_backup(self) -> bool:
        """Put the newest good backup in the place of the damaged project that is open, and open
        that; the damaged file is kept beside it.
        """
        project = self._project
        if project is None or project.good_backup is None:
            return False
        backup = project.good_backup.path
        self.close()
        try:
            aside = restore_backup(project.path, backup)
        except ProjectError as error:
            self.open_failed.emit(str(error))
            return False
        self.noticed.emit(f"The damaged project was kept as {aside.name}.")
        self.open(project.path)
        return True

    def close(self) -> None:
        """Finish what is under way and close the project, if any; safe to repeat."""
        self._worker.finish()
        self._collect()
        self._timer.stop()
        project, self._project = self._project, None
        self._stopped, self._unsaved, self._last_saved = None, [], None
        if project is None:
            return
        try:
            project.close()
        except ProjectError as error:
            self.noticed.emit(str(error))
        self.project_changed.emit()
        self.history_changed.emit()
        self._tell_state()

    def _take(self, project: Project) -> None:
        """Another project is open now."""
        if self._project is not None:
            self.close()
        project.author = self._author
        self._project = project
        if project.read_only_reason is None:
            self._timer.start()
        self.project_changed.emit()
        self.history_changed.emit()
        self._tell_state()
        if project.notice is not None:
            self.noticed.emit(project.notice)

    def _write(self, write: _Write, is_bulk: bool) -> bool:
        """Here and now, or behind what the worker is at."""
        project = self._project
        if project is None or not self.is_writable:
            self._refuse_write()
            return False
        if is_bulk or self._worker.is_busy:
            self._send(_Job(write=write))
            return True
        done = _carry_out(_Job(write=write), project)
        return self._settle(done)

    def _write_again(self, unsaved: list[_Write]) -> bool:
        """Write what failed before, in its order; what fails again is kept."""
        for write in unsaved:
            if self._stopped is None:
                self._write(write, is_bulk=False)
            else:
                self._unsaved.append(write)
        self._tell_state()
        return self._stopped is None

    def _refuse_write(self) -> None:
        project = self._project
        if project is not None:
            reason = self._stopped or f"This project is read-only: {project.read_only_reason}"
            self.refused.emit(reason)

    def _send(self, job: _Job) -> None:
        self._worker.send(job, self._project, self._author)
        self._tell_state()

    def _collect(self) -> None:
        """Take in what the worker has done so far."""
        while (done := self._worker.next_done()) is not None:
            if done.job.open_path is not None:
                self._settle_open(done)
            elif done.job.write is not None:
                self._settle(done)
            elif isinstance(done.error, DamagedError):
                self._stop(str(done.error))
            elif done.error is not None:
                self.noticed.emit(f"No backup could be made. {done.error}")
        self._tell_state()

    def _settle_open(self, done: _Done) -> None:
        if isinstance(done.result, Project):
            if done.job is self._wanted:
                self._take(done.result)
            else:
                done.result.close()
        else:
            self.open_failed.emit(str(done.error))

    def _settle(self, done: _Done) -> bool:
        """Take in a write; True where it worked."""
        if isinstance(done.error, EditError):
            self.refused.emit(str(done.error))
            return False
        if done.error is not None:
            if done.job.write is not None:
                self._unsaved.append(done.job.write)
            self._stop(str(done.error))
            return False
        if isinstance(done.result, Commit) and self._project is not None:
            self._announce(self._project.take_in(done.result), done.result)
        return True

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


class _Worker:
    """One thread that does jobs in their order; it starts with the first and ends when asked."""

    def __init__(self, announce: Callable[[], None]) -> None:
        self._announce = announce
        self._jobs: queue.SimpleQueue[tuple[_Job, Project | None, str] | None]
        self._jobs = queue.SimpleQueue()
        self._done: deque[_Done] = deque()
        self._thread: threading.Thread | None = None
        self._under_way = 0

    @property
    def is_busy(self) -> bool:
        """Whether a job other than a backup was sent and not yet collected."""
        return self._under_way > 0

    def send(self, job: _Job, project: Project | None, author: str) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="project")
            self._thread.start()
        self._under_way += not job.backup_reason
        self._jobs.put((job, project, author))

    def next_done(self) -> _Done | None:
        """The next finished job, or None."""
        if not self._done:
            return None
        done = self._done.popleft()
        self._under_way -= not done.job.backup_reason
        return done

    def finish(self) -> None:
        """Wait until every job is done and end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        failure: ProjectError | None = None
        failed: Project | None = None
        while (task := self._jobs.get()) is not None:
            job, project, author = task
            if failure is not None and project is failed and job.write is not None:
                # What was made on top of an edit that is not there cannot be written either.
                done = _Done(job, error=failure)
            else:
                done = _carry_out(job, project, author)
                if job.write is not None and isinstance(done.error, ProjectError):
                    failure, failed = done.error, project
            self._done.append(done)
            self._announce()


def _carry_out(job: _Job, project: Project | None, author: str = "") -> _Done:
    try:
        if job.open_path is not None:
            return _Done(job, Project.open(job.open_path, author))
        if project is None:
            return _Done(job)
        if job.write is not None:
            return _Done(job, job.write(project))
        project.back_up(job.backup_reason)
        return _Done(job)
    except (ProjectError, EditError) as error:
        return _Done(job, error=error)
