"""The labels of a project as rows: what the dialog of labels shows on its left."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from app.keymap import shown
from app.kind_style import KIND_SIGNS, KIND_STYLES, is_colour, standing_out
from app.project.values import Label
from app.theme import theme_shown

Index = QModelIndex | QPersistentModelIndex
HEADINGS = ("", "Label", "Key", "Prompt", "Events")


class LabelTable(QAbstractTableModel):
    """The labels of the project in their order, with how many events each has."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: list[Label] = []
        self._counts: dict[int, int] = {}

    def set_labels(self, labels: list[Label], counts: dict[int, int]) -> None:
        self.beginResetModel()
        self._labels, self._counts = labels, counts
        self.endResetModel()

    def label(self, row: int) -> Label:
        return self._labels[row]

    def row_of(self, label_id: int) -> int:
        """The row of a label; -1 where it is not shown."""
        return next((row for row, each in enumerate(self._labels) if each.id == label_id), -1)

    def count(self, label_id: int) -> int:
        return self._counts.get(label_id, 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._labels)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        label = self._labels[index.row()]
        count = f"{self.count(label.id):,}"
        texts = (KIND_SIGNS[label.kind], label.name, shown(label.key), label.prompt, count)
        roles = Qt.ItemDataRole
        if role == roles.DisplayRole:
            return texts[index.column()]
        if role in (roles.AccessibleTextRole, roles.ToolTipRole):
            return f"{label.name}, {KIND_STYLES[label.kind].singular}, {texts[4]} events"
        if role == roles.ForegroundRole and index.column() == 0:
            has_own = is_colour(label.colour)
            colour = label.colour if has_own else KIND_STYLES[label.kind].colour
            return QColor(standing_out(colour, theme_shown()))
        if role == roles.TextAlignmentRole and index.column() == len(HEADINGS) - 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
