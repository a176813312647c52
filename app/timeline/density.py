"""How dense events are, column by column: kept per row and zoom, drawn as a strip."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.timeline.coverage import Floats, coverage
from app.timeline.event_rows import TimeRow
from app.timeline.time_scale import TimeScale

LEAST_OPACITY, MORE_OPACITY = 0.15, 0.65
KEPT_ROWS = 512
Words = npt.NDArray[np.uint32]
# Microseconds per column, where columns are counted from, the first one and how many.
Raster = tuple[float, int, int, int]


def density_words(share: Floats, colour: str) -> Words:
    """Premultiplied ARGB words in the shape of ``share``."""
    alpha = np.rint(share * (255 * MORE_OPACITY) + 255 * LEAST_OPACITY)
    return np.take(_inks(colour), np.where(share > 0, alpha, 0).astype(np.uint8))


class DensityStrips:
    """Rows of one colour as density: worked out for many rows at once, and kept for a scale."""

    def __init__(self, colour: str) -> None:
        self._colour = colour
        # By the id of the row, which is kept along so that its id stays its own.
        self._kept: OrderedDict[int, tuple[TimeRow, Raster, Words]] = OrderedDict()

    def words(self, rows: Sequence[TimeRow], scale: TimeScale) -> list[Words]:
        """The pixels of each row, from the left edge to the right one."""
        raster = (scale.us_per_column, scale.anchor_us, scale.first_column, scale.column_count)
        kept = self._kept
        missing = [row for row in rows if id(row) not in kept or kept[id(row)][1] != raster]
        shares = coverage(missing, scale, scale.column_count + 1)
        for row, words in zip(missing, density_words(shares, self._colour), strict=True):
            kept[id(row)] = (row, raster, words)
        found = [kept[id(row)][2] for row in rows]
        for row in rows:
            kept.move_to_end(id(row))
        while len(kept) > max(KEPT_ROWS, len(rows)):
            kept.popitem(last=False)
        return found


@lru_cache(maxsize=64)
def _inks(colour: str) -> Words:
    """A colour at each of 256 opacities, as premultiplied ARGB words."""
    parts = QColor(colour)
    alpha = np.arange(256)
    red, green, blue = (
        np.rint(alpha / 255 * part).astype(np.uint32)
        for part in (parts.red(), parts.green(), parts.blue())
    )
    return (alpha.astype(np.uint32) << 24 | red << 16 | green << 8 | blue).astype(np.uint32)


def premultiplied(colour: QColor) -> int:
    """A colour as it is kept in a pixel that can be seen through."""
    alpha = colour.alpha()
    red, green, blue = (
        round(alpha / 255 * part) for part in (colour.red(), colour.green(), colour.blue())
    )
    return alpha << 24 | red << 16 | green << 8 | blue


def draw_strip(
    painter: QPainter, words: Words, place: QPointF, height_px: float, pixel_ratio: float
) -> None:
    """Draw columns of one colour each, premultiplied ARGB words (n,), as high as a box.

    As many lines as there are: stretching one over the height takes ten times as long.
    """
    lines = np.repeat(words[np.newaxis], max(round(height_px * pixel_ratio), 1), axis=0)
    image = _image(lines)
    image.setDevicePixelRatio(pixel_ratio)
    painter.drawImage(place, image)


def _image(words: Words) -> QImage:
    """A picture that borrows its pixels (height, width)."""
    height, width = words.shape
    image_format = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(words.data, width, height, 4 * width, image_format)
