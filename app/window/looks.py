"""Dark, light or as the system has it: the choice, told to every part with colours of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.theme import Theme, apply_theme, theme_for
from app.window.memory import WindowMemory

THEME_ACTIONS = {"system": "theme_system", "dark": "theme_dark", "light": "theme_light"}


class Themed(Protocol):
    """A part that has colours of its own."""

    def set_theme(self, theme: Theme) -> None: ...


class Looks(QObject):
    """Follows the person's choice, and the system's where the person left it to the system."""

    def __init__(
        self,
        parts: Iterable[Themed],
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._parts = tuple(parts)
        self._memory = memory
        self._actions = actions
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return dict.fromkeys(THEME_ACTIONS.values(), self._on_theme_action)

    def restore(self) -> None:
        """Mark the choice of the last time, which also shows it.

        To be called once all parts stand where they belong: whatever moves below another parent
        while there is a style sheet is styled anew with all that it holds.
        """
        self._actions[THEME_ACTIONS[self._memory.settings.theme]].setChecked(True)

    def set_theme(self, theme: Theme) -> None:
        """Paint everything in these colours."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)
        for part in self._parts:
            part.set_theme(theme)

    def _on_theme_action(self, checked: bool) -> None:
        if not checked:
            return
        for choice, action_id in THEME_ACTIONS.items():
            if self._actions[action_id].isChecked():
                self._memory.update(theme=choice)
                self.set_theme(theme_for(choice))

    def _on_system_scheme(self, _scheme: Qt.ColorScheme) -> None:
        self.set_theme(theme_for(self._memory.settings.theme))
