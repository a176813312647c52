"""Annotations in and out of the project, and videos that are not where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from app.dialogs.relinking import Found, RelinkThread
from app.messages import MessageBar
from app.project.edits import RelinkVideos
from app.project.edits.base import Edit
from app.project.project import SUFFIX
from app.window.annotation import Annotation

# The dialogs bring all formats of annotations with them: they are imported when one is opened.
if TYPE_CHECKING:
    from app.dialogs.export_dialog import ExportDialog
    from app.dialogs.import_dialog import ImportDialog

NEEDS_PROJECT = "Annotations are imported into a project."
NO_PROJECT = "No project is open: there is nothing to export."
LOOKING = "Looking for the missing videos…"


class ExchangeRoom(QObject):
    """Opens the dialogs and carries out what they ask for. Call :meth:`shutdown` at the end."""

    def __init__(
        self,
        annotation: Annotation,
        messages: MessageBar,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._projects = annotation.projects
        self._messages = messages
        self._actions = actions
        self._window = window
        self._waiting: tuple[Path, ...] = ()
        self._announced: tuple[str, bool] | None = None
        self._dialogs: list[ImportDialog | ExportDialog] = []
        self._search: RelinkThread | None = None
        self._projects.project_changed.connect(self._on_project)
        self._projects.busy_changed.connect(self._on_busy)
        self._tell()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "import_annotations": self._choose_files,
            "export_annotations": self.export,
            "videos_find": self._choose_folder,
        }

    def shutdown(self) -> None:
        """Wait for what is being read, written or looked for."""
        for dialog in self._dialogs:
            dialog.shutdown()
        if self._search is not None:
            self._search.requestInterruption()
            self._search.wait()

    def import_files(self, files: Iterable[Path]) -> None:
        """Show what these files would bring; without a project one is asked for first."""
        project = self._projects.project
        chosen = tuple(files)
        if project is None:
            self._waiting = chosen
            offers = (
                ("New project…", self._actions["project_new"].trigger),
                ("Open project…", self._actions["project_open"].trigger),
            )
            self._messages.show_offers(NEEDS_PROJECT, offers)
        elif not self._projects.is_writable:
            self._messages.show_notice(f"Nothing can be imported: {project.read_only_reason}")
        else:
            from app.dialogs.import_dialog import ImportDialog

            dialog = ImportDialog(self._window, chosen, project)
            dialog.import_asked.connect(self._import)
            self._show(dialog)

    def export(self) -> None:
        """Ask what is to be written in which format."""
        project = self._projects.project
        if project is None:
            self._messages.show_notice(NO_PROJECT)
            return
        from app.dialogs.export_dialog import ExportDialog

        dialog = ExportDialog(self._window, project, self._annotation.video_id)
        dialog.exported.connect(self._messages.show_notice)
        self._show(dialog)

    def relink(self, video_id: int) -> None:
        """Ask where one video lies now."""
        project = self._projects.project
        if project is None or video_id not in project.document.videos:
            return
        name = project.document.videos[video_id].path
        title = f"Where is {name}?"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, str(project.folder))
        if chosen:
            self.look_in(Path(chosen), (video_id,))

    def look_in(self, place: Path, video_ids: Iterable[int]) -> None:
        """Look for videos in a folder, or take a file for the one video."""
        project = self._projects.project
        if project is None or self._search is not None:
            return
        wanted = set(video_ids)
        sought = tuple(each for each in project.sought() if each.video.id in wanted)
        self._messages.show_offers(LOOKING, (("Stop", self._stop_search),))
        self._search = RelinkThread(sought, project.folder, place, self)
        self._search.found.connect(self._on_found)
        self._search.finished.connect(self._on_searched)
        self._search.start(RelinkThread.Priority.LowPriority)

    # --- importing ---------------------------------------------------------------------------

    def _choose_files(self) -> None:
        from training.annotations.interchange import FORMATS, READABLE

        project = self._projects.project
        folder = str(project.folder) if project is not None else ""
        endings = " ".join(sorted({f"*{FORMATS[name].suffix}" for name in READABLE} - {"*"}))
        filters = f"Annotations ({endings} *{SUFFIX});;All files (*)"
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, "Import annotations", folder, filters
        )
        if chosen:
            self.import_files(Path(each) for each in chosen)

    def _import(self, edit: Edit, said: str) -> None:
        """The worker writes it; what is said comes when it is there."""
        self._announced = (said, "missing" in said)
        if not self._projects.perform(edit):
            self._announced = None

    def _on_busy(self, is_busy: bool) -> None:
        announced = self._announced
        if is_busy or announced is None:
            return
        self._announced = None
        if self._projects.stopped_reason is not None or not self._projects.is_writable:
            return
        said, has_missing = announced
        find = (("Find videos…", self._choose_folder),) if has_missing else ()
        self._messages.show_offers(said, (*find, ("Undo", self._projects.undo)))

    def _on_project(self) -> None:
        self._tell()
        files, self._waiting = self._waiting, ()
        if files and self._projects.project is not None:
            self.import_files(files)

    def _tell(self) -> None:
        has_project = self._projects.project is not None
        for name in ("export_annotations", "videos_find"):
            self._actions[name].setEnabled(has_project)
        if not has_project:
            self._close_dialogs()

    # --- videos ------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        project = self._projects.project
        if project is None:
            return
        title = "Look for missing videos in"
        chosen = QFileDialog.getExistingDirectory(self._window, title, str(project.folder))
        if chosen:
            self.look_in(Path(chosen), tuple(project.document.videos))

    def _stop_search(self) -> None:
        if self._search is not None:
            self._search.requestInterruption()

    def _on_found(self, found: Found) -> None:
        project = self._projects.project
        self._messages.dismiss()
        if project is None or found.problem:
            self._messages.show_error(found.problem or "The project was closed meanwhile.")
            return
        if found.files:
            files = tuple((video_id, file) for video_id, file, _path in found.files)
            seen = {file.content_hash: path for _video_id, file, path in found.files}
            if not self._projects.perform(RelinkVideos(files), seen):
                return
        self._messages.show_notice(_said(found))

    def _on_searched(self) -> None:
        if self._search is not None:
            self._search.deleteLater()
            self._search = None

    # --- dialogs -----------------------------------------------------------------------------

    def _show(self, dialog: ImportDialog | ExportDialog) -> None:
        dialog.finished.connect(self._forget_closed)
        self._dialogs.append(dialog)
        dialog.show()

    def _close_dialogs(self) -> None:
        for dialog in list(self._dialogs):
            dialog.reject()

    def _forget_closed(self) -> None:
        for dialog in [each for each in self._dialogs if not each.isVisible()]:
            self._dialogs.remove(dialog)
            dialog.shutdown()
            dialog.deleteLater()


def _said(found: Found) -> str:
    count = len(found.files)
    if not found.missing:
        return f"{count} linked, none is missing." if count else "No video is missing."
    missing = "1 is" if found.missing == 1 else f"{found.missing} are"
    return (
        f"{count} linked, {missing} missing still." if count else f"Not found: {missing} missing."
    )
