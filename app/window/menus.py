"""The menu bar, made from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from app.actions import ACTIONS, MENUS

RECENT_AFTER = "open_sample"
PROJECTS_AFTER = "project_open"
THEME_CHOICE = "theme"


class Menus(QObject):
    """``recent_chosen`` carries the path of the recent file that was picked,
    ``project_chosen`` that of the recent project.
    """

    recent_chosen = Signal(object)
    project_chosen = Signal(object)

    def __init__(self, bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
        super().__init__(bar)
        self._menus: dict[str, QMenu] = {name: bar.addMenu(f"&{name}") for name in MENUS}
        self._recent = QMenu("Open Recent", bar)
        self._projects = QMenu("Open Recent Project", bar)
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
            if spec.id == PROJECTS_AFTER:
                menu.addMenu(self._projects)
        self._recent.triggered.connect(self._on_recent)
        self._projects.triggered.connect(self._on_project)

    def set_recent(self, paths: tuple[str, ...], projects: tuple[str, ...] = ()) -> None:
        """Offer these files and projects, the newest first."""
        _fill(self._recent, paths)
        _fill(self._projects, projects)

    def _on_recent(self, entry: QAction) -> None:
        self.recent_chosen.emit(Path(entry.data()))

    def _on_project(self, entry: QAction) -> None:
        self.project_chosen.emit(Path(entry.data()))


def _fill(menu: QMenu, paths: tuple[str, ...]) -> None:
    menu.clear()
    menu.setEnabled(bool(paths))
    for path in paths:
        entry = menu.addAction(Path(path).name.replace("&", "&&"))
        entry.setData(path)
        entry.setToolTip(path)
