"""Everything of the window about models: which one is in use, and what comes of a change."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.models.active import ActiveModel
from app.models.shelf import ModelShelf
from app.project.project_session import ProjectSession
from app.session import Session
from app.window.detection import DetectionPresenter
from app.window.memory import WindowMemory


class ModelRoom(QObject):
    """Makes the parts and joins them. To be made before what starts detection in a project."""

    def __init__(
        self,
        projects: ProjectSession,
        session: Session,
        runner: JobRunner,
        detection: DetectionPresenter,
        messages: MessageBar,
        memory: WindowMemory,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._detection = detection
        self.shelf = ModelShelf()
        self.active = ActiveModel(self.shelf, projects, memory, self)
        self.active.changed.connect(self._on_changed)
        self.active.noticed.connect(messages.show_error)
        self.active.look()

    def use(self, version_id: str) -> bool:
        """Take another model, or go back to an older one, and look for events with it."""
        done = self.active.choose(version_id)
        if done and self._session.media is not None:
            self._detection.start()
        return done

    def bundle(self) -> Path | None:
        """The folder of the model in use; None for the one that comes along."""
        version = self.active.version
        return None if version.is_starter else version.folder

    def _on_changed(self) -> None:
        self._runner.set_bundle(self.bundle())
