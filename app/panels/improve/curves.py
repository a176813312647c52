"""Curves of a training while it runs: the loss of each kind, and how it does on held-out media."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kind_style import KIND_SIGNS, KIND_STYLES, outline_colour
from app.theme import Theme
from core_model.timeline import Task
from training.corrections.events import Evaluated, TrainingStep

_SYMBOLS = {Task.TAL: "d", Task.SED: "o", Task.AVEL: "t1"}
_STATES = {True: "rests", False: "learns"}
LINE_PX = 2
SYMBOL_PX = 8


class TrainingCurves(QWidget):
    """Two plots side by side, and the state of Dynamic Stop-and-Go in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._steps: Sequence[TrainingStep] = ()
        self._evaluations: Sequence[Evaluated] = ()
        self._loss = _plot("Loss")
        self._score = _plot("Held-out mAP, mean over tIoU 0.1 to 0.9")
        self._score.setYRange(0, 1, padding=0.02)
        self._kinds = QLabel()
        self._kinds.setAccessibleName("What each kind does")
        row = QHBoxLayout()
        row.setSpacing(16)
        for title, plot in (
            ("LOSS", self._loss),
            ("MEAN AVERAGE PRECISION, HELD OUT", self._score),
        ):
            heading = QLabel(title)
            heading.setObjectName("heading")
            side = QVBoxLayout()
            side.setSpacing(4)
            side.addWidget(heading)
            side.addWidget(plot, 1)
            row.addLayout(side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row, 1)
        column.addWidget(self._kinds)
        self.set_theme(theme)

    @property
    def kinds_text(self) -> str:
        return self._kinds.text()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for plot in (self._loss, self._score):
            plot.setBackground(QColor(theme.ground))
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(QColor(theme.line))
                axis.setTextPen(QColor(theme.text_secondary))
        self._draw()

    def show_curves(self, steps: Sequence[TrainingStep], evaluations: Sequence[Evaluated]) -> None:
        """Draw what is known so far."""
        self._steps, self._evaluations = steps, evaluations
        self._draw()

    def _draw(self) -> None:
        self._loss.clear()
        self._score.clear()
        for task in Task:
            colour = QColor(outline_colour(task, self._theme))
            losses = [(s.step, s.loss[task]) for s in self._steps if task in s.loss]
            _line(self._loss, losses, _pen(task, colour), {})
            scores = [(e.step, e.mean_ap[task]) for e in self._evaluations if task in e.mean_ap]
            ground = QColor(self._theme.ground)
            # A kind that sits out is drawn hollow.
            brushes = [
                ground if e.stopped.get(task) else colour
                for e in self._evaluations
                if task in e.mean_ap
            ]
            look = {
                "symbol": _SYMBOLS[task],
                "symbolSize": SYMBOL_PX,
                "symbolBrush": brushes,
                "symbolPen": pyqtgraph.mkPen(colour, width=LINE_PX),
            }
            _line(self._score, scores, _pen(task, colour), look)
        self._kinds.setText(self._said())

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


def _plot(name: str) -> Any:
    plot = pyqtgraph.PlotWidget()
    plot.setAccessibleName(name)
    plot.setMouseEnabled(x=False, y=False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setLimits(xMin=0, yMin=0)
    plot.setFrameShape(plot.Shape.NoFrame)
    plot.showGrid(x=False, y=True, alpha=0.15)
    plot.getAxis("left").setWidth(44)
    return plot


def _pen(task: Task, colour: QColor) -> QPen:
    """Kinds differ in dashes as well as in colour."""
    pen = pyqtgraph.mkPen(colour, width=LINE_PX)
    if KIND_STYLES[task].dashes:
        pen.setDashPattern(list(KIND_STYLES[task].dashes))
    return pen


def _line(plot: Any, points: Sequence[tuple[int, float]], pen: QPen, look: dict[str, Any]) -> None:
    if points:
        x, y = zip(*points, strict=True)
        plot.plot(x, y, pen=pen, antialias=True, **look)
