"""Icons drawn from paths, in any colour and crisp at any scale."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

# Every icon is drawn in a square of this many units.
UNITS = 16.0
LINE_UNITS = 1.5

Points = list[tuple[float, float]]


def icon(name: str, colour: str, disabled_colour: str) -> QIcon:
    """The icon of that name in colours "#RRGGBB". Raises KeyError for an unknown name."""
    return QIcon(_PathEngine(_DRAWINGS[name], colour, disabled_colour))


class _PathEngine(QIconEngine):
    """Draws when asked, at the size and pixel ratio of the screen at hand."""

    def __init__(self, draw: Callable[[QPainter], None], colour: str, disabled: str) -> None:
        super().__init__()
        self._draw = draw
        self._colour = colour
        self._disabled = disabled
        # Drawn once per look: what holds an icon is painted far more often.
        self._drawn: dict[tuple[int, int, bool], QPixmap] = {}

    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = QColor(self._disabled if mode == QIcon.Mode.Disabled else self._colour)
        area = QRectF(rect)  # type: ignore[call-overload]
        side = min(area.width(), area.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(area.center() - QPointF(side / 2, side / 2))
        painter.scale(side / UNITS, side / UNITS)
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(colour, LINE_UNITS, Qt.PenStyle.SolidLine, cap, join))
        painter.setBrush(colour)
        self._draw(painter)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        key = size.width(), size.height(), mode == QIcon.Mode.Disabled
        if (kept := self._drawn.get(key)) is not None:
            return kept
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        self._drawn[key] = pixmap
        return pixmap

    def clone(self) -> QIconEngine:
        return _PathEngine(self._draw, self._colour, self._disabled)


def _polygon(painter: QPainter, points: Points) -> None:
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _bar(painter: QPainter, x: float) -> None:
    painter.drawRect(QRectF(x, 3.5, 1.5, 9))


def _play(painter: QPainter) -> None:
    _polygon(painter, [(4.5, 2.5), (13, 8), (4.5, 13.5)])


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(4, 3, 2.2, 10))
    painter.drawRect(QRectF(9.8, 3, 2.2, 10))


def _frame_forward(painter: QPainter) -> None:
    _bar(painter, 3)
    _polygon(painter, [(7, 3.5), (13, 8), (7, 12.5)])


def _frame_back(painter: QPainter) -> None:
    _bar(painter, 11.5)
    _polygon(painter, [(9, 3.5), (3, 8), (9, 12.5)])


def _start(painter: QPainter) -> None:
    _bar(painter, 1.5)
    _polygon(painter, [(9, 4), (4.5, 8), (9, 12)])
    _polygon(painter, [(14, 4), (9.5, 8), (14, 12)])


def _end(painter: QPainter) -> None:
    _bar(painter, 13)
    _polygon(painter, [(7, 4), (11.5, 8), (7, 12)])
    _polygon(painter, [(2, 4), (6.5, 8), (2, 12)])


def _speaker(painter: QPainter) -> None:
    _polygon(painter, [(1.5, 6), (4, 6), (7.5, 3), (7.5, 13), (4, 10), (1.5, 10)])


def _sound(painter: QPainter) -> None:
    _speaker(painter)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(6.5, 5.5, 5, 5), -55 * 16, 110 * 16)
    painter.drawArc(QRectF(5.5, 3, 9, 10), -55 * 16, 110 * 16)


def _muted(painter: QPainter) -> None:
    _speaker(painter)
    painter.drawLine(QPointF(10.5, 6), QPointF(14.5, 10))
    painter.drawLine(QPointF(14.5, 6), QPointF(10.5, 10))


def _cross(painter: QPainter) -> None:
    painter.drawLine(QPointF(4, 4), QPointF(12, 12))
    painter.drawLine(QPointF(12, 4), QPointF(4, 12))


def _eye(painter: QPainter) -> None:
    outline = QPainterPath(QPointF(1.5, 8))
    outline.quadTo(QPointF(8, 0.5), QPointF(14.5, 8))
    outline.quadTo(QPointF(8, 15.5), QPointF(1.5, 8))
    painter.strokePath(outline, painter.pen())
    painter.drawEllipse(QPointF(8, 8), 1.8, 1.8)


def _eye_closed(painter: QPainter) -> None:
    outline = QPainterPath(QPointF(1.5, 8))
    outline.quadTo(QPointF(8, 15.5), QPointF(14.5, 8))
    painter.strokePath(outline, painter.pen())
    painter.drawLine(QPointF(8, 11.8), QPointF(8, 14))
    painter.drawLine(QPointF(3.6, 10.4), QPointF(2.4, 12.4))
    painter.drawLine(QPointF(12.4, 10.4), QPointF(13.6, 12.4))


def _tune(painter: QPainter) -> None:
    for x, y in ((5.5, 4), (10.5, 8), (6.5, 12)):
        painter.drawLine(QPointF(2.5, y), QPointF(13.5, y))
        painter.drawEllipse(QPointF(x, y), 1.4, 1.4)


def _plus(painter: QPainter) -> None:
    painter.drawLine(QPointF(8, 3.5), QPointF(8, 12.5))
    painter.drawLine(QPointF(3.5, 8), QPointF(12.5, 8))


def _compare(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(1.5, 4, 8, 8))
    painter.drawEllipse(QRectF(6.5, 4, 8, 8))


_DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "play": _play,
    "pause": _pause,
    "frame_forward": _frame_forward,
    "frame_back": _frame_back,
    "start": _start,
    "end": _end,
    "sound": _sound,
    "muted": _muted,
    "cross": _cross,
    "eye": _eye,
    "eye_closed": _eye_closed,
    "tune": _tune,
    "plus": _plus,
    "compare": _compare,
}
