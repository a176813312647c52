"""One lane per kind of event, below each other, with rows for what overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QToolTip, QWidget

from app.kind_style import KIND_STYLES, draw_symbol
from app.player.time_code import time_code
from app.theme import Theme
from app.timeline.event_rows import Row
from app.timeline.lane_painter import BOX_PX, LabelWriter, LanePainter, crowded
from app.timeline.time_pane import GUTTER_PX, MARGIN_PX, SMALL_TEXT_PX, TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState
from core_model.timeline import Detection, Task

ROW_PX = 24
LANE_PADDING_PX = 4
# Around an event that a double click zooms to, as a share of its length.
ZOOM_AIR = 0.25


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a kind's rows lie: ``top_px`` counts from the top of the first lane."""

    task: Task
    rows: tuple[Row, ...]
    top_px: int

    @property
    def height_px(self) -> int:
        return ROW_PX * max(len(self.rows), 1) + 2 * LANE_PADDING_PX

    def row_top_px(self, index: int) -> int:
        """Top of the boxes of a row."""
        return self.top_px + LANE_PADDING_PX + index * ROW_PX + (ROW_PX - BOX_PX) // 2


class LanesPane(TimePane):
    """Draws the rows, scrolls them where they are too many, names the event under the mouse."""

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setMinimumHeight(3 * (ROW_PX + 2 * LANE_PADDING_PX))
        self.setAccessibleName("Events")
        self._lanes: tuple[Lane, ...] = ()
        self._painters: dict[tuple[Task, float, str], LanePainter] = {}
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.setAccessibleName("Scroll rows of events")
        self._scroll.valueChanged.connect(self._on_scrolled)
        self.set_rows({})

    def sizeHint(self) -> QSize:
        return QSize(400, max(self._content_px, 3 * (ROW_PX + 2 * LANE_PADDING_PX)))

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return self._lanes

    @property
    def _content_px(self) -> int:
        last = self._lanes[-1]
        return last.top_px + last.height_px

    def set_rows(self, rows: dict[Task, tuple[Row, ...]]) -> None:
        """Show these rows of events; kinds that are not named have none."""
        lanes: list[Lane] = []
        top_px = 0
        for task in KIND_STYLES:
            lane = Lane(task, rows.get(task, ()), top_px)
            lanes.append(lane)
            top_px += lane.height_px
        self._lanes = tuple(lanes)
        self._fit_scroll()
        self.update()

    def event_at(self, position: QPoint | QPointF) -> Detection | None:
        """The event drawn at a point of the pane."""
        scale = self.scale()
        if scale is None or not self.in_picture(position):
            return None
        y_px = position.y() + self._scroll.value()
        for lane in self._lanes:
            index = int(y_px - lane.top_px - LANE_PADDING_PX) // ROW_PX
            if lane.top_px <= y_px < lane.top_px + lane.height_px and 0 <= index < len(lane.rows):
                return lane.rows[index].at(scale.to_us(position.x()))
        return None

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        self.paint_grid(painter, scale)
        painter.translate(0, -self._scroll.value())
        exposed = exposed.translated(0, self._scroll.value())
        painter.setFont(self.text_font(TEXT_PX))
        for lane in self._lanes:
            lane_painter = self._painter_of(lane.task, scale.pixel_ratio)
            self._paint_lane(painter, lane_painter, lane, scale, exposed)
            bottom = lane.top_px + lane.height_px - 1
            painter.fillRect(exposed.left(), bottom, exposed.width(), 1, QColor(self.theme.line))
        painter.translate(0, self._scroll.value())

    def _paint_lane(
        self,
        painter: QPainter,
        lane_painter: LanePainter,
        lane: Lane,
        scale: TimeScale,
        exposed: QRect,
    ) -> None:
        # The pattern moves along with the boxes.
        painter.setBrushOrigin(QPointF(scale.column_px(0) % 8, lane.row_top_px(0)))
        from_us = scale.to_us(exposed.left() - 4)
        to_us = scale.to_us(exposed.right() + 4)
        seen = [
            (row, top_px)
            for index, row in enumerate(lane.rows)
            if (top_px := lane.row_top_px(index)) < exposed.bottom() + 1
            and top_px + BOX_PX > exposed.top()
        ]
        in_view = [row.span(scale.start_us, scale.end_us) for row, _ in seen]
        total = sum(last - first for first, last in in_view)
        for (row, top_px), span in zip(seen, in_view, strict=True):
            if crowded(row, span, scale, total):
                reach_px = (exposed.left(), exposed.right() + 1)
                lane_painter.paint_density(painter, row, top_px, scale, reach_px)
            else:
                lane_painter.add_boxes(row, top_px, scale, row.span(from_us, to_us))
        lane_painter.paint_boxes(painter, scale)

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setClipRect(rect.adjusted(0, 0, -1, 0))
        painter.translate(0, -self._scroll.value())
        for lane in self._lanes:
            self._paint_head(painter, lane)
        painter.restore()

    def _paint_head(self, painter: QPainter, lane: Lane) -> None:
        top_px = lane.top_px + LANE_PADDING_PX
        draw_symbol(painter, lane.task, QPointF(16, top_px + ROW_PX / 2), 10, self.theme)
        painter.setFont(self.text_font(TEXT_PX))
        painter.setPen(QColor(self.theme.text))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        name_box = QRect(28, top_px, MARGIN_PX - 28, ROW_PX)
        painter.drawText(name_box, left, KIND_STYLES[lane.task].name)
        number = sum(len(row.events) for row in lane.rows)
        if number:
            painter.setFont(self.text_font(SMALL_TEXT_PX))
            painter.setPen(QColor(self.theme.text_secondary))
            painter.drawText(name_box.adjusted(0, 0, -8, 0), right, _short_number(number))
        bottom = lane.top_px + lane.height_px - 1
        painter.fillRect(0, bottom, MARGIN_PX, 1, QColor(self.theme.line))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.event_at(event.pos())
            if found is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), tool_tip(found), self)
            return True
        return super().event(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.event_at(event.position())
        if found is not None:
            air_us = round(found.duration_us * ZOOM_AIR)
            self.view_state.set_visible(found.onset_us - air_us, found.offset_us + air_us)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Rows first where they overflow, time with Shift or sideways."""
        turned = event.angleDelta()
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if is_plain and self._scroll.maximum() > 0 and abs(turned.y()) > abs(turned.x()):
            step_px = event.pixelDelta().y() or turned.y() * ROW_PX // 120
            self._scroll.setValue(self._scroll.value() - step_px)
            event.accept()
            return
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_scroll()

    def set_theme(self, theme: Theme) -> None:
        self._painters.clear()
        super().set_theme(theme)

    def _fit_scroll(self) -> None:
        overflow_px = max(0, self._content_px - self.height())
        self._scroll.setGeometry(self.width() - GUTTER_PX, 0, GUTTER_PX, self.height())
        self._scroll.setRange(0, overflow_px)
        self._scroll.setPageStep(self.height())
        self._scroll.setSingleStep(ROW_PX)
        self._scroll.setVisible(overflow_px > 0)

    def _on_scrolled(self, value_px: int) -> None:
        self.update()

    def _painter_of(self, task: Task, pixel_ratio: float) -> LanePainter:
        key = (task, pixel_ratio, self.font().key())
        painter = self._painters.get(key)
        if painter is None:
            writer = LabelWriter(self.text_font(TEXT_PX))
            painter = self._painters[key] = LanePainter(task, self.theme, writer, pixel_ratio)
        return painter


def tool_tip(event: Detection) -> str:
    """Kind, label, onset, offset, length and score of an event, as rich text."""
    length_s = event.duration_us / 1_000_000
    rows = [
        ("onset", time_code(event.onset_us)),
        ("offset", time_code(event.offset_us)),
        ("length", f"{length_s:.3f} s"),
        ("score", f"{event.score:.2f}"),
    ]
    cells = "".join(
        f"<tr><td>{name}&nbsp;&nbsp;</td><td align='right'>{value}</td></tr>"
        for name, value in rows
    )
    kind = KIND_STYLES[event.task].singular
    return f"<b>{escape(event.label)}</b> · {kind}<table>{cells}</table>"


def _short_number(number: int) -> str:
    return str(number) if number < 10_000 else f"{number // 1_000}k"
