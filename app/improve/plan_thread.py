"""What a training would use, found out in a thread of its own."""

from __future__ import annotations

import importlib
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.project.errors import ProjectError
from app.project.project import Project
from app.project.training_data import training_data
from core_model.bundle_description import BundleError, read_description
from training.corrections.events import TrainingPlan
from training.corrections.plan import make_plan
from training.errors import TrainingError

# The curves are drawn with it; it takes the better part of a second to load.
CURVES = "pyqtgraph"


class PlanThread(QThread):
    """``made`` carries the TrainingPlan, or in one line the reason why nothing can be trained."""

    made = Signal(object)

    def __init__(self, project: Path, bundle: Path, seed: int, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("training plan")
        self._project = project
        self._bundle = bundle
        self._seed = seed

    def run(self) -> None:
        plan = planned(self._project, self._bundle, self._seed)
        importlib.import_module(CURVES)
        self.made.emit(plan)


def planned(project: Path, bundle: Path, seed: int) -> TrainingPlan | str:
    """Read the project through a connection of its own, as the child process will."""
    try:
        opened = Project.open(project, "", read_only=True)
        try:
            data = training_data(opened)
        finally:
            opened.close()
        return make_plan(data, read_description(bundle), seed)
    except (ProjectError, BundleError, TrainingError) as error:
        return str(error)
