"""A racing car from its right side, painted as a sheet that the scene moves about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QRadialGradient

from sample.picture import paint

LENGTH_M, HEIGHT_M = 5.6, 1.15


@dataclass(frozen=True)
class Car:
    """Where a car is against the camera's aim: metres ahead, and how that changes."""

    body: str
    trim: str
    helmet: str
    number: str
    depth_m: float
    ahead_m: float
    gain_m_s: float


def car_sheet(car: Car, scale: float) -> np.ndarray:
    """The car from its right side, nose to the right, with its shadow; ``scale`` in px per m."""
    width, height = round(LENGTH_M * scale), round((HEIGHT_M + 0.18) * scale)

    def draw(painter: QPainter) -> None:
        painter.scale(scale, scale)
        painter.translate(0, HEIGHT_M)
        painter.scale(1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        _draw_shadow(painter)
        _draw_wheel(painter, 0.84, far=True)
        _draw_wheel(painter, 4.22, far=True)
        _draw_body(painter, car)
        _draw_wheel(painter, 0.78, far=False)
        _draw_wheel(painter, 4.16, far=False)
        _draw_number(painter, car)

    return paint(width, height, draw)


def _draw_shadow(painter: QPainter) -> None:
    for step in range(8):
        painter.setBrush(QColor(0, 0, 0, 30))
        grow = step * 0.035
        painter.drawEllipse(QRectF(0.25 - grow, -0.10 - grow * 0.5, 5.0 + 2 * grow, 0.17 + grow))


def _draw_wheel(painter: QPainter, centre_m: float, *, far: bool) -> None:
    centre = QPointF(centre_m, 0.345 if not far else 0.36)
    tyre = QRadialGradient(centre, 0.345)
    for stop, grey in ((0.0, 30), (0.62, 24), (0.80, 44), (0.93, 30), (1.0, 14)):
        tyre.setColorAt(stop, QColor(grey, grey, grey + 1))
    painter.setBrush(tyre if not far else QColor(12, 12, 13))
    painter.drawEllipse(centre, 0.345, 0.345)
    if far:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(225, 190, 40, 150), 0.018))
    painter.drawEllipse(centre, 0.285, 0.285)
    painter.setPen(Qt.PenStyle.NoPen)
    rim = QRadialGradient(centre + QPointF(-0.05, 0.08), 0.26)
    for stop, grey in ((0.0, 120), (0.45, 72), (0.8, 96), (1.0, 34)):
        rim.setColorAt(stop, QColor(grey, grey, grey + 4))
    painter.setBrush(rim)
    painter.drawEllipse(centre, 0.215, 0.215)
    painter.setBrush(QColor(34, 34, 36))
    painter.drawEllipse(centre, 0.055, 0.055)


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(QPointF(*point))
    path.closeSubpath()
    return path


def _lacquer(colour: str) -> QLinearGradient:
    """Sky on the upper side, the colour itself in the middle, dark below."""
    gradient = QLinearGradient(QPointF(0, 1.0), QPointF(0, 0.08))
    base = QColor(colour)
    gradient.setColorAt(0.0, base.lighter(165))
    gradient.setColorAt(0.33, base.lighter(112))
    gradient.setColorAt(0.62, base)
    gradient.setColorAt(1.0, base.darker(330))
    return gradient


def _draw_body(painter: QPainter, car: Car) -> None:
    black = QColor(16, 16, 18)
    painter.fillPath(_polygon((0.7, 0.05), (4.9, 0.05), (4.9, 0.12), (0.55, 0.15)), black)
    painter.setPen(QPen(black, 0.028))
    for start, end in (
        ((4.2, 0.36), (3.5, 0.44)),
        ((4.2, 0.30), (3.4, 0.24)),
        ((0.8, 0.4), (1.5, 0.5)),
    ):
        painter.drawLine(QPointF(*start), QPointF(*end))
    painter.setPen(Qt.PenStyle.NoPen)
    hull = QPainterPath(QPointF(0.45, 0.36))
    hull.cubicTo(1.1, 0.50, 1.6, 0.95, 2.26, 0.99)
    hull.lineTo(2.44, 0.96)
    hull.lineTo(2.56, 0.72)
    hull.cubicTo(2.9, 0.64, 3.1, 0.66, 3.35, 0.63)
    hull.cubicTo(4.2, 0.54, 4.8, 0.40, 5.36, 0.24)
    hull.lineTo(5.40, 0.17)
    hull.cubicTo(4.6, 0.24, 3.9, 0.24, 3.4, 0.16)
    hull.lineTo(0.9, 0.12)
    hull.closeSubpath()
    painter.fillPath(hull, _lacquer(car.body))
    painter.fillPath(
        _polygon((0.9, 0.45), (1.7, 0.72), (2.3, 0.90), (2.44, 0.86), (1.8, 0.62), (1.0, 0.38)),
        _lacquer(car.trim),
    )
    painter.fillPath(
        _polygon((3.7, 0.50), (5.2, 0.26), (5.3, 0.21), (3.7, 0.40)), _lacquer(car.trim)
    )
    pod = QPainterPath(QPointF(1.15, 0.14))
    pod.cubicTo(1.3, 0.36, 1.9, 0.56, 2.75, 0.60)
    pod.cubicTo(3.05, 0.60, 3.16, 0.52, 3.14, 0.40)
    pod.lineTo(3.0, 0.13)
    pod.closeSubpath()
    painter.fillPath(pod, _lacquer(car.body))
    painter.fillPath(_polygon((3.02, 0.56), (3.14, 0.50), (3.10, 0.28), (2.98, 0.34)), black)
    painter.fillPath(_polygon((1.3, 0.2), (2.95, 0.2), (2.98, 0.26), (1.4, 0.27)), QColor(car.trim))
    painter.setBrush(QColor(car.helmet))
    painter.drawEllipse(QPointF(2.78, 0.77), 0.135, 0.135)
    painter.fillPath(_polygon((2.82, 0.84), (2.91, 0.80), (2.90, 0.73), (2.80, 0.74)), black)
    painter.setPen(QPen(QColor(24, 24, 26), 0.05, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline([QPointF(2.45, 0.88), QPointF(2.95, 0.87), QPointF(3.28, 0.64)])
    painter.setPen(Qt.PenStyle.NoPen)
    _draw_wings(painter, car)


def _draw_wings(painter: QPainter, car: Car) -> None:
    black = QColor(20, 20, 22)
    painter.fillPath(_polygon((0.45, 0.30), (0.62, 0.30), (0.50, 0.85), (0.38, 0.85)), black)
    rear = _polygon((0.04, 0.52), (0.60, 0.46), (0.66, 0.93), (0.10, 1.00), (0.04, 0.92))
    painter.fillPath(rear, _lacquer(car.trim))
    painter.fillPath(
        _polygon((0.07, 0.80), (0.63, 0.75), (0.64, 0.82), (0.08, 0.87)), QColor(car.body)
    )
    front = _polygon(
        (4.72, 0.10), (5.50, 0.09), (5.52, 0.16), (5.2, 0.20), (4.78, 0.32), (4.70, 0.28)
    )
    painter.fillPath(front, _lacquer(car.trim))
    painter.fillPath(_polygon((4.8, 0.10), (5.54, 0.08), (5.54, 0.12), (4.8, 0.15)), black)


def _draw_number(painter: QPainter, car: Car) -> None:
    painter.save()
    painter.translate(2.0, 0.42)
    painter.scale(0.01, -0.01)
    font = painter.font()
    font.setPixelSize(26)
    font.setBold(True)
    font.setItalic(True)
    painter.setFont(font)
    painter.setPen(QColor(car.trim))
    painter.drawText(QPointF(0, 9), car.number)
    painter.restore()
