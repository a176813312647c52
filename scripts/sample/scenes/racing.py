"""Stock cars on a straight, followed by a panning camera: sharp cars, streaked background."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from sample.picture import blur, fractal_noise, mix, paint, place, sample_tiled, smoothstep, soft
from sample.scenes.racing_car import HEIGHT_M, LENGTH_M, Car, car_sheet

SPEED_M_S = 46.0
SHUTTER_S = 1 / 45
EYE_HEIGHT_M = 1.75
TEXEL_M = 0.05
# The strip behind the track is so far away, and slips past by so much less than the barrier would.
BACKDROP_M, BACKDROP_SHARE = 27.0, 0.5


CARS = (
    Car("#1d3fb8", "#f4c20d", "7", 16.0, -8.0, 1.5),
    Car("#c3121c", "#f7f7f7", "16", 12.2, -1.0, 0.18),
    Car("#e9eaec", "#0fb5a6", "44", 14.0, 7.5, -1.25),
    Car("#f07a13", "#14264f", "4", 12.9, -16.0, 1.75),
)


def frames(shape: tuple[int, int], rate_hz: int, count: int) -> Iterator[np.ndarray]:
    """Linear RGB pictures (height, width, 3) of a few seconds of a race."""
    focal_px = 2.5 * shape[0]
    ground, backdrop = _ground_texture(), _backdrop(shape)
    sheets = [car_sheet(car, focal_px / car.depth_m) for car in CARS]
    generator = np.random.default_rng(3)
    shake = np.cumsum(generator.normal(0, 0.5, (count, 2)), axis=0)
    shake -= np.linspace(0, 1, count)[:, None] * shake[-1]
    for index in range(count):
        time_s = index / rate_hz
        pan_m = SPEED_M_S * time_s
        horizon = 0.24 * shape[0] + shake[index, 1]
        picture = _scenery(shape, focal_px, horizon, pan_m, ground, backdrop)
        for order in np.argsort([-car.depth_m for car in CARS]):
            car = CARS[order]
            scale = focal_px / car.depth_m
            centre_m = car.ahead_m + car.gain_m_s * time_s + 0.2 * np.sin(time_s * 0.9 + order)
            left = shape[1] / 2 + (centre_m - LENGTH_M / 2) * scale + shake[index, 0]
            road = horizon + EYE_HEIGHT_M * scale
            tremble = generator.normal(0, 0.004) * scale
            place(picture, sheets[order], left, road - HEIGHT_M * scale + tremble)
        yield picture


def _ground_texture() -> np.ndarray:
    """Asphalt, kerb and grass along the track, (across, along, RGB), smeared by the shutter.

    Rows run from the near edge, 4 m from the camera, away in steps of ``TEXEL_M``.
    """
    rows, columns = 1024, 1024
    along = np.arange(columns) * TEXEL_M
    away = 4.0 + np.arange(rows) * TEXEL_M
    coarse, fine = (
        fractal_noise((rows, columns), 5, 21, 8),
        fractal_noise((rows, columns), 7, 22, 64),
    )
    grey = 0.115 + 0.05 * (coarse - 0.5) + 0.06 * (fine - 0.5)
    texture = grey[..., None] * np.array([1.0, 0.99, 0.97])
    for line_m, strength in ((11.4, 0.45), (13.1, 0.5), (15.0, 0.35)):
        rubber = np.exp(-(((away - line_m) / 0.28) ** 2)) * strength
        texture *= (1.0 - rubber)[:, None, None]
    texture[np.abs(away - 9.6) < 0.09] = 0.62
    texture[np.abs(away - 19.0) < 0.09] = 0.62
    gravel = np.array([0.30, 0.25, 0.19]) * (0.55 + 0.9 * (fine - 0.1))[..., None]
    grass = np.array([0.075, 0.13, 0.035]) * (0.45 + 0.8 * fine + 0.4 * coarse)[..., None]
    texture = np.where((away > 20.6)[:, None, None], gravel, texture)
    texture = np.where((away > 24.5)[:, None, None], grass, texture)
    run_off = np.array([0.20, 0.205, 0.21]) * (0.75 + 0.5 * fine)[..., None]
    texture = np.where((away < 8.6)[:, None, None], run_off, texture)
    painted = (away < 7.3) & (away > 6.5)
    texture = np.where(
        painted[:, None, None],
        np.array([0.03, 0.07, 0.28]) * (0.8 + 0.4 * fine)[..., None],
        texture,
    )
    on_kerb = ((away > 8.6) & (away < 9.5)) | ((away > 19.1) & (away < 20.3))
    red = np.where(((along // 0.8) % 2 < 1)[:, None], [0.50, 0.022, 0.02], [0.66, 0.65, 0.62])
    worn = (0.75 + 0.4 * coarse)[..., None]
    texture = np.where(on_kerb[:, None, None], red[None] * worn, texture)
    smear = round(SPEED_M_S * SHUTTER_S / TEXEL_M / 2)
    wide = np.concatenate([texture[:, -smear:], texture, texture[:, :smear]], axis=1)
    return blur(wide, smear, 1)[:, smear:-smear].astype(np.float32)


def _backdrop(shape: tuple[int, int]) -> np.ndarray:
    """What stands behind the track on one long strip: barrier, fence, people, trees, sky."""
    height, width = shape[0] // 2, shape[1] * 3
    generator = np.random.default_rng(8)
    y = np.linspace(1.0, 0.0, height)[:, None]  # 0 at the ground, 1 at the top
    clouds = fractal_noise((height, width), 6, 23, 5)
    blue = np.array([0.60, 0.70, 0.82], np.float32) * np.ones((height, width, 1), np.float32)
    sky = mix(blue, np.array([0.95, 0.95, 0.94]), smoothstep(0.45, 0.75, clouds))
    leaves = fractal_noise((height, width), 7, 24, 24)
    crowns = 0.72 + 0.16 * fractal_noise((1, width), 5, 25, 9)[0]
    tree = np.array([0.045, 0.085, 0.03]) * (0.3 + 1.5 * leaves**2)[..., None]
    strip = np.where((y < crowns[None])[..., None], tree, sky * (1.1 - 0.3 * y)[..., None])
    shirts = generator.random((height // 5 + 1, width // 4 + 1, 3)) ** 1.8 * 0.5
    people = np.repeat(np.repeat(shirts, 5, axis=0), 4, axis=1)[:height, :width]
    bank = (y > 0.22) & (y < 0.40) & (leaves > 0.38)
    strip = np.where(bank[..., None], 0.5 * people + 0.5 * tree, strip)
    fence = (y > 0.16) & (y < 0.46)
    strip = np.where(fence[..., None], 0.72 * strip + 0.05, strip)
    boards = _boards(width, max(6, height // 7))
    strip[height - boards.shape[0] :] = boards
    strip[height - boards.shape[0] - height // 40 : height - boards.shape[0]] = 0.42
    smear = round(SPEED_M_S * SHUTTER_S * 2.5 * shape[0] / BACKDROP_M * BACKDROP_SHARE / 2)
    return blur(soft(strip.astype(np.float32), 1), smear, 1)


def _boards(width: int, height: int) -> np.ndarray:
    """Advertising of firms that do not exist, on the barrier."""

    def draw(painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, width, height), QColor("#20345c"))
        font = painter.font()
        font.setPixelSize(max(6, round(height * 0.66)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor("#e8e6da"))
        for left in range(0, width, 240):
            board = QRectF(left, 0, 240, height)
            painter.drawText(board, Qt.AlignmentFlag.AlignCenter, "AVSCOPE")

    return paint(width, height, draw)[..., :3]


def _scenery(
    shape: tuple[int, int],
    focal_px: float,
    horizon: float,
    pan_m: float,
    ground: np.ndarray,
    backdrop: np.ndarray,
) -> np.ndarray:
    """Ground in perspective below, the strip behind the track above."""
    height, width = shape
    x = np.arange(width, dtype=np.float32) - width / 2
    y = np.arange(height, dtype=np.float32) + 0.5 - horizon
    depth = EYE_HEIGHT_M * focal_px / np.maximum(y, 1.0)
    along = x[None, :] * (depth / focal_px)[:, None] + pan_m
    across = np.broadcast_to((depth[:, None] - 4.0) / TEXEL_M, along.shape)
    picture = sample_tiled(ground, along / TEXEL_M, np.clip(across, 0, ground.shape[0] - 2))
    haze = np.clip((depth - 12.0) / 120.0, 0, 0.25)[:, None, None]
    picture = picture * 1.35 * (1 - haze) + 0.6 * haze
    foot = horizon + EYE_HEIGHT_M * focal_px / BACKDROP_M
    first = round(foot) - backdrop.shape[0]
    shift = pan_m * focal_px / BACKDROP_M * BACKDROP_SHARE + x + width
    columns = shift.astype(np.int64) % backdrop.shape[1]
    rows = np.clip(np.arange(height) - first, 0, backdrop.shape[0] - 1)
    behind = backdrop[rows[:, None], columns[None]]
    share = smoothstep(foot + 1, foot - 1, np.arange(height, dtype=np.float32))[:, None]
    return mix(picture, behind * 1.1, np.broadcast_to(share, (height, width))).astype(np.float32)
