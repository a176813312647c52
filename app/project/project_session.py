"""The window's end of the project: everything that changes it goes through here, in order.

Single edits are committed on the window's thread. A commit with ``synchronous=FULL`` takes about
a third of a millisecond, less than handing it to another thread and back would add, and when the
call returns the edit is on the disk and on the screen: there is no queue in which it could be
lost. Only what may touch many rows (imports, model runs, bulk decisions, and undo of these) goes
to a worker; edits made meanwhile line up behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.project.edits.base import Edit
from app.project.errors import DamagedError, EditError, ProjectError
from app.project.followed_project import FollowedProject
from app.project.project import NOWHERE, Project, continue_elsewhere, restore_backup
from app.project.project_worker import Done, Job, Write, carry_out
from app.project.store import Commit

BACKUP_INTERVAL_MS = 10 * 60 * 1_000


class ProjectSession(FollowedProject):
    """Opens, changes and closes the project; what it announces is told by the class above."""

    def __init__(self, author: str, parent: QObject | None = None) -> None:
        super().__init__(author, parent)
        self._wanted: Job | None = None
        self._job_done.connect(self._collect)
        self._timer = QTimer(self)
        self._timer.setInterval(BACKUP_INTERVAL_MS)
        self._timer.timeout.connect(self.back_up_if_needed)

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
        self._wanted = Job(open_path=path)
        self._send(self._wanted)

    def perform(self, edit: Edit, seen: Mapping[str, Path] = NOWHERE) -> bool:
        """Carry out an edit as one undo step; False where it was refused or failed.

        A bulk edit, and what follows while one is under way, is carried out in the worker; True
        then says that it was taken. ``seen`` tells where the files of the edit lie, by content.
        """
        if self._project is None:
            self.refused.emit("No project is open.")
            return False
        return self._write(lambda project: project.write(edit, seen), edit.is_bulk)

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
            self._send(Job(backup_reason="timer"))

    def back_up(self, reason: str) -> None:
        """Make a backup in the worker; ``reason`` is small letters and dashes ("training")."""
        if self.is_writable:
            self._send(Job(backup_reason=reason))

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

    def _write(self, write: Write, is_bulk: bool) -> bool:
        """Here and now, or behind what the worker is at."""
        project = self._project
        if project is None or not self.is_writable:
            self._refuse_write()
            return False
        if is_bulk or self._worker.is_busy:
            self._send(Job(write=write))
            return True
        done = carry_out(Job(write=write), project)
        return self._settle(done)

    def _write_again(self, unsaved: list[Write]) -> bool:
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

    def _send(self, job: Job) -> None:
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

    def _settle_open(self, done: Done) -> None:
        if isinstance(done.result, Project):
            if done.job is self._wanted:
                self._take(done.result)
            else:
                done.result.close()
        else:
            self.open_failed.emit(str(done.error))

    def _settle(self, done: Done) -> bool:
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
