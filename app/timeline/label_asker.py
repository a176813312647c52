"""Asks for labels beside the segments that are to get them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QCursor

from app.project.values import KINDS
from app.timeline.label_popup import LabelPopup
from app.timeline.lanes import lane_of
from app.timeline.lanes_pane import LanesPane
from app.timeline.segment_rows import SegmentRow
from app.window.annotation import Annotation
from core_model.timeline import Task


class LabelAsker(QObject):
    """Opens the popup of labels over a pane of lanes. ``closed``: with a choice or without."""

    closed = Signal()

    def __init__(self, annotation: Annotation, pane: LanesPane) -> None:
        super().__init__(pane)
        self._annotation = annotation
        self._pane = pane
        self._state = pane.view_state
        self._asked: Callable[[str], None] | None = None
        self.popup = LabelPopup(pane)
        self.popup.chosen.connect(self._on_chosen)
        self.popup.left.connect(self._on_left)

    def relabel(self, place: QPoint | None = None) -> None:
        """Ask for a label and give it to all that are selected."""
        columns, selection = self._annotation.columns, self._annotation.selection
        if columns is None or not selection or not self._annotation.is_writable:
            return
        rows = columns.rows_of(selection)
        kinds = {KINDS[code] for code in columns.kinds[rows]}
        names = {label.id: label.name for label in self._annotation.labels()}
        current = names.get(int(columns.label_ids[rows[0]]), "")

        def change(name: str) -> None:
            self._annotation.relabel_selected(name)

        self.ask(change, kinds, current, place or self._place_of_selection())

    def choose_current(self, kind: Task, place: QPoint) -> None:
        """Ask what new segments of a kind are to be called."""
        if not self._annotation.takes_drawings:
            return

        def choose(name: str) -> None:
            self._annotation.set_current_label(kind, name)

        self.ask(choose, {kind}, self._annotation.current_label(kind), place)

    def with_label(self, kind: Task, then: Callable[[str], None]) -> None:
        """Go on with the current label of a kind; ask for one where there is none."""
        current = self._annotation.current_label(kind)
        if current:
            then(current)
        else:
            self.ask_label(kind, "Label", then)

    def ask_label(self, kind: Task, hint: str, then: Callable[[str], None]) -> None:
        """Ask for a label of a kind in the lane of the kind, at the playhead."""
        scale = self._pane.scale()
        lane = lane_of(self._pane.lanes, kind)
        x_px = scale.to_px(self._state.playhead_us) if scale is not None else 0
        y_px = lane.top_px - self._pane.scrolled_px if lane is not None else 0
        place = self._pane.mapToGlobal(QPoint(int(x_px), int(y_px)))
        self.ask(then, {kind}, "", place, hint)

    def ask(
        self,
        then: Callable[[str], None],
        kinds: set[Task],
        current: str,
        place: QPoint,
        hint: str = "Label",
    ) -> None:
        """Ask for one of the labels of these kinds, or a new one, at a global point."""
        labels = [label for kind in kinds for label in self._annotation.labels(kind)]
        names = tuple(dict.fromkeys(label.name for label in labels))
        keys = {label.name: label.key for label in labels if label.key}
        self._asked = then
        self.popup.ask(place, hint, names, keys, current)

    def _on_chosen(self, name: str) -> None:
        then, self._asked = self._asked, None
        if then is not None:
            then(name)
        self.closed.emit()

    def _on_left(self) -> None:
        self._asked = None
        self.closed.emit()

    def _place_of_selection(self) -> QPoint:
        """Below the first selected segment in view, else at the pointer."""
        scale = self._pane.scale()
        for lane in self._pane.lanes if scale is not None else ():
            for number, row in enumerate(lane.rows):
                if isinstance(row, SegmentRow) and scale is not None:
                    own = np.isin(row.ids, np.fromiter(self._annotation.selection, np.int64))
                    for at in np.flatnonzero(own):
                        x_px = max(scale.to_px(int(row.onset_us[at])), scale.left_px)
                        if x_px < scale.right_px:
                            top_px = lane.box_top_px(number) + lane.box_px
                            y_px = top_px - self._pane.scrolled_px
                            return self._pane.mapToGlobal(QPoint(int(x_px), int(y_px)))
        return QCursor.pos()
