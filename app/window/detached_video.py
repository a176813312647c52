"""The picture in a window of its own, for a second monitor."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

FIRST_SIZE = QSize(960, 540)


class DetachedVideo(QWidget):
    """Holds the picture while it is shown; ``closed`` says that it wants to be taken back.

    All keys of the main window work here as well, but for full screen: it is this window's own,
    and Esc leaves it.
    """

    closed = Signal()

    def __init__(self, actions: Iterable[QAction], full_screen_keys: list[QKeySequence]) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("detachedVideo")
        self.setWindowTitle("AVScope picture")
        self.resize(FIRST_SIZE)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.addActions(list(actions))
        for keys in full_screen_keys:
            QShortcut(keys, self, self._turn_full_screen)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._leave_full_screen)

    def take(self, view: QWidget, name: str) -> None:
        """Show the picture of the file called ``name``."""
        self.set_name(name)
        self._layout.addWidget(view)
        view.show()
        self.show()

    def set_name(self, name: str) -> None:
        self.setWindowTitle(f"{name} — AVScope picture" if name else "AVScope picture")

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def _turn_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _leave_full_screen(self) -> None:
        if self.isFullScreen():
            self._turn_full_screen()
