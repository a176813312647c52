"""A small histogram of scores, cut where the threshold stands."""

from __future__ import annotations

from functools import lru_cache
from math import floor

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.kind_style import outline_colour
from app.scores import BINS, Scores
from app.theme import Theme
from core_model.timeline import Task

HEIGHT_PX = 16
# Half of a slider's handle: the bars begin and end where its middle can stand.
SLIDER_INSET_PX = 6
LEAST_BAR_PX = 1.0
BELOW_OPACITY = 0.28


def paint_histogram(
    painter: QPainter, rect: QRectF, scores: Scores, threshold: float, task: Task, theme: Theme
) -> None:
    """Bars over [0, 1] along the width of ``rect``; those below the threshold are faint."""
    ratio = painter.device().devicePixelRatioF()
    width_px, height_px = round(rect.width()), round(rect.height())
    # The column of the screen nearest to the cut.
    columns = round(width_px * ratio)
    cut = min(max(floor(threshold * columns + 0.5), 0), columns)
    faint, full = (
        bars(scores, width_px, height_px, ratio, colour, opacity, theme.line)
        for colour, opacity in (
            (theme.text_secondary, BELOW_OPACITY),
            (outline_colour(task, theme), 1.0),
        )
    )
    for strip, first, end in ((faint, 0, cut), (full, cut, columns)):
        if end > first:
            target = QRectF(
                rect.left() + first / ratio, rect.top(), (end - first) / ratio, height_px
            )
            source = QRectF(first, 0, end - first, strip.height())
            painter.drawPixmap(target, strip, source)


@lru_cache(maxsize=128)
def bars(
    scores: Scores,
    width_px: int,
    height_px: int,
    ratio: float,
    colour: str,
    opacity: float,
    line: str,
) -> QPixmap:
    """All bars of a histogram in one colour over a line, drawn once: only the cut moves."""
    strip = QPixmap(round(width_px * ratio), round(height_px * ratio))
    strip.setDevicePixelRatio(ratio)
    strip.fill(Qt.GlobalColor.transparent)
    step_px, bottom_px = width_px / BINS, height_px - 1
    rects: list[QRectF] = []
    for place, height in enumerate(scores.heights.tolist()):
        if height > 0:
            bar_px = max(height * (height_px - 2), LEAST_BAR_PX)
            rects.append(QRectF(place * step_px, bottom_px - bar_px, step_px - 1, bar_px))
    fill = QColor(colour)
    fill.setAlphaF(opacity)
    painter = QPainter(strip)
    painter.fillRect(QRectF(0, bottom_px, width_px, 1), QColor(line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRects(rects)
    painter.end()
    return strip


def paint_cut(painter: QPainter, rect: QRectF, threshold: float, colour: str) -> None:
    """A line where the threshold stands, with a small handle on it."""
    x_px = round(rect.left() + threshold * rect.width())
    painter.fillRect(QRectF(x_px - 0.5, rect.top(), 1.5, rect.height()), QColor(colour))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QPointF(x_px + 0.25, rect.bottom() - 3), 3.5, 3.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class ScoreHistogram(QWidget):
    """The histogram of one kind or prompt, to stand above a slider of the same width."""

    def __init__(self, task: Task, theme: Theme, name: str) -> None:
        super().__init__()
        self._task = task
        self._theme = theme
        self._scores = Scores()
        self._threshold = 0.0
        self.setAccessibleName(f"Histogram of the scores of {name}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_PX)

    def sizeHint(self) -> QSize:
        return QSize(80, HEIGHT_PX)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_scores(self, scores: Scores) -> None:
        self._scores = scores
        self.update()

    def set_threshold(self, threshold: float) -> None:
        """Where to cut, in [0, 1]; above 1 nothing is shown."""
        if threshold != self._threshold:
            self._threshold = threshold
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect()).adjusted(SLIDER_INSET_PX, 0, -SLIDER_INSET_PX, 0)
        paint_histogram(painter, rect, self._scores, self._threshold, self._task, self._theme)
        painter.end()
