"""Sailing boats beating to windward: a moving sea that mirrors its sky, under drifting clouds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sample.picture import fractal_noise, mix, place, sample_tiled, smoothstep
from sample.scenes.sailing_boat import KEEL_M, Boat, boat_sheet

EYE_HEIGHT_M = 2.6
GRAVITY_M_S2 = 9.81
DEEP = np.array([0.012, 0.055, 0.085], np.float32)


BOATS = (
    Boat(-16.0, 62.0, 1.6, "#f4f2ea", "#1c2f57", "GBR 71", 13.0),
    Boat(3.5, 37.0, 1.3, "#fbfaf5", "#c9ccd0", "ESP 18", 17.0),
    Boat(24.0, 80.0, 1.5, "#efece0", "#7c1620", "NZL 5", 12.0),
    Boat(-38.0, 105.0, 1.9, "#f1f0ec", "#e4e4e4", "FRA 40", 14.0),
    Boat(50.0, 150.0, 1.2, "#ece9df", "#203a36", "USA 9", 12.0),
)


@dataclass(frozen=True)
class Sea:
    """Long-crested waves: direction, wave number and slope amplitude of each."""

    directions: np.ndarray
    numbers: np.ndarray
    slopes: np.ndarray
    phases: np.ndarray


def frames(shape: tuple[int, int], rate_hz: int, count: int) -> Iterator[np.ndarray]:
    """Linear RGB pictures (height, width, 3) of a regatta."""
    focal_px = 1.55 * shape[0]
    sea, clouds = _make_sea(), fractal_noise((512, 1024), 7, 31, 4)
    ripples = fractal_noise((512, 512), 5, 32, 16)
    sheets = [boat_sheet(boat, focal_px / boat.away_m) for boat in BOATS]
    for index in range(count):
        time_s = index / rate_hz
        horizon = shape[0] * (0.57 + 0.006 * np.sin(time_s * 0.9) + 0.003 * np.sin(time_s * 2.1))
        picture = _sky(shape, focal_px, horizon, clouds, time_s)
        _shore(picture, horizon, ripples)
        mirror = _upside_down(picture, horizon)
        boats = []
        for boat, sheet in sorted(zip(BOATS, sheets, strict=True), key=lambda b: -b[0].away_m):
            turned, left, waterline = _sail(shape, sheet, boat, focal_px, horizon, time_s)
            keel = KEEL_M * focal_px / boat.away_m
            place(mirror, turned[::-1], left, waterline - keel)
            boats.append((turned, left, waterline - turned.shape[0] + keel))
        _water(picture, mirror, focal_px, horizon, sea, ripples, time_s)
        for turned, left, top in boats:
            place(picture, turned, left, top)
        yield picture


def _upside_down(picture: np.ndarray, horizon: float) -> np.ndarray:
    """What a calm sea would show below the horizon."""
    rows = np.arange(picture.shape[0])
    return picture[np.clip(np.round(2 * horizon - rows), 0, int(horizon)).astype(int)].copy()


def _make_sea() -> Sea:
    generator = np.random.default_rng(33)
    lengths_m = np.geomspace(0.35, 17.0, 22)
    angles = np.radians(75 + generator.normal(0, 32, len(lengths_m)))
    return Sea(
        np.stack([np.cos(angles), np.sin(angles)], axis=1),
        2 * np.pi / lengths_m,
        0.030 + 0.028 * generator.random(len(lengths_m)),
        generator.random(len(lengths_m)) * 2 * np.pi,
    )


def _sky(
    shape: tuple[int, int], focal_px: float, horizon: float, clouds: np.ndarray, time_s: float
) -> np.ndarray:
    """Blue that pales towards the horizon; clouds on a level layer high above."""
    height, width = shape
    x = (np.arange(width, dtype=np.float32) - width / 2)[None, :] / focal_px
    rise = np.maximum(horizon - np.arange(height, dtype=np.float32), 0.5)[:, None] / focal_px
    zenith = np.array([0.10, 0.24, 0.52], np.float32)
    pale = np.array([0.66, 0.76, 0.84], np.float32)
    picture = mix(pale, zenith, (smoothstep(-0.05, 0.75, rise) * np.ones_like(x))[..., None])
    reach = 1.0 / (rise + 0.06)
    body = sample_tiled(clouds, (x * reach) * 90 + time_s * 3.0, reach * 75 + np.zeros_like(x))
    lit = sample_tiled(
        clouds, (x * reach) * 90 + time_s * 3.0 + 5, reach * 75 + 4 + np.zeros_like(x)
    )
    cover = smoothstep(0.47, 0.66, body) * smoothstep(0.0, 0.12, rise)
    shade = np.clip(1.02 - 1.3 * (body - 0.5) + 2.2 * (body - lit), 0.55, 1.25)
    return mix(picture, shade[..., None] * np.array([1.0, 0.985, 0.965], np.float32), cover * 0.92)


def _shore(picture: np.ndarray, horizon: float, ripples: np.ndarray) -> None:
    """Hills in the haze on the far side of the bay."""
    width = picture.shape[1]
    x = np.arange(width, dtype=np.float32)
    rows = np.arange(picture.shape[0], dtype=np.float32)[:, None]
    for layer, (tall, colour) in enumerate(
        ((0.085, (0.36, 0.45, 0.54)), (0.040, (0.17, 0.24, 0.24)))
    ):
        line = sample_tiled(ripples, x * 0.12 + 90 * layer, np.full_like(x, 40.0 + 120 * layer))
        top = horizon - picture.shape[0] * tall * (line * 1.9 - 0.45)
        picture[:] = mix(picture, np.array(colour, np.float32), smoothstep(-1, 1, rows - top))


def _sail(
    shape: tuple[int, int],
    sheet: np.ndarray,
    boat: Boat,
    focal_px: float,
    horizon: float,
    time_s: float,
) -> tuple[np.ndarray, float, float]:
    """A boat's sheet, heeled and rocked by shearing it, with its left edge and its waterline."""
    scale = focal_px / boat.away_m
    swing = np.sin(time_s * 1.5 + boat.away_m) * 1.6 + np.sin(time_s * 0.7 + boat.right_m)
    slope = np.tan(np.radians(boat.heel_deg + swing))
    height, width = sheet.shape[:2]
    above = (height - KEEL_M * scale - np.arange(height, dtype=np.float32))[:, None]
    columns = np.arange(width, dtype=np.float32)[None] - above * slope
    rows = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], columns.shape)
    inside = (columns >= 0) & (columns < width - 1)
    turned = sample_tiled(sheet, np.clip(columns, 0, width - 2), rows) * inside[..., None]
    centre = shape[1] / 2 + (boat.right_m + boat.speed_m_s * time_s) * scale
    heave = 0.16 * np.sin(time_s * 1.9 + boat.right_m) * scale
    return turned, centre - width / 2, horizon + EYE_HEIGHT_M * scale - heave


def _water(
    picture: np.ndarray,
    mirror: np.ndarray,
    focal_px: float,
    horizon: float,
    sea: Sea,
    ripples: np.ndarray,
    time_s: float,
) -> None:
    """The sea from the horizon down: its own deep colour, and the mirror image bent by waves."""
    height, width = picture.shape[:2]
    first = int(horizon) + 1
    x = (np.arange(width, dtype=np.float32) - width / 2)[None, :]
    drop = np.arange(first, height, dtype=np.float32)[:, None] + 0.5 - horizon
    away = EYE_HEIGHT_M * focal_px / drop
    right = x * away / focal_px
    slope_x, slope_y = _slopes(sea, right, away, time_s, focal_px)
    fine = sample_tiled(ripples, right * 40 + time_s * 22, away * 26 - time_s * 31) - 0.5
    fine = fine * smoothstep(60, 6, away)
    slope_x, slope_y = slope_x + fine * 0.20, slope_y + fine * 0.30
    facing = np.clip(drop / focal_px + 0.05 - slope_y * 0.9, 0.03, 1.0)
    share = np.clip(0.02 + 0.98 * (1 - facing) ** 5, 0.0, 0.80)
    rows = (
        first + np.arange(len(drop))[:, None] + focal_px * (np.abs(slope_y) * 0.45 + slope_y * 0.2)
    )
    columns = x + width / 2 + slope_x * 0.35 * focal_px
    bent = sample_tiled(mirror, np.clip(columns, 0, width - 2), np.clip(rows, first, height - 2))
    own = DEEP * (1.0 + 4.0 * np.clip(slope_y + 0.1, 0, 1))[..., None]
    sea_picture = mix(own, bent, share)
    foam = smoothstep(0.21, 0.34, slope_y + 0.5 * fine) * smoothstep(150, 12, away)
    sea_picture = mix(sea_picture, np.array([0.80, 0.85, 0.88], np.float32), foam * 0.8)
    glint = smoothstep(0.16, 0.30, slope_y - slope_x * 0.5) * smoothstep(
        0.3, 0.0, np.abs(x / width)
    )
    picture[first:] = sea_picture + (glint * 0.5)[..., None] * np.array([1.0, 0.96, 0.88])


def _slopes(
    sea: Sea, right: np.ndarray, away: np.ndarray, time_s: float, focal_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the surface to the right and away; waves too small for their pixels fade out."""
    pixel_m = away * away / (EYE_HEIGHT_M * focal_px)
    slope_x = np.zeros(np.broadcast_shapes(right.shape, away.shape), np.float32)
    slope_y = np.zeros_like(slope_x)
    for direction, number, slope, phase in zip(
        sea.directions, sea.numbers, sea.slopes, sea.phases, strict=True
    ):
        turn = np.sqrt(GRAVITY_M_S2 * number) * time_s
        angle = number * (direction[0] * right + direction[1] * away) - turn + phase
        crest = np.cos(angle) * slope * smoothstep(1.6, 0.4, pixel_m * number / np.pi)
        slope_x += (crest * direction[0]).astype(np.float32)
        slope_y += (crest * direction[1]).astype(np.float32)
    return slope_x, slope_y
