"""A stock car from its right side, painted as a sheet that the scene moves about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPen, QRadialGradient

from sample.picture import paint

LENGTH_M, HEIGHT_M = 5.5, 1.42
_WHEELS_M = (1.12, 4.06)
_WHEEL_RADIUS_M = 0.36


@dataclass(frozen=True)
class Car:
    """Where a car is against the camera's aim: metres ahead, and how that changes."""

    body: str
    trim: str
    number: str
    depth_m: float
    ahead_m: float
    gain_m_s: float


def car_sheet(car: Car, scale: float) -> np.ndarray:
    """The car with its nose to the right and its shadow; ``scale`` in pixels per metre."""
    width, height = round(LENGTH_M * scale), round((HEIGHT_M + 0.18) * scale)

    def draw(painter: QPainter) -> None:
        painter.scale(scale, scale)
        painter.translate(0.1, HEIGHT_M)
        painter.scale(1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        _draw_shadow(painter)
        _draw_body(painter, car)
        _draw_glass(painter)
        for centre_m in _WHEELS_M:
            _draw_wheel(painter, centre_m)
        _draw_livery(painter, car)

    return paint(width, height, draw)


def _draw_shadow(painter: QPainter) -> None:
    for step in range(8):
        painter.setBrush(QColor(0, 0, 0, 34))
        grow = step * 0.03
        painter.drawEllipse(QRectF(0.15 - grow, -0.10 - grow * 0.4, 4.9 + 2 * grow, 0.18 + grow))


def _outline() -> QPainterPath:
    """Side of the car: spoiler, deck, roof, windscreen, bonnet, nose and sill."""
    path = QPainterPath(QPointF(0.10, 0.26))
    path.lineTo(0.06, 0.70)
    path.cubicTo(0.10, 0.92, 0.30, 0.98, 0.62, 0.99)
    path.cubicTo(0.95, 1.02, 1.20, 1.30, 1.62, 1.34)
    path.cubicTo(2.10, 1.38, 2.50, 1.37, 2.78, 1.32)
    path.cubicTo(3.02, 1.26, 3.26, 1.06, 3.42, 0.96)
    path.cubicTo(3.95, 0.92, 4.60, 0.86, 4.92, 0.70)
    path.cubicTo(5.06, 0.60, 5.12, 0.42, 5.10, 0.20)
    path.lineTo(5.02, 0.10)
    path.lineTo(0.20, 0.13)
    path.closeSubpath()
    return path


def _draw_body(painter: QPainter, car: Car) -> None:
    black = QColor(17, 17, 19)
    spoiler = QPainterPath(QPointF(0.02, 0.96))
    for point in ((0.08, 1.20), (0.34, 1.20), (0.40, 0.97)):
        spoiler.lineTo(QPointF(*point))
    painter.fillPath(spoiler, black)
    outline = _outline()
    painter.fillPath(outline, _lacquer(car.body))
    painter.save()
    painter.setClipPath(outline)
    swoosh = QPainterPath(QPointF(0.0, 0.30))
    swoosh.cubicTo(1.6, 0.34, 3.2, 0.52, 5.2, 0.78)
    swoosh.lineTo(5.2, 0.58)
    swoosh.cubicTo(3.4, 0.30, 1.8, 0.16, 0.0, 0.12)
    swoosh.closeSubpath()
    painter.fillPath(swoosh, _lacquer(car.trim))
    painter.setPen(QPen(QColor(0, 0, 0, 90), 0.016))
    for start, end in (((3.34, 0.95), (3.26, 0.14)), ((1.66, 0.98), (1.72, 0.14))):
        painter.drawLine(QPointF(*start), QPointF(*end))
    painter.setPen(QPen(QColor(255, 255, 255, 90), 0.03))
    painter.drawLine(QPointF(0.4, 0.93), QPointF(4.6, 0.85))
    painter.setPen(Qt.PenStyle.NoPen)
    for centre_m in _WHEELS_M:
        painter.setBrush(QColor(9, 9, 10))
        painter.drawEllipse(QPointF(centre_m, 0.36), 0.42, 0.44)
    painter.restore()


def _lacquer(colour: str) -> QLinearGradient:
    """Sky on the upper side, the colour itself in the middle, the road's shade below."""
    gradient = QLinearGradient(QPointF(0, 1.34), QPointF(0, 0.08))
    base = QColor(colour)
    for stop, shade in (
        (0.0, base.lighter(160)),
        (0.16, base.lighter(118)),
        (0.30, base.lighter(135)),
        (0.36, base),
        (0.66, base.darker(112)),
        (1.0, base.darker(300)),
    ):
        gradient.setColorAt(stop, shade)
    return gradient


def _draw_glass(painter: QPainter) -> None:
    """Windscreen, side window with its net, rear window; sky in the upper edge."""
    shade = QLinearGradient(QPointF(0, 1.32), QPointF(0, 0.95))
    shade.setColorAt(0.0, QColor("#5b6670"))
    shade.setColorAt(0.35, QColor("#15181c"))
    shade.setColorAt(1.0, QColor("#0b0c0e"))
    for corners in (
        ((2.84, 1.26), (3.30, 0.98), (2.98, 0.97), (2.76, 1.24)),
        ((1.92, 1.27), (2.66, 1.25), (2.86, 0.98), (1.86, 0.99)),
        ((0.98, 1.03), (1.46, 1.25), (1.80, 1.27), (1.74, 1.00)),
    ):
        path = QPainterPath(QPointF(*corners[0]))
        for corner in corners[1:]:
            path.lineTo(QPointF(*corner))
        path.closeSubpath()
        painter.fillPath(path, shade)


def _draw_wheel(painter: QPainter, centre_m: float) -> None:
    """A tyre with its rim blurred by turning."""
    centre = QPointF(centre_m, _WHEEL_RADIUS_M - 0.02)
    tyre = QRadialGradient(centre, _WHEEL_RADIUS_M)
    for stop, grey in ((0.0, 30), (0.62, 24), (0.80, 46), (0.93, 30), (1.0, 14)):
        tyre.setColorAt(stop, QColor(grey, grey, grey + 1))
    painter.setBrush(tyre)
    painter.drawEllipse(centre, _WHEEL_RADIUS_M, _WHEEL_RADIUS_M)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(225, 205, 90, 120), 0.016))
    painter.drawEllipse(centre, 0.29, 0.29)
    painter.setPen(Qt.PenStyle.NoPen)
    rim = QRadialGradient(centre + QPointF(-0.05, 0.08), 0.26)
    for stop, grey in ((0.0, 150), (0.45, 92), (0.8, 122), (1.0, 40)):
        rim.setColorAt(stop, QColor(grey, grey, grey + 4))
    painter.setBrush(rim)
    painter.drawEllipse(centre, 0.22, 0.22)
    painter.setBrush(QColor(34, 34, 36))
    painter.drawEllipse(centre, 0.05, 0.05)


def _draw_livery(painter: QPainter, car: Car) -> None:
    """The start number on the door and small stickers behind the front wheel."""
    painter.save()
    painter.translate(2.42, 0.62)
    painter.scale(0.01, -0.01)
    font = painter.font()
    font.setPixelSize(66)
    font.setBold(True)
    font.setItalic(True)
    painter.setFont(font)
    box = QRectF(-70, -36, 140, 72)
    for offset, colour in (((3, 3), QColor(10, 10, 12)), ((0, 0), QColor(car.trim).lighter(115))):
        painter.setPen(colour)
        painter.drawText(box.translated(*offset), Qt.AlignmentFlag.AlignCenter, car.number)
    painter.restore()
    generator = np.random.default_rng(len(car.number) + ord(car.number[0]))
    for row in range(4):
        for column in range(3):
            hue = generator.uniform(0, 1)
            painter.setBrush(QColor.fromHsvF(hue, 0.7, 0.9))
            painter.drawRect(QRectF(3.30 + column * 0.11, 0.24 + row * 0.09, 0.09, 0.06))
