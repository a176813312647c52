"""Which model is in use: the open project's own choice, else the one of the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.models.shelf import STARTER_ID, ModelShelf, ModelVersion
from app.project.project_session import ProjectSession
from app.window.memory import WindowMemory
from core_model.bundle_description import BundleError

VIEW = "model"


class ActiveModel(QObject):
    """``changed``: another version is in use. ``noticed(line)``: worth showing once.

    A choice made while a project is open belongs to the project and is no step of undo; one made
    without a project is kept in the settings, and holds for every project without its own. Where
    the version that was chosen is missing or damaged, the starter is used.
    """

    changed = Signal()
    noticed = Signal(str)

    def __init__(
        self, shelf: ModelShelf, projects: ProjectSession, memory: WindowMemory, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._projects = projects
        self._memory = memory
        self._version = shelf.starter()
        projects.project_changed.connect(self.look)

    @property
    def version(self) -> ModelVersion:
        """What detection uses."""
        return self._version

    def look(self) -> None:
        """See again which version was chosen, and whether it is there."""
        wanted = self._chosen()
        version = self._shelf.version(wanted)
        if version is None or (version.problem and not version.is_starter):
            starter = self._shelf.starter()
            reason = "it is not on this machine" if version is None else version.problem
            name = wanted if version is None else version.name
            self.noticed.emit(f"The model {name} cannot be used: {reason}. Using {starter.name}.")
            version = starter
        self._take(version)

    def choose(self, version_id: str) -> bool:
        """Use a version from now on; False, with a line, where it cannot be used."""
        version = self._shelf.version(version_id)
        if version is None or version.problem:
            reason = "it is not there any more" if version is None else version.problem
            self.noticed.emit(f"This model cannot be used: {reason}")
            return False
        if self._projects.project is None:
            self._memory.update(model=version_id)
            self._memory.save()
        else:
            self._projects.remember_view(VIEW, version_id)
        self._take(version)
        return True

    def remove(self, version_id: str) -> None:
        """Delete a version from the shelf; never the one in use. Raises BundleError."""
        if version_id == self._version.id:
            raise BundleError(f"{self._version.name}: the model in use cannot be deleted")
        self._shelf.remove(version_id)

    def _chosen(self) -> str:
        project = self._projects.project
        chosen = None if project is None else project.view(VIEW)
        return chosen if isinstance(chosen, str) else self._memory.settings.model or STARTER_ID

    def _take(self, version: ModelVersion) -> None:
        if version != self._version:
            self._version = version
            self.changed.emit()
