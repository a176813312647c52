"""Where the panes stand in the window, and how that is remembered."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.settings import Settings

FIRST_SIZE_PX = (1280, 820)
FIRST_COLUMNS_PX = (270, 530, 480)
FIRST_ROWS_PX = (430, 360)


class PaneLayout:
    """``upper`` is board, picture and tables side by side; ``split`` has the timeline below it.

    ``pages`` shows either ``split`` or the page for when nothing is open.
    """

    def __init__(self, window: QMainWindow, empty_page: QWidget) -> None:
        self._window = window
        self._empty_page = empty_page
        self.pages = QStackedWidget()
        self.upper = QSplitter(Qt.Orientation.Horizontal)
        self.split = QSplitter(Qt.Orientation.Vertical)

    def place(
        self,
        upper: tuple[QWidget, QWidget, QWidget],
        lower: QWidget,
        status: QWidget,
    ) -> None:
        """Put the panes where they belong; of the upper ones the middle one takes the room."""
        for part in upper:
            self.upper.addWidget(part)
            self.upper.setStretchFactor(self.upper.indexOf(part), part is upper[1])
        self.upper.setSizes(list(FIRST_COLUMNS_PX))
        self.split.addWidget(self.upper)
        self.split.addWidget(lower)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        self.split.setSizes(list(FIRST_ROWS_PX))
        for splitter in (self.upper, self.split):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        self.pages.addWidget(self._empty_page)
        self.pages.addWidget(self.split)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        column.addWidget(status)
        self._window.setCentralWidget(central)
        self._window.resize(*FIRST_SIZE_PX)

    def show_page(self, has_media: bool) -> bool:
        """Show the panes or the page for when nothing is open; whether that is another page."""
        page = self.split if has_media else self._empty_page
        is_other = page is not self.pages.currentWidget()
        self.pages.setCurrentWidget(page)
        return is_other

    def states(self) -> dict[str, bytes]:
        """What :meth:`restore` needs."""
        return {
            "window": bytes(self._window.saveGeometry().data()),
            "upper": bytes(self.upper.saveState().data()),
            "split": bytes(self.split.saveState().data()),
        }

    def restore(self, settings: Settings) -> None:
        """As it was left the last time, where that is known."""
        for name, restore in (
            ("window", self._window.restoreGeometry),
            ("upper", self.upper.restoreState),
            ("split", self.split.restoreState),
        ):
            state = settings.layout_state(name)
            if state is not None:
                restore(state)
