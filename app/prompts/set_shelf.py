"""Where prompt sets are kept: in the open project, else beside the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.project.errors import ProjectError
from app.project.project_session import ProjectSession
from app.prompts.prompt_set import (
    PromptSet,
    PromptSetError,
    from_json,
    read_sets,
    to_json,
    write_sets,
)

VIEW = "prompt_sets"
FILE_NAME = "prompt_sets.json"


class SetShelf(QObject):
    """The sets of the open project; those of one's own where no project is open.

    ``changed``: others are there now. ``problem(str)``: something could not be read or kept.
    What cannot be read is kept beside what is new and never written over.
    """

    changed = Signal()
    problem = Signal(str)

    def __init__(self, projects: ProjectSession, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._projects = projects
        self._file = folder / FILE_NAME
        self._sets: tuple[PromptSet, ...] = ()
        projects.project_changed.connect(self._read)
        projects.writable_changed.connect(self.changed)

    @property
    def sets(self) -> tuple[PromptSet, ...]:
        """By name."""
        return self._sets

    @property
    def place(self) -> str:
        """For people: where a set that is saved now goes."""
        project = self._projects.project
        return "this project" if project is not None else "your own"

    @property
    def is_writable(self) -> bool:
        return self._projects.project is None or self._projects.is_writable

    def find(self, name: str) -> PromptSet | None:
        return next((each for each in self._sets if each.name == name), None)

    def put(self, *sets: PromptSet) -> bool:
        """Keep sets, each in the place of one of its name; False where that fails."""
        names = {each.name for each in sets}
        others = [each for each in self._sets if each.name not in names]
        return self._keep([*others, *sets])

    def remove(self, name: str) -> bool:
        """Take a set away; False where that fails."""
        return self._keep([each for each in self._sets if each.name != name])

    def load(self) -> None:
        """Read what is there, for the first time."""
        self._read()

    def _keep(self, sets: list[PromptSet]) -> bool:
        if not self.is_writable:
            self.problem.emit("The project is read-only: sets of prompts cannot be changed.")
            return False
        ordered = tuple(sorted(sets, key=lambda each: each.name.casefold()))
        project = self._projects.project
        try:
            # What is written must be readable again, bounds included.
            from_json(to_json(ordered), "sets of prompts")
            if project is None:
                write_sets(self._file, ordered)
            else:
                self._projects.remember_view(VIEW, to_json(ordered))
        except (PromptSetError, ProjectError) as error:
            self.problem.emit(str(error))
            return False
        self._sets = ordered
        self.changed.emit()
        return True

    def _read(self) -> None:
        project = self._projects.project
        if project is None:
            self._sets = self._read_from(self._read_file)
        else:
            self._sets = self._read_from(self._read_project)
        self.changed.emit()

    def _read_project(self) -> tuple[PromptSet, ...]:
        project = self._projects.project
        stored = None if project is None else project.view(VIEW)
        if project is None or stored is None:
            return ()
        try:
            return from_json(stored, project.path.name)
        except PromptSetError:
            self._projects.remember_view(f"{VIEW}.broken", stored)
            raise

    def _read_file(self) -> tuple[PromptSet, ...]:
        if not self._file.exists():
            return ()
        try:
            return read_sets(self._file)
        except PromptSetError as error:
            kept = self._file.with_suffix(".broken.json")
            self._file.replace(kept)
            raise PromptSetError(f"{error}; kept as {kept.name}") from error

    def _read_from(self, read: Callable[[], tuple[PromptSet, ...]]) -> tuple[PromptSet, ...]:
        try:
            return read()
        except (PromptSetError, ProjectError, OSError) as error:
            self.problem.emit(str(error))
            return ()
