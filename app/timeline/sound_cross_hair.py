"""Lines through the mouse with a small plate that says what is under it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from app.theme import Theme

PLATE_HEIGHT_PX = 20
_AWAY_PX = 10
_LINE_STRENGTH = 0.55


def decibels(level_db: float) -> str:
    """A level with a real minus sign and one place."""
    return f"{level_db:.1f}".replace("-", "\N{MINUS SIGN}")


def paint_cross_hair(
    painter: QPainter, theme: Theme, pane: QRect, mouse: QPoint, text: str, font: QFont
) -> None:
    """Draw it into a pane; the plate keeps clear of the mouse and inside the clipped picture."""
    edge, line = QColor(theme.ground), QColor(theme.text)
    edge.setAlphaF(0.4)
    line.setAlphaF(_LINE_STRENGTH)
    painter.save()
    for colour, reach_px in ((edge, 1), (line, 0)):
        width_px = 2 * reach_px + 1
        painter.fillRect(mouse.x() - reach_px, 0, width_px, pane.height(), colour)
        painter.fillRect(0, mouse.y() - reach_px, pane.width(), width_px, colour)
    painter.setFont(font)
    plate = _plate(painter, pane, mouse, painter.fontMetrics().horizontalAdvance(text) + 16)
    ground = QColor(theme.raised)
    ground.setAlphaF(0.94)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(theme.line))
    painter.setBrush(ground)
    painter.drawRoundedRect(plate.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(QColor(theme.text))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def _plate(painter: QPainter, pane: QRect, mouse: QPoint, width_px: int) -> QRectF:
    picture = painter.clipBoundingRect()
    left_px = mouse.x() + _AWAY_PX
    if left_px + width_px > picture.right():
        left_px = mouse.x() - _AWAY_PX - width_px
    top_px = mouse.y() - _AWAY_PX - PLATE_HEIGHT_PX
    if top_px < 2:
        top_px = min(mouse.y() + _AWAY_PX, pane.height() - PLATE_HEIGHT_PX - 2)
    return QRectF(left_px, top_px, width_px, PLATE_HEIGHT_PX)
