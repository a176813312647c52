"""The Help menu, but for the keys: the guide, and what this program is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.messages import MessageBar
from resources import __version__

if TYPE_CHECKING:
    from app.window.guide import GuideWindow

ABOUT = f"AVScope {__version__}, Apache License 2.0. See and hear what happens in a video."
NO_GUIDE = "The guide was not installed. It lies in docs/guide of AVScope's source."


class HelpRoom(QObject):
    """Opens the guide, once, when it is asked for."""

    def __init__(self, messages: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._messages = messages
        self._window = window
        self.guide: GuideWindow | None = None

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {"guide": self._show_guide, "about": self._show_about}

    def _show_guide(self) -> None:
        # With what shows its pages: nobody waits for that at the start.
        from app.window.guide import GuideWindow, guide_folder

        folder = guide_folder()
        if folder is None:
            self._messages.show_notice(NO_GUIDE)
            return
        if self.guide is None:
            self.guide = GuideWindow(folder, self._window)
        self.guide.show()
        self.guide.activateWindow()

    def _show_about(self) -> None:
        self._messages.show_notice(ABOUT)
