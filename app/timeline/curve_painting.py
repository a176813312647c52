"""Curves of scores on the time axis: a thin area, or a strip of heat, from arrays of columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

from app.timeline.time_scale import TimeScale
from core_model.prompt_spec import ScoreCurve

Floats = npt.NDArray[np.float64]
AREA_OPACITY = 0.30
RIM_OPACITY = 0.85


def columns_of(curve: ScoreCurve, scale: TimeScale, first: int, count: int) -> Floats:
    """The curve at ``count`` raster columns from ``first`` on: the highest value in each.

    Where a column is shorter than the curve's stride the value between two neighbours; 0 where the
    curve does not reach. Only the part in view is looked at.
    """
    bounds_us = scale.anchor_us + (first + np.arange(count + 1)) * scale.us_per_column
    places = (bounds_us - curve.start_us) / curve.stride_us
    number = len(curve.values)
    if number == 0:
        return np.zeros(count)
    if scale.us_per_column <= curve.stride_us:
        middles = (places[:-1] + places[1:]) / 2
        low = max(int(middles[0]) - 1, 0)
        high = min(int(middles[-1]) + 3, number)
        if low >= high:
            return np.zeros(count)
        part = curve.values[low:high].astype(np.float64)
        return np.interp(middles, np.arange(low, high), part, left=0.0, right=0.0)
    edges = np.clip(np.ceil(places), 0, number).astype(np.intp)
    starts, ends = edges[:-1], edges[1:]
    filled = np.zeros(count)
    some = np.flatnonzero(ends > starts)
    if len(some):
        # Neighbouring columns are neighbouring slices: one pass over what is in view.
        part = curve.values[starts[some[0]] : ends[some[-1]]]
        filled[some] = np.maximum.reduceat(part, starts[some] - starts[some[0]])
    return filled


def area_image(heights: Floats, rows: int, colour: str) -> QImage:
    """A picture ``rows`` high whose columns (n,) are filled from below up to heights in [0, 1]."""
    tops = np.rint((1.0 - np.clip(heights, 0, 1)) * rows).astype(np.int64)
    area, rim = _words(np.array([AREA_OPACITY, RIM_OPACITY]), colour)
    # Only three values occur: choosing among them costs a tenth of mixing every pixel.
    words = np.where(np.arange(rows)[:, None] >= tops, area, np.uint32(0))
    risen = np.flatnonzero(tops < rows)
    words[tops[risen], risen] = rim
    return _image(words)


def heat_image(heights: Floats, colour: str) -> QImage:
    """A picture one pixel high whose columns (n,) are the denser the higher they are."""
    return _image(_words(np.clip(heights, 0, 1) ** 0.8, colour)[None, :])


def _words(opacity: Floats, colour: str) -> npt.NDArray[np.uint32]:
    """Premultiplied pixels (n,) of one colour with an opacity in [0, 1] each."""
    parts = QColor(colour)
    alpha = np.rint(opacity * 255).astype(np.uint32)
    red, green, blue = (
        np.rint(opacity * part).astype(np.uint32)
        for part in (parts.red(), parts.green(), parts.blue())
    )
    return (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32)


def _image(words: npt.NDArray[np.uint32]) -> QImage:
    rows, columns = words.shape
    words = np.ascontiguousarray(words)
    image_format = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(words.data, columns, rows, 4 * columns, image_format).copy()
