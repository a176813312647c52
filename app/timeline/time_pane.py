"""What every pane on the time axis has in common: margin, scale, playhead, wheel, click."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.theme import Theme, tabular
from app.timeline.drag import (
    SNAP_PX,
    Drag,
    DragHand,
    Scrub,
    SelectTime,
    edge_near,
    select_edge,
)
from app.timeline.kept_picture import KeptPicture
from app.timeline.marks import (
    MARKED,
    draw_columns,
    paint_joints,
    paint_selection,
    paint_shots,
    visible_shots,
)
from app.timeline.ticks import tick_places
from app.timeline.time_scale import TimeScale, time_scale
from app.timeline.wheel import turn_wheel
from app.view_state import ViewState

MARGIN_PX = 112
GUTTER_PX = 12
TEXT_PX = 12
SMALL_TEXT_PX = 11
# A picture of which more than this is to be drawn anew is better drawn in one go.
SCROLLED_SHARE = 0.6


class TimePane(QWidget):
    """A pane whose picture lies between a left margin and a right gutter, the same everywhere.

    Subclasses draw in :meth:`paint_time` (clipped to the picture) and :meth:`paint_margin`. What
    they draw is kept: :meth:`update` says that it has changed, :meth:`show_again` only that
    something over it has, the playhead for instance, which is drawn in :meth:`paint_over`.
    """

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.view_state = view_state
        self.theme = theme
        # Where it stands on the screen now, whichever scale it was drawn with.
        self._playhead_px = 0
        self._fonts: dict[int, QFont] = {}
        self._kept = KeptPicture()
        self._drawn_scale: TimeScale | None = None
        self._selection: tuple[int, int] | None = None
        self._hand = DragHand(view_state, self)
        view_state.media_range_changed.connect(self._on_media_range_changed)
        view_state.visible_changed.connect(self._on_visible_changed)
        view_state.playhead_changed.connect(self._on_playhead_changed)
        view_state.selection_changed.connect(self._on_selection_changed)
        view_state.snap_times_changed.connect(self._on_snap_times)

    def scale(self) -> TimeScale | None:
        """The mapping in use; None without media or without room."""
        state = self.view_state
        width_px = self.width() - MARGIN_PX - GUTTER_PX
        if not state.has_media or width_px < 1:
            return None
        visible = state.visible_start_us, state.visible_end_us
        ratio = self.devicePixelRatioF()
        return time_scale(*visible, MARGIN_PX, width_px, state.media_start_us, ratio)

    def time_rect(self) -> QRect:
        """The picture: the pane without margin and gutter."""
        return self.rect().adjusted(MARGIN_PX, 0, -GUTTER_PX, 0)

    def set_theme(self, theme: Theme) -> None:
        """Draw with other colours from now on."""
        self.theme = theme
        self.update()

    def text_font(self, size_px: int = TEXT_PX) -> QFont:
        """The window's font with figures of equal width."""
        font = self._fonts.get(size_px)
        if font is None:
            font = self._fonts[size_px] = tabular(self.font())
            font.setPixelSize(size_px)
        return font

    def update(self, *area: Any) -> None:
        """Draw anew what is in the area (as ``QWidget.update`` takes it; nothing: all)."""
        self._kept.spoil(QRect(*area) if area else self.rect())
        super().update(*area)

    def show_again(self, *area: Any) -> None:
        """Show what is drawn, with other things over it."""
        super().update(*area)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        """Draw the picture; only ``exposed`` needs it."""

    def paint_over(self, painter: QPainter, scale: TimeScale) -> None:
        """Draw over the picture what comes and goes with the pointer and the playhead."""

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        """Draw into the left margin."""

    def paint_grid(self, painter: QPainter, scale: TimeScale) -> None:
        """Quiet lines at the labelled ticks."""
        line = QColor(self.theme.line)
        line.setAlphaF(0.55)
        marked_px = [x_px for x_px, _label in tick_places(scale).labelled]
        draw_columns(painter, marked_px, (0, self.height()), line)

    def paintEvent(self, event: QPaintEvent) -> None:
        scale, picture = self.scale(), self.time_rect()
        self._draw_stale(scale, picture)
        painter = QPainter(self)
        self._kept.show(painter)
        if scale is not None and event.rect().intersects(picture):
            # The line along the bottom stays whole.
            painter.setClipRect(picture.adjusted(0, 0, 0, -1))
            self.paint_over(painter, scale)
            self.paint_marks(painter, scale)
            self._playhead_px = scale.whole_px(self.view_state.playhead_us)
            reach_px = self.playhead_reach_px()
            if scale.left_px - reach_px <= self._playhead_px <= scale.right_px + reach_px:
                self.paint_playhead(painter, scale)
        painter.end()

    def _draw_stale(self, scale: TimeScale | None, picture: QRect) -> None:
        """Bring the kept picture up to date."""
        kept = self._kept
        kept.fit(self.size(), self.devicePixelRatioF())
        if scale != self._drawn_scale:
            before, self._drawn_scale = self._drawn_scale, scale
            if scale is None or before is None or not self._scroll_kept(before, scale, picture):
                kept.spoil(picture)
        for stale in kept.take_stale():
            self._draw_part(scale, picture, stale & self.rect())

    def _draw_part(self, scale: TimeScale | None, picture: QRect, stale: QRect) -> None:
        if stale.isEmpty():
            return
        painter = self._kept.painter()
        painter.setFont(self.font())
        painter.setClipRect(stale)
        painter.fillRect(stale, QColor(self.theme.ground))
        if scale is not None and stale.intersects(picture):
            painter.save()
            painter.setClipRect(picture & stale)
            self.paint_time(painter, scale, stale & picture)
            self.paint_fixed_marks(painter, scale)
            painter.restore()
        if stale.left() < MARGIN_PX:
            margin = QRect(0, 0, MARGIN_PX, self.height())
            painter.fillRect(margin, QColor(self.theme.panel))
            painter.fillRect(MARGIN_PX - 1, 0, 1, self.height(), QColor(self.theme.line))
            self.paint_margin(painter, margin)
        bottom = self.height() - 1
        painter.fillRect(0, bottom, self.width(), 1, QColor(self.theme.line))
        painter.end()

    def _scroll_kept(self, before: TimeScale, scale: TimeScale, picture: QRect) -> bool:
        """Move what is drawn if that is enough but for some edges; False where it is not."""
        moved_px = scale.moved_px(before)
        if moved_px is None or abs(moved_px) >= picture.width():
            return False
        edges_px = self.edges_after_scroll(before, scale)
        shots = (visible_shots(self.view_state, each) for each in (before, scale))
        # Shots that become too many to be told apart go all at once.
        if edges_px is None or len(set(map(bool, shots))) > 1:
            return False
        left_px, right_px = edges_px
        if left_px + right_px + abs(moved_px) > SCROLLED_SHARE * picture.width():
            return False
        if not self._kept.scroll(moved_px, picture):
            return False
        self._kept.spoil(picture.adjusted(0, 0, left_px - picture.width(), 0))
        self._kept.spoil(picture.adjusted(picture.width() - right_px, 0, 0, 0))
        return True

    def edges_after_scroll(self, before: TimeScale, scale: TimeScale) -> tuple[int, int] | None:
        """How much at the left and at the right end of the picture (logical pixels) is to be
        drawn anew once the picture of the scale before is moved to its place; None where all is.
        """
        return None

    def paint_fixed_marks(self, painter: QPainter, scale: TimeScale) -> None:
        """Shot changes and joints, in the picture."""
        paint_shots(painter, self.view_state, scale, self.theme, self.height())
        paint_joints(painter, self.view_state, scale, self.theme, self.height())

    def paint_marks(self, painter: QPainter, scale: TimeScale) -> None:
        """The selection, over the picture."""
        paint_selection(painter, self.view_state, scale, self.theme, self.height())

    def paint_playhead(self, painter: QPainter, scale: TimeScale) -> None:
        """A line at the playhead, with a dark edge so that it shows on any picture."""
        x_px, span_px = scale.whole_px(self.view_state.playhead_us), (0, self.height())
        edge = QColor(self.theme.ground)
        edge.setAlphaF(0.6)
        draw_columns(painter, [x_px - 1, x_px + 1], span_px, edge)
        draw_columns(painter, [x_px], span_px, QColor(self.theme.text))

    def playhead_reach_px(self) -> int:
        """Half the width that the playhead takes."""
        return 2

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._fonts.clear()
            self.update()
        super().changeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        scale = self.scale()
        if scale is None:
            event.ignore()
            return
        turn_wheel(self.view_state, event, scale)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            scale = self.scale()
            if scale and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                time_us = scale.to_us(event.position().x())
                self.view_state.zoom_about(time_us, max(0.2, 1 + event.value()))
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if scale is None or not is_left or not self.in_picture(event.position()):
            event.ignore()
            return
        x_px = event.position().x()
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if extends or edge_near(self.view_state, x_px, scale) is not None:
            self._hand.take(self._selecting(x_px, scale), x_px)
        else:
            drag = self.plain_drag(x_px, scale)
            self._hand.take(drag, x_px)
            self.seek_to(x_px)

    def plain_drag(self, x_px: float, scale: TimeScale) -> Drag:
        """What a drag without any key does that begins at a logical x."""
        return Scrub(self.view_state)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        scale = self.scale()
        if scale is None:
            return
        if self._hand.is_busy:
            self._hand.move(event.position(), event.modifiers(), scale)
            return
        on_edge = edge_near(self.view_state, event.position().x(), scale) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if on_edge else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release()

    def _selecting(self, x_px: float, scale: TimeScale) -> SelectTime:
        """The drag of the edge under the pointer, else that of a new selection."""
        edge = edge_near(self.view_state, x_px, scale)
        if edge is not None:
            return select_edge(self.view_state, edge)
        return self.new_selection(x_px, scale)

    def new_selection(self, x_px: float, scale: TimeScale) -> SelectTime:
        """The drag of a selection that begins at a logical x, or at what lies near it."""
        state = self.view_state
        reach_us = round(SNAP_PX * scale.us_per_px)
        anchor_us = state.snap(scale.to_us(x_px), reach_us, (state.playhead_us,))
        return SelectTime(state, anchor_us, returns=True)

    def in_picture(self, position: QPointF | QPoint) -> bool:
        """Whether a point lies on the time axis, not on the margin."""
        return self.time_rect().contains(QPoint(int(position.x()), int(position.y())))

    def seek_to(self, x_px: float) -> None:
        """Ask for the time at a logical x."""
        scale = self.scale()
        if scale is not None:
            self.view_state.request_seek(scale.to_us(x_px))

    def _on_media_range_changed(self, start_us: int, end_us: int) -> None:
        self.update()

    def _on_snap_times(self, name: str) -> None:
        if name in MARKED:
            self.update()

    def _on_visible_changed(self, start_us: int, end_us: int) -> None:
        if self.scale() == self._drawn_scale:
            self.update(self.time_rect())
        else:
            # What is drawn is compared with the scale before it is shown.
            self.show_again(self.time_rect())

    def _on_playhead_changed(self, time_us: int) -> None:
        scale = self.scale()
        # Of a long video that is seen whole, the playhead stays on one pixel for seconds.
        if scale is None or (new_px := scale.whole_px(time_us)) == self._playhead_px:
            return
        reach_px = self.playhead_reach_px()
        for x_px in (self._playhead_px, new_px):
            self.show_again(x_px - reach_px - 1, 0, 2 * reach_px + 3, self.height())
        self._playhead_px = new_px

    def _on_selection_changed(self, selection: tuple[int, int] | None) -> None:
        """Repaint between where the edges were and where they are."""
        before, self._selection = self._selection, selection
        scale = self.scale()
        if scale is None:
            return
        times_us = [*(before or ()), *(selection or ())]
        left_px = max(scale.to_px(min(times_us)) - self.selection_reach_px(), 0)
        right_px = min(scale.to_px(max(times_us)) + self.selection_reach_px(), self.width())
        self.show_again(int(left_px), 0, int(right_px - left_px) + 1, self.height())

    def selection_reach_px(self) -> int:
        """How far beyond its edges the selection is drawn."""
        return 2
