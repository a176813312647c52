"""The ruler: times, and the handle of the playhead, which is dragged to scrub."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from app.player.time_code import time_code
from app.theme import Theme
from app.timeline.time_pane import SMALL_TEXT_PX, TEXT_PX, TimePane, fill_all
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

HEIGHT_PX = 28
LONG_TICK_PX = 8
SHORT_TICK_PX = 4
HANDLE_HALF_PX = 6
HANDLE_PX = 11


class Ruler(TimePane):
    """Labelled ticks; pressing and dragging asks to go to the time under the mouse."""

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName("Time ruler")
        view_state.playhead_changed.connect(self._on_time_changed)

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT_PX)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        painter.fillRect(exposed, QColor(self.theme.panel))
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        metrics = painter.fontMetrics()
        bottom = HEIGHT_PX - 1
        baseline = bottom - LONG_TICK_PX - 4
        long_ticks: list[QRectF] = []
        short_ticks: list[QRectF] = []
        painter.setPen(QColor(self.theme.text_secondary))
        for tick in self.visible_ticks(scale):
            x_px = round(scale.to_px(tick.time_us))
            if not tick.label:
                short_ticks.append(QRectF(x_px, bottom - SHORT_TICK_PX, 1, SHORT_TICK_PX))
                continue
            long_ticks.append(QRectF(x_px, bottom - LONG_TICK_PX, 1, LONG_TICK_PX))
            if self._fits(scale, x_px + 4, metrics.horizontalAdvance(tick.label)):
                painter.drawText(QPointF(x_px + 4, baseline), tick.label)
        fill_all(painter, long_ticks, QColor(self.theme.text_secondary))
        fill_all(painter, short_ticks, QColor(self.theme.line))

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        if not self.view_state.has_media:
            return
        painter.setFont(self.text_font(TEXT_PX))
        painter.setPen(QColor(self.theme.text))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        text = time_code(self.view_state.playhead_us)
        painter.drawText(rect.adjusted(0, 0, -8, -1), flags, text)

    def paint_playhead(self, painter: QPainter, scale: TimeScale) -> None:
        """A handle below the figures, so that it hides none; the line begins under it."""
        x_px = round(scale.to_px(self.view_state.playhead_us)) + 0.5
        tip = HEIGHT_PX - 1.0
        top, waist = tip - HANDLE_PX, tip - HANDLE_HALF_PX
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        left, right = x_px - HANDLE_HALF_PX + 0.5, x_px + HANDLE_HALF_PX - 0.5
        corners = [(left, top), (right, top), (right, waist), (x_px, tip), (left, waist)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))

    def playhead_reach_px(self) -> int:
        return HANDLE_HALF_PX + 1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_to(event.position().x())

    def _fits(self, scale: TimeScale, left_px: float, width_px: float) -> bool:
        """Whether a label is whole: cut figures could be misread."""
        return left_px >= scale.left_px and left_px + width_px <= scale.right_px

    def _on_time_changed(self, time_us: int) -> None:
        self.update(QRectF(0, 0, self.time_rect().left(), HEIGHT_PX).toRect())
