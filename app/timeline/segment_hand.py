"""The hand on the lanes: finds what is under the pointer, carries gestures, asks for labels."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QCursor, QMouseEvent, QPainter

from app.project.edits import AddSegment
from app.project.values import KINDS
from app.timeline.drag import SNAP_PX, DragHand, edge_near
from app.timeline.gestures import (
    DragBoundary,
    DrawSpan,
    Gesture,
    MoveSpans,
    SelectRect,
    TrimEdge,
)
from app.timeline.hit_test import (
    Hit,
    Part,
    Span,
    edges_near,
    hit_at,
    homes_of,
    ids_in,
    lane_at,
    spans_between,
)
from app.timeline.label_asker import LabelAsker
from app.timeline.lanes import Lane
from app.timeline.lanes_pane import LanesPane
from app.timeline.segment_painting import (
    paint_ghosts,
    paint_rect,
    paint_running,
    paint_selected,
)
from app.timeline.segment_tip import segment_tip
from app.timeline.time_scale import TimeScale
from app.window.annotation import Annotation
from core_model.timeline import Task

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
# Edges this near to each other are one boundary.
SAME_BOUNDARY_US = 1_000


class SegmentHand(QObject):
    """Belongs to a pane of lanes, which offers it every press before it takes it itself.

    ``lanes`` gives the lanes as they are placed now, ``offset_px`` how far they are scrolled.
    """

    def __init__(
        self,
        annotation: Annotation,
        pane: LanesPane,
    ) -> None:
        super().__init__(pane)
        self._annotation = annotation
        self._pane = pane
        self._state = pane.view_state
        self._drag = DragHand(pane.view_state, self)
        self._gesture: Gesture | None = None
        self._click: Callable[[], None] | None = None
        self._homes: dict[int, tuple[Lane, int]] = {}
        self._draw_home: tuple[Lane, int] | None = None
        self._range_from: Hit | None = None
        self._before: frozenset[int] = frozenset()
        self._press_us = self._playhead_us = pane.view_state.playhead_us
        self.labels = LabelAsker(annotation, pane)
        self.labels.closed.connect(self._let_go)
        annotation.selection_changed.connect(self._on_chosen)
        annotation.current_label_changed.connect(self._on_chosen)
        annotation.running_changed.connect(self._repaint)

    # --- the mouse ---------------------------------------------------------------------------

    def press(self, event: QMouseEvent, scale: TimeScale) -> bool:
        """Take a press of the left button; False leaves it to the pane."""
        place, keys = event.position(), event.modifiers()
        y_px = place.y() + self._pane.scrolled_px
        hit = hit_at(self._pane.lanes, place.x(), y_px, scale)
        if hit is not None:
            self._press_segment(hit, place, keys, scale)
            return True
        if keys & SHIFT or edge_near(self._state, place.x(), scale) is not None:
            return False
        if keys & CONTROL:
            anchor = (scale.to_us(place.x()), y_px)
            self._take(SelectRect(self._state, self._snap, anchor, self._select_in), place)
            self._before = self._annotation.selection
            return True
        lane = lane_at(self._pane.lanes, y_px)
        if lane is None or lane.track.folded or not self._annotation.takes_drawings:
            self._annotation.select(())
            return False
        self._draw_home = (lane, lane.row_number(y_px))
        anchor_us = scale.to_us(place.x())
        if not keys & Qt.KeyboardModifier.AltModifier:
            anchor_us = self._snap(anchor_us, round(SNAP_PX * scale.us_per_px))
        self._take(DrawSpan(self._state, self._snap, lane.task, anchor_us), place)
        self._click = self._clicked_nothing
        return True

    def moved(self, event: QMouseEvent, scale: TimeScale) -> bool:
        """The pointer has moved; False where the hand holds nothing."""
        place = event.position()
        y_px = place.y() + self._pane.scrolled_px
        if self._gesture is None:
            return self._hover(place, y_px, scale)
        lane = lane_at(self._pane.lanes, y_px)
        self._gesture.lane = lane.task if lane is not None else None
        comes_from = {home[0].key for home in self._homes.values()}
        self._gesture.label = lane.name if lane is not None and lane.key not in comes_from else ""
        if isinstance(self._gesture, SelectRect):
            self._gesture.y_px = y_px
        is_elsewhere = (
            isinstance(self._gesture, MoveSpans)
            and lane is not None
            and bool(comes_from)
            and lane.key not in comes_from
        )
        self._drag.move(place, event.modifiers(), scale, is_elsewhere=is_elsewhere)
        return True

    def release(self) -> bool:
        """The button is up."""
        if self._gesture is None:
            return False
        self._drag.release()
        return True

    def cancel(self) -> bool:
        """Let go of everything as if it had never been taken; False where nothing was held."""
        if self._gesture is None:
            return False
        self._drag.drop()
        if isinstance(self._gesture, SelectRect):
            self._annotation.select(self._before)
        self._let_go()
        return True

    def double_click(self, place: QPointF, scale: TimeScale) -> bool:
        """Ask for another label of the segment there."""
        hit = hit_at(self._pane.lanes, place.x(), place.y() + self._pane.scrolled_px, scale)
        if hit is None:
            return False
        self.cancel()
        self._annotation.select((hit.segment_id,))
        self.labels.relabel(self._pane.mapToGlobal(place.toPoint()))
        return True

    def press_head(self, lane: Lane, place: QPoint) -> bool:
        """Ask what new segments of the kind are to be called, or take the lane's own label."""
        if self._annotation.columns is None or not self._annotation.takes_drawings:
            return False
        if lane.name:
            self._annotation.set_current_label(lane.task, lane.name)
        else:
            self.labels.choose_current(lane.task, place)
        return True

    def head_text(self, task: Task) -> str:
        """What new segments of the kind are called."""
        current = self._annotation.current_label(task)
        return f"+ {current}" if current else ""

    def tool_tip(self, place: QPointF, scale: TimeScale) -> str:
        """What is known of the segment under a point, as rich text."""
        hit = hit_at(self._pane.lanes, place.x(), place.y() + self._pane.scrolled_px, scale)
        columns = self._annotation.columns
        row = columns.row_of(hit.segment_id) if hit is not None and columns is not None else None
        if columns is None or row is None:
            return ""
        segment = columns.segment(row)
        names = {label.id: label.name for label in self._annotation.labels()}
        return segment_tip(segment, names.get(segment.label_id, ""))

    # --- as a drag ---------------------------------------------------------------------------

    def move(self, time_us: int, reach_us: int) -> None:
        """The drag has come to a time."""
        if self._gesture is not None:
            self._click = None
            self._gesture.move(time_us, reach_us)
            self._repaint()

    def end(self) -> None:
        """The drag ends here: one edit, or a click where it never moved."""
        gesture, click = self._gesture, self._click
        if isinstance(gesture, DrawSpan) and click is None and gesture.span is not None:
            self._drawn(gesture)
            return
        self._let_go()
        if click is not None:
            click()
        elif gesture is not None and (edit := gesture.edit()) is not None:
            self._annotation.perform(edit)

    def _drawn(self, gesture: DrawSpan) -> None:
        """A new segment under the current label; without one the hand waits for it."""
        span, kind = gesture.span, gesture.ghosts[0].task
        if span is None:
            return

        def add(name: str) -> None:
            self._annotation.set_current_label(kind, name)
            self._annotation.propose(lambda video_id: AddSegment(video_id, kind, name, *span))

        home = self._draw_home
        current = home[0].name if home is not None else ""
        current = current or self._annotation.current_label(kind)
        if current:
            self._let_go()
            add(current)
        else:
            self._state.set_scrubbing(False)
            self.labels.ask(add, {kind}, "", QCursor.pos())

    def _press_segment(
        self, hit: Hit, place: QPointF, keys: Qt.KeyboardModifier, scale: TimeScale
    ) -> None:
        annotation, at_us = self._annotation, scale.to_us(place.x())
        if keys & CONTROL:
            annotation.select(annotation.selection ^ {hit.segment_id})
            self._range_from = hit
            return
        if keys & SHIFT and hit.part is Part.BODY:
            self._select_range(hit)
            return
        self._range_from = hit
        if hit.segment_id not in annotation.selection:
            annotation.select((hit.segment_id,))
        if not annotation.is_writable or annotation.is_locked((hit.segment_id,)):
            self._state.request_seek(at_us)
            return
        if keys & SHIFT:
            gesture: Gesture = self._boundary(hit)
        elif hit.part is Part.BODY:
            gesture = MoveSpans(self._state, self._snap, self._selected(hit), at_us)
        else:
            gesture = TrimEdge(self._state, self._snap, hit, at_us)
        self._take(gesture, place)
        self._click = lambda: self._clicked(hit, at_us)

    def _boundary(self, hit: Hit) -> Gesture:
        """What ends and what starts where the edge is, within the kind."""
        at_us = hit.onset_us if hit.part is Part.START else hit.offset_us
        ending: list[Span] = []
        starting: list[Span] = []
        for span in spans_between(
            self._pane.lanes, at_us - SAME_BOUNDARY_US, at_us + SAME_BOUNDARY_US
        ):
            _id, kind, onset_us, offset_us = span
            if kind is not hit.task:
                continue
            if abs(offset_us - at_us) <= SAME_BOUNDARY_US:
                ending.append(span)
            elif abs(onset_us - at_us) <= SAME_BOUNDARY_US:
                starting.append(span)
        return DragBoundary(self._state, self._snap, tuple(ending), tuple(starting), at_us)

    def _selected(self, hit: Hit) -> tuple[Span, ...]:
        columns = self._annotation.columns
        first = (hit.segment_id, hit.task, hit.onset_us, hit.offset_us)
        if columns is None:
            return (first,)
        rows = columns.rows_of(self._annotation.selection - {hit.segment_id})
        others = (
            (
                int(columns.ids[row]),
                KINDS[columns.kinds[row]],
                int(columns.onset_us[row]),
                int(columns.offset_us[row]),
            )
            for row in rows
        )
        return (first, *others)

    def _select_range(self, hit: Hit) -> None:
        """All of a lane from the segment clicked last to this one."""
        start = self._range_from or hit
        from_us = min(start.onset_us, hit.onset_us)
        to_us = max(start.offset_us, hit.offset_us)
        kinds = {start.task, hit.task}
        spans = spans_between(self._pane.lanes, from_us, to_us)
        inside = (s[0] for s in spans if s[1] in kinds and s[2] >= from_us and s[3] <= to_us)
        self._annotation.select(self._annotation.selection.union(inside))

    def _select_in(self, anchor: tuple[int, float], corner: tuple[int, float]) -> None:
        scale = self._pane.scale()
        if scale is not None:
            rect = self._rect(anchor, corner, scale)
            self._annotation.select(self._before | ids_in(self._pane.lanes, rect, scale))

    @staticmethod
    def _rect(anchor: tuple[int, float], corner: tuple[int, float], scale: TimeScale) -> QRectF:
        first = QPointF(scale.to_px(anchor[0]), anchor[1])
        return QRectF(first, QPointF(scale.to_px(corner[0]), corner[1])).normalized()

    def _clicked(self, hit: Hit, at_us: int) -> None:
        """A click on one of several selected ones selects it alone, and goes there."""
        self._annotation.select((hit.segment_id,))
        self._state.request_seek(at_us)

    def _clicked_nothing(self) -> None:
        self._annotation.select(())
        self._state.request_seek(self._press_us)

    def _take(self, gesture: Gesture, place: QPointF) -> None:
        scale = self._pane.scale()
        self._gesture = gesture
        self._click = None
        self._press_us = scale.to_us(place.x()) if scale is not None else 0
        self._playhead_us = self._state.playhead_us
        self._homes = homes_of(self._pane.lanes, self._annotation.selection)
        self._drag.take(self, place.x())

    def _let_go(self) -> None:
        self._gesture, self._click, self._homes = None, None, {}
        self._state.set_scrubbing(False)
        self._repaint()

    def _snap(self, time_us: int, reach_us: int) -> int:
        """To edges of other segments, where the playhead stood, and what the view state knows."""
        moving = self._annotation.selection if self._gesture is not None else frozenset()
        edges_us = edges_near(self._pane.lanes, time_us, reach_us, moving)
        here_us = self._playhead_us if self._gesture is not None else self._state.playhead_us
        return self._state.snap(time_us, reach_us, (here_us, *edges_us))

    def _hover(self, place: QPointF, y_px: float, scale: TimeScale) -> bool:
        if not self._annotation.takes_drawings or not self._pane.in_picture(place):
            return False
        hit = hit_at(self._pane.lanes, place.x(), y_px, scale)
        if hit is None:
            return False
        on_edge = hit.part is not Part.BODY
        shape = Qt.CursorShape.SizeHorCursor if on_edge else Qt.CursorShape.PointingHandCursor
        self._pane.setCursor(shape)
        return True

    # --- painting ----------------------------------------------------------------------------

    @property
    def is_painting(self) -> bool:
        """Whether :meth:`paint` draws anything."""
        return bool(self._annotation.selection)

    def paint(self, painter: QPainter, scale: TimeScale) -> None:
        """What is selected, in the coordinates of the lanes."""
        chosen = self._annotation.selection
        paint_selected(painter, self._pane.lanes, chosen, scale, self._pane.theme)

    def paint_over(self, painter: QPainter, scale: TimeScale) -> None:
        """What is in the hand, and what grows with the playhead."""
        lanes, theme = self._pane.lanes, self._pane.theme
        if isinstance(self._gesture, SelectRect):
            rect = self._rect(self._gesture.anchor, self._gesture.corner, scale)
            paint_rect(painter, rect, theme)
        elif self._gesture is not None:
            ghosts = self._gesture.ghosts
            paint_ghosts(painter, lanes, ghosts, self._homes, self._draw_home, scale, theme)
        here_us = self._state.playhead_us
        paint_running(painter, lanes, self._annotation.running, here_us, scale, theme)

    def _on_chosen(self) -> None:
        self._pane.update()

    def _repaint(self) -> None:
        self._pane.show_again()
