"""Keeps the rows of the events up to date, in a thread of its own when there are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.detection_table import Booleans, DetectionTable
from app.limits import Limits
from app.timeline.event_rows import LabelOrder, Row, kept, rows_in, same_rows
from app.worker import CancellableThread, Worker
from core_model.timeline import Task

# Fewer are laid out within a frame; a thread would only make them late.
AT_ONCE = 1_000
# A threshold that is dragged changes often. While more than a few are concerned, rows only lose
# what is no longer shown: a layout beside it would make the window wait, since both need
# Python's lock.
DRAGGED_AT_ONCE = 300
REST_MS = 50
Rows = dict[Task, tuple[Row, ...]]
_NOTHING = DetectionTable.of(())


@dataclass(frozen=True, slots=True)
class _Request:
    """Lay out what is shown of some kinds of a table."""

    table: DetectionTable
    is_shown: Booleans
    kinds: frozenset[Task]
    order: Mapping[Task, LabelOrder]

    def arranged(self, goes_on: Callable[[], bool] = lambda: True) -> Rows:
        """The rows of these kinds."""
        return {
            kind: rows_in(
                self.table,
                np.flatnonzero(self.is_shown & self.table.is_of(kind)),
                self.order[kind],
                goes_on,
            )
            for kind in self.kinds
        }


class Layout(Protocol):
    """What can be laid out in rows, unless ``goes_on`` says no meanwhile."""

    def arranged(self, goes_on: Callable[[], bool]) -> object: ...


class ArrangeThread(CancellableThread):
    """Lays out one request; nothing is told of one that was cancelled."""

    arranged = Signal(object, object)  # the request, its rows

    def __init__(self, request: Layout, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("row arranger")
        self._request = request
        self._goes_on = True

    def cancel(self) -> None:
        self._goes_on = False

    def run(self) -> None:
        rows = self._request.arranged(lambda: self._goes_on)
        if self._goes_on:
            self.arranged.emit(self._request, rows)


class EventArranger(QObject):
    """Takes whole lists of detections and gives rows; while one is laid out the newest waits."""

    rows_changed = Signal(object)  # Rows

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = {task: LabelOrder() for task in Task}
        self._worker: Worker[ArrangeThread] = Worker(self)
        self._under_way: _Request | None = None
        self._waiting: _Request | None = None
        # The rows as they were laid out last, of which table, and what was shown of it then.
        self._rows: Rows = dict.fromkeys(Task, ())
        self._told = self._rows
        self._table = _NOTHING
        self._was_shown = np.empty(0, bool)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._go_on)

    def reset(self) -> None:
        """Forget the order of labels: new media."""
        self._stop()
        self._order = {task: LabelOrder() for task in Task}

    def arrange(self, table: DetectionTable, limits: Limits) -> None:
        """Lay these out and announce the rows, now or soon."""
        is_shown = table.shown(limits)
        kinds = self._changed_kinds(table, is_shown)
        request = _Request(table, is_shown, kinds, self._order)
        count = sum(np.count_nonzero(is_shown & table.is_of(kind)) for kind in kinds)
        if count <= (DRAGGED_AT_ONCE if table is self._table else AT_ONCE):
            self._stop()
            self._take(request, request.arranged())
        elif table is self._table:
            self._stop()
            self._waiting = request
            self._rest.start()
            self._announce({kind: kept(self._rows[kind], is_shown) for kind in kinds})
        else:
            self._waiting = request
            if self._under_way is None:
                self._go_on()

    def shutdown(self) -> None:
        """Drop what waits and let the running layout end."""
        self._stop()
        self._worker.wait()

    def _changed_kinds(self, table: DetectionTable, is_shown: Booleans) -> frozenset[Task]:
        """Of which kinds other detections are shown than the rows were laid out for."""
        if table is not self._table:
            return frozenset(Task)
        is_other = is_shown != self._was_shown
        return frozenset(kind for kind in Task if np.any(is_other & table.is_of(kind)))

    def _stop(self) -> None:
        """What waits or is under way is out of date."""
        self._rest.stop()
        self._worker.retire()
        self._under_way = self._waiting = None

    def _go_on(self) -> None:
        self._under_way, self._waiting = self._waiting, None
        if self._under_way is not None:
            thread = ArrangeThread(self._under_way, self)
            thread.arranged.connect(self._on_arranged)
            self._worker.begin(thread, ArrangeThread.Priority.LowPriority)

    def _on_arranged(self, request: _Request, rows: Rows) -> None:
        # Rows about to be replaced are shown, so that a list that keeps growing is seen growing.
        if request is self._under_way:
            self._take(request, rows)
            self._go_on()

    def _take(self, request: _Request, rows: Rows) -> None:
        self._table, self._was_shown = request.table, request.is_shown
        self._rows = {**self._rows, **self._announce(rows)}

    def _announce(self, rows: Rows) -> Rows:
        """Tell the rows of some kinds; what they have in common with those told last stays."""
        told = {kind: same_rows(each, self._told[kind]) for kind, each in rows.items()}
        self._told = {**self._rows, **told}
        self.rows_changed.emit(self._told)
        return told
