"""What is drawn over the boxes of segments: what is selected, what is in the hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.kind_style import KIND_STYLES, outline_colour, pattern_brush
from app.theme import Theme
from app.timeline.gestures import Ghost
from app.timeline.lanes import Lane, lane_of
from app.timeline.marks import length_text
from app.timeline.segment_rows import SegmentRow
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

SELECTED_PX = 2
GHOST_OPACITY = 0.75
NARROWEST_PX = 3.0
TEXT_INSET_PX = 8
# Selected boxes that are so narrow or so near to each other get one edge together.
CROWDED_PX = 8


def paint_selected(
    painter: QPainter,
    lanes: Sequence[Lane],
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
        for left_px, top_px, width_px, height_px in _boxes_of(
            lanes, wanted, scale, painter.clipBoundingRect()
        )
    ]
    painter.drawRects(boxes)


def paint_ghosts(
    painter: QPainter,
    lanes: Sequence[Lane],
    ghosts: Sequence[Ghost],
    homes: Mapping[int, tuple[Lane, int]],
    new_home: tuple[Lane, int] | None,
    scale: TimeScale,
    theme: Theme,
) -> None:
    """Spans in the hand: where each was gets dim, where it would be is dense with a bright edge.

    ``homes`` are lane and row of those that were somewhere; ``new_home`` those of a new one.
    """
    for ghost in ghosts:
        home = homes.get(ghost.segment_id) if ghost.segment_id is not None else new_home
        if home is not None and ghost.segment_id is not None:
            _paint_veil(painter, home, ghost.segment_id, scale, theme)
        is_at_home = home is not None and home[0].task is ghost.task
        lane = home[0] if home is not None and is_at_home else lane_of(lanes, ghost.task)
        if lane is None:
            continue
        number = home[1] if home is not None and is_at_home else 0
        top_px = lane.box_top_px(number)
        box = _box_at(scale, ghost.onset_us, ghost.offset_us, top_px, lane.box_px)
        _paint_ghost(painter, ghost, box, scale, theme)


def _paint_ghost(
    painter: QPainter, ghost: Ghost, box: QRectF, scale: TimeScale, theme: Theme
) -> None:
    style = KIND_STYLES[ghost.task]
    painter.fillRect(box, QColor(theme.ground))
    painter.setBrush(pattern_brush(style.pattern, style.colour, GHOST_OPACITY, scale.pixel_ratio))
    painter.setPen(QPen(QColor(theme.text), SELECTED_PX))
    painter.drawRect(box.adjusted(1, 1, -1, -1))
    text, metrics = length_text(ghost.onset_us, ghost.offset_us), painter.fontMetrics()
    place = QPointF(box.left() + TEXT_INSET_PX, box.center().y() + metrics.capHeight() / 2)
    if metrics.horizontalAdvance(text) + 2 * TEXT_INSET_PX > box.width():
        # No room inside: beside it, on a plate of its own.
        place.setX(box.right() + TEXT_INSET_PX)
        width_px = metrics.horizontalAdvance(text) + 10
        painter.fillRect(
            QRectF(box.right() + 3, box.top(), width_px, box.height()), QColor(theme.panel)
        )
    painter.setPen(QColor(theme.text))
    painter.drawText(place, text)


def _paint_veil(
    painter: QPainter,
    home: tuple[Lane, int],
    segment_id: int | None,
    scale: TimeScale,
    theme: Theme,
) -> None:
    """Where a segment was before it was taken into the hand."""
    lane, number = home
    row = lane.rows[number] if number < len(lane.rows) else None
    if not isinstance(row, SegmentRow):
        return
    veil = QColor(theme.ground)
    veil.setAlphaF(0.7)
    for at in np.flatnonzero(row.ids == segment_id):
        span = int(row.onset_us[at]), int(row.offset_us[at])
        painter.fillRect(_box_at(scale, *span, lane.box_top_px(number), lane.box_px), veil)


def paint_running(
    painter: QPainter,
    lanes: Sequence[Lane],
    running: Sequence[tuple[Task, str, int]],
    playhead_us: int,
    scale: TimeScale,
    theme: Theme,
) -> None:
    """Labels that were started and not yet stopped: they grow with the playhead."""
    numbers = dict.fromkeys(KIND_STYLES, 0)
    for kind, label, start_us in running:
        lane = lane_of(lanes, kind)
        if lane is None:
            continue
        number = min(numbers[kind], max(len(lane.rows) - 1, 0))
        numbers[kind] += 1
        top_px = lane.box_top_px(number)
        box = _box_at(scale, start_us, max(playhead_us, start_us), top_px, lane.box_px)
        ground, colour = QColor(theme.ground), QColor(outline_colour(kind, theme))
        ground.setAlphaF(0.8)
        painter.fillRect(box, ground)
        painter.setPen(QPen(colour, SELECTED_PX, Qt.PenStyle.DotLine))
        colour.setAlphaF(0.45)
        painter.setBrush(colour)
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        painter.setPen(QColor(theme.text))
        baseline_px = box.center().y() + painter.fontMetrics().capHeight() / 2
        painter.drawText(QPointF(box.left() + TEXT_INSET_PX, baseline_px), label)


def paint_rect(painter: QPainter, rect: QRectF, theme: Theme) -> None:
    """The rectangle that selects."""
    fill = QColor(theme.accent)
    fill.setAlphaF(0.15)
    painter.setBrush(fill)
    painter.setPen(QColor(theme.accent))
    painter.drawRect(rect)


def _box_at(
    scale: TimeScale, onset_us: int, offset_us: int, top_px: float, height_px: float
) -> QRectF:
    """Where a span lies, never too narrow to be seen."""
    left_px = scale.whole_px(onset_us)
    width_px = max(scale.whole_px(offset_us) - left_px - 1, NARROWEST_PX)
    return QRectF(left_px, top_px, width_px, height_px)


def _boxes_of(
    lanes: Sequence[Lane], wanted: np.ndarray, scale: TimeScale, view: QRectF
) -> Iterable[tuple[float, float, float, float]]:
    """Left, top, width and height of the boxes in view of these segments; one for all that stand
    too close together to be told apart.
    """
    for lane in lanes:
        for number in range(*lane.rows_between(view.top(), view.bottom())):
            row = lane.rows[number]
            if not isinstance(row, SegmentRow):
                continue
            first, last = row.span(scale.start_us, scale.end_us)
            places = first + np.flatnonzero(np.isin(row.ids[first:last], wanted))
            if not len(places):
                continue
            left_px = scale.whole_px_array(row.onset_us[places])
            right_px = scale.whole_px_array(row.offset_us[places]) - 1
            right_px = np.maximum(right_px, left_px + NARROWEST_PX)
            # Outside of the picture a box needs no more than its edge.
            left_px = np.maximum(left_px, scale.left_px - 8)
            right_px = np.minimum(right_px, scale.right_px + 8)
            if len(places) > scale.width_px / CROWDED_PX:
                left_px, right_px = _joined(left_px, right_px)
            top_px = lane.box_top_px(number)
            for left, right in zip(left_px.tolist(), right_px.tolist(), strict=True):
                yield left, top_px, right - left, lane.box_px


def _joined(left_px: np.ndarray, right_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours in a row less than ``CROWDED_PX`` apart as one; both arrays (n,) rise."""
    begins = np.ones(len(left_px), bool)
    begins[1:] = left_px[1:] - right_px[:-1] > CROWDED_PX
    ends = np.ones(len(left_px), bool)
    ends[:-1] = begins[1:]
    return left_px[begins], right_px[ends]
