"""Which segments, and which part of one, lie at a point, in a rectangle or a time of the lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QRectF

from app.timeline.lanes import Lane
from app.timeline.segment_rows import SegmentRow
from app.timeline.time_scale import TimeScale
from core_model.timeline import Task

# How far around an edge a pointer takes hold of it: inside a box, and outside of it.
INNER_GRIP_PX = 6.0
OUTER_GRIP_PX = 4.0
# Id, kind, onset and offset of a segment.
Span = tuple[int, Task, int, int]


class Part(Enum):
    """What of a segment is under the pointer."""

    START = auto()
    BODY = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment under the pointer."""

    segment_id: int
    task: Task
    part: Part
    onset_us: int
    offset_us: int


def hit_at(lanes: Sequence[Lane], x_px: float, y_px: float, scale: TimeScale) -> Hit | None:
    """The segment at a point, or the one whose edge is near enough to be taken hold of."""
    for lane in lanes:
        row = lane.row_at(y_px)
        if isinstance(row, SegmentRow):
            return _hit_in_row(row, lane.task, x_px, scale)
    return None


def lane_at(lanes: Sequence[Lane], y_px: float) -> Lane | None:
    """The lane at a height, whether there is a row or not."""
    return next((lane for lane in lanes if lane.top_px <= y_px < lane.bottom_px), None)


def ids_in(lanes: Sequence[Lane], rect: QRectF, scale: TimeScale) -> frozenset[int]:
    """The segments whose boxes a rectangle touches."""
    start_us, end_us = scale.to_us(rect.left()), scale.to_us(rect.right())
    found: set[int] = set()
    for lane in lanes:
        for index, row in enumerate(lane.rows):
            top_px = lane.box_top_px(index)
            touches = top_px <= rect.bottom() and top_px + lane.box_px >= rect.top()
            if touches and isinstance(row, SegmentRow):
                first, last = row.span(start_us, end_us)
                found.update(row.ids[first:last].tolist())
    return frozenset(found)


def edges_near(
    lanes: Sequence[Lane], time_us: int, reach_us: int, without: frozenset[int]
) -> tuple[int, ...]:
    """Onsets and offsets at most ``reach_us`` away, but for those of some segments."""
    edges: list[int] = []
    for row in _segment_rows(lanes):
        first, last = row.span(time_us - reach_us, time_us + reach_us + 1)
        # One that ends exactly at the start of the reach is found by its neighbour only.
        for index in range(max(first - 1, 0), last):
            if int(row.ids[index]) not in without:
                edges += (int(row.onset_us[index]), int(row.offset_us[index]))
    return tuple(edge for edge in edges if abs(edge - time_us) <= reach_us)


def spans_between(lanes: Sequence[Lane], start_us: int, end_us: int) -> list[Span]:
    """Segments that touch a stretch of time, from the one on that ends just before it."""
    spans: list[Span] = []
    for lane in lanes:
        for row in lane.rows:
            if isinstance(row, SegmentRow):
                first, last = row.span(start_us, end_us + 1)
                spans += [
                    (int(row.ids[at]), lane.task, int(row.onset_us[at]), int(row.offset_us[at]))
                    for at in range(max(first - 1, 0), last)
                ]
    return spans


def homes_of(lanes: Sequence[Lane], ids: frozenset[int]) -> dict[int, tuple[Lane, int]]:
    """Lane and number of the row of each of these segments that is shown."""
    wanted = np.fromiter(ids, np.int64)
    return {
        int(found): (lane, number)
        for lane in lanes
        for number, row in enumerate(lane.rows)
        if isinstance(row, SegmentRow)
        for found in row.ids[np.isin(row.ids, wanted)]
    }


def _segment_rows(lanes: Sequence[Lane]) -> Iterator[SegmentRow]:
    for lane in lanes:
        yield from (row for row in lane.rows if isinstance(row, SegmentRow))


def _hit_in_row(row: SegmentRow, task: Task, x_px: float, scale: TimeScale) -> Hit | None:
    after = int(np.searchsorted(row.onset_us, scale.to_us(x_px), side="right"))
    best: tuple[float, Hit] | None = None
    for index in range(max(after - 1, 0), min(after + 1, len(row.ids))):
        onset_us, offset_us = int(row.onset_us[index]), int(row.offset_us[index])
        left_px, right_px = scale.to_px(onset_us), scale.to_px(offset_us)
        away_px = max(left_px - x_px, x_px - right_px, 0.0)
        if away_px <= OUTER_GRIP_PX and (best is None or away_px < best[0]):
            part = _part(left_px, right_px, x_px)
            best = away_px, Hit(int(row.ids[index]), task, part, onset_us, offset_us)
    return None if best is None else best[1]


def _part(left_px: float, right_px: float, x_px: float) -> Part:
    """Edges leave at least a third of a box for its body."""
    grip_px = min(INNER_GRIP_PX, (right_px - left_px) / 3)
    if x_px < left_px + grip_px:
        return Part.START
    return Part.END if x_px > right_px - grip_px else Part.BODY
