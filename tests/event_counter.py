"""Counts the events of one type that a widget, or every object of the application, gets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject


class EventCounter(QObject):
    """Counts from the start on; a child of what it watches."""

    def __init__(self, watched: QObject, kind: QEvent.Type) -> None:
        super().__init__(watched)
        self.count = 0
        self._watched, self._kind = watched, kind
        watched.installEventFilter(self)

    def stop(self) -> None:
        """Count no more."""
        self._watched.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == self._kind
        return False
