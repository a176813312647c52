"""Giving actions other keys: search, add, remove, presets."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QKeySequenceEdit, QLabel, QWidget

from app.action_spec import ActionSpec
from app.actions import ACTIONS
from app.dialogs.form import Form, beside, choice, line, plain_button, problem_line, table_view
from app.keymap import PRESETS, Keymap, KeyTakenError, shown

Index = QModelIndex | QPersistentModelIndex
SIZE_PX = (760, 640)
HEADINGS = ("What it does", "Keys", "Where")
CHOOSE = "Choose an action above, then press its new key."
PRESS = "Press the new key"


class KeyTable(QAbstractTableModel):
    """A row per action that passes the search; what differs from the table of actions is bold."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._rows: list[ActionSpec] = list(ACTIONS)

    def search(self, text: str) -> None:
        """Show what has these words in its name, its keys or its menu."""
        wanted = text.strip().casefold().split()
        self.beginResetModel()
        self._rows = [s for s in ACTIONS if all(w in self._words(s) for w in wanted)]
        self.endResetModel()

    def spec(self, row: int) -> ActionSpec:
        return self._rows[row]

    def tell(self) -> None:
        """Keys are others now."""
        if self._rows:
            last = self.index(len(self._rows) - 1, len(HEADINGS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _words(self, spec: ActionSpec) -> str:
        return f"{spec.text} {spec.tooltip} {self._keymap.text(spec)} {spec.menu}".casefold()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        spec = self._rows[index.row()]
        texts = (spec.tooltip, self._keymap.text(spec), spec.menu)
        roles = Qt.ItemDataRole
        if role in (roles.DisplayRole, roles.ToolTipRole):
            return texts[index.column()]
        if role == roles.AccessibleTextRole:
            return f"{texts[0]}, keys {texts[1] or 'none'}, menu {texts[2]}"
        if role == roles.FontRole and index.column() == 1 and self._keymap.is_changed(spec):
            font = QFont()
            font.setBold(True)
            return font
        return None


class KeysDialog(Form):
    """Every change counts at once and is remembered; a key that is taken is refused by name."""

    def __init__(self, parent: QWidget, keymap: Keymap) -> None:
        super().__init__(parent, "Customise keys", SIZE_PX)
        self._keymap = keymap
        self._search = line("Search actions and keys", "Search actions and keys")
        self._search.setClearButtonEnabled(True)
        self._preset = choice("Preset", ("Presets…", None))
        for name, title in PRESETS.items():
            self._preset.addItem(title, name)
        self.table = KeyTable(keymap)
        self.view = table_view(self.table, "Actions and their keys")
        self.view.setSelectionMode(self.view.SelectionMode.SingleSelection)
        self._what = QLabel(CHOOSE)
        self._keys = QHBoxLayout()
        self._keys.setSpacing(6)
        self.field = QKeySequenceEdit()
        self.field.setAccessibleName(PRESS)
        self.field.setMaximumSequenceLength(1)
        self.field.setMaximumWidth(200)
        self._add = plain_button("Add")
        self._reset = plain_button("Its own keys")
        self._reset.setToolTip("Give this action the keys that it came with")
        self._problem = problem_line("Why a key is refused")
        self._lay_out()
        self._connect()
        self._show_chosen()

    def choose(self, action_id: str) -> None:
        """Make an action the one that gets keys."""
        for row in range(self.table.rowCount()):
            if self.table.spec(row).id == action_id:
                self.view.selectRow(row)
                self.view.scrollTo(self.table.index(row, 0))

    def add(self, key: str) -> None:
        """Give the chosen action a key; says why where it cannot have it."""
        spec = self._chosen()
        if spec is not None:
            self._try(lambda: self._keymap.assign(spec.id, key))

    @property
    def problem(self) -> str:
        """Why the last key was refused; "" where it was not."""
        return self._problem.text()

    def _lay_out(self) -> None:
        self.column.addLayout(beside(self._search, self._preset, stretch=0))
        self.column.addWidget(self.view, 1)
        self.column.addWidget(self._what)
        row = beside(self.field, self._add, self._reset)
        row.insertLayout(0, self._keys)
        self.column.addLayout(row)
        self.column.addWidget(self._problem)
        self._defaults = plain_button("Restore all defaults")
        self._close = plain_button("Close")
        spacer = QWidget()
        self.add_buttons(self._defaults, self._close, left=spacer)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._on_search)
        self._preset.activated.connect(self._on_preset)
        self.view.selectionModel().selectionChanged.connect(self._show_chosen)
        self.field.editingFinished.connect(self._on_pressed)
        self._add.clicked.connect(self._on_pressed)
        self._reset.clicked.connect(self._on_reset)
        self._defaults.clicked.connect(self._on_defaults)
        self._close.clicked.connect(self.accept)
        self._keymap.changed.connect(self._on_changed)

    def _chosen(self) -> ActionSpec | None:
        rows = self.view.selectionModel().selectedRows()
        return self.table.spec(rows[0].row()) if rows else None

    def _on_search(self, text: str) -> None:
        self.table.search(text)
        self._show_chosen()

    def _on_preset(self, _place: int) -> None:
        name = self._preset.currentData()
        self._preset.setCurrentIndex(0)
        if name is not None:
            self._problem.clear()
            self._keymap.use_preset(name)

    def _on_defaults(self) -> None:
        self._problem.clear()
        self._keymap.use_preset("avscope")

    def _on_pressed(self) -> None:
        key = self.field.keySequence().toString()
        self.field.clear()
        if key:
            self.add(key)

    def _on_reset(self) -> None:
        spec = self._chosen()
        if spec is not None:
            self._try(lambda: self._keymap.reset(spec.id))

    def _on_changed(self) -> None:
        self.table.tell()
        self._show_chosen()

    def _try(self, change: Any) -> None:
        try:
            change()
        except KeyTakenError as error:
            self._problem.setText(str(error))
        else:
            self._problem.clear()

    def _show_chosen(self, *_what: object) -> None:
        """The keys of the chosen action, each with a way to take it off."""
        while (item := self._keys.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        spec = self._chosen()
        self._what.setText(CHOOSE if spec is None else f"{spec.tooltip}:")
        can = spec is not None and not spec.is_fixed
        for part in (self.field, self._add, self._reset):
            part.setEnabled(can)
        for key in self._keymap.binding(spec).all if spec is not None and can else ():
            button = plain_button(f"{shown(key)}  ✕")
            button.setObjectName("small")
            button.setAccessibleName(f"Take {QKeySequence(key).toString()} off")
            button.setToolTip("Take this key off")
            button.setProperty("key", key)
            button.clicked.connect(self._on_remove)
            self._keys.addWidget(button)

    def _on_remove(self) -> None:
        spec, sender = self._chosen(), self.sender()
        if spec is not None and sender is not None:
            self._problem.clear()
            self._keymap.remove(spec.id, str(sender.property("key")))
