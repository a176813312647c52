"""Curves of a training while it runs: the loss of each kind, and how it does on held-out media."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kind_style import KIND_SIGNS, KIND_STYLES, outline_colour
from app.panels.improve.curve import Curve
from app.theme import Theme
from core_model.timeline import Task
from training.corrections.events import Evaluated, TrainingStep

if TYPE_CHECKING:
    from app.panels.improve.curve_plot import CurvePlot

_STATES = {True: "rests", False: "learns"}


class TrainingCurves(QWidget):
    """Two plots side by side, and the state of Dynamic Stop-and-Go in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._steps: Sequence[TrainingStep] = ()
        self._evaluations: Sequence[Evaluated] = ()
        self._plots: tuple[CurvePlot, CurvePlot] | None = None
        self._kinds = QLabel()
        self._kinds.setAccessibleName("What each kind does")
        self._row = QHBoxLayout()
        self._row.setSpacing(16)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._row, 1)
        column.addWidget(self._kinds)

    @property
    def plots(self) -> tuple[CurvePlot, CurvePlot]:
        """Losses and scores; made when they are first needed, since their library loads slowly."""
        if self._plots is None:
            from app.panels.improve.curve_plot import CurvePlot

            loss = CurvePlot("Loss", self._theme)
            score = CurvePlot("Held-out mAP, mean over tIoU 0.1 to 0.9", self._theme, top=1.0)
            self._plots = loss, score
            self._row.addLayout(_headed("LOSS", loss), 1)
            self._row.addLayout(_headed("MEAN AVERAGE PRECISION, HELD OUT", score), 1)
        return self._plots

    @property
    def kinds_text(self) -> str:
        return self._kinds.text()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for plot in self._plots or ():
            plot.set_theme(theme)
        self._kinds.setText(self._said())

    def show_curves(self, steps: Sequence[TrainingStep], evaluations: Sequence[Evaluated]) -> None:
        """Draw what is known so far."""
        self._steps, self._evaluations = steps, evaluations
        if told := [*steps[-1:], *evaluations[-1:]]:
            count = max(each.of for each in told)
            loss, score = self.plots
            loss.show_curves(list(map(self._losses, Task)), count)
            score.show_curves(list(map(self._scores, Task)), count)
        self._kinds.setText(self._said())

    def _losses(self, task: Task) -> Curve:
        return Curve(task, tuple((s.step, s.loss[task]) for s in self._steps if task in s.loss))

    def _scores(self, task: Task) -> Curve:
        """A kind that sits out has hollow marks."""
        own = [each for each in self._evaluations if task in each.mean_ap]
        points = tuple((each.step, each.mean_ap[task]) for each in own)
        return Curve(task, points, tuple(each.stopped.get(task, False) for each in own))

    def _said(self) -> str:
        """ "◆ actions learn · ● sounds rest", of the kinds that take part."""
        taking_part = {task for step in self._steps for task in step.loss}
        last = self._evaluations[-1] if self._evaluations else None
        said: list[str] = []
        for task in Task:
            if task in taking_part or (last is not None and task in last.mean_ap):
                stopped = last is not None and last.stopped.get(task, False)
                score = f", mAP {last.mean_ap[task]:.3f}" if last and task in last.mean_ap else ""
                colour = outline_colour(task, self._theme)
                said.append(
                    f'<span style="color:{colour}">{KIND_SIGNS[task]}</span>'
                    f" {KIND_STYLES[task].name}: {_STATES[stopped]}{score}"
                )
        return "&nbsp;&nbsp;&nbsp;".join(said)


def _headed(title: str, plot: QWidget) -> QVBoxLayout:
    heading = QLabel(title)
    heading.setObjectName("heading")
    side = QVBoxLayout()
    side.setSpacing(4)
    side.addWidget(heading)
    side.addWidget(plot, 1)
    return side
