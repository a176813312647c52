"""One improvement of a model: from the plan to the decision, without any widget."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.improve.plan_thread import Planned, PlanThread
from app.jobs.training_process import TrainingProcess, training_command
from app.models.active import ActiveModel
from app.models.shelf import ModelShelf, ModelVersion
from app.models.take_in_thread import TakeInThread
from app.project.project_session import ProjectSession
from core_model.bundle_description import BundleError
from training.corrections.events import (
    Encoding,
    Evaluated,
    Remark,
    TrainingDone,
    TrainingEvent,
    TrainingPlan,
    TrainingStep,
)
from training.corrections.unfinished import Progress, forget_state

SEED = 0
BUNDLE_NAME = "model"
NOTHING_YET = "Nothing to learn from yet"
NOT_DONE = "Training did not finish"
CAN_GO_ON = "Look again to go on where it was."
NO_PROJECT = "Open a project first: a model learns from what is decided in it."
MOST_REMARKS = 20
# More points than this no curve needs; a child may go astray.
MOST_POINTS = 20_000


class Stage(StrEnum):
    """How far it is."""

    PLANNING = "planning"
    PLANNED = "planned"
    TRAINING = "training"
    DONE = "done"
    STOPPED = "stopped"


class Improvement(QObject):
    """``changed``: read everything again. ``stage_changed``: it is another stage now.

    A model that was trained is put on the shelf at once, so that it is not lost whatever comes;
    it is used only when somebody says so. Until then the old one stays in use, and where a
    training is cancelled, nothing of it is left. One that was cut off otherwise goes on from
    where it was when it is started again with the same corrections: ``unfinished`` says so.
    ``headline`` and ``problem`` say what happened. Call :meth:`shutdown` at the end.
    """

    changed = Signal()
    stage_changed = Signal()

    def __init__(
        self,
        shelf: ModelShelf,
        active: ActiveModel,
        projects: ProjectSession,
        parent: QObject,
        command: Callable[[Path, Path, Path, int, Path], list[str]] = training_command,
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._active = active
        self._projects = projects
        self._command = command
        self._planner: PlanThread | None = None
        self._process: TrainingProcess | None = None
        self._taker: TakeInThread | None = None
        self._draft = ExitStack()
        self._draft_folder = Path()
        self._state_file = Path()
        self.stage = Stage.STOPPED
        self.forget()

    def forget(self) -> None:
        """Nothing is known yet."""
        self.plan: TrainingPlan | None = None
        self.unfinished: Progress | None = None
        self.headline = ""
        self.problem = ""
        self.remarks: list[str] = []
        self.encoding: Encoding | None = None
        self.steps: list[TrainingStep] = []
        self.evaluations: list[Evaluated] = []
        self.done: TrainingDone | None = None
        self.version: ModelVersion | None = None
        self.parent_version = self._active.version

    @property
    def is_training(self) -> bool:
        return self.stage is Stage.TRAINING

    def make_plan(self) -> None:
        """Find out, behind the scenes, what would be used now."""
        if self.is_training or self._planner is not None:
            return
        self.forget()
        project = self._projects.project
        if project is None:
            self._stop(NOTHING_YET, NO_PROJECT)
            return
        folder = self.parent_version.folder
        self._planner = PlanThread(project.path, folder, SEED, self._shelf, self)
        self._planner.made.connect(self._on_plan)
        self._planner.finished.connect(self._on_planner_finished)
        self._set_stage(Stage.PLANNING)
        self._planner.start()

    def start(self) -> None:
        """Train as planned, or go on with what is unfinished, after a backup of the project."""
        project = self._projects.project
        if self.stage is not Stage.PLANNED or project is None:
            return
        self._projects.back_up("training")
        try:
            self._draft_folder = self._draft.enter_context(self._shelf.draft())
        except BundleError as error:
            self._stop(NOT_DONE, str(error))
            return
        self._process = TrainingProcess(self)
        self._process.told.connect(self._on_event)
        self._process.ended.connect(self._on_ended)
        self._set_stage(Stage.TRAINING)
        self._state_file = self._shelf.state_file(project.path)
        out, init = self._draft_folder / BUNDLE_NAME, self.parent_version.folder
        self._process.start(self._command(project.path, out, init, SEED, self._state_file))

    def start_anew(self) -> None:
        """Train as planned from the beginning, whatever is unfinished."""
        project = self._projects.project
        if project is not None and not self.is_training:
            forget_state(self._shelf.state_file(project.path))
            self.start()

    def cancel(self) -> None:
        """Stop training; the old model stays in use and nothing else is left."""
        if self._process is not None:
            self._process.cancel()

    def use(self) -> bool:
        """Use what was trained from now on."""
        if self.stage is not Stage.DONE or self.version is None:
            return False
        if not self._active.choose(self.version.id):
            return False
        self._stop("The new model is in use", self.version.name)
        return True

    def discard(self) -> None:
        """Delete what was trained; what is in use stays."""
        if self.stage is not Stage.DONE or self.version is None:
            return
        try:
            self._active.remove(self.version.id)
        except BundleError as error:
            self._stop("The new model stays", str(error))
        else:
            self._stop("The new model was deleted", f"{self._active.version.name} stays in use.")

    def shutdown(self) -> None:
        """End what is under way; a training can go on the next time."""
        if self._planner is not None:
            self._planner.wait()
        if self._process is not None:
            self._process.shutdown()
        self._end_taking()
        self._draft.close()

    def _on_plan(self, planned: Planned | str) -> None:
        if isinstance(planned, str):
            self._stop(NOTHING_YET, planned)
        else:
            self.plan, self.unfinished = planned.plan, planned.unfinished
            self._set_stage(Stage.PLANNED)

    def _on_planner_finished(self) -> None:
        planner, self._planner = self._planner, None
        if planner is not None:
            planner.deleteLater()

    def _on_event(self, event: TrainingEvent) -> None:
        if isinstance(event, TrainingPlan):
            self.plan = event
        elif isinstance(event, Remark):
            self.remarks = [*self.remarks, event.text][-MOST_REMARKS:]
        elif isinstance(event, Encoding):
            self.encoding = event
        elif isinstance(event, TrainingStep):
            self.steps = [*self.steps[-MOST_POINTS:], event]
        elif isinstance(event, Evaluated):
            self.evaluations = [*self.evaluations[-MOST_POINTS:], event]
        elif isinstance(event, TrainingDone):
            self.done = event
        self.changed.emit()

    def _on_ended(self, problem: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if problem:
            self._fail(problem)
            return
        # Where the child says it is does not matter: it was told where to put it.
        self._taker = TakeInThread(self._shelf, self._draft_folder / BUNDLE_NAME, self)
        self._taker.taken.connect(self._on_taken)
        self._taker.finished.connect(self._taker.deleteLater)
        self._taker.start()

    def _on_taken(self, taken: ModelVersion | str) -> None:
        self._end_taking()
        if isinstance(taken, str):
            self._fail(taken)
            return
        self._draft.close()
        self.version = taken
        self._set_stage(Stage.DONE)

    def _end_taking(self) -> None:
        taker, self._taker = self._taker, None
        if taker is not None:
            taker.wait()

    def _fail(self, problem: str) -> None:
        self._draft.close()
        if problem == TrainingProcess.CANCELLED:
            forget_state(self._state_file)
            self._stop("Training was stopped", f"{self._active.version.name} stays in use.")
        else:
            can_go_on = f"{problem} {CAN_GO_ON}" if self._state_file.exists() else problem
            self._stop(NOT_DONE, can_go_on)

    def _stop(self, headline: str, problem: str) -> None:
        self.headline, self.problem = headline, problem
        self._set_stage(Stage.STOPPED)

    def _set_stage(self, stage: Stage) -> None:
        self.stage = stage
        self.changed.emit()
        self.stage_changed.emit()
