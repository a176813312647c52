"""Everything of the window about models: which one is in use, and how a better one is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.improve.comparison import Comparison
from app.improve.improvement import Improvement, Stage
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.models.active import ActiveModel
from app.models.shelf import ModelShelf, ModelVersion
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import Theme
from app.view_state import ViewState
from app.window.detection import DetectionPresenter
from app.window.memory import WindowMemory

# Dialogs are imported when one is opened: they would take their part of the start.
if TYPE_CHECKING:
    from app.models.archive_thread import ArchiveThread
    from app.panels.improve.dialog import ImproveDialog
    from app.panels.models_dialog import ModelsDialog

FILTER = "AVScope models (*.zip)"


class ModelRoom(QObject):
    """Makes the parts and joins them; call :meth:`stop` and :meth:`shutdown` at the end.

    To be made before what starts detection in a project. ``all_asked``: a new model is in use,
    and all videos of the project are to be looked at with it.
    """

    all_asked = Signal()

    def __init__(
        self,
        projects: ProjectSession,
        session: Session,
        view_state: ViewState,
        runner: JobRunner,
        detection: DetectionPresenter,
        messages: MessageBar,
        memory: WindowMemory,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._projects = projects
        self._session = session
        self._view_state = view_state
        self._runner = runner
        self._detection = detection
        self._messages = messages
        self._theme = theme
        self._window = window
        self._archiving: ArchiveThread | None = None
        self.shelf = ModelShelf()
        self.active = ActiveModel(self.shelf, projects, memory, self)
        self.improvement = Improvement(self.shelf, self.active, projects, self)
        self.comparison = Comparison(self)
        self.improve: ImproveDialog | None = None
        self.models: ModelsDialog | None = None
        self.active.changed.connect(self._on_changed)
        self.active.noticed.connect(messages.show_error)
        self.improvement.stage_changed.connect(self._on_stage)
        session.media_changed.connect(self._on_media)
        self.active.look()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {"improve_model": self._show_improve, "models": self._show_models}

    def bundle(self) -> Path | None:
        """The folder of the model in use; None for the one that comes along."""
        version = self.active.version
        return None if version.is_starter else version.folder

    def use(self, version_id: str) -> bool:
        """Take another model, or go back to an older one, and look for events with it."""
        done = self.active.choose(version_id)
        if done:
            self._begin_using()
        return done

    def _begin_using(self) -> None:
        if self._session.media is not None:
            self._detection.start()
        text = f"{self.active.version.name} is used from now on."
        document = self._projects.document
        if document is not None and len(document.videos) > 1:
            offer = ("Find Events in All Videos", self.all_asked.emit)
            self._messages.show_offers(text, (offer,))
        else:
            self._messages.show_notice(text)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for dialog in (self.improve, self.models):
            if dialog is not None:
                dialog.set_theme(theme)

    def stop(self) -> None:
        """End a training; nothing of it is left, and the model in use stays."""
        self.improvement.shutdown()
        if self.improve is not None:
            self.improve.shutdown()
        if self._archiving is not None:
            self._archiving.wait()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Join the threads; False if one still runs after ``patience_s``."""
        return self.comparison.shutdown(patience_s)

    # --- improving ---------------------------------------------------------------------------

    def _show_improve(self) -> None:
        if self.improve is None:
            from app.panels.improve.dialog import ImproveDialog

            self.improve = ImproveDialog(
                self.improvement, self.comparison, self._theme, self._window
            )
            self.improve.use_asked.connect(self._use_new)
            self.improve.seek_asked.connect(self._view_state.request_seek)
            self._on_media()
        self.improve.show()
        self.improve.activateWindow()

    def _use_new(self) -> None:
        if self.improvement.use():
            self._begin_using()
            if self.improve is not None:
                self.improve.close()

    def _on_stage(self) -> None:
        improvement = self.improvement
        if improvement.stage is Stage.DONE and improvement.version is not None:
            self._compare()
            if self.improve is not None and not self.improve.isVisible():
                text = f"{improvement.version.name} is trained."
                self._messages.show_offers(text, (("Show the Result", self._show_improve),))
        else:
            self.comparison.forget()
        if self.models is not None and self.models.isVisible():
            self.models.show_versions()

    def _compare(self) -> None:
        media, version = self._session.media, self.improvement.version
        if media is None or version is None:
            self.comparison.forget()
        else:
            before = self.improvement.parent_version.folder
            self.comparison.start(media.path, before, version.folder)

    def _on_media(self, *_media: object) -> None:
        media = self._session.media
        if self.improve is not None and media is not None:
            self.improve.set_span(media.start_us, media.end_us)
        if self.improvement.stage is Stage.DONE:
            self._compare()

    # --- versions ----------------------------------------------------------------------------

    def _show_models(self) -> None:
        if self.models is None:
            from app.panels.models_dialog import ModelsDialog

            self.models = ModelsDialog(self.shelf, self.active, self._theme, self._window)
            self.models.use_asked.connect(self.use)
            self.models.export_asked.connect(self._export)
            self.models.import_asked.connect(self._import)
        self.models.show()
        self.models.activateWindow()

    def _export(self, version: ModelVersion) -> None:
        name = f"{version.name.replace(' ', '-')}.zip"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Export a model", str(Path.home() / name), FILTER
        )
        if chosen:
            self.archive(version, Path(chosen))

    def _import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Import a model", str(Path.home()), FILTER
        )
        if chosen:
            self.archive(None, Path(chosen))

    def archive(self, version: ModelVersion | None, file: Path) -> None:
        """Write a version into a .zip file; without one, take in what is in the file."""
        if self._archiving is None:
            from app.models.archive_thread import ArchiveThread

            self._archiving = ArchiveThread(self.shelf, version, file, self)
            self._archiving.told.connect(self._on_archived)
            self._archiving.finished.connect(self._on_archiving_finished)
            self._archiving.start()

    def _on_archived(self, line: str) -> None:
        if self.models is not None:
            self.models.show_versions()
            self.models.say(line)

    def _on_archiving_finished(self) -> None:
        thread, self._archiving = self._archiving, None
        if thread is not None:
            thread.deleteLater()

    def _on_changed(self) -> None:
        self._runner.set_bundle(self.bundle())
