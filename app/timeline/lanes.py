"""Where the tracks of events lie in their pane, and which rows each of them has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.timeline.event_rows import TimeRow
from app.timeline.segment_rows import SegmentRow
from app.timeline.tracks import PLAIN, Track, TrackKey, Tracks
from core_model.timeline import Task

# The first height at which all rows fit is taken, else the last and a scroll bar.
ROW_HEIGHTS_PX = (24, 20, 16)
TALL_ROW_PX = 36
HEAD_PX = 24
LEAST_LANE_PX = ROW_HEIGHTS_PX[0] + 8
LANE_PADDING_PX = 4
# Below the rows, for a hand that draws over the whole length of what is there.
DRAWING_PX = 8


@dataclass(frozen=True)
class Lane:
    """A track as it is placed: ``top_px`` counts from the top of the first one.

    ``label_id`` and ``name`` are those of the one label that it is for; None and "" for a kind.
    A folded track has no ``rows`` that a hand could reach; what it shows are its ``folded`` ones.
    """

    task: Task
    rows: tuple[TimeRow, ...]
    top_px: int
    row_px: int
    height_px: int
    label_id: int | None = None
    name: str = ""
    folded: tuple[TimeRow, ...] = ()
    track: Track = PLAIN

    @property
    def key(self) -> TrackKey:
        return TrackKey(self.task, self.label_id)

    @property
    def inset_px(self) -> int:
        """Air above and below a box; the lowest rows need what they have for letters."""
        return 1 if self.row_px == ROW_HEIGHTS_PX[-1] else 2

    @property
    def box_px(self) -> int:
        return self.row_px - 2 * self.inset_px

    @property
    def bottom_px(self) -> int:
        return self.top_px + self.height_px

    @cached_property
    def count(self) -> int:
        """How many events it holds."""
        return sum(len(row.onset_us) for row in (*self.rows, *self.folded))

    def box_top_px(self, index: int) -> int:
        """Top of the boxes of a row."""
        return self.top_px + LANE_PADDING_PX + index * self.row_px + self.inset_px

    def rows_between(self, top_px: float, bottom_px: float) -> tuple[int, int]:
        """The first of the rows that show between two heights, and the one after the last."""
        begin_px = self.top_px + LANE_PADDING_PX
        first = int((top_px - begin_px) // self.row_px)
        last = int((bottom_px - begin_px) // self.row_px) + 1
        return min(max(first, 0), len(self.rows)), min(max(last, 0), len(self.rows))

    def row_number(self, y_px: float) -> int:
        """The number of the row that is at a height or nearest to it; 0 where there is none."""
        index = int(y_px - self.top_px - LANE_PADDING_PX) // self.row_px
        return min(max(index, 0), max(len(self.rows) - 1, 0))

    def row_at(self, y_px: float) -> TimeRow | None:
        """The row at a height that counts like ``top_px``."""
        index = int(y_px - self.top_px - LANE_PADDING_PX) // self.row_px
        is_inside = y_px >= self.top_px and 0 <= index < len(self.rows)
        return self.rows[index] if is_inside else None


@dataclass(frozen=True, slots=True)
class _Content:
    """What a track holds before it is placed."""

    task: Task
    rows: tuple[TimeRow, ...]
    track: Track
    label_id: int | None = None
    name: str = ""

    def height_px(self, row_px: int, extra_px: int) -> int:
        count = 1 if self.track.folded else len(self.rows)
        rows_px = self.row_px(row_px) * count + 2 * LANE_PADDING_PX
        return max(rows_px, LEAST_LANE_PX) + (0 if self.track.folded else extra_px)

    def row_px(self, row_px: int) -> int:
        fixed = {"low": ROW_HEIGHTS_PX[-1], "tall": TALL_ROW_PX}
        return fixed.get(self.track.height, row_px)


def placed(
    tracks: Tracks,
    rows: Mapping[Task, tuple[TimeRow, ...]],
    room_px: int,
    *,
    can_draw: bool,
) -> tuple[Lane, ...]:
    """The tracks that are shown below each other, with rows as high as there is room for."""
    contents = [content for kind in tracks.kinds for content in _contents(tracks, kind, rows)]
    extra_px = DRAWING_PX if can_draw else 0
    row_px = ROW_HEIGHTS_PX[-1]
    for height_px in reversed(ROW_HEIGHTS_PX):
        if sum(each.height_px(height_px, extra_px) for each in contents) <= room_px:
            row_px = height_px
    lanes: list[Lane] = []
    top_px = 0
    for each in contents:
        height_px = each.height_px(row_px, extra_px)
        folded = each.track.folded
        lanes.append(
            Lane(
                each.task,
                () if folded else each.rows,
                top_px,
                each.row_px(row_px),
                height_px,
                each.label_id,
                each.name,
                each.rows if folded else (),
                each.track,
            )
        )
        top_px += height_px
    return tuple(lanes)


def lane_of(lanes: Sequence[Lane], task: Task, label_id: int | None = None) -> Lane | None:
    """The track of a label, else the last one of its kind; None where no such track is shown."""
    own = [lane for lane in lanes if lane.task is task]
    exact = (lane for lane in own if label_id is not None and lane.label_id == label_id)
    return next(exact, own[-1] if own else None)


def _contents(
    tracks: Tracks, kind: Task, rows: Mapping[Task, tuple[TimeRow, ...]]
) -> list[_Content]:
    if not tracks.is_shown(kind):
        return []
    own = rows.get(kind, ())
    whole = _Content(kind, own, tracks.of(TrackKey(kind)))
    if kind not in tracks.apart or not all(isinstance(row, SegmentRow) for row in own):
        return [whole]
    by_label: dict[int, list[SegmentRow]] = {}
    for row in own:
        if isinstance(row, SegmentRow):
            by_label.setdefault(int(row.label_ids[0]), []).append(row)
    order = {label_id: place for place, label_id in enumerate(tracks.label_order(kind))}
    found = sorted(by_label, key=lambda label_id: order.get(label_id, len(order)))
    apart = [
        _Content(
            kind,
            tuple(by_label[label_id]),
            tracks.of(TrackKey(kind, label_id)),
            label_id,
            by_label[label_id][0].names.get(label_id, ""),
        )
        for label_id in found
    ]
    # The last one, which is empty, is for labels that have nothing yet.
    return [*apart, _Content(kind, (), whole.track)]
