"""Which rows and events of the lanes are in view, and whether they are drawn as boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from app.timeline.event_rows import TimeRow
from app.timeline.lane_painter import crowded
from app.timeline.lanes import LANE_PADDING_PX, Lane
from app.timeline.time_scale import TimeScale

# Boxes reach so far beyond their time.
EDGE_PX = 4
# Two heights and what is drawn between them.
Band = tuple[int, int, tuple[object, ...]]


class RowInView(NamedTuple):
    """A row, the top of its boxes, which of its events are seen, and whether as density."""

    row: TimeRow
    top_px: float
    span: tuple[int, int]
    is_dense: bool


class LanesInView:
    """Found once for a scale: it is asked for when parts of a picture are drawn, and when the
    picture that follows is compared with it.
    """

    def __init__(self) -> None:
        self._lanes: Sequence[Lane] = ()
        self._top_px, self._bottom_px = 0, 0
        self._found: dict[TimeScale, list[tuple[Lane, list[RowInView]]]] = {}

    def show(self, lanes: Sequence[Lane], top_px: int, bottom_px: int) -> None:
        """Look at these lanes between two heights."""
        self._lanes, self._top_px, self._bottom_px = lanes, top_px, bottom_px
        self._found.clear()

    def at(self, scale: TimeScale) -> list[tuple[Lane, list[RowInView]]]:
        """What is seen of each lane that is not scrolled away."""
        found = self._found.get(scale)
        if found is None:
            for old in list(self._found)[:-1]:
                del self._found[old]
            found = self._found[scale] = [
                (lane, self._rows(lane, scale))
                for lane in self._lanes
                if lane.bottom_px > self._top_px and lane.top_px < self._bottom_px
            ]
        return found

    def bands(self, scale: TimeScale) -> set[Band]:
        """What is drawn of the lanes, as bands across the picture: equal ones look the same."""
        found: set[Band] = set()
        for lane, rows in self.at(scale):
            found.add((lane.bottom_px - 1, lane.bottom_px, ("line",)))
            first_px = lane.top_px + LANE_PADDING_PX
            how = (lane.task, lane.top_px, lane.row_px)
            if lane.folded:
                found.add((first_px, first_px + lane.row_px, (*how, lane.folded)))
            for row, top_px, _span, is_dense in rows:
                begin_px = int(top_px) - lane.inset_px
                found.add((begin_px, begin_px + lane.row_px, (*how, row, is_dense)))
        return found

    def edges_after_scroll(self, before: TimeScale, scale: TimeScale) -> tuple[int, int] | None:
        """How far from the left and from the right end of the view (logical pixels) boxes reach
        that are cut there, before or now: labels keep to what is seen of their boxes. None where
        any row changes between boxes and density.
        """
        views = [
            (each, list(chain.from_iterable(rows for _, rows in self.at(each))))
            for each in (before, scale)
        ]
        was, now = ([row.is_dense for row in rows] for _, rows in views)
        if was != now:
            return None
        left_us, right_us = scale.to_us(scale.left_px), scale.to_us(scale.right_px)
        for each, rows in views:
            first_us = each.to_us(each.left_px + EDGE_PX)
            last_us = each.to_us(each.right_px - EDGE_PX)
            for row, _top_px, (first, end), is_dense in rows:
                if first == end or is_dense:
                    continue
                if row.onset_us[first] < first_us:
                    left_us = max(left_us, int(row.offset_us[first]))
                if row.offset_us[end - 1] > last_us:
                    right_us = min(right_us, int(row.onset_us[end - 1]))
        left_px = int(scale.to_px(left_us) - scale.left_px) + EDGE_PX
        return left_px, int(scale.right_px - scale.to_px(right_us)) + EDGE_PX

    def _rows(self, lane: Lane, scale: TimeScale) -> list[RowInView]:
        first, end = lane.rows_between(self._top_px, self._bottom_px)
        from_us = scale.to_us(scale.left_px - EDGE_PX)
        to_us = scale.to_us(scale.right_px + EDGE_PX - 1)
        rows = lane.rows[first:end]
        spans = [row.span(from_us, to_us) for row in rows]
        total = sum(last - begin for begin, last in spans)
        return [
            RowInView(row, lane.box_top_px(number), span, crowded(row, span, scale, total))
            for number, (row, span) in enumerate(zip(rows, spans, strict=True), first)
        ]


def stretches(bands: Iterable[Band]) -> list[tuple[int, int]]:
    """From where to where bands reach; those that touch or overlap are one stretch."""
    found: list[tuple[int, int]] = []
    for begin_px, end_px, _what in sorted(bands, key=lambda band: band[:2]):
        if found and begin_px <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_px))
        else:
            found.append((begin_px, end_px))
    return found
