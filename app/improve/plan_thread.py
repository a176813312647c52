"""What a training would use and whether one was cut off, found out in a thread of its own."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.models.shelf import ModelShelf
from app.project.errors import ProjectError
from app.project.project import Project
from core_model.bundle_description import BundleError, read_description
from training.corrections.events import TrainingPlan
from training.corrections.unfinished import Progress, fingerprint, read_progress
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Planned:
    """What a training would use, and how far one on the very same corrections was cut off."""

    plan: TrainingPlan
    unfinished: Progress | None = None


class PlanThread(QThread):
    """``made`` carries what is Planned, or in one line the reason why nothing can be trained."""

    made = Signal(object)

    def __init__(
        self, project: Path, bundle: Path, seed: int, shelf: ModelShelf, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training plan")
        self._project = project
        self._bundle = bundle
        self._seed = seed
        self._shelf = shelf

    def run(self) -> None:
        self._shelf.sweep()
        state_file = self._shelf.state_file(self._project)
        self.made.emit(planned(self._project, self._bundle, self._seed, state_file))
        # What draws the curves of the training takes a while to load: before they are needed.
        importlib.import_module("pyqtgraph")


def planned(project: Path, bundle: Path, seed: int, state_file: Path) -> Planned | str:
    """Read the project through a connection of its own, as the child process will."""
    # Imported in the thread: a window that opens does not need them.
    from app.project.training_data import training_data
    from training.corrections.plan import make_plan

    try:
        opened = Project.open(project, "", read_only=True)
        try:
            data = training_data(opened)
        finally:
            opened.close()
        plan = make_plan(data, read_description(bundle), seed)
        progress = read_progress(state_file)
        is_same = progress is not None and progress.fingerprint == fingerprint(data, bundle, seed)
        return Planned(plan, progress if is_same else None)
    except (ProjectError, BundleError, TrainingError) as error:
        return str(error)
