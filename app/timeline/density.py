"""How dense events are, column by column: kept per row and zoom, drawn as a strip."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.timeline.event_rows import Floats, TimeRow
from app.timeline.time_scale import TimeScale

LEAST_OPACITY, MORE_OPACITY = 0.15, 0.65
KEPT_ROWS = 512
Words = npt.NDArray[np.uint32]


def density_image(share: Floats, colour: str) -> QImage:
    """A picture one pixel high: ``colour`` with an opacity that rises with ``share`` (n,)."""
    return _image(_density_words(share, colour)[np.newaxis]).copy()


class DensityStrips:
    """Draws rows of one colour as density.

    What was worked out for a row at a zoom is kept: scrolling adds the columns that come into view.
    """

    def __init__(self, colour: str) -> None:
        self._colour = colour
        # By the id of the row, which is kept along so that its id stays its own.
        self._kept: OrderedDict[int, tuple[TimeRow, tuple[float, int], int, Words]] = OrderedDict()

    def paint(
        self,
        painter: QPainter,
        row: TimeRow,
        scale: TimeScale,
        span_px: tuple[int, int],
        top_px: float,
        height_px: float,
    ) -> None:
        """Draw the share of every column that events cover, between two logical x."""
        ratio = scale.pixel_ratio
        first = scale.first_column + int((span_px[0] - scale.left_px) * ratio)
        count = int((span_px[1] - span_px[0]) * ratio) + 2
        words = self._words(row, scale, first, first + count)
        draw_strip(painter, words, QPointF(scale.column_px(first), top_px), height_px, ratio)

    def _words(self, row: TimeRow, scale: TimeScale, first: int, end: int) -> Words:
        """The pixels of raster columns ``first .. end - 1``."""
        zoom = (scale.us_per_column, scale.anchor_us)
        kept = self._kept.get(id(row))
        if kept is None or kept[1] != zoom or kept[2] > end or kept[2] + len(kept[3]) < first:
            begin, words = first, self._new_words(row, scale, first, end)
        else:
            _row, _zoom, begin, words = kept
            if first >= begin and end <= begin + len(words):
                return words[first - begin : end - begin]
            if first < begin:
                words = np.concatenate([self._new_words(row, scale, first, begin), words])
                begin = first
            if end > begin + len(words):
                more = self._new_words(row, scale, begin + len(words), end)
                words = np.concatenate([words, more])
            words = words[first - begin : end - begin]
        self._kept[id(row)] = (row, zoom, first, words)
        self._kept.move_to_end(id(row))
        if len(self._kept) > KEPT_ROWS:
            self._kept.popitem(last=False)
        return words

    def _new_words(self, row: TimeRow, scale: TimeScale, first: int, end: int) -> Words:
        bounds_us = scale.anchor_us + np.arange(first, end + 1) * scale.us_per_column
        return _density_words(row.coverage(bounds_us), self._colour)


def _density_words(share: Floats, colour: str) -> Words:
    """Premultiplied ARGB words (n,)."""
    alpha = np.rint(share * (255 * MORE_OPACITY) + 255 * LEAST_OPACITY)
    return np.take(_inks(colour), np.where(share > 0, alpha, 0).astype(np.uint8))


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
