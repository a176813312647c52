"""A small histogram of scores, cut where the threshold stands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
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
    colour = QColor(outline_colour(task, theme))
    faint = QColor(theme.text_secondary)
    faint.setAlphaF(BELOW_OPACITY)
    line = QColor(theme.line)
    painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), line)
    width_px = rect.width() / BINS
    cut_px = rect.left() + threshold * rect.width()
    below: list[QRectF] = []
    above: list[QRectF] = []
    for place, height in enumerate(scores.heights.tolist()):
        if height <= 0:
            continue
        height_px = max(height * (rect.height() - 2), LEAST_BAR_PX)
        left_px = rect.left() + place * width_px
        bar = QRectF(left_px, rect.bottom() - 1 - height_px, width_px - 1, height_px)
        if bar.left() < cut_px:
            below.append(bar)
        if bar.right() > cut_px:
            above.append(bar.adjusted(max(cut_px - bar.left(), 0), 0, 0, 0))
    painter.setPen(Qt.PenStyle.NoPen)
    # All bars of a colour at once: the calls cost more than the pixels.
    for bars, fill in ((below, faint), (above, colour)):
        painter.setBrush(fill)
        painter.drawRects(bars)


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
