"""The menu bar, made from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from app.actions import ACTIONS, MENUS

RECENT_AFTER = "open_sample"
THEME_CHOICE = "theme"


class Menus(QObject):
    """``recent_chosen`` carries the path of the recent file that was picked."""

    recent_chosen = Signal(object)

    def __init__(self, bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
        super().__init__(bar)
        self._menus: dict[str, QMenu] = {name: bar.addMenu(f"&{name}") for name in MENUS}
        self._recent = QMenu("Open Recent", bar)
        theme_menu = QMenu("Theme", bar)
        last_section: dict[str, int] = dict.fromkeys(MENUS, 0)
        for spec in ACTIONS:
            menu = self._menus[spec.menu]
            if spec.section != last_section[spec.menu]:
                menu.addSeparator()
                last_section[spec.menu] = spec.section
            if spec.choice == THEME_CHOICE:
                if theme_menu.isEmpty():
                    menu.addMenu(theme_menu)
                theme_menu.addAction(actions[spec.id])
            else:
                menu.addAction(actions[spec.id])
            if spec.id == RECENT_AFTER:
                menu.addMenu(self._recent)
        self._recent.triggered.connect(self._on_recent)

    def set_recent(self, paths: tuple[str, ...]) -> None:
        """Offer these files, the newest first."""
        self._recent.clear()
        self._recent.setEnabled(bool(paths))
        for path in paths:
            entry = self._recent.addAction(Path(path).name.replace("&", "&&"))
            entry.setData(path)
            entry.setToolTip(path)

    def _on_recent(self, entry: QAction) -> None:
        self.recent_chosen.emit(Path(entry.data()))
