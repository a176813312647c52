"""One lane per prompt: how alike each moment is, and the hits in front of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from app.kind_style import draw_symbol, outline_colour
from app.theme import Theme
from app.timeline.curve_painting import area_image, columns_of
from app.timeline.event_rows import LabelOrder, Row, rows_of
from app.timeline.label_writer import LabelWriter
from app.timeline.lane_painter import LanePainter, crowded
from app.timeline.lanes_pane import tool_tip
from app.timeline.time_pane import (
    GUTTER_PX,
    MARGIN_PX,
    SMALL_TEXT_PX,
    TEXT_PX,
    TimePane,
)
from app.timeline.time_scale import TimeScale
from app.timeline.wheel import scroll_by_wheel
from app.view_state import ViewState
from core_model.prompt_spec import PromptSpec, ScoreCurve
from core_model.timeline import Detection

LANE_PX = 36
ROW_PX = 20
BOX_PX = 16
PADDING_PX = 3
# More layers of overlapping hits than this say nothing more.
MOST_ROWS = 3
# So many lanes are in view whatever else is; the others are scrolled to.
LEAST_LANES = 2


@dataclass(frozen=True, eq=False)
class PromptLane:
    """What one lane shows: the prompt, its curve, and its hits from the threshold on."""

    spec: PromptSpec
    curve: ScoreCurve
    hits: tuple[Detection, ...]
    note: str = ""

    def rows(self) -> tuple[Row, ...]:
        return rows_of(self.hits, LabelOrder())[:MOST_ROWS]


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    lane: PromptLane
    rows: tuple[Row, ...]
    top_px: int
    height_px: int

    @property
    def bottom_px(self) -> int:
        return self.top_px + self.height_px

    def row_top_px(self, number: int) -> int:
        """Hits stand on the ground of the lane, the next layer above them."""
        return self.bottom_px - PADDING_PX - 1 - (number + 1) * ROW_PX + (ROW_PX - BOX_PX)


class PromptLanesPane(TimePane):
    """Draws the lanes; hidden while there are none. ``lane_clicked(PromptSpec)``: its name was
    clicked. Times are integer microseconds.
    """

    lane_clicked = Signal(object)

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setAccessibleName("Hits of prompts")
        self._lanes: tuple[_Placed, ...] = ()
        self._shows_curves = True
        self._painters: dict[tuple[str, float, int], LanePainter] = {}
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.setAccessibleName("Scroll lanes of prompts")
        self._scroll.valueChanged.connect(self._on_scrolled)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(400, self.content_px)

    @property
    def content_px(self) -> int:
        return sum(placed.height_px for placed in self._lanes)

    @property
    def lanes(self) -> tuple[PromptLane, ...]:
        return tuple(placed.lane for placed in self._lanes)

    def set_lanes(self, lanes: Sequence[PromptLane]) -> None:
        """Show these below each other."""
        known = {id(placed.lane): placed for placed in self._lanes}
        placed: list[_Placed] = []
        top_px = 0
        for lane in lanes:
            old = known.get(id(lane))
            rows = old.rows if old is not None else lane.rows()
            height_px = max(LANE_PX, len(rows) * ROW_PX + 2 * PADDING_PX)
            placed.append(_Placed(lane, rows, top_px, height_px))
            top_px += height_px
        before, self._lanes = self._lanes, tuple(placed)
        if [lane.bottom_px for lane in before] == [lane.bottom_px for lane in placed]:
            self._update_changed(before)
        else:
            self.setMinimumHeight(min(self.content_px, LEAST_LANES * LANE_PX))
            self.setMaximumHeight(max(self.content_px, 1))
            self.updateGeometry()
            self._fit_scroll()
            self.update()
        self.setVisible(bool(placed))

    def _update_changed(self, before: Sequence[_Placed]) -> None:
        """All lanes are where they were; most often one of them has another threshold."""
        for old, new in zip(before, self._lanes, strict=True):
            if old.lane is not new.lane:
                self.update(0, new.top_px - self._scroll.value(), self.width(), new.height_px)

    def set_shows_curves(self, on: bool) -> None:
        """Draw curves behind the hits, or the hits alone."""
        self._shows_curves = on
        self.update()

    def lane_at(self, place: QPoint | QPointF) -> PromptLane | None:
        placed = self._placed_at(place.y())
        return None if placed is None else placed.lane

    def hit_at(self, place: QPoint | QPointF) -> Detection | None:
        """The hit that is drawn at a point of the pane."""
        scale, placed = self.scale(), self._placed_at(place.y())
        if scale is None or placed is None or not self.in_picture(place):
            return None
        y_px = place.y() + self._scroll.value()
        for number, row in enumerate(placed.rows):
            top_px = placed.row_top_px(number)
            if top_px <= y_px < top_px + BOX_PX:
                return row.at(scale.to_us(place.x()))
        return None

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        self.paint_grid(painter, scale)
        painter.translate(0, -self._scroll.value())
        exposed = exposed.translated(0, self._scroll.value())
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setBrushOrigin(QPointF(scale.column_px(0) % 8, 0))
        # Boxes of all lanes of a kind are drawn together: the calls cost more than the pixels.
        painters: dict[int, LanePainter] = {}
        for placed in self._lanes:
            bottom_px = placed.bottom_px
            if bottom_px > exposed.top() and placed.top_px <= exposed.bottom():
                if self._shows_curves:
                    self._paint_curve(painter, placed, scale, exposed)
                lane_painter = self._painter_of(placed, scale.pixel_ratio)
                painters[id(lane_painter)] = lane_painter
                self._add_hits(lane_painter, placed, scale, exposed)
                line = QColor(self.theme.line)
                painter.fillRect(exposed.left(), bottom_px - 1, exposed.width(), 1, line)
        for lane_painter in painters.values():
            lane_painter.paint(painter, scale)
        painter.translate(0, self._scroll.value())

    def _paint_curve(
        self, painter: QPainter, placed: _Placed, scale: TimeScale, exposed: QRect
    ) -> None:
        ratio = scale.pixel_ratio
        first = scale.first_column + int((exposed.left() - scale.left_px) * ratio)
        count = int(exposed.width() * ratio) + 2
        heights = columns_of(placed.lane.curve, scale, first, count)
        if not heights.any():
            return
        rows = round((placed.height_px - 2) * ratio)
        image = area_image(heights, rows, outline_colour(placed.lane.spec.task, self.theme))
        target = QRectF(
            scale.column_px(first), placed.top_px + 1, count / ratio, placed.height_px - 2
        )
        painter.drawImage(target, image)

    def _add_hits(
        self, lane_painter: LanePainter, placed: _Placed, scale: TimeScale, exposed: QRect
    ) -> None:
        """Collect the boxes of a lane; where there are too many, draw how dense they are."""
        from_us, to_us = scale.to_us(exposed.left() - 4), scale.to_us(exposed.right() + 4)
        in_view = [row.span(scale.start_us, scale.end_us) for row in placed.rows]
        total = sum(last - first for first, last in in_view)
        for number, (row, span) in enumerate(zip(placed.rows, in_view, strict=True)):
            top_px = placed.row_top_px(number)
            if crowded(row, span, scale, total):
                lane_painter.add_density(row, top_px)
            else:
                lane_painter.add_boxes(row, top_px, row.span(from_us, to_us))

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        # Of many heads only those of which something is to be drawn.
        asked = painter.clipBoundingRect().translated(0, self._scroll.value())
        painter.setClipRect(rect.adjusted(0, 0, -1, 0), Qt.ClipOperation.IntersectClip)
        painter.translate(0, -self._scroll.value())
        for placed in self._lanes:
            if placed.top_px < asked.bottom() and placed.bottom_px > asked.top():
                self._paint_head(painter, placed)
        painter.restore()

    def _paint_head(self, painter: QPainter, placed: _Placed) -> None:
        lane, theme = placed.lane, self.theme
        top_px = placed.top_px
        draw_symbol(painter, lane.spec.task, QPointF(16, top_px + 11), 9, theme)
        painter.setFont(self.text_font(TEXT_PX))
        painter.setPen(QColor(theme.text))
        room_px = MARGIN_PX - 28 - 6
        name = painter.fontMetrics().elidedText(
            lane.spec.name, Qt.TextElideMode.ElideRight, room_px
        )
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(28, top_px + 2, room_px, 18), left, name)
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(theme.text_secondary))
        painter.drawText(QRect(28, top_px + 18, room_px, 15), left, lane.note)
        painter.fillRect(0, top_px + placed.height_px - 1, MARGIN_PX, 1, QColor(theme.line))

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
        hit, lane = self.hit_at(place), self.lane_at(place)
        if hit is not None:
            return tool_tip(hit)
        if lane is not None and place.x() < MARGIN_PX:
            return f"{lane.spec.name} · {lane.note}" if lane.note else lane.spec.name
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        lane = self.lane_at(event.position())
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and lane is not None and event.position().x() < MARGIN_PX:
            self.lane_clicked.emit(lane.spec)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self.hit_at(event.position())
        if hit is not None:
            air_us = hit.duration_us // 4
            self.view_state.set_visible(hit.onset_us - air_us, hit.offset_us + air_us)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Lanes first where they overflow, time with Shift or sideways."""
        if not scroll_by_wheel(self._scroll, event, ROW_PX):
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_scroll()

    def set_theme(self, theme: Theme) -> None:
        self._painters.clear()
        super().set_theme(theme)

    def _placed_at(self, y_px: float) -> _Placed | None:
        y_px += self._scroll.value()
        inside = (placed for placed in self._lanes if placed.top_px <= y_px < placed.bottom_px)
        return next(inside, None)

    def _fit_scroll(self) -> None:
        overflow_px = max(0, self.content_px - self.height())
        self._scroll.setGeometry(self.width() - GUTTER_PX, 0, GUTTER_PX, self.height())
        self._scroll.setRange(0, overflow_px)
        self._scroll.setPageStep(max(self.height(), 1))
        self._scroll.setSingleStep(ROW_PX)
        self._scroll.setVisible(overflow_px > 0)

    def _on_scrolled(self, value_px: int) -> None:
        self.update()

    def _painter_of(self, placed: _Placed, pixel_ratio: float) -> LanePainter:
        font = self.text_font(SMALL_TEXT_PX)
        task = placed.lane.spec.task
        key = (task.value, pixel_ratio, id(font))
        painter = self._painters.get(key)
        if painter is None:
            writer = LabelWriter(font)
            painter = LanePainter(task, self.theme, writer, BOX_PX, pixel_ratio)
            self._painters[key] = painter
        return painter
