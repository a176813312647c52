"""New, open, close, undo: what the File and Edit menus do with projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from app.messages import MessageBar
from app.project.edits.base import Edit
from app.project.project import SUFFIX
from app.project.project_session import ProjectSession
from app.session import Session
from app.window.annotation import Annotation
from app.window.memory import WindowMemory
from app.window.status_line import StatusLine

FILTER = f"AVScope projects (*{SUFFIX})"
KEPT_IN_PROJECT = "What you draw is kept in a project."


class ProjectFiles(QObject):
    """Opens and closes projects and tells how they are.

    ``leaving``: the open project is about to be closed; what is under way must be kept now.
    """

    leaving = Signal()

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        status: StatusLine,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._projects = annotation.projects
        self._session = session
        self._status = status
        self._messages = messages
        self._memory = memory
        self._actions = actions
        self._window = window
        self._pending: Callable[[int], Edit] | None = None
        self._opening: Path | None = None
        self._listen(self._projects)
        annotation.project_wanted.connect(self._offer_project)
        annotation.changed.connect(self._do_pending)
        self._tell()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "project_new": self._choose_new,
            "project_open": self._choose_open,
            "project_close": self._close,
            "project_save": self._save,
            "undo": self._undo,
            "redo": self._redo,
        }

    def open(self, path: Path) -> None:
        """Open a project instead of what is open."""
        self._messages.dismiss()
        self.leaving.emit()
        self._opening = path
        self._projects.open(path)

    def _close(self) -> None:
        self.leaving.emit()
        self._projects.close()

    def _listen(self, projects: ProjectSession) -> None:
        projects.project_changed.connect(self._on_project)
        projects.history_changed.connect(self._tell_history)
        projects.writable_changed.connect(self._tell)
        projects.busy_changed.connect(self._tell)
        projects.saved_at.connect(self._tell)
        projects.failed.connect(self._on_failed)
        projects.refused.connect(self._messages.show_notice)
        projects.noticed.connect(self._messages.show_notice)
        projects.open_failed.connect(self._on_open_failed)

    # --- files -------------------------------------------------------------------------------

    def _choose_new(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "New project", str(self._suggested()), FILTER
        )
        if chosen:
            path = Path(chosen)
            self._create(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))

    def _choose_open(self) -> None:
        recent = self._memory.settings.recent_projects
        folder = Path(recent[0]).parent if recent else self._suggested().parent
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a project", str(folder), FILTER)
        if chosen:
            self.open(Path(chosen))

    def _create(self, path: Path) -> None:
        self.leaving.emit()
        self._opening = path
        self._projects.create(path)

    def _suggested(self) -> Path:
        """Beside the open video, under its name."""
        media = self._session.media
        return media.path.with_suffix(SUFFIX) if media is not None else Path.home() / f"new{SUFFIX}"

    def _offer_project(self, make: Callable[[int], Edit]) -> None:
        """The first edit without a project: one click keeps it."""
        self._pending = make
        beside = self._suggested()
        if beside.exists():
            first = (f"Open {beside.name}", self._open_beside)
        else:
            first = (f"Make {beside.name} beside the video", self._make_beside)
        offers = (first, ("Elsewhere…", self._choose_new))
        self._messages.show_offers(KEPT_IN_PROJECT, offers)

    def _make_beside(self) -> None:
        self._create(self._suggested())

    def _open_beside(self) -> None:
        self.open(self._suggested())

    def _do_pending(self) -> None:
        """What was drawn before there was a project."""
        make, video_id = self._pending, self._annotation.video_id
        if make is not None and video_id is not None:
            self._pending = None
            self._annotation.perform_and_select(make(video_id))

    # --- how it is ---------------------------------------------------------------------------

    def _on_project(self) -> None:
        project = self._projects.project
        self._tell()
        if project is None:
            return
        self._memory.add_project(project.path)
        if project.is_damaged and project.good_backup is not None:
            at = f"{project.good_backup.at.astimezone():%Y-%m-%d %H:%M}"
            text = f"{project.path.name} is damaged and opened for reading only."
            restore = (f"Restore the backup of {at}", self._projects.restore_backup)
            self._messages.show_offers(text, (restore,), is_error=True)
        elif project.read_only_reason is not None:
            self._messages.show_notice(f"Read-only: {project.read_only_reason}.")

    def _on_open_failed(self, line: str) -> None:
        self._pending = None
        if self._opening is not None:
            self._memory.remove_project(self._opening)
        self._messages.show_error(line)

    def _on_failed(self, line: str) -> None:
        """Editing stops, and nothing that was made is given up."""
        self._tell()
        count = self._projects.unsaved_count
        changes = "The last change is" if count == 1 else f"{count} changes are"
        offers = (("Try Again", self._try_again), ("Save Elsewhere…", self._save_elsewhere))
        self._messages.show_offers(f"{changes} not saved. {line}", offers, is_error=True)

    def _try_again(self) -> None:
        if self._projects.try_again():
            self._messages.show_notice("All changes are saved now.")
        self._tell()

    def _save_elsewhere(self) -> None:
        project = self._projects.project
        if project is None:
            return
        name = str(project.path.with_name(f"{project.path.stem} copy{SUFFIX}"))
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save elsewhere", name, FILTER)
        if chosen and self._projects.save_elsewhere(Path(chosen)):
            self._messages.show_notice(f"Going on in {Path(chosen).name}.")
        self._tell()

    def _save(self) -> None:
        """Nothing to do: every change is saved when it is made."""
        if self._projects.project is None:
            self._messages.show_notice("No project is open: there is nothing to save yet.")
        elif self._projects.stopped_reason is not None:
            self._try_again()
        else:
            self._messages.show_notice(f"{self._saved_text()}. Every change is saved at once.")

    def _undo(self) -> None:
        self._step(self._projects.undo_name, "Undone", self._projects.undo)

    def _redo(self) -> None:
        self._step(self._projects.redo_name, "Done again", self._projects.redo)

    def _step(self, name: str | None, verb: str, step: Callable[[], bool]) -> None:
        if name is not None and step():
            self._messages.show_notice(f"{verb}: {name}")

    def _tell(self) -> None:
        """The status line, and what can be done now."""
        projects, project = self._projects, self._projects.project
        if project is None:
            self._status.set_project("", "", "quiet")
        elif projects.stopped_reason is not None:
            self._status.set_project("● changes not saved", projects.stopped_reason, "failed")
        elif project.read_only_reason is not None:
            text = "damaged, read-only" if project.is_damaged else "read-only"
            self._status.set_project(f"● {text}: {project.read_only_reason}", "", "quiet")
        else:
            busy = "● saving…" if projects.is_busy else f"● {self._saved_text()}"
            self._status.set_project(busy, str(project.path), "saved")
        for name in ("project_close", "project_save"):
            self._actions[name].setEnabled(project is not None)
        self._tell_history()

    def _saved_text(self) -> str:
        at: datetime | None = self._projects.last_saved
        return f"all changes saved {at:%H:%M:%S}" if at is not None else "all changes saved"

    def _tell_history(self) -> None:
        for name, verb, what in (
            ("undo", "Undo", self._projects.undo_name),
            ("redo", "Redo", self._projects.redo_name),
        ):
            self._actions[name].setText(f"{verb} {what}".replace("&", "&&") if what else verb)
            self._actions[name].setEnabled(what is not None and self._projects.is_writable)
