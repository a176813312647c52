"""A sloop from abeam, painted upright as a sheet that the scene heels and moves about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QTransform

from sample.picture import paint

MAST_M = 11.0
KEEL_M = 0.9


@dataclass(frozen=True)
class Boat:
    """Where a boat starts and how it moves: metres to the right and away, metres per second."""

    right_m: float
    away_m: float
    speed_m_s: float
    sail: str
    hull: str
    number: str
    heel_deg: float


def boat_sheet(boat: Boat, scale: float) -> np.ndarray:
    """A sloop from abeam, bow to the right, upright; ``scale`` in pixels per metre."""
    width, height = round(scale * 17), round(scale * (MAST_M + 3.2))

    def draw(painter: QPainter) -> None:
        painter.setTransform(
            QTransform(scale, 0, 0, -scale, width / 2, height - KEEL_M * scale), combine=False
        )
        painter.setPen(Qt.PenStyle.NoPen)
        _draw_wash(painter)
        _draw_hull(painter, boat)
        _draw_crew(painter)
        _draw_sails(painter, boat)

    return paint(width, height, draw)


def _draw_wash(painter: QPainter) -> None:
    generator = np.random.default_rng(35)
    for _ in range(240):
        along = generator.uniform(-6.2, 4.6)
        size = generator.uniform(0.05, 0.22) * (1.4 - 0.1 * along)
        painter.setBrush(QColor(240, 246, 248, int(generator.integers(30, 120))))
        painter.drawEllipse(QPointF(along, generator.normal(-0.30, 0.10)), size * 1.8, size * 0.5)


def _draw_hull(painter: QPainter, boat: Boat) -> None:
    hull = QPainterPath(QPointF(-4.0, 0.62))
    hull.cubicTo(-1.5, 0.50, 2.0, 0.62, 4.5, 0.95)
    hull.cubicTo(3.9, 0.35, 3.3, -0.15, 2.6, -0.42)
    hull.lineTo(-3.4, -0.42)
    hull.closeSubpath()
    shade = QLinearGradient(QPointF(0, 0.95), QPointF(0, -0.45))
    base = QColor(boat.hull)
    shade.setColorAt(0.0, base.lighter(135))
    shade.setColorAt(0.55, base)
    shade.setColorAt(1.0, base.darker(190))
    painter.fillPath(hull, shade)
    painter.setPen(QPen(QColor(245, 245, 240), 0.07))
    deck = QPainterPath(QPointF(-4.0, 0.60))
    deck.cubicTo(-1.5, 0.48, 2.0, 0.60, 4.5, 0.93)
    painter.drawPath(deck)
    painter.setPen(Qt.PenStyle.NoPen)


def _draw_crew(painter: QPainter) -> None:
    for along, jacket in (
        (-2.9, "#c6281f"),
        (-2.1, "#20407e"),
        (-1.3, "#d9b21c"),
        (-0.6, "#2b2d30"),
    ):
        painter.setBrush(QColor(jacket))
        painter.drawEllipse(QPointF(along, 0.92), 0.24, 0.42)
        painter.setBrush(QColor("#b98a6a"))
        painter.drawEllipse(QPointF(along + 0.06, 1.42), 0.14, 0.16)


def _draw_sails(painter: QPainter, boat: Boat) -> None:
    main = QPainterPath(QPointF(0.55, 1.45))
    main.lineTo(0.45, MAST_M)
    main.cubicTo(-1.7, 8.4, -3.1, 4.6, -3.9, 1.55)
    main.cubicTo(-2.4, 1.30, -0.8, 1.35, 0.55, 1.45)
    jib = QPainterPath(QPointF(4.25, 1.05))
    jib.lineTo(0.62, MAST_M * 0.86)
    jib.cubicTo(0.15, 6.0, -0.35, 3.4, -0.9, 1.55)
    jib.cubicTo(0.9, 1.05, 2.7, 0.95, 4.25, 1.05)
    for path, left, right in ((main, -3.6, 0.8), (jib, -0.8, 4.2)):
        shade = QLinearGradient(QPointF(left, 3), QPointF(right, 5))
        cloth = QColor(boat.sail)
        for stop, darker in ((0.0, 128), (0.3, 106), (0.62, 100), (0.85, 112), (1.0, 150)):
            shade.setColorAt(stop, cloth.darker(darker))
        painter.fillPath(path, shade)
        painter.save()
        painter.setClipPath(path)
        painter.setPen(QPen(QColor(90, 96, 104, 70), 0.035))
        for height_m in np.arange(1.2, MAST_M, 1.05):
            painter.drawLine(QPointF(-4, height_m + 0.35), QPointF(4.4, height_m - 0.25))
        painter.restore()
    painter.setPen(QPen(QColor(52, 54, 58), 0.13))
    painter.drawLine(QPointF(0.55, 0.6), QPointF(0.45, MAST_M + 0.35))
    painter.drawLine(QPointF(0.55, 1.38), QPointF(-3.95, 1.48))
    painter.setPen(QPen(QColor(70, 72, 76, 190), 0.035))
    painter.drawLine(QPointF(4.4, 0.95), QPointF(0.45, MAST_M * 0.9))
    painter.drawLine(QPointF(-3.9, 0.6), QPointF(0.45, MAST_M))
    _draw_number(painter, boat)


def _draw_number(painter: QPainter, boat: Boat) -> None:
    painter.save()
    painter.translate(-1.9, 5.2)
    painter.scale(0.01, -0.01)
    font = painter.font()
    font.setPixelSize(62)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(32, 52, 96))
    country, number = boat.number.split()
    painter.drawText(QPointF(0, 0), country)
    painter.drawText(QPointF(25, 75), number)
    painter.restore()
