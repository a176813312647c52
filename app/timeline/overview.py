"""The whole media as a strip: where events are dense, and the visible part, to be dragged."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from itertools import zip_longest

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from app.kind_style import KIND_STYLES, outline_colour
from app.theme import Theme
from app.timeline.coverage import Floats, most_covered
from app.timeline.density import Words, density_words, draw_strip
from app.timeline.event_rows import TimeRow
from app.timeline.marks import paint_broken, paint_joints
from app.timeline.time_pane import SMALL_TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale, time_scale
from app.view_state import ViewState
from core_model.timeline import Task

HEIGHT_PX = 36
BAND_PX = 8
BAND_GAP_PX = 2
TOP_PX = 4
BROKEN_PX = 3
EDGE_REACH_PX = 6
NARROWEST_WINDOW_PX = 4.0
# So many rows, or so many events if that is more, are counted together.
PART_ROWS, PART_EVENTS = 16, 2_000
Rows = tuple[TimeRow, ...]


class _Grip(Enum):
    MOVE = auto()
    START = auto()
    END = auto()


class Overview(TimePane):
    """Density of events per kind over the whole media; the bright window is what is visible.

    Dragging the window moves it, dragging its edges changes what it holds, pressing elsewhere
    brings it there.
    """

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(view_state, theme, parent)
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName("Overview of the whole video")
        self._rows: Mapping[Task, tuple[TimeRow, ...]] = {}
        self._bands: dict[Task, tuple[tuple[Rows, TimeScale, str], Words]] = {}
        self._shares: dict[Task, list[tuple[Rows, TimeScale, Floats]]] = {}
        self._grip: _Grip | None = None
        self._grip_offset_us = 0
        view_state.media_range_changed.connect(self._on_media_changed)
        view_state.broken_spans_changed.connect(self._on_broken_changed)

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT_PX)

    def scale(self) -> TimeScale | None:
        visible = super().scale()
        if visible is None:
            return None
        state = self.view_state
        start_us, end_us = state.media_start_us, state.media_end_us
        place = visible.left_px, visible.width_px
        return time_scale(start_us, end_us, *place, start_us, visible.pixel_ratio)

    def set_rows(self, rows: Mapping[Task, tuple[TimeRow, ...]]) -> None:
        """Show the density of these events."""
        before, self._rows = self._rows, rows
        if any(before.get(kind, ()) != rows.get(kind, ()) for kind in KIND_STYLES):
            self.update()

    def window_rect(self, scale: TimeScale) -> QRectF:
        """The visible part, never too narrow to be seen."""
        left_px = scale.to_px(self.view_state.visible_start_us)
        right_px = scale.to_px(self.view_state.visible_end_us)
        width_px = max(right_px - left_px, NARROWEST_WINDOW_PX)
        return QRectF(round(left_px), 1, round(width_px), HEIGHT_PX - 3)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        painter.fillRect(exposed, QColor(self.theme.ground))
        for band, task in enumerate(KIND_STYLES):
            corner = QPointF(scale.left_px, TOP_PX + band * (BAND_PX + BAND_GAP_PX))
            draw_strip(painter, self._words(task, scale), corner, BAND_PX, scale.pixel_ratio)
        window = self.window_rect(scale)
        veil = QColor(self.theme.panel)
        veil.setAlphaF(0.55)
        picture = QRectF(self.time_rect())
        before = QRectF(picture.left(), 0, window.left() - picture.left(), HEIGHT_PX)
        after = QRectF(window.right(), 0, picture.right() - window.right(), HEIGHT_PX)
        painter.fillRect(before, veil)
        painter.fillRect(after, veil)
        glow = QColor(self.theme.text)
        glow.setAlphaF(0.06)
        painter.setBrush(glow)
        painter.setPen(QColor(self.theme.text_secondary))
        painter.drawRect(window.adjusted(0, 0, -1, -1))

    def paint_fixed_marks(self, painter: QPainter, scale: TimeScale) -> None:
        """Joints, and what could not be decoded along the top."""
        paint_joints(painter, self.view_state, scale, self.theme, HEIGHT_PX)
        head = self.time_rect()
        head.setHeight(BROKEN_PX)
        paint_broken(painter, self.view_state, scale, self.theme, head)

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(self.theme.text_secondary))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect.adjusted(8, 0, -8, 0), flags, "Overview")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if scale is None or not is_left or not self.in_picture(event.position()):
            event.ignore()
            return
        state = self.view_state
        x_px = event.position().x()
        time_us = scale.to_us(x_px)
        self._grip = self._grip_at(x_px, scale)
        if self._grip is None:
            half_us = (state.visible_end_us - state.visible_start_us) // 2
            state.set_visible(time_us - half_us, time_us + half_us)
            self._grip = _Grip.MOVE
        held_us = state.visible_end_us if self._grip is _Grip.END else state.visible_start_us
        self._grip_offset_us = held_us - time_us

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        if scale is None:
            return
        if self._grip is None:
            self._show_cursor(self._grip_at(event.position().x(), scale))
            return
        state = self.view_state
        held_us = scale.to_us(event.position().x()) + self._grip_offset_us
        if self._grip is _Grip.MOVE:
            span_us = state.visible_end_us - state.visible_start_us
            state.set_visible(held_us, held_us + span_us)
        elif self._grip is _Grip.START:
            start_us = min(max(held_us, state.media_start_us), state.visible_end_us)
            state.set_visible(start_us, state.visible_end_us)
        else:
            end_us = max(min(held_us, state.media_end_us), state.visible_start_us)
            state.set_visible(state.visible_start_us, end_us)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def _grip_at(self, x_px: float, scale: TimeScale) -> _Grip | None:
        window = self.window_rect(scale)
        if window.width() > 4 * EDGE_REACH_PX:
            if abs(x_px - window.left()) <= EDGE_REACH_PX:
                return _Grip.START
            if abs(x_px - window.right()) <= EDGE_REACH_PX:
                return _Grip.END
        is_inside = window.left() - EDGE_REACH_PX <= x_px <= window.right() + EDGE_REACH_PX
        return _Grip.MOVE if is_inside else None

    def _show_cursor(self, grip: _Grip | None) -> None:
        shapes = {
            None: Qt.CursorShape.ArrowCursor,
            _Grip.MOVE: Qt.CursorShape.OpenHandCursor,
            _Grip.START: Qt.CursorShape.SizeHorCursor,
            _Grip.END: Qt.CursorShape.SizeHorCursor,
        }
        self.setCursor(shapes[grip])

    def _words(self, task: Task, scale: TimeScale) -> Words:
        """The pixels of a kind's band, made once for a scale, a list of rows and a theme."""
        colour = outline_colour(task, self.theme)
        looks = (self._rows.get(task, ()), scale, colour)
        known = self._bands.get(task)
        if known is None or known[0] != looks:
            known = self._bands[task] = (looks, density_words(self._share(task, scale), colour))
        return known[1]

    def _share(self, task: Task, scale: TimeScale) -> Floats:
        rows = self._rows.get(task, ())
        size = _part_rows(rows)
        parts = [rows[first : first + size] for first in range(0, len(rows), size)]
        known, self._shares[task] = self._shares.get(task, ()), []
        for part, old in zip_longest(parts, known[: len(parts)]):
            # An edit changes a row or two of hundreds; those kept along tell which are others.
            if old is None or old[:2] != (part, scale):
                old = (part, scale, most_covered(part, scale))
            self._shares[task].append(old)
        none = np.zeros(scale.column_count)
        return np.max([none, *(share for _, _, share in self._shares[task])], axis=0)

    def _on_broken_changed(self, _spans_us: object) -> None:
        self.update()

    def _on_media_changed(self, start_us: int, end_us: int) -> None:
        self._grip = None
        self.update()


def _part_rows(rows: Rows) -> int:
    """How many rows are counted together; seldom another number where few events come or go."""
    size, events = PART_ROWS, sum(len(row.onset_us) for row in rows)
    while size < len(rows) and 2 * size * events <= PART_EVENTS * len(rows):
        size *= 2
    return size
