"""A plot of curves over the steps of a training, by pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph
from PySide6.QtGui import QColor, QFont, QPen

from app.kind_style import KIND_STYLES, outline_colour
from app.panels.improve.curve import Curve
from app.theme import Theme
from core_model.timeline import Task

LINE_PX, SYMBOL_PX, TEXT_PX, AXIS_PX = 2, 9, 11, 44
# So far apart at least are the numbers below the plot.
NUMBER_PX = 56
# Room beside the first and last step and above the top, so that no symbol is cut.
MARGIN = 0.03
_SYMBOLS = {Task.TAL: "d", Task.SED: "o", Task.AVEL: "t1"}


class CurvePlot(pyqtgraph.PlotWidget):
    """Curves over the steps of a training, from the first to the last that there will be."""

    def __init__(self, name: str, theme: Theme, top: float | None = None) -> None:
        """``top`` is the highest value; None fits it to the curves."""
        # Menus that nobody would see take most of the time to make a plot.
        super().__init__(enableMenu=False)
        self._theme = theme
        self._top = top
        self._curves: tuple[Curve, ...] = ()
        self._steps = 1
        self.setAccessibleName(name)
        self.setMinimumSize(200, 120)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setFrameShape(self.Shape.NoFrame)
        self.showGrid(x=False, y=True, alpha=0.15)
        self.getAxis("left").setWidth(AXIS_PX)
        self.setLabel("bottom", "step")
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._draw()

    def show_curves(self, curves: Sequence[Curve], steps: int) -> None:
        """Draw these over ``steps`` steps."""
        self._curves, self._steps = tuple(curves), max(steps, 1)
        self._draw()

    def _draw(self) -> None:
        self.clear()
        self._dress_axes()
        values = [value for curve in self._curves for _, value in curve.points]
        top = self._top or max(values, default=1.0)
        box: pyqtgraph.ViewBox = self.getViewBox()
        box.setRange(xRange=(0, self._steps), yRange=(0, top), padding=MARGIN)
        for curve in self._curves:
            if curve.points:
                self._draw_curve(curve)

    def _dress_axes(self) -> None:
        self.setBackground(QColor(self._theme.ground))
        font = QFont(self.font())
        font.setPixelSize(TEXT_PX)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setTickFont(font)
            axis.setPen(QColor(self._theme.line))
            axis.setTextPen(QColor(self._theme.text_secondary))
        room_px = max(self.width() - AXIS_PX, NUMBER_PX)
        every = max(round(nice_step(self._steps, room_px // NUMBER_PX)), 1)
        self.getAxis("bottom").setTickSpacing(levels=[(every, 0)])

    def _draw_curve(self, curve: Curve) -> None:
        colour = QColor(outline_colour(curve.task, self._theme))
        steps, values = zip(*curve.points, strict=True)
        look = {}
        if curve.marks:
            ground = QColor(self._theme.ground)
            look = {
                "symbol": _SYMBOLS[curve.task],
                "symbolSize": SYMBOL_PX,
                "symbolBrush": [ground if is_hollow else colour for is_hollow in curve.marks],
                "symbolPen": pyqtgraph.mkPen(colour, width=LINE_PX),
            }
        self.plot(steps, values, pen=_pen(curve.task, colour), antialias=True, **look)


def _pen(task: Task, colour: QColor) -> QPen:
    """Kinds differ in dashes as well as in colour."""
    pen = pyqtgraph.mkPen(colour, width=LINE_PX)
    if KIND_STYLES[task].dashes:
        pen.setDashPattern(list(KIND_STYLES[task].dashes))
    return pen


def nice_step(span: float, most: int) -> float:
    """1, 2 or 5 times a power of ten: the smallest that parts ``span`` into ``most`` at most."""
    least = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
