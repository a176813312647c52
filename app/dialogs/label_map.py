"""Which labels of a file become which ones of the project: a table that is edited in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.kind_style import KIND_SIGNS, KIND_STYLES
from core_model.timeline import Task
from training.annotations.mapping import LabelKey

Index = QModelIndex | QPersistentModelIndex
HEADINGS = ("In the file", "Events", "Becomes", "Kind")


class LabelColumn(IntEnum):
    """The columns of the table."""

    SOURCE = 0
    COUNT = 1
    NAME = 2
    KIND = 3


class LabelMapModel(QAbstractTableModel):
    """A row per label of the files; what was chosen for a label stays when files are read anew."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[LabelKey, int]] = []
        self._chosen: dict[LabelKey, LabelKey] = {}
        self._known: frozenset[LabelKey] = frozenset()

    def set_labels(self, counts: Mapping[LabelKey, int], known: Sequence[LabelKey]) -> None:
        """Show these labels; ``known`` are those that the project has."""
        self.beginResetModel()
        self._rows = list(counts.items())
        self._known = frozenset(known)
        self.endResetModel()

    def becomes(self) -> dict[LabelKey, LabelKey]:
        """What was changed, for ``training.annotations.mapping.with_labels``."""
        return {
            key: self._chosen[key]
            for key, _count in self._rows
            if self._chosen.get(key, key) != key
        }

    def known_names(self, kind: Task) -> list[str]:
        """The project's labels of a kind."""
        return sorted(name for known, name in self._known if known is kind)

    def target(self, row: int) -> LabelKey:
        """Kind and name that the label of a row gets."""
        key = self._rows[row][0]
        return self._chosen.get(key, key)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        is_edited = index.column() in (LabelColumn.NAME, LabelColumn.KIND)
        return flags | Qt.ItemFlag.ItemIsEditable if is_edited else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = Qt.ItemDataRole
        if role == roles.TextAlignmentRole:
            return _alignment(index.column())
        if role == roles.EditRole:
            kind, name = self.target(index.row())
            return kind if index.column() == LabelColumn.KIND else name
        if role in (roles.DisplayRole, roles.AccessibleTextRole, roles.ToolTipRole):
            return self._text(index.row(), LabelColumn(index.column()))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        key = self._rows[index.row()][0]
        kind, name = self.target(index.row())
        if index.column() == LabelColumn.KIND:
            kind = Task(value)
        elif str(value).strip():
            name = str(value).strip()
        else:
            return False
        self._chosen[key] = (kind, name)
        first = self.index(index.row(), 0)
        self.dataChanged.emit(first, self.index(index.row(), len(HEADINGS) - 1))
        return True

    def _text(self, row: int, column: LabelColumn) -> str:
        (kind, name), count = self._rows[row]
        target_kind, target = self.target(row)
        if column is LabelColumn.SOURCE:
            return f"{KIND_SIGNS[kind]} {name}"
        if column is LabelColumn.COUNT:
            return f"{count:,}"
        if column is LabelColumn.KIND:
            return f"{KIND_SIGNS[target_kind]} {KIND_STYLES[target_kind].name}"
        is_new = (target_kind, target) not in self._known
        return f"{target}   (new)" if is_new else target


class LabelMapDelegate(QStyledItemDelegate):
    """Names are typed with the project's labels offered, kinds are chosen."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = index.model()
        if not isinstance(model, LabelMapModel):
            return super().createEditor(parent, option, index)
        if index.column() == LabelColumn.KIND:
            combo = QComboBox(parent)
            combo.setAccessibleName("Kind")
            combo.setAutoFillBackground(True)
            for kind, style in KIND_STYLES.items():
                combo.addItem(f"{KIND_SIGNS[kind]} {style.name}", kind)
            return combo
        line = QLineEdit(parent)
        line.setAccessibleName("Label")
        completer = QCompleter(model.known_names(model.target(index.row())[0]), line)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        line.setCompleter(completer)
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        value = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QLineEdit):
            editor.setText(value)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData())
        elif isinstance(editor, QLineEdit):
            model.setData(index, editor.text())


def _alignment(column: int) -> Qt.AlignmentFlag:
    flags = Qt.AlignmentFlag
    side = flags.AlignRight if column == LabelColumn.COUNT else flags.AlignLeft
    return side | flags.AlignVCenter
