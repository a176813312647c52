"""Keeps the rows of a project's segments up to date: edits at once, whole videos in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QThread, Signal

from app.project.columns import SegmentColumns
from app.timeline.segment_rows import Rows, Shown, arranged, followed, renamed

# Fewer are laid out within a frame; a thread would only make them late.
AT_ONCE = 1_000
# From so many changed segments on, all are laid out again.
MANY = 64


@dataclass(frozen=True, slots=True)
class _Request:
    columns: SegmentColumns
    shown: Shown


class _ArrangeThread(QThread):
    arranged = Signal(object, object)  # the request, its rows

    def __init__(self, request: _Request, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("segment arranger")
        self._request = request

    def run(self) -> None:
        self.arranged.emit(self._request, arranged(self._request.columns, self._request.shown))


class SegmentArranger(QObject):
    """``rows_changed`` carries the rows of every kind."""

    rows_changed = Signal(object)  # Rows

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Rows = {}
        self._latest: _Request | None = None
        self._under_way: _Request | None = None
        self._thread: _ArrangeThread | None = None

    def show(self, columns: SegmentColumns | None, shown: Shown) -> None:
        """Lay all of these out, now or soon; None shows nothing any more."""
        if columns is None:
            self._latest, self._rows = None, {}
            return
        self._latest = _Request(columns, shown)
        if self._thread is not None:
            return
        if len(columns) <= AT_ONCE:
            self._announce(arranged(columns, shown))
        else:
            self._start(self._latest)

    def follow(self, columns: SegmentColumns, changed: Iterable[int]) -> None:
        """Show that these segments changed; the others stay where they are."""
        ids = frozenset(changed)
        if self._latest is None:
            return
        if self._thread is not None or len(ids) > MANY:
            self.show(columns, self._latest.shown)
            return
        self._latest = _Request(columns, self._latest.shown)
        self._announce(followed(self._rows, columns, ids, self._latest.shown))

    def rename(self, shown: Shown) -> None:
        """Labels have other names or styles, and nothing else is different."""
        if self._latest is not None:
            self._latest = _Request(self._latest.columns, shown)
            if self._thread is None:
                self._announce(renamed(self._rows, shown))

    def shutdown(self) -> None:
        """Let the running layout end (a second or two at most)."""
        self._latest = None
        if self._thread is not None:
            self._thread.wait()

    def _announce(self, rows: Rows) -> None:
        self._rows = rows
        self.rows_changed.emit(rows)

    def _start(self, request: _Request) -> None:
        self._thread = _ArrangeThread(request, self)
        self._thread.arranged.connect(self._take)
        self._thread.finished.connect(self._go_on)
        self._thread.start(QThread.Priority.LowPriority)

    def _take(self, request: _Request, rows: Rows) -> None:
        """Rows of another video must not appear; rows about to be replaced may."""
        latest = self._latest
        if latest is not None and latest.columns.video_id == request.columns.video_id:
            self._under_way = request
            self._announce(rows)

    def _go_on(self) -> None:
        if self._thread is not None:
            self._thread.deleteLater()
            self._thread = None
        latest = self._latest
        if latest is not None and latest is not self._under_way:
            self.show(latest.columns, latest.shown)
