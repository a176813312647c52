"""The heads of the tracks in the margin: names, switches, and the order they are dragged into."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.kind_style import KIND_STYLES, draw_symbol
from app.timeline.hit_test import lane_at
from app.timeline.lanes import HEAD_PX, LANE_PADDING_PX, Lane
from app.timeline.time_pane import MARGIN_PX, SMALL_TEXT_PX, TEXT_PX, TimePane
from app.timeline.tracks import TrackKey, Tracks

NAME_LEFT_PX = 30
SYMBOL_X_PX = 20
FOLD_X_PX = 8
FOLD_REACH_PX = 14
SWITCH_PX = 16
SWITCH_GAP_PX = 2
DRAG_FROM_PX = 5
# From right to left: the letter on it, the flag of the track, and what it does.
SWITCHES = (
    ("L", "locked", "Lock: its segments cannot be changed"),
    ("S", "solo", "Solo: show no other tracks"),
)
FOLD_TIP = "Fold into one row, or unfold"
HEAD_TIP = "Click: the label to draw with. Drag: another place. Right click: all switches."


@dataclass(slots=True)
class _Drag:
    """A head in the hand, by which part it was taken, and before which lane it would be put."""

    key: TrackKey
    part: str
    from_y_px: float
    place: int | None = None


class LaneHeads:
    """Draws the heads of a pane and does what clicks on their switches mean."""

    def __init__(self, pane: TimePane, tracks: Tracks) -> None:
        self._pane = pane
        self._tracks = tracks
        self._lanes: tuple[Lane, ...] = ()
        self._under: tuple[TrackKey, str] | None = None
        self._drag: _Drag | None = None

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        self._lanes = lanes

    def lane_at(self, y_px: float) -> Lane | None:
        """The lane at a height that counts from the first one's top."""
        return lane_at(self._lanes, y_px)

    # --- the mouse -----------------------------------------------------------------------------

    def press(self, place: QPointF) -> bool:
        """A press in the margin; False where there is no head."""
        lane = self.lane_at(place.y())
        if lane is None:
            return False
        # A folded head is little more than its switches: a drag may begin on them, too.
        self._drag = _Drag(lane.key, self._part(lane, place), place.y())
        return True

    def move(self, place: QPointF) -> bool:
        """The pointer is at ``place``; True while a head is in the hand."""
        if self._drag is None:
            lane = self.lane_at(place.y()) if place.x() < MARGIN_PX else None
            under = None if lane is None else (lane.key, self._part(lane, place))
            if under != self._under:
                self._under = under
                self._pane.update(0, 0, MARGIN_PX, self._pane.height())
            return False
        if self._drag.place is not None or abs(place.y() - self._drag.from_y_px) > DRAG_FROM_PX:
            self._drag.place = self._place_at(place.y())
            self._pane.update(0, 0, MARGIN_PX, self._pane.height())
        return True

    def release(self) -> Lane | None:
        """The button is up: the lane whose name was clicked, or None."""
        drag, self._drag = self._drag, None
        if drag is None:
            return None
        self._pane.update(0, 0, MARGIN_PX, self._pane.height())
        if drag.place is None and drag.part != "name":
            self._tracks.toggle(drag.key, drag.part)
            return None
        if drag.place is None:
            return next((lane for lane in self._lanes if lane.key == drag.key), None)
        self._put(drag.key, drag.place)
        return None

    def cancel(self) -> bool:
        """Put a head back where it was; False where none is in the hand."""
        was_held, self._drag = self._drag is not None, None
        self._pane.update()
        return was_held

    def leave(self) -> None:
        """The pointer is elsewhere."""
        self._under = None
        self._pane.update(0, 0, MARGIN_PX, self._pane.height())

    def tool_tip(self, place: QPointF) -> str:
        """What a click there does."""
        lane = self.lane_at(place.y())
        if lane is None:
            return ""
        part = self._part(lane, place)
        if part == "folded":
            return FOLD_TIP
        said = next((tip for _, name, tip in SWITCHES if name == part), HEAD_TIP)
        return said if not lane.name or part != "name" else f"{lane.name}. {said}"

    def _part(self, lane: Lane, place: QPointF) -> str:
        """The flag that is switched there, or "name"."""
        in_line = lane.top_px <= place.y() < lane.top_px + LANE_PADDING_PX + HEAD_PX
        if in_line and place.x() < FOLD_REACH_PX:
            return "folded"
        if in_line:
            for number, (_letter, name, _tip) in enumerate(SWITCHES):
                if self._switch(lane, number).contains(place):
                    return name
        return "name"

    @staticmethod
    def _switch(lane: Lane, number: int) -> QRectF:
        right_px = MARGIN_PX - 6 - number * (SWITCH_PX + SWITCH_GAP_PX)
        top_px = lane.top_px + LANE_PADDING_PX + (HEAD_PX - SWITCH_PX) / 2
        return QRectF(right_px - SWITCH_PX, top_px, SWITCH_PX, SWITCH_PX)

    def _place_at(self, y_px: float) -> int:
        """Before which lane a head is put down at a height."""
        middles = [lane.top_px + lane.height_px / 2 for lane in self._lanes]
        return sum(y_px > middle for middle in middles)

    def _put(self, key: TrackKey, place: int) -> None:
        """Kinds are ordered among each other, labels within their kind."""
        before = [lane.key for lane in self._lanes[:place]]
        if key.label_id is None:
            kinds = dict.fromkeys(each.kind for each in before if each.kind is not key.kind)
            self._tracks.move_kind(key.kind, len(kinds))
            return
        labels = [
            lane.label_id
            for lane in self._lanes
            if lane.task is key.kind and lane.label_id not in (None, key.label_id)
        ]
        above = sum(each.kind is key.kind and each.label_id in labels for each in before)
        order = [*labels[:above], key.label_id, *labels[above:]]
        self._tracks.order_labels(key.kind, tuple(each for each in order if each is not None))

    # --- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter, lane: Lane, second_line: str) -> None:
        """One head, in the coordinates of the lanes."""
        theme = self._pane.theme
        top_px = lane.top_px + LANE_PADDING_PX
        middle_px = top_px + HEAD_PX / 2
        self._paint_fold(painter, lane, middle_px)
        symbol_px = 10 if lane.label_id is None else 7
        draw_symbol(painter, lane.task, QPointF(SYMBOL_X_PX, middle_px), symbol_px, theme)
        is_under = self._under is not None and self._under[0] == lane.key
        on = [name for _letter, name, _tip in SWITCHES if getattr(lane.track, name)]
        right_px = MARGIN_PX - 8
        if is_under:
            right_px = int(self._switch(lane, len(SWITCHES) - 1).left()) - 4
        elif on:
            last = max(n for n, (_l, name, _t) in enumerate(SWITCHES) if name in on)
            right_px = int(self._switch(lane, last).left()) - 4
        for number, (letter, name, _tip) in enumerate(SWITCHES):
            if is_under or name in on:
                self._paint_switch(painter, self._switch(lane, number), letter, name in on)
        self._paint_name(painter, lane, QRect(NAME_LEFT_PX, top_px, right_px - NAME_LEFT_PX, 24))
        if second_line and lane.height_px >= 2 * HEAD_PX and lane.label_id is None:
            painter.setFont(self._pane.text_font(SMALL_TEXT_PX))
            painter.setPen(QColor(theme.text_secondary))
            box = QRect(NAME_LEFT_PX, top_px + HEAD_PX - 6, MARGIN_PX - NAME_LEFT_PX, HEAD_PX)
            self._paint_text(painter, box.adjusted(0, 0, -8, 0), second_line)

    def paint_drag(self, painter: QPainter) -> None:
        """Where the head in the hand would go."""
        drag = self._drag
        if drag is None or drag.place is None or not self._lanes:
            return
        is_last = drag.place >= len(self._lanes)
        y_px = self._lanes[-1].bottom_px - 1 if is_last else self._lanes[drag.place].top_px
        painter.fillRect(0, y_px - 1, MARGIN_PX - 1, 2, QColor(self._pane.theme.accent))

    def _paint_name(self, painter: QPainter, lane: Lane, box: QRect) -> None:
        theme = self._pane.theme
        is_new = lane.label_id is None and lane.task in self._tracks.apart
        name = f"new {KIND_STYLES[lane.task].singular}" if is_new else ""
        name = lane.name or name or KIND_STYLES[lane.task].name
        is_busy = self._under is not None and self._under[0] == lane.key
        count = 0 if is_busy else lane.count
        number = short_number(count) if count else ""
        painter.setFont(self._pane.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(theme.text_secondary))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(box, flags, number)
        room = painter.fontMetrics().horizontalAdvance(number) + (4 if number else 0)
        size = TEXT_PX if lane.label_id is None else SMALL_TEXT_PX
        painter.setFont(self._pane.text_font(size))
        painter.setPen(QColor(theme.text_secondary if is_new else theme.text))
        self._paint_text(painter, box.adjusted(0, 0, -room, 0), name)

    @staticmethod
    def _paint_text(painter: QPainter, box: QRect, text: str) -> None:
        short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, flags, short)

    def _paint_fold(self, painter: QPainter, lane: Lane, middle_px: float) -> None:
        """A small arrow, to the right while folded."""
        is_under = self._under == (lane.key, "folded")
        colour = self._pane.theme.text if is_under else self._pane.theme.text_secondary
        x, y = FOLD_X_PX, middle_px
        points = [(-2.5, -1.5), (2.5, -1.5), (0, 2.5)]
        if lane.track.folded:
            points = [(-1.5, -2.5), (-1.5, 2.5), (2.5, 0)]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in points]))
        painter.restore()

    def _paint_switch(self, painter: QPainter, box: QRectF, letter: str, is_on: bool) -> None:
        theme = self._pane.theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if is_on else theme.text_secondary), 1))
        painter.setBrush(QColor(theme.accent if is_on else theme.panel))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(self._pane.text_font(10))
        painter.setPen(QColor(theme.on_accent if is_on else theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)
        painter.restore()


def short_number(number: int) -> str:
    """Four characters at most: 999, 1.2k, 12k."""
    if number < 1_000:
        return str(number)
    return f"{number / 1_000:.1f}k" if number < 9_950 else f"{round(number / 1_000)}k"
