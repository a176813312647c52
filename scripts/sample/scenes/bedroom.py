"""A bedside table at dawn: a lamp, books, a mug, and a twin-bell alarm clock that rings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPen, QRadialGradient

from sample.picture import fractal_noise, mix, paint, place, sample_tiled, shrink, smoothstep, soft

RINGS_S = (4.0, 7.0)
_LAMP = (0.20, 0.34)
_WARM = np.array([1.0, 0.66, 0.34], np.float32)
_MOON = np.array([0.16, 0.22, 0.36], np.float32)


def frames(shape: tuple[int, int], rate_hz: int, count: int) -> Iterator[np.ndarray]:
    """Linear RGB pictures (height, width, 3); the clock shakes while it rings."""
    wide = (round(shape[0] * 1.16), round(shape[1] * 1.16))
    room = _room(wide)
    generator = np.random.default_rng(42)
    for index in range(count):
        time_s = index / rate_hz
        ringing = RINGS_S[0] <= time_s < RINGS_S[1]
        shake = generator.normal(0, 0.004, 2) * wide[0] if ringing else np.zeros(2)
        picture = room.copy()
        clock = _clock_sheet(round(wide[0] * 0.46), time_s, float(shake[0]))
        place(
            picture,
            clock,
            wide[1] * 0.60 - clock.shape[1] / 2 + shake[0],
            wide[0] * 0.845 - clock.shape[0] + shake[1],
        )
        picture *= 1.0 + 0.012 * np.sin(time_s * 1.7)
        yield _moved_in(picture, shape, index / max(count - 1, 1))


def _moved_in(picture: np.ndarray, shape: tuple[int, int], progress: float) -> np.ndarray:
    """A slow push of the camera towards the clock."""
    height = round(picture.shape[0] * (1.0 - 0.12 * progress) / 2) * 2
    width = round(height * shape[1] / shape[0] / 2) * 2
    top = round((picture.shape[0] - height) * 0.75)
    left = round((picture.shape[1] - width) * 0.6)
    return shrink(picture[top : top + height, left : left + width], shape)


def _room(shape: tuple[int, int]) -> np.ndarray:
    """Wall, window and table with everything that does not move, lit by the lamp."""
    height, width = shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : width / height : width * 1j].astype(np.float32)
    plaster = fractal_noise(shape, 7, 41, 6)
    lamp = 0.05 / ((x - _LAMP[0] * width / height) ** 2 + (y - _LAMP[1]) ** 2 + 0.035)
    light = lamp[..., None] * _WARM + 0.10 * _MOON
    wall = np.array([0.40, 0.36, 0.33], np.float32) * (0.82 + 0.36 * plaster)[..., None]
    picture = wall * light
    _window(picture)
    table_from = 0.70
    depth = 1.0 / np.maximum(y - 0.42, 0.05)
    grain = sample_tiled(plaster, x * depth * 60 + 40 * plaster, depth * 420)
    boards = smoothstep(0.0, 0.03, np.abs((depth * 1.35) % 1.0 - 0.5))
    oak = np.array([0.30, 0.145, 0.06], np.float32) * (0.35 + 1.1 * grain)[..., None]
    table = oak * (0.55 + 0.45 * boards)[..., None] * (light * 1.3 + 0.02)
    gloss = sample_tiled(soft(picture, 6), x * height, (2 * table_from - y) * height)
    table = table + 0.16 * gloss * smoothstep(1.05, 0.70, y)[..., None]
    picture = mix(picture, table, smoothstep(table_from - 0.002, table_from + 0.002, y))
    contact = np.exp(-(((x - 0.60 * width / height) / 0.24) ** 2) - ((y - 0.838) / 0.028) ** 2)
    picture *= (1.0 - 0.7 * contact)[..., None]
    things = paint(width, height, lambda painter: _draw_things(painter, width, height))
    place(picture, things, 0, 0)
    return picture.astype(np.float32)


def _window(picture: np.ndarray) -> None:
    """Dawn behind a cross of wood, out of focus, and a curtain in folds."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    dawn = mix(
        np.array([0.10, 0.15, 0.30], np.float32),
        np.array([0.85, 0.48, 0.30], np.float32),
        smoothstep(0.05, 0.62, y),
    )
    roofs = 0.50 + 0.05 * np.sign(np.sin(x * 70)) * np.sin(x * 23)
    dawn = mix(dawn, np.array([0.035, 0.04, 0.055], np.float32), smoothstep(-0.01, 0.01, y - roofs))
    inside = smoothstep(0.60, 0.606, x) * smoothstep(0.90, 0.894, x) * smoothstep(0.62, 0.612, y)
    bars = smoothstep(0.008, 0.005, np.abs(x - 0.75)) + smoothstep(0.014, 0.010, np.abs(y - 0.27))
    frame = smoothstep(0.585, 0.59, x) * smoothstep(0.915, 0.91, x) * smoothstep(0.645, 0.64, y)
    picture[:] = mix(picture, np.array([0.20, 0.18, 0.17], np.float32), frame)
    picture[:] = mix(picture, soft(dawn, max(1, height // 120)), inside * (1 - np.clip(bars, 0, 1)))
    folds = 0.5 + 0.5 * np.sin(x * 210 + 4 * np.sin(x * 31))
    cloth = np.array([0.33, 0.09, 0.085], np.float32) * (0.15 + 0.55 * folds[..., None])
    hang = np.maximum(
        smoothstep(0.865, 0.872, x), smoothstep(0.618, 0.610, x) * smoothstep(0.565, 0.572, x)
    )
    picture[:] = mix(picture, cloth * (1.15 - 0.6 * y)[..., None], hang * smoothstep(0.69, 0.68, y))


def _draw_things(painter: QPainter, width: int, height: int) -> None:
    """The lamp, a pile of books and a mug; lengths in picture heights."""
    painter.scale(height, height)
    painter.setPen(Qt.PenStyle.NoPen)
    middle = _LAMP[0] * width / height
    _draw_lamp(painter, middle)
    for level, (left, wide, tall, colour) in enumerate(
        (
            (0.52, 0.36, 0.045, "#27405e"),
            (0.55, 0.31, 0.055, "#8a3a24"),
            (0.53, 0.33, 0.038, "#c9b48a"),
        )
    ):
        bottom = 0.80 - sum((0.045, 0.055, 0.038)[:level])
        shade = QLinearGradient(QPointF(left, 0), QPointF(left + wide, 0))
        shade.setColorAt(0.0, QColor(colour).lighter(150))
        shade.setColorAt(1.0, QColor(colour).darker(210))
        painter.setBrush(shade)
        painter.drawRoundedRect(QRectF(left, bottom - tall, wide, tall), 0.006, 0.006)
        painter.setBrush(QColor(240, 220, 180, 70))
        painter.drawRect(QRectF(left + 0.02, bottom - tall * 0.72, wide - 0.04, tall * 0.08))
    mug = QLinearGradient(QPointF(1.42, 0), QPointF(1.57, 0))
    for stop, colour in ((0.0, "#f3e3cc"), (0.3, "#cdbda8"), (0.75, "#6d6660"), (1.0, "#3a3a40")):
        mug.setColorAt(stop, QColor(colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("#5d5852"), 0.016))
    painter.drawEllipse(QRectF(1.545, 0.765, 0.06, 0.085))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mug)
    painter.drawRoundedRect(QRectF(1.42, 0.735, 0.15, 0.15), 0.02, 0.02)
    painter.setBrush(QColor("#2a1a12"))
    painter.drawEllipse(QRectF(1.424, 0.724, 0.142, 0.026))


def _draw_lamp(painter: QPainter, middle: float) -> None:
    painter.setBrush(QColor("#5a4a38"))
    painter.drawRect(QRectF(middle - 0.010, 0.42, 0.020, 0.34))
    painter.drawEllipse(QRectF(middle - 0.09, 0.745, 0.18, 0.045))
    glow = QRadialGradient(QPointF(middle, 0.36), 0.26)
    glow.setColorAt(0.0, QColor("#fff6dc"))
    glow.setColorAt(0.55, QColor("#ffd596"))
    glow.setColorAt(1.0, QColor("#d58a3e"))
    painter.setBrush(glow)
    painter.drawPolygon(
        [
            QPointF(middle - 0.10, 0.20),
            QPointF(middle + 0.10, 0.20),
            QPointF(middle + 0.19, 0.46),
            QPointF(middle - 0.19, 0.46),
        ]
    )


def _clock_sheet(side: int, time_s: float, shake: float) -> np.ndarray:
    """The clock from the front: bells, hammer, feet and a face at seven o'clock."""

    def draw(painter: QPainter) -> None:
        painter.scale(side / 2.4, side / 2.4)
        painter.translate(1.2, 1.42)
        painter.setPen(QPen(QColor("#3b3f44"), 0.07))
        painter.drawLine(QPointF(-0.5, 0.75), QPointF(-0.68, 0.95))
        painter.drawLine(QPointF(0.5, 0.75), QPointF(0.68, 0.95))
        painter.drawArc(QRectF(-0.34, -1.36, 0.68, 0.6), 0, 180 * 16)
        swing = 0.14 if shake > 0 else -0.14 if shake < 0 else 0.0
        painter.drawLine(QPointF(0, -0.85), QPointF(swing, -1.22))
        painter.setPen(Qt.PenStyle.NoPen)
        for side_sign in (-1, 1):
            bell = QRadialGradient(QPointF(side_sign * 0.55 - 0.16, -1.08), 0.48)
            for stop, colour in ((0.0, "#fff3d0"), (0.3, "#d9a654"), (1.0, "#5b3a12")):
                bell.setColorAt(stop, QColor(colour))
            painter.setBrush(bell)
            painter.save()
            painter.translate(side_sign * 0.55, -0.88)
            painter.rotate(side_sign * 28)
            painter.drawChord(QRectF(-0.36, -0.30, 0.72, 0.60), 0, 180 * 16)
            painter.restore()
        _draw_face(painter, time_s)

    return paint(side, side, draw)


def _draw_face(painter: QPainter, time_s: float) -> None:
    for radius, stops in (
        (0.92, ((0.0, "#f7d9a0"), (0.4, "#a5702c"), (1.0, "#3a220c"))),
        (0.80, ((0.0, "#fbf3df"), (0.6, "#e8dcc2"), (1.0, "#a3967e"))),
    ):
        shade = QRadialGradient(QPointF(-0.4, -0.35), radius * 1.6)
        for stop, colour in stops:
            shade.setColorAt(stop, QColor(colour))
        painter.setBrush(shade)
        painter.drawEllipse(QPointF(0, 0), radius, radius)
    font = QFont()
    font.setPixelSize(20)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor("#26221c"))
    for hour in range(1, 13):
        angle = np.radians(hour * 30)
        painter.save()
        painter.translate(0.62 * np.sin(angle), -0.62 * np.cos(angle))
        painter.scale(0.0085, 0.0085)
        painter.drawText(QRectF(-20, -14, 40, 28), Qt.AlignmentFlag.AlignCenter, str(hour))
        painter.restore()
    for degrees, long, wide in ((209.5, 0.40, 0.055), (354 + time_s * 0.1, 0.58, 0.04)):
        _draw_hand(painter, degrees, long, wide, "#1d1a16")
    _draw_hand(painter, np.floor(time_s) * 6 + 90, 0.66, 0.016, "#9c1f17")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#1d1a16"))
    painter.drawEllipse(QPointF(0, 0), 0.045, 0.045)
    painter.setBrush(QColor(255, 255, 255, 26))
    painter.drawChord(QRectF(-0.76, -0.76, 1.52, 1.52), 60 * 16, 110 * 16)


def _draw_hand(painter: QPainter, degrees: float, long: float, wide: float, colour: str) -> None:
    painter.save()
    painter.rotate(degrees)
    pen = QPen(QColor(colour), wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawLine(QPointF(0, 0.08), QPointF(0, -long))
    painter.restore()
