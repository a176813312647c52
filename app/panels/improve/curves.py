"""Curves of a training while it runs: the loss of each kind, and how it does on held-out media."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.kind_style import KIND_SIGNS, KIND_STYLES, outline_colour, symbol_path
from app.theme import Theme, tabular
from core_model.timeline import Task
from training.corrections.events import Evaluated, TrainingStep

_STATES = {True: "rests", False: "learns"}
LINE_PX = 2
SYMBOL_PX = 9
TEXT_PX = 11
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 44, 14, 10, 22
# So far apart at least are the lines of the grid, and the numbers below it.
GRID_PX, NUMBER_PX = 40, 56


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one kind, (step, value); with ``marks`` a symbol at each, hollow or not."""

    task: Task
    points: tuple[tuple[int, float], ...]
    marks: tuple[bool, ...] = ()


class CurvePlot(QWidget):
    """Curves over the steps of a training, from the first to the last that there will be."""

    def __init__(self, name: str, theme: Theme, top: float | None = None) -> None:
        """``top`` is the highest value; None fits it to the curves."""
        super().__init__()
        self._theme = theme
        self._top = top
        self._curves: tuple[Curve, ...] = ()
        self._steps = 1
        self.setAccessibleName(name)
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(400, 300)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_curves(self, curves: Sequence[Curve], steps: int) -> None:
        """Draw these over ``steps`` steps."""
        self._curves, self._steps = tuple(curves), max(steps, 1)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.ground))
        room = QRectF(self.rect()).adjusted(LEFT_PX, TOP_PX, -RIGHT_PX, -BOTTOM_PX)
        values = [value for curve in self._curves for _, value in curve.points]
        step = nice_step(self._top or max(values, default=1.0), int(room.height() / GRID_PX))
        top = self._top or (max(values, default=1.0) // step + 1) * step
        self._paint_grid(painter, room, top, step)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in self._curves:
            self._paint_curve(painter, room, curve, top)
        painter.end()

    def _paint_grid(self, painter: QPainter, room: QRectF, top: float, step: float) -> None:
        font = tabular(self.font())
        font.setPixelSize(TEXT_PX)
        painter.setFont(font)
        flags, line = Qt.AlignmentFlag, QColor(self._theme.line)
        painter.setPen(QColor(self._theme.text_secondary))
        for number in range(round(top / step) + 1):
            y = room.bottom() - number * step / top * room.height()
            painter.fillRect(QRectF(room.left(), y, room.width(), 1), line)
            place = QRectF(0, y - 8, LEFT_PX - 8, 16)
            painter.drawText(place, flags.AlignRight | flags.AlignVCenter, f"{number * step:g}")
        every = max(round(nice_step(self._steps, int(room.width() / NUMBER_PX))), 1)
        for number in range(0, self._steps + 1, every):
            x = room.left() + number / self._steps * room.width()
            place = QRectF(x - 40, room.bottom() + 4, 80, 16)
            text = f"step {number:,}" if number == 0 else f"{number:,}"
            painter.drawText(place, flags.AlignHCenter | flags.AlignVCenter, text)

    def _paint_curve(self, painter: QPainter, room: QRectF, curve: Curve, top: float) -> None:
        colour = QColor(outline_colour(curve.task, self._theme))
        places = [
            QPointF(
                room.left() + step / self._steps * room.width(),
                room.bottom() - value / top * room.height(),
            )
            for step, value in curve.points
        ]
        pen = QPen(colour, LINE_PX)
        # Kinds differ in dashes as well as in colour.
        if dashes := KIND_STYLES[curve.task].dashes:
            pen.setDashPattern(list(dashes))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))
        painter.setPen(QPen(colour, LINE_PX))
        shape = KIND_STYLES[curve.task].shape
        for place, is_hollow in zip(places, curve.marks, strict=False):
            painter.setBrush(QColor(self._theme.ground) if is_hollow else colour)
            painter.drawPath(symbol_path(shape, place, SYMBOL_PX))


class TrainingCurves(QWidget):
    """Two plots side by side, and the state of Dynamic Stop-and-Go in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._steps: Sequence[TrainingStep] = ()
        self._evaluations: Sequence[Evaluated] = ()
        self.loss = CurvePlot("Loss", theme)
        self.score = CurvePlot("Held-out mAP, mean over tIoU 0.1 to 0.9", theme, top=1.0)
        self._kinds = QLabel()
        self._kinds.setAccessibleName("What each kind does")
        row = QHBoxLayout()
        row.setSpacing(16)
        for title, plot in (
            ("LOSS", self.loss),
            ("MEAN AVERAGE PRECISION, HELD OUT", self.score),
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

    @property
    def kinds_text(self) -> str:
        return self._kinds.text()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for plot in (self.loss, self.score):
            plot.set_theme(theme)
        self._kinds.setText(self._said())

    def show_curves(self, steps: Sequence[TrainingStep], evaluations: Sequence[Evaluated]) -> None:
        """Draw what is known so far."""
        self._steps, self._evaluations = steps, evaluations
        told = [*steps[-1:], *evaluations[-1:]]
        count = max((each.of for each in told), default=1)
        self.loss.show_curves(list(map(self._losses, Task)), count)
        self.score.show_curves(list(map(self._scores, Task)), count)
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


def nice_step(span: float, most: int) -> float:
    """1, 2 or 5 times a power of ten: the smallest that parts ``span`` into ``most`` at most."""
    least = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
