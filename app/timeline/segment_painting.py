"""What is drawn over the boxes of segments: what is selected, what is in the hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.kind_style import KIND_STYLES, outline_colour, pattern_brush
from app.theme import Theme
from app.timeline.hit_test import LaneLike
from app.timeline.segment_rows import SegmentRow
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

SELECTED_PX = 2
GHOST_OPACITY = 0.75
NARROWEST_PX = 3.0
TEXT_INSET_PX = 8


def paint_selected(
    painter: QPainter,
    lanes: Sequence[LaneLike],
    selection: frozenset[int],
    scale: TimeScale,
    theme: Theme,
) -> None:
    """A bright edge round each selected segment in view."""
    if not selection:
        return
    wanted = np.fromiter(selection, np.int64)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.text), SELECTED_PX))
    boxes = [
        QRectF(left_px, top_px, width_px, height_px).adjusted(1, 1, -1, -1)
        for left_px, top_px, width_px, height_px in _boxes_of(lanes, wanted, scale)
    ]
    painter.drawRects(boxes)


def paint_ghost(
    painter: QPainter, task: Task, box: QRectF, text: str, theme: Theme, *, pixel_ratio: float
) -> None:
    """A span in the hand: dense, with a bright edge and a few words."""
    style = KIND_STYLES[task]
    painter.fillRect(box, QColor(theme.ground))
    painter.setBrush(pattern_brush(style.pattern, style.colour, GHOST_OPACITY, pixel_ratio))
    painter.setPen(QPen(QColor(theme.text), SELECTED_PX))
    painter.drawRect(box.adjusted(1, 1, -1, -1))
    if not text:
        return
    metrics = painter.fontMetrics()
    place = QPointF(box.left() + TEXT_INSET_PX, box.center().y() + metrics.capHeight() / 2)
    if metrics.horizontalAdvance(text) + 2 * TEXT_INSET_PX > box.width():
        # No room inside: beside it, on a plate of its own.
        place.setX(box.right() + TEXT_INSET_PX)
        plate = QRectF(
            box.right() + 3, box.top(), metrics.horizontalAdvance(text) + 10, box.height()
        )
        painter.fillRect(plate, QColor(theme.panel))
    painter.setPen(QColor(theme.text))
    painter.drawText(place, text)


def paint_veil(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """Where a segment was before it was taken into the hand."""
    veil = QColor(theme.ground)
    veil.setAlphaF(0.7)
    painter.fillRect(box, veil)


def paint_running(painter: QPainter, task: Task, box: QRectF, text: str, theme: Theme) -> None:
    """A label that was started and not yet stopped: an edge that grows with the playhead."""
    colour = QColor(outline_colour(task, theme))
    ground = QColor(theme.ground)
    ground.setAlphaF(0.8)
    painter.fillRect(box, ground)
    colour.setAlphaF(0.45)
    painter.fillRect(box, colour)
    colour.setAlphaF(1.0)
    painter.setPen(QPen(colour, SELECTED_PX, Qt.PenStyle.DotLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(1, 1, -1, -1))
    painter.setPen(QColor(theme.text))
    metrics = painter.fontMetrics()
    place = QPointF(box.left() + TEXT_INSET_PX, box.center().y() + metrics.capHeight() / 2)
    painter.drawText(place, text)


def paint_rect(painter: QPainter, rect: QRectF, theme: Theme) -> None:
    """The rectangle that selects."""
    fill = QColor(theme.accent)
    fill.setAlphaF(0.15)
    painter.setBrush(fill)
    painter.setPen(QColor(theme.accent))
    painter.drawRect(rect)


def box_at(
    scale: TimeScale, onset_us: int, offset_us: int, top_px: float, height_px: float
) -> QRectF:
    """Where a span lies, never too narrow to be seen."""
    left_px = round(scale.to_px(onset_us))
    width_px = max(round(scale.to_px(offset_us)) - left_px - 1, NARROWEST_PX)
    return QRectF(left_px, top_px, width_px, height_px)


def _boxes_of(
    lanes: Sequence[LaneLike], wanted: np.ndarray, scale: TimeScale
) -> Iterable[tuple[float, float, float, float]]:
    """Left, top, width and height of the boxes in view of these segments."""
    for lane in lanes:
        for number, row in enumerate(lane.rows):
            if not isinstance(row, SegmentRow):
                continue
            first, last = row.span(scale.start_us, scale.end_us)
            for place in first + np.flatnonzero(np.isin(row.ids[first:last], wanted)):
                onset_us, offset_us = int(row.onset_us[place]), int(row.offset_us[place])
                box = box_at(scale, onset_us, offset_us, lane.box_top_px(number), lane.box_px)
                left_px = max(box.left(), scale.left_px - 8)
                right_px = min(box.right(), scale.right_px + 8)
                yield left_px, box.top(), right_px - left_px, box.height()
