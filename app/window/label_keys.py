"""Keys of labels beyond the digits: shortcuts that come and go with the project's labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.keymap import Keymap, normal
from app.window.annotation import DIGITS, Annotation


class LabelKeys(QObject):
    """A key that an action has stays the action's, whatever a label of a project wants."""

    def __init__(
        self,
        annotation: Annotation,
        keymap: Keymap,
        toggle: Callable[[str], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._keymap = keymap
        self._toggle = toggle
        self._window = window
        self._shortcuts: dict[str, QShortcut] = {}
        annotation.changed.connect(self._bind)
        keymap.changed.connect(self._bind)
        self._bind()

    @property
    def keys(self) -> frozenset[str]:
        """The keys that start and stop labels now, beside the digits."""
        return frozenset(self._shortcuts)

    def _bind(self) -> None:
        keys = {label.key for label in self._annotation.labels() if label.key}
        wanted = {
            key for key in keys - set(DIGITS) if normal(key) and self._keymap.owner(key) is None
        }
        for key in self._shortcuts.keys() - wanted:
            gone = self._shortcuts.pop(key)
            gone.setEnabled(False)
            gone.deleteLater()
        for key in wanted - self._shortcuts.keys():
            shortcut = QShortcut(QKeySequence(key), self._window, partial(self._toggle, key))
            # A key that is held down is pressed once.
            shortcut.setAutoRepeat(False)
            self._shortcuts[key] = shortcut
