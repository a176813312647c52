"""Keeps the rows of the events up to date, in a thread of its own when there are many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from app.detection_table import DetectionTable
from app.limits import Limits
from app.timeline.event_rows import LabelOrder, Row, rows_in
from core_model.timeline import Task

# Fewer are laid out within a frame; a thread would only make them late.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class ArrangeRequest:
    """Lay out those of the detections that reach the limit of their label."""

    table: DetectionTable
    limits: Limits
    order: dict[Task, LabelOrder]

    def arranged(self) -> dict[Task, tuple[Row, ...]]:
        """Rows of every kind, no rows for a kind without events."""
        table = self.table
        kinds = np.array([list(Task).index(task) for task, _ in table.keys] or [0])[table.groups]
        is_shown = table.shown(self.limits)
        return {
            task: rows_in(table, np.flatnonzero(is_shown & (kinds == number)), self.order[task])
            for number, task in enumerate(Task)
        }


class _ArrangeThread(QThread):
    arranged = Signal(object, object)  # the request, its rows

    def __init__(self, request: ArrangeRequest, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("event arranger")
        self._request = request

    def run(self) -> None:
        self.arranged.emit(self._request, self._request.arranged())


class EventArranger(QObject):
    """Takes whole lists of detections and gives rows; while one is laid out the newest waits."""

    rows_changed = Signal(object)  # dict[Task, tuple[Row, ...]]

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = {task: LabelOrder() for task in Task}
        self._thread: _ArrangeThread | None = None
        self._waiting: ArrangeRequest | None = None

    def reset(self) -> None:
        """Forget the order of labels: new media."""
        self._order = {task: LabelOrder() for task in Task}

    def arrange(self, table: DetectionTable, limits: Limits) -> None:
        """Lay these out and announce the rows, now or soon."""
        request = ArrangeRequest(table, limits, self._order)
        if self._thread is not None:
            self._waiting = request
        elif len(table.detections) <= AT_ONCE:
            self.rows_changed.emit(request.arranged())
        else:
            self._start(request)

    def shutdown(self) -> None:
        """Drop what waits and let the running layout end (under a second)."""
        self._waiting = None
        if self._thread is not None:
            self._thread.wait()

    def _start(self, request: ArrangeRequest) -> None:
        self._thread = _ArrangeThread(request, self)
        self._thread.arranged.connect(self._take)
        self._thread.finished.connect(self._go_on)
        self._thread.start(QThread.Priority.LowPriority)

    def _take(self, request: ArrangeRequest, rows: dict[Task, tuple[Row, ...]]) -> None:
        # Rows of other media must not appear; rows about to be replaced may, so that a list
        # that keeps growing is seen growing.
        if request.order is self._order:
            self.rows_changed.emit(rows)

    def _go_on(self) -> None:
        if self._thread is not None:
            self._thread.deleteLater()
            self._thread = None
        request, self._waiting = self._waiting, None
        if request is not None:
            self.arrange(request.table, request.limits)
