"""One lane per kind of event, below each other, with rows for what overlaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from app.kind_style import KIND_STYLES
from app.player.time_code import time_code
from app.theme import Theme
from app.timeline.event_rows import Row, TimeRow
from app.timeline.label_writer import LabelWriter
from app.timeline.lane_heads import LaneHeads
from app.timeline.lane_painter import LanePainter
from app.timeline.lane_view import EDGE_PX, LanesInView, RowInView, stretches
from app.timeline.lanes import HEAD_PX, LEAST_LANE_PX, ROW_HEIGHTS_PX, Lane, placed
from app.timeline.time_pane import (
    GUTTER_PX,
    MARGIN_PX,
    SMALL_TEXT_PX,
    TEXT_PX,
    TimePane,
)
from app.timeline.time_scale import TimeScale
from app.timeline.tracks import Tracks
from app.timeline.wheel import scroll_by_wheel
from app.view_state import ViewState
from core_model.timeline import Detection, Task, seconds

# Around an event that a double click zooms to, as a share of its length.
ZOOM_AIR = 0.25


class LaneHand(Protocol):
    """What edits the segments of the lanes: it is offered presses first and draws last.

    What it says False to is the pane's own matter.
    """

    def press(self, event: QMouseEvent, scale: TimeScale) -> bool: ...
    def press_head(self, lane: Lane, place: QPoint) -> bool: ...
    def moved(self, event: QMouseEvent, scale: TimeScale) -> bool: ...
    def release(self) -> bool: ...
    def double_click(self, place: QPointF, scale: TimeScale) -> bool: ...
    def tool_tip(self, place: QPointF, scale: TimeScale) -> str: ...
    def head_text(self, task: Task) -> str: ...
    @property
    def is_painting(self) -> bool: ...
    def paint(self, painter: QPainter, scale: TimeScale) -> None: ...
    def paint_over(self, painter: QPainter, scale: TimeScale) -> None: ...


class LanesPane(TimePane):
    """Draws the rows, scrolls them where they are too many, names the event under the mouse."""

    def __init__(
        self,
        view_state: ViewState,
        theme: Theme,
        tracks: Tracks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_state, theme, parent)
        self._tracks = tracks
        self.heads = LaneHeads(self, tracks)
        tracks.changed.connect(self._on_tracks)
        self.setMinimumHeight(len(KIND_STYLES) * LEAST_LANE_PX)
        self.setAccessibleName("Events")
        self._rows: dict[Task, tuple[TimeRow, ...]] = {}
        self.hand: LaneHand | None = None
        self._lanes: tuple[Lane, ...] = ()
        self._painters: dict[tuple[Task, int, float, int], LanePainter] = {}
        self._seen = LanesInView()
        self._heads_told: list[tuple[object, ...]] = []
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.setAccessibleName("Scroll rows of events")
        self._scroll.valueChanged.connect(self._on_scrolled)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(400, max(self._content_px, self.minimumHeight()))

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return self._lanes

    @property
    def scrolled_px(self) -> int:
        """How far the lanes are scrolled up."""
        return self._scroll.value()

    @property
    def _content_px(self) -> int:
        return self._lanes[-1].bottom_px if self._lanes else 0

    def set_hand(self, hand: LaneHand) -> None:
        """Let a hand draw and change what is in the lanes."""
        self.hand = hand
        self._arrange()
        self.update()

    def set_rows(self, rows: Mapping[Task, tuple[TimeRow, ...]]) -> None:
        """Show these rows of events; kinds that are not named have none.

        Drawn anew is only where other rows are seen than before.
        """
        scale, scrolled_px = self.scale(), self._scroll.value()
        bands = set() if scale is None else self._seen.bands(scale)
        self._rows = dict(rows)
        self._arrange()
        heads, self._heads_told = self._heads_told, self._heads_now()
        # What is selected reaches from row to row.
        is_chosen = self.hand is not None and self.hand.is_painting
        if scale is None or is_chosen or self._scroll.value() != scrolled_px:
            self.update()
            return
        for begin_px, end_px in stretches(bands ^ self._seen.bands(scale)):
            area = QRect(MARGIN_PX, begin_px - scrolled_px, self.width(), end_px - begin_px)
            self.update(area & self.rect())
        if heads != self._heads_told:
            self.update(0, 0, MARGIN_PX, self.height())

    def event_at(self, position: QPoint | QPointF) -> Detection | None:
        """The event drawn at a point of the pane."""
        scale = self.scale()
        if scale is None or not self.in_picture(position):
            return None
        y_px = position.y() + self._scroll.value()
        for lane in self._lanes:
            row = lane.row_at(y_px)
            if isinstance(row, Row):
                return row.at(scale.to_us(position.x()))
        return None

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        self.paint_grid(painter, scale)
        painter.translate(0, -self._scroll.value())
        exposed = exposed.translated(0, self._scroll.value())
        for lane, rows in self._seen.at(scale):
            if lane.bottom_px <= exposed.top() or lane.top_px > exposed.bottom():
                continue
            painter.setFont(self._label_font(lane))
            self._paint_lane(painter, lane, rows, scale, exposed)
            line = QColor(self.theme.line)
            painter.fillRect(exposed.left(), lane.bottom_px - 1, exposed.width(), 1, line)
        if self.hand is not None:
            self.hand.paint(painter, scale)
        painter.translate(0, self._scroll.value())

    def paint_over(self, painter: QPainter, scale: TimeScale) -> None:
        if self.hand is not None and self._lanes:
            painter.setFont(self._label_font(self._lanes[-1]))
            painter.translate(0, -self._scroll.value())
            self.hand.paint_over(painter, scale)
            painter.translate(0, self._scroll.value())

    def edges_after_scroll(self, before: TimeScale, scale: TimeScale) -> tuple[int, int] | None:
        """What is selected has edges that depend on what is seen."""
        if self.hand is not None and self.hand.is_painting:
            return None
        return self._seen.edges_after_scroll(before, scale)

    def _paint_lane(
        self,
        painter: QPainter,
        lane: Lane,
        rows: Sequence[RowInView],
        scale: TimeScale,
        exposed: QRect,
    ) -> None:
        lane_painter = self._painter_of(lane, scale.pixel_ratio)
        # The pattern moves along with the boxes.
        painter.setBrushOrigin(QPointF(scale.column_px(0) % 8, lane.box_top_px(0)))
        is_all = exposed.width() >= int(scale.width_px)
        from_us = scale.to_us(exposed.left() - EDGE_PX)
        to_us = scale.to_us(exposed.right() + EDGE_PX)
        for row in lane.folded:
            lane_painter.add_density(row, lane.box_top_px(0))
        for row, top_px, span, is_dense in rows:
            if top_px + lane.box_px <= exposed.top() or top_px > exposed.bottom():
                continue
            if is_dense:
                lane_painter.add_density(row, top_px)
            else:
                lane_painter.add_boxes(row, top_px, span if is_all else row.span(from_us, to_us))
        lane_painter.paint(painter, scale)

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setClipRect(rect.adjusted(0, 0, -1, 0))
        painter.translate(0, -self._scroll.value())
        top_px = self._scroll.value()
        for lane in self._lanes:
            if lane.bottom_px <= top_px or lane.top_px >= top_px + self.height():
                continue
            text = self.hand.head_text(lane.task) if self.hand is not None else ""
            self.heads.paint(painter, lane, text)
            painter.fillRect(0, lane.bottom_px - 1, MARGIN_PX, 1, QColor(self.theme.line))
        self.heads.paint_drag(painter)
        self._paint_hidden(painter)
        painter.restore()

    def _paint_hidden(self, painter: QPainter) -> None:
        """That tracks, labels or people are hidden, below the last track."""
        count = len(self._tracks.kinds) - len({lane.task for lane in self._lanes})
        count += len(self._tracks.hidden_labels) + len(self._tracks.hidden_people)
        if count:
            painter.setFont(self.text_font(SMALL_TEXT_PX))
            painter.setPen(QColor(self.theme.text_secondary))
            text = "1 hidden" if count == 1 else f"{count} hidden"
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRect(8, self._content_px, MARGIN_PX - 8, HEAD_PX), flags, text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tool_tip(QPointF(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _tool_tip(self, place: QPointF) -> str:
        found, scale = self.event_at(place), self.scale()
        if place.x() < MARGIN_PX:
            return self.heads.tool_tip(self._in_lanes(place))
        if found is not None:
            return tool_tip(found)
        return self.hand.tool_tip(place, scale) if self.hand is not None and scale else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        scale, hand, place = self.scale(), self.hand, event.position()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and place.x() < MARGIN_PX and self.heads.press(self._in_lanes(place)):
            return
        is_meant = is_left and self.in_picture(place)
        if is_meant and hand is not None and scale is not None and hand.press(event, scale):
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        if self.heads.move(self._in_lanes(event.position())):
            return
        if self.hand is None or not scale or not self.hand.moved(event, scale):
            super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.heads.leave()
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self.heads.release()
        if clicked is not None and self.hand is not None:
            self.hand.press_head(clicked, event.globalPosition().toPoint())
        if self.hand is None or not self.hand.release():
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        if self.hand is not None and scale and self.hand.double_click(event.position(), scale):
            return
        found = self.event_at(event.position())
        if found is not None:
            air_us = round(found.duration_us * ZOOM_AIR)
            self.view_state.set_visible(found.onset_us - air_us, found.offset_us + air_us)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Rows first where they overflow, time with Shift or sideways."""
        if not scroll_by_wheel(self._scroll, event, HEAD_PX):
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        self._painters.clear()
        super().set_theme(theme)

    def _arrange(self) -> None:
        """Place the tracks that are shown."""
        can_draw = self.hand is not None
        self._lanes = placed(self._tracks, self._rows, self.height(), can_draw=can_draw)
        self.heads.set_lanes(self._lanes)
        self._fit_scroll()
        self._see()

    def _heads_now(self) -> list[tuple[object, ...]]:
        """What of the lanes is seen in the margin, and how far down they go."""
        hand = self.hand
        return [
            (
                *(each.key, each.name, each.top_px, each.height_px, each.count),
                "" if hand is None else hand.head_text(each.task),
            )
            for each in self._lanes
        ]

    def _on_tracks(self) -> None:
        self._arrange()
        self.update()

    def _in_lanes(self, place: QPointF) -> QPointF:
        """A point of the pane, counted from the top of the first lane."""
        return QPointF(place.x(), place.y() + self._scroll.value())

    def _fit_scroll(self) -> None:
        overflow_px = max(0, self._content_px - self.height())
        self._scroll.setGeometry(self.width() - GUTTER_PX, 0, GUTTER_PX, self.height())
        self._scroll.setRange(0, overflow_px)
        self._scroll.setPageStep(self.height())
        self._scroll.setSingleStep(HEAD_PX)
        self._scroll.setVisible(overflow_px > 0)

    def _on_scrolled(self, value_px: int) -> None:
        self._see()
        self.update()

    def _see(self) -> None:
        """Other lanes, or others of them, are in view."""
        top_px = self._scroll.value()
        self._seen.show(self._lanes, top_px, top_px + self.height())

    def _label_font(self, lane: Lane) -> QFont:
        return self.text_font(TEXT_PX if lane.row_px >= ROW_HEIGHTS_PX[1] else SMALL_TEXT_PX)

    def _painter_of(self, lane: Lane, pixel_ratio: float) -> LanePainter:
        font = self._label_font(lane)
        key = (lane.task, lane.box_px, pixel_ratio, id(font))
        painter = self._painters.get(key)
        if painter is None:
            writer = LabelWriter(font)
            painter = LanePainter(lane.task, self.theme, writer, lane.box_px, pixel_ratio)
            self._painters[key] = painter
        return painter


def tool_tip(event: Detection) -> str:
    """Kind, label, onset, offset, length and score of an event, as rich text."""
    rows = [
        ("onset", time_code(event.onset_us)),
        ("offset", time_code(event.offset_us)),
        ("length", f"{seconds(event.duration_us):.3f} s"),
        ("score", f"{event.score:.2f}"),
    ]
    cells = "".join(
        f"<tr><td>{name}&nbsp;&nbsp;</td><td align='right'>{value}</td></tr>"
        for name, value in rows
    )
    kind = KIND_STYLES[event.task].singular
    return f"<b>{escape(event.label)}</b> · {kind}<table>{cells}</table>"
