"""Keys as a person wants them: bound to the actions, shown, and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.actions import ACTIONS
from app.keymap import Keymap
from app.window.annotation import Annotation
from app.window.memory import WindowMemory

# Both windows are imported when one is opened: they would take their part of the start.
if TYPE_CHECKING:
    from app.dialogs.keys_dialog import KeysDialog
    from app.window.keys_help import KeysHelp


class KeysRoom(QObject):
    """Binds the keymap of the settings to the actions; ``pane`` takes the keys that work in the
    timeline and picture only.
    """

    def __init__(
        self,
        annotation: Annotation,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        pane: QWidget,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.keymap = Keymap(memory.settings.keys, self)
        self.keymap.label_owner = self._label_of
        self._annotation = annotation
        self._memory = memory
        self._actions = actions
        self._pane = pane
        self._window = window
        self._shortcuts: list[QShortcut] = []
        self._help: KeysHelp | None = None
        self._dialog: KeysDialog | None = None
        self._bind()
        self.keymap.changed.connect(self._on_changed)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {"keys": self._show_help, "keys_edit": self.customise}

    def customise(self) -> None:
        """Open the dialog that changes keys."""
        if self._dialog is None:
            from app.dialogs.keys_dialog import KeysDialog

            self._dialog = KeysDialog(self._window, self.keymap)
        self._dialog.show()
        self._dialog.activateWindow()

    def _show_help(self) -> None:
        if self._help is None:
            from app.window.keys_help import KeysHelp

            self._help = KeysHelp(self._window, self.keymap)
            self._help.customise_asked.connect(self.customise)
        self._help.show()
        self._help.activateWindow()

    def _on_changed(self) -> None:
        self._memory.update(keys=self.keymap.stored())
        self._bind()

    def _bind(self) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts.clear()
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for spec in ACTIONS:
            action, binding = self._actions[spec.id], self.keymap.binding(spec)
            action.setShortcuts([QKeySequence(key) for key in binding.keys])
            action.setToolTip(self.keymap.tooltip(spec))
            for key in binding.timeline_keys:
                shortcut = QShortcut(QKeySequence(key), self._pane, action.trigger)
                # As an argument of the constructor the context has no effect.
                shortcut.setContext(context)
                self._shortcuts.append(shortcut)

    def _label_of(self, key: str) -> str:
        label = self._annotation.label_on(key)
        return label.name if label is not None else ""
