"""The table behind the list of segments: arrays of row numbers, no object per row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.kind_style import KIND_STYLES
from app.panels.segment_cells import EDITABLE, cell_text, edit_for, spoken
from app.panels.segment_filter import Column, SegmentFilter, ordered
from app.project.columns import SegmentColumns
from app.project.values import KINDS, STATES, Label, Segment
from app.window.annotation import Annotation

Index = QModelIndex | QPersistentModelIndex

HEADINGS = ("", "Label", "", "Onset", "Offset", "Length", "Score", "Annotator", "Note")
SPOKEN_HEADINGS = ("Kind", "Label", "State", *HEADINGS[3:])
KIND_ROLE = Qt.ItemDataRole.UserRole
STATE_ROLE = Qt.ItemDataRole.UserRole + 1
# Rows put in and taken out one by one up to this many; beyond it the view reads everything anew.
_FEW = 256
_NO_ROWS = np.empty(0, np.int64)


class SegmentModel(QAbstractTableModel):
    """The segments of the open video, filtered and sorted.

    Where few rows come or go, only these do: the place in the list and the current row stay.
    ``problem(line)``: a text typed into a cell was no such value. ``moving(bool)``: rows are
    about to move (True) and have moved (False); the selection of a view suffers in between.
    """

    problem = Signal(str)
    moving = Signal(bool)

    def __init__(self, annotation: Annotation) -> None:
        super().__init__()
        self._annotation = annotation
        self._columns: SegmentColumns | None = None
        self._labels: Mapping[int, Label] = MappingProxyType({})
        self._rows = _NO_ROWS
        self._ids = _NO_ROWS
        self._filter = SegmentFilter()
        self._column = Column.ONSET
        self._descending = False
        self._video_id: int | None = None

    @property
    def sorted_by(self) -> tuple[Column, bool]:
        """The column, and whether the largest come first."""
        return self._column, self._descending

    def read(self) -> None:
        """Show the segments as they are now."""
        self._columns = self._annotation.columns
        document = self._annotation.projects.document
        self._labels = document.labels if document is not None else MappingProxyType({})
        is_other = self._video_id != self._annotation.video_id
        self._video_id = self._annotation.video_id
        self._show(anew=is_other)

    def set_filter(self, wanted: SegmentFilter) -> None:
        self._filter = wanted
        self._show()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            return
        self._column = Column(column)
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._show()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(HEADINGS) - 1)

    def segment(self, row: int) -> Segment:
        """The segment in a row of the table."""
        assert self._columns is not None
        return self._columns.segment(int(self._rows[row]))

    def ids(self, first: int, last: int) -> list[int]:
        """The ids in the rows from ``first`` up to and with ``last``."""
        return self._ids[first : last + 1].tolist()

    def rows_of(self, ids: Iterable[int]) -> np.ndarray:
        """The rows of those of these segments that are shown, ascending."""
        return np.flatnonzero(np.isin(self._ids, np.fromiter(ids, np.int64)))

    def stretch(self, first: int, last: int) -> tuple[QModelIndex, QModelIndex]:
        """The corners of whole rows; ``index`` would check each of thousands anew."""
        return self.createIndex(first, 0), self.createIndex(last, len(HEADINGS) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{HEADINGS[section]}{self._arrow(section)}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return SPOKEN_HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == KIND_ROLE:
            assert self._columns is not None
            return KINDS[self._columns.kinds[self._rows[index.row()]]]
        if role == STATE_ROLE:
            assert self._columns is not None
            return STATES[self._columns.states[self._rows[index.row()]]]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role not in _TEXT_ROLES:
            return None
        segment = self.segment(index.row())
        label = self._labels[segment.label_id]
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(segment, label, column)
        if role == Qt.ItemDataRole.EditRole:
            return _edited_value(segment, label, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column is not Column.LABEL:
            said = cell_text(segment, label, column) or _said_empty(label, column)
            return segment.state.value if column is Column.STATE else said
        return spoken(segment, label)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if self._annotation.is_writable and Column(index.column()) in EDITABLE:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        segment = self.segment(index.row())
        label = self._labels[segment.label_id]
        try:
            edit = edit_for(segment, label, Column(index.column()), value)
        except ValueError as error:
            self.problem.emit(f"Nothing was changed: {error}.")
            return False
        return edit is not None and self._annotation.perform(edit)

    def _arrow(self, section: int) -> str:
        if section != self._column:
            return ""
        gap = " " if HEADINGS[section] else ""
        return f"{gap}{'▾' if self._descending else '▴'}"

    def _show(self, anew: bool = False) -> None:
        self.moving.emit(True)
        self._move(anew)
        self.moving.emit(False)

    def _move(self, anew: bool) -> None:
        rows, ids = _NO_ROWS, _NO_ROWS
        if self._columns is not None:
            rows = self._filter.rows(self._columns, self._labels)
            rows = ordered(self._columns, rows, self._column, self._descending, self._labels)
            ids = self._columns.ids[rows]
        head, tail = _common_ends(self._ids, ids)
        gone, come = len(self._ids) - head - tail, len(ids) - head - tail
        if anew or gone + come > _FEW:
            self.beginResetModel()
            self._rows, self._ids = rows, ids
            self.endResetModel()
            return
        # What stays is read from the new columns at once, also between the two steps.
        last = len(rows) - tail
        if gone:
            self.beginRemoveRows(QModelIndex(), head, head + gone - 1)
            self._rows = np.concatenate((rows[:head], rows[last:]))
            self._ids = np.concatenate((ids[:head], ids[last:]))
            self.endRemoveRows()
        if come:
            self.beginInsertRows(QModelIndex(), head, head + come - 1)
        self._rows, self._ids = rows, ids
        if come:
            self.endInsertRows()
        if len(rows):
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(rows) - 1, self.columnCount() - 1)
            )


_TEXT_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.EditRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
)


def _edited_value(segment: Segment, label: Label, column: Column) -> Any:
    """What an editor starts with: all of it, where the cell shows a part."""
    if column is Column.KIND:
        return label.kind
    if column is Column.STATE:
        return segment.state
    return segment.note if column is Column.NOTE else cell_text(segment, label, column)


def _said_empty(label: Label, column: Column) -> str:
    if column is Column.KIND:
        return KIND_STYLES[label.kind].singular
    return f"no {SPOKEN_HEADINGS[column].lower()}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column == Column.STATE:
        return Qt.AlignmentFlag.AlignCenter
    is_number = column in (Column.ONSET, Column.OFFSET, Column.LENGTH, Column.SCORE)
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _common_ends(old: np.ndarray, new: np.ndarray) -> tuple[int, int]:
    """How many ids both begin with, and how many of the rest both end with."""
    shorter = min(len(old), len(new))
    head = _common_length(old[:shorter], new[:shorter])
    rest = shorter - head
    return head, _common_length(old[len(old) - rest :][::-1], new[len(new) - rest :][::-1])


def _common_length(old: np.ndarray, new: np.ndarray) -> int:
    differ = np.flatnonzero(old != new)
    return int(differ[0]) if len(differ) else len(old)
