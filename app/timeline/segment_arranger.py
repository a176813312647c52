"""Keeps the rows of a project's segments up to date: edits at once, whole videos in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.project.columns import SegmentColumns
from app.timeline.arranger import AT_ONCE, DRAGGED_AT_ONCE, REST_MS, ArrangeThread
from app.timeline.segment_rows import Rows, Shown, arranged, followed, limited, renamed
from app.worker import Worker

# From so many changed segments on, all are laid out again.
MANY = 64


@dataclass(frozen=True, slots=True)
class _Request:
    columns: SegmentColumns
    shown: Shown

    def arranged(self, goes_on: Callable[[], bool]) -> Rows:
        return arranged(self.columns, self.shown, goes_on)


class SegmentArranger(QObject):
    """``rows_changed`` carries the rows of every kind."""

    rows_changed = Signal(object)  # Rows

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Rows = {}
        self._latest: _Request | None = None
        self._under_way: _Request | None = None
        self._worker: Worker[ArrangeThread] = Worker(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._go_on)

    def show(self, columns: SegmentColumns | None, shown: Shown) -> None:
        """Lay all of these out, now or soon; None shows nothing any more."""
        self._rest.stop()
        if columns is None:
            self._stop()
            self._latest, self._rows = None, {}
            return
        self._latest = _Request(columns, shown)
        if self._under_way is None:
            self._go_on()

    def limit(self, shown: Shown) -> None:
        """Other limits, and nothing else: what is no longer shown goes at once, what is new comes
        with the layout, now or as soon as the limits rest.
        """
        latest = self._latest
        if latest is None or len(latest.columns) <= DRAGGED_AT_ONCE:
            self.show(None if latest is None else latest.columns, shown)
            return
        self._stop()
        self._latest = _Request(latest.columns, shown)
        self._rest.start()
        self.rows_changed.emit(limited(self._rows, shown.limits))

    def follow(self, columns: SegmentColumns, changed: Iterable[int]) -> None:
        """Show that these segments changed; the others stay where they are."""
        ids = frozenset(changed)
        if self._latest is None:
            return
        if not self._is_settled or len(ids) > MANY:
            self.show(columns, self._latest.shown)
            return
        self._latest = _Request(columns, self._latest.shown)
        self._announce(followed(self._rows, columns, ids, self._latest.shown))

    def rename(self, shown: Shown) -> None:
        """Labels have other names or styles, and nothing else is different."""
        if self._latest is not None:
            self._latest = _Request(self._latest.columns, shown)
            if self._is_settled:
                self._announce(renamed(self._rows, shown))

    def shutdown(self) -> None:
        """Let the running layout end."""
        self._stop()
        self._worker.wait()

    @property
    def _is_settled(self) -> bool:
        """Whether the rows are laid out for what was asked for last."""
        return self._under_way is None and not self._rest.isActive()

    def _stop(self) -> None:
        """What waits or is under way is out of date."""
        self._rest.stop()
        self._worker.retire()
        self._under_way = None

    def _announce(self, rows: Rows) -> None:
        self._rows = rows
        self.rows_changed.emit(rows)

    def _go_on(self) -> None:
        latest = self._latest
        if latest is None:
            return
        if len(latest.columns) <= AT_ONCE:
            self._announce(arranged(latest.columns, latest.shown))
            return
        self._under_way = latest
        thread = ArrangeThread(latest, self)
        thread.arranged.connect(self._on_arranged)
        self._worker.begin(thread, ArrangeThread.Priority.LowPriority)

    def _on_arranged(self, request: _Request, rows: Rows) -> None:
        """Rows of another video must not appear; rows about to be replaced may."""
        latest = self._latest
        if request is not self._under_way or latest is None:
            return
        self._under_way = None
        if latest.columns.video_id == request.columns.video_id:
            self._announce(rows)
        if latest is not request:
            self._go_on()
