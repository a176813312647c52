"""What all scenes share: noise textures, cameras, and the look of a real lens and sensor.

Pictures are float32 (height, width, 3) of linear light, 1.0 being white paper in the scene's key
light, until :func:`develop` turns them into bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage, QPainter

Picture = np.ndarray


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, smooth between; also falling when high < low."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Linear blend; ``share`` of shape (h, w) is spread over the colours."""
    if isinstance(share, np.ndarray) and share.ndim == 2:
        share = share[..., None]
    return first + (second - first) * share


def fractal_noise(
    shape: tuple[int, int], octaves: int, seed: int, first_cells: int = 4
) -> np.ndarray:
    """Tileable value noise in [0, 1], (height, width), octave by octave at half the strength."""
    generator = np.random.default_rng(seed)
    total = np.zeros(shape, np.float32)
    strength, sum_of_strengths = 1.0, 0.0
    for octave in range(octaves):
        cells = first_cells * 2**octave
        grid = generator.random((cells, cells), np.float32)
        total += strength * sample_tiled(
            grid,
            np.arange(shape[1], dtype=np.float32)[None, :] * (cells / shape[1]),
            np.arange(shape[0], dtype=np.float32)[:, None] * (cells / shape[0]),
        )
        sum_of_strengths += strength
        strength *= 0.5
    return total / sum_of_strengths


def sample_tiled(texture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear look-up in a repeating texture at (x, y) in texture pixels."""
    height, width = texture.shape[:2]
    left, top = np.floor(x), np.floor(y)
    dx, dy = x - left, y - top
    if texture.ndim == 3:
        dx, dy = dx[..., None], dy[..., None]
    x0, y0 = left.astype(np.int32) % width, top.astype(np.int32) % height
    x1, y1 = (x0 + 1) % width, (y0 + 1) % height
    upper = texture[y0, x0] * (1 - dx) + texture[y0, x1] * dx
    lower = texture[y1, x0] * (1 - dx) + texture[y1, x1] * dx
    return (upper * (1 - dy) + lower * dy).astype(np.float32)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in a right-handed world with z up; lengths in metres."""

    eye: np.ndarray
    target: np.ndarray
    focal: float  # in units of the picture's height

    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors to the right, down and forward."""
        forward = unit(self.target - self.eye)
        right = unit(np.cross(forward, np.array([0.0, 0.0, 1.0])))
        return right, np.cross(forward, right), forward

    def rays(self, shape: tuple[int, int]) -> np.ndarray:
        """Unit directions (height, width, 3) through the centres of the pixels."""
        height, width = shape
        right, down, forward = (axis.astype(np.float32) for axis in self.axes())
        x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height
        y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / height
        rays = forward * self.focal + x[None, :, None] * right + y[:, None, None] * down
        return rays / np.linalg.norm(rays, axis=2, keepdims=True)

    def project(self, point: np.ndarray, shape: tuple[int, int]) -> tuple[float, float, float]:
        """Pixel (x, y) of a point, and the pixels per metre at its depth."""
        right, down, forward = self.axes()
        away = point - self.eye
        depth = max(float(away @ forward), 1e-3)
        scale = self.focal * shape[0] / depth
        return (
            shape[1] / 2 + float(away @ right) * scale,
            shape[0] / 2 + float(away @ down) * scale,
            scale,
        )


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def paint(width: int, height: int, draw: Callable[[QPainter], None]) -> np.ndarray:
    """Draw with Qt on a transparent sheet; float32 (height, width, 4): linear RGB, coverage."""
    sheet = QImage(width, height, QImage.Format.Format_RGBA8888)
    sheet.fill(0)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    rows = np.frombuffer(sheet.constBits(), np.uint8).reshape(height, sheet.bytesPerLine())
    pixels = rows[:, : width * 4].reshape(height, width, 4).astype(np.float32) / 255.0
    pixels[..., :3] = pixels[..., :3] ** 2.2
    return pixels


def blur(picture: np.ndarray, radius_px: int, axis: int) -> np.ndarray:
    """Box blur along one axis, (2 * radius + 1) pixels wide, edges repeated."""
    if radius_px < 1:
        return picture
    pad = [(0, 0)] * picture.ndim
    pad[axis] = (radius_px + 1, radius_px)
    sums = np.cumsum(np.pad(picture, pad, mode="edge"), axis=axis, dtype=np.float64)
    span = 2 * radius_px + 1
    length = picture.shape[axis]
    upper = np.take(sums, np.arange(span, span + length), axis=axis)
    lower = np.take(sums, np.arange(length), axis=axis)
    return ((upper - lower) / span).astype(np.float32)


def soft(picture: np.ndarray, radius_px: int) -> np.ndarray:
    """Two box blurs each way: close to the disc of a lens out of focus."""
    for _ in range(2):
        picture = blur(blur(picture, radius_px, 0), radius_px, 1)
    return picture


def shrink(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Mean over the area that each pixel of the smaller picture covers."""
    return _shrink_axis(_shrink_axis(picture, shape[0], 0), shape[1], 1)


def _shrink_axis(picture: np.ndarray, after: int, axis: int) -> np.ndarray:
    """Differences of the running sum, read between its steps."""
    before = picture.shape[axis]
    turned = np.moveaxis(picture, axis, 0)
    sums = np.zeros((before + 1, *turned.shape[1:]))
    np.cumsum(turned, axis=0, out=sums[1:])
    edges = np.linspace(0, before, after + 1)
    whole = np.minimum(edges.astype(int), before - 1)
    share = (edges - whole).reshape(-1, *[1] * (turned.ndim - 1))
    at_edges = sums[whole] + turned[whole] * share
    return np.moveaxis(np.diff(at_edges, axis=0) * (after / before), 0, axis).astype(np.float32)


def spread(picture: np.ndarray, radius_px: int) -> np.ndarray:
    """A wide soft blur, worked out at an eighth of the size."""
    height, width = picture.shape[:2]
    small = soft(shrink(picture, (height // 8, width // 8)), max(1, radius_px // 8))
    x = np.clip((np.arange(width, dtype=np.float32) + 0.5) / 8 - 0.5, 0, width // 8 - 1.001)
    y = np.clip((np.arange(height, dtype=np.float32) + 0.5) / 8 - 0.5, 0, height // 8 - 1.001)
    return sample_tiled(small, np.tile(x, (height, 1)), np.tile(y[:, None], (1, width)))


def place(picture: np.ndarray, sheet: np.ndarray, left: float, top: float) -> None:
    """Lay a sheet, whose last channel is its coverage, over the picture at a whole pixel."""
    x, y = round(left), round(top)
    height, width = sheet.shape[:2]
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + width, picture.shape[1]), min(y + height, picture.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = sheet[y0 - y : y1 - y, x0 - x : x1 - x]
    window = picture[y0:y1, x0:x1]
    window += (part[..., :-1] - window) * part[..., -1:]


def develop(picture: np.ndarray, generator: np.random.Generator, grain: float = 0.012) -> Picture:
    """Linear light -> uint8: bloom, vignette, film-like shoulder, gamma and sensor grain."""
    height, width = picture.shape[:2]
    bright = np.maximum(picture - 0.9, 0.0)
    picture = picture + 0.25 * spread(bright, height // 30)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    picture = picture * (1.0 - 0.13 * (x * x + y * y))[..., None]
    # Hable's shoulder in its simplest form: highlights bend instead of being cut off.
    picture = picture * (1.0 + picture / 9.0) / (1.0 + picture * 0.55)
    encoded = np.clip(picture, 0.0, 1.0) ** (1 / 2.2)
    encoded = encoded + 0.35 * (encoded - 0.5) * encoded * (1.0 - encoded)
    noise = generator.standard_normal((height, width, 1), np.float32)
    noise = noise + 0.4 * generator.standard_normal((height, width, 3), np.float32)
    encoded += noise * grain * (1.2 - encoded)
    return np.clip(encoded * 255.0 + 0.5, 0, 255).astype(np.uint8)
