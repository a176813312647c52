"""A street in the rain after dark: lit windows, a wet road that mirrors them, an ambulance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPen, QRadialGradient

from sample.picture import blur, fractal_noise, mix, paint, place, sample_tiled, smoothstep, spread

PASSES_S = (2.4, 6.4)
_KERB = 0.66
_WHEELS = 0.80
_VAN_HEIGHT = 0.30
DROPS = 420


def frames(shape: tuple[int, int], rate_hz: int, count: int) -> Iterator[np.ndarray]:
    """Linear RGB pictures (height, width, 3); the ambulance crosses during ``PASSES_S``."""
    houses = _houses(shape)
    ripples = fractal_noise((512, 512), 6, 52, 12)
    van = _van_sheet(round(shape[0] * _VAN_HEIGHT))
    generator = np.random.default_rng(53)
    for index in range(count):
        time_s = index / rate_hz
        picture = houses.copy()
        travelled = (time_s - PASSES_S[0]) / (PASSES_S[1] - PASSES_S[0])
        left = -van.shape[1] + travelled * (shape[1] + van.shape[1])
        top = _WHEELS * shape[0] - van.shape[0]
        beams = _beams(shape, left, van.shape[1], time_s) if -0.3 < travelled < 1.3 else 0.0
        picture += beams
        mirror = _upside_down(picture)
        place(mirror, van[::-1], left, _WHEELS * shape[0] - 2)
        _wet_road(picture, mirror, ripples, time_s)
        place(picture, van, left, top)
        if 0.0 <= travelled <= 1.0:
            picture += _flash(shape, left + van.shape[1] * 0.42, top, time_s)
        yield _rained_on(picture, generator)


def _houses(shape: tuple[int, int]) -> np.ndarray:
    """Facades with lit and dark windows, shop fronts, lamps and a pavement; road left dark."""
    height, width = shape

    def draw(painter: QPainter) -> None:
        painter.scale(height, height)
        painter.setPen(Qt.PenStyle.NoPen)
        generator = np.random.default_rng(51)
        left = -0.1
        while left < width / height:
            left += _draw_house(painter, generator, left)

    sheet = paint(width, height, draw)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : width / height : width * 1j].astype(np.float32)
    brick = fractal_noise(shape, 7, 54, 10)
    dusk = mix(
        np.array([0.030, 0.040, 0.085], np.float32),
        np.array([0.10, 0.075, 0.09], np.float32),
        smoothstep(0.0, 0.6, y),
    )
    clouds = 0.7 + 0.6 * fractal_noise(shape, 5, 55, 3)
    picture = mix(dusk * clouds[..., None], sheet[..., :3], sheet[..., 3])
    picture = picture * (0.75 + 0.5 * brick)[..., None]
    for lamp_x in np.arange(0.25, width / height, 0.62):
        pool = np.exp(-(((x - lamp_x) / 0.20) ** 2) - ((y - 0.60) / 0.16) ** 2)
        picture += pool[..., None] * np.array([0.20, 0.12, 0.045], np.float32)
        bulb = np.exp(-(((x - lamp_x) ** 2 + (y - 0.36) ** 2) / 0.00012))
        halo = np.exp(-(((x - lamp_x) ** 2 + (y - 0.36) ** 2) / 0.006))
        picture += bulb[..., None] * np.array([5.0, 3.4, 1.7], np.float32)
        picture += halo[..., None] * np.array([0.20, 0.12, 0.05], np.float32)
        post = smoothstep(0.006, 0.003, np.abs(x - lamp_x)) * (y > 0.37) * (y < _KERB)
        picture = mix(picture, np.array([0.01, 0.01, 0.012], np.float32), post)
    pavement = smoothstep(0.622, 0.626, y)
    stone = np.array([0.065, 0.06, 0.058], np.float32) * (0.6 + 0.8 * brick)[..., None]
    return mix(picture, stone + 0.25 * picture, pavement * 0.85).astype(np.float32)


def _draw_house(painter: QPainter, generator: np.random.Generator, left: float) -> float:
    """One house from ``left``, in picture heights; returns its width."""
    columns = int(generator.integers(3, 6))
    wide = columns * 0.105 + 0.05
    top = generator.uniform(0.02, 0.16)
    wall = QColor.fromHsvF(
        generator.uniform(0.02, 0.12), generator.uniform(0.2, 0.5), generator.uniform(0.16, 0.30)
    )
    painter.setBrush(wall)
    painter.drawRect(QRectF(left, top, wide, 0.64 - top))
    painter.setBrush(wall.lighter(140))
    painter.drawRect(QRectF(left, top, wide, 0.014))
    painter.drawRect(QRectF(left, 0.455, wide, 0.012))
    for row_top in np.arange(top + 0.05, 0.40, 0.115):
        for column in range(columns):
            x = left + 0.04 + column * 0.105
            lit = generator.random() < 0.42
            glow = QLinearGradient(QPointF(x, row_top), QPointF(x, row_top + 0.08))
            warm = QColor.fromHsvF(generator.uniform(0.08, 0.14), generator.uniform(0.35, 0.7), 1.0)
            glow.setColorAt(0.0, warm if lit else QColor("#1a2230"))
            glow.setColorAt(1.0, warm.darker(190) if lit else QColor("#0b0e14"))
            painter.setBrush(glow)
            painter.drawRect(QRectF(x, row_top, 0.062, 0.08))
            painter.setBrush(wall.lighter(170))
            painter.drawRect(QRectF(x - 0.004, row_top + 0.08, 0.07, 0.006))
            painter.setBrush(wall.darker(160))
            painter.drawRect(QRectF(x + 0.029, row_top, 0.004, 0.08))
    shop = QColor.fromHsvF(generator.uniform(0.05, 0.6), 0.35, 0.95)
    window = QLinearGradient(QPointF(0, 0.48), QPointF(0, 0.62))
    window.setColorAt(0.0, shop)
    window.setColorAt(1.0, shop.darker(230))
    painter.setBrush(window)
    painter.drawRect(QRectF(left + 0.03, 0.485, wide * 0.6, 0.125))
    painter.setBrush(wall.darker(240))
    painter.drawRect(QRectF(left + wide * 0.78, 0.49, 0.06, 0.145))
    return wide


def _upside_down(picture: np.ndarray) -> np.ndarray:
    """What still water in place of the road would show of the houses."""
    first = round(_KERB * picture.shape[0])
    rows = np.clip(2 * first - np.arange(picture.shape[0]), 0, first)
    return picture[rows]


def _wet_road(picture: np.ndarray, mirror: np.ndarray, ripples: np.ndarray, time_s: float) -> None:
    """Asphalt below the kerb, and in its film of water the street upside down."""
    height, width = picture.shape[:2]
    first = round(_KERB * height)
    rows = np.arange(first, height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    near = (rows - first) / (height - first)
    patter = sample_tiled(ripples, columns * 1.3 + 170 * time_s, rows * 3.1 - 260 * time_s) - 0.5
    puddle = smoothstep(0.42, 0.60, sample_tiled(ripples, columns * 0.25, rows * 1.1 + 70))
    rough = 10 + 26 * (1 - puddle)
    film = blur(mirror[first:], height // 45, 0)
    x = np.clip(columns + patter * 9, 0, width - 2)
    y = np.clip(rows - first + patter * rough, 0, height - first - 2)
    image = sample_tiled(film, x, y)
    tar = 0.016 * (0.5 + sample_tiled(ripples, columns * 2.3, rows * 6.0))
    road = tar[..., None] * np.array([1.0, 1.0, 1.1], np.float32)
    line = smoothstep(0.02, 0.012, np.abs(near - 0.62)) * (((columns / height) % 0.34) < 0.2)
    road = mix(road, np.array([0.14, 0.14, 0.13], np.float32), line)
    picture[first:] = road + image * (0.28 + 0.37 * puddle)[..., None]
    kerb = smoothstep(5, 3, np.abs(np.arange(first - 8, first + 2, dtype=np.float32) - first + 3))
    picture[first - 8 : first + 2] *= (1 - 0.55 * kerb)[:, None, None]


def _beams(shape: tuple[int, int], left: float, long: int, time_s: float) -> np.ndarray:
    """Blue light that sweeps over the facades."""
    x = np.arange(shape[1], dtype=np.float32)[None]
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    middle = left + long * 0.42
    spot = np.exp(-(((x - middle) / (0.5 * shape[0])) ** 2) - ((y / shape[0] - 0.5) / 0.25) ** 2)
    strength = max(0.0, np.sin(time_s * 2 * np.pi * 2.2)) ** 2
    return (spot * strength)[..., None] * np.array([0.015, 0.04, 0.22], np.float32)


def _flash(shape: tuple[int, int], x_px: float, y_px: float, time_s: float) -> np.ndarray:
    """The two lights on the roof, in turns."""
    x = np.arange(shape[1], dtype=np.float32)[None]
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    light = np.zeros(shape, np.float32)
    for sign in (-1, 1):
        on = max(0.0, np.sin(time_s * 2 * np.pi * 2.2 + (np.pi if sign > 0 else 0.0)))
        away = (x - x_px - sign * shape[0] * 0.05) ** 2 + (y - y_px - shape[0] * 0.012) ** 2
        light += on * (3.0 * np.exp(-away / 60) + 0.35 * np.exp(-away / 2600))
    return light[..., None] * np.array([0.15, 0.4, 1.6], np.float32)


def _van_sheet(height: int) -> np.ndarray:
    """An ambulance from its left side, driving to the right."""
    width = round(height * 2.1)

    def draw(painter: QPainter) -> None:
        painter.scale(height, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawEllipse(QRectF(0.05, 0.93, 2.0, 0.07))
        shade = QLinearGradient(QPointF(0, 0.1), QPointF(0, 0.9))
        for stop, colour in ((0.0, "#c9ced6"), (0.4, "#8d939c"), (1.0, "#3a3d44")):
            shade.setColorAt(stop, QColor(colour))
        painter.setBrush(shade)
        painter.drawRoundedRect(QRectF(0.06, 0.10, 1.30, 0.76), 0.05, 0.05)
        points = (
            (1.34, 0.24),
            (1.60, 0.24),
            (1.80, 0.50),
            (2.02, 0.56),
            (2.05, 0.86),
            (1.34, 0.86),
        )
        painter.drawPolygon([QPointF(*point) for point in points])
        painter.setBrush(QColor("#10141c"))
        glass = ((1.42, 0.30), (1.58, 0.30), (1.74, 0.50), (1.42, 0.50))
        painter.drawPolygon([QPointF(*point) for point in glass])
        painter.setBrush(QColor("#a8321f"))
        painter.drawRect(QRectF(0.06, 0.56, 1.96, 0.09))
        painter.setBrush(QColor("#d8c01e"))
        for step in range(12):
            painter.drawRect(QRectF(0.08 + step * 0.162, 0.66, 0.08, 0.07))
        font = QFont()
        font.setPixelSize(16)
        font.setBold(True)
        painter.save()
        painter.translate(0.28, 0.44)
        painter.scale(0.0105, 0.0105)
        painter.setFont(font)
        painter.setPen(QColor("#7a1d12"))
        painter.drawText(QPointF(0, 0), "AMBULANCE")
        painter.restore()
        painter.setBrush(QColor("#fff2c0"))
        painter.drawEllipse(QRectF(1.98, 0.62, 0.06, 0.08))
        painter.setBrush(QColor("#173a9c"))
        painter.drawRoundedRect(QRectF(0.72, 0.04, 0.36, 0.06), 0.02, 0.02)
        for centre in (0.42, 1.66):
            _draw_wheel(painter, centre)

    return paint(width, height, draw)


def _draw_wheel(painter: QPainter, centre: float) -> None:
    tyre = QRadialGradient(QPointF(centre, 0.85), 0.14)
    for stop, grey in ((0.0, 120), (0.45, 70), (0.5, 22), (1.0, 10)):
        tyre.setColorAt(stop, QColor(grey, grey, grey))
    painter.setBrush(tyre)
    painter.drawEllipse(QPointF(centre, 0.85), 0.14, 0.14)


def _rained_on(picture: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Streaks of falling drops that catch the light behind them, and a veil of mist."""
    height, width = picture.shape[:2]

    def draw(painter: QPainter) -> None:
        for _ in range(DROPS):
            x, y = generator.uniform(-20, width), generator.uniform(-40, height)
            long = generator.uniform(0.02, 0.09) * height
            painter.setPen(QPen(QColor(255, 255, 255, int(generator.integers(20, 75))), 1.1))
            painter.drawLine(QPointF(x, y), QPointF(x + long * 0.10, y + long))

    streaks = paint(width, height, draw)[..., 3:]
    light = spread(picture, height // 12)
    veil = picture * 0.93 + 0.07 * light
    return (veil + streaks * (0.5 * light + 0.02)).astype(np.float32)
