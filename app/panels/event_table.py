"""The table behind the list of events: which rows are shown, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.detection_table import Booleans, DetectionTable
from app.kind_style import KIND_STYLES
from app.player.time_code import short_time_code
from core_model.timeline import Detection, seconds

Index = QModelIndex | QPersistentModelIndex

KIND, LABEL, ONSET, DURATION, SCORE = range(5)
# What stands at the right.
NUMBERS = frozenset((ONSET, DURATION, SCORE))
HEADINGS = ("", "Label", "Onset", "Length", "Score")
DETECTION_ROLE = Qt.ItemDataRole.UserRole
_ROLES = frozenset(
    (
        DETECTION_ROLE,
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
    )
)
Rows = npt.NDArray[np.intp]


class EventTable(QAbstractTableModel):
    """Detections that are shown, filtered by a text and sorted by a column.

    A change replaces only the rows that differ, so that the selection and the place in the list
    stay while results stream in or a threshold moves. Sorting is done here, once for all
    detections, and not in a proxy, which would call Python for every pair of rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self._table = DetectionTable.of(())
        self._is_shown = np.empty(0, bool)
        self._order = np.empty(0, np.intp)
        self._rows = np.empty(0, np.intp)
        self._filter = ""
        self._column = ONSET
        self._order_of_sort = Qt.SortOrder.AscendingOrder

    def set_table(self, table: DetectionTable, is_shown: Booleans) -> None:
        """Show these of the detections (n,)."""
        self._is_shown = is_shown
        if table is not self._table:
            self._order = self._sorted(table)
        self._replace_rows(table)

    def set_filter(self, text: str) -> None:
        """Show only labels that hold ``text``, in any case."""
        self._filter = text.strip().casefold()
        self._sort_again()

    def detection(self, row: int) -> Detection:
        return self._table.detections[self._rows[row]]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            return
        self._column, self._order_of_sort = column, order
        self._sort_again()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(HEADINGS) - 1)

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
        if role == Qt.ItemDataRole.ToolTipRole and section == KIND:
            return "Kind"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNMENTS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNMENTS[index.column()]
        if role not in _ROLES:
            return None
        found = self.detection(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(found, index.column())
        if role == DETECTION_ROLE:
            return found
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(found)
        return None

    def _arrow(self, column: int) -> str:
        if column != self._column:
            return ""
        return " ▴" if self._order_of_sort == Qt.SortOrder.AscendingOrder else " ▾"

    def _sort_again(self) -> None:
        self._order = self._sorted(self._table)
        self._replace_rows(self._table)

    def _sorted(self, table: DetectionTable) -> Rows:
        """Numbers of all detections that pass the filter, in the order of the list."""
        names = [label.casefold() for _, label in table.keys]
        # Equal ones keep their order, also where the greatest come first.
        sign = 1 if self._order_of_sort == Qt.SortOrder.AscendingOrder else -1
        order = np.argsort(sign * self._sort_keys(table, names), kind="stable")
        if not self._filter:
            return order
        passes = np.array([self._filter in name for name in names], bool)
        return order[passes[table.groups[order]]]

    def _sort_keys(self, table: DetectionTable, names: Sequence[str]) -> npt.NDArray[Any]:
        if self._column == ONSET:
            return table.onset_us
        if self._column == DURATION:
            return table.offset_us - table.onset_us
        if self._column == SCORE:
            return table.scores
        values = names if self._column == LABEL else [str(task) for task, _ in table.keys]
        ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
        return np.array([ranks[value] for value in values], np.intp)[table.groups]

    def _replace_rows(self, table: DetectionTable) -> None:
        """Show what is to be shown now; rows that stay are those of ``table`` afterwards."""
        old, new = self._rows, self._order[self._is_shown[self._order]]
        head, tail = _common(self._table, old, table, new)
        first_new, last_old, last_new = head, len(old) - tail, len(new) - tail
        kept = np.concatenate((new[:first_new], new[last_new:]))
        if last_old > first_new:
            self.beginRemoveRows(QModelIndex(), first_new, last_old - 1)
            self._table, self._rows = table, kept
            self.endRemoveRows()
        self._table, self._rows = table, kept
        if last_new > first_new:
            self.beginInsertRows(QModelIndex(), first_new, last_new - 1)
            self._rows = new
            self.endInsertRows()


def describe(found: Detection) -> str:
    """One event in one line."""
    kind = KIND_STYLES[found.task].singular
    span = f"{short_time_code(found.onset_us)} – {short_time_code(found.offset_us)}"
    return f"{found.label} ({kind}), {span}, score {found.score:.2f}"


def cell_text(found: Detection, column: int) -> str:
    """What stands in a column."""
    if column == LABEL:
        return found.label
    if column == ONSET:
        return short_time_code(found.onset_us)
    if column == DURATION:
        return f"{seconds(found.duration_us):.2f} s"
    if column == SCORE:
        return f"{found.score:.2f}"
    return ""


def _alignment(section: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if section in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


_ALIGNMENTS = tuple(map(_alignment, range(len(HEADINGS))))


def _common(before: DetectionTable, old: Rows, table: DetectionTable, new: Rows) -> tuple[int, int]:
    """How many rows are the same at the start, and of the others at the end."""
    if before is table:
        shorter = min(len(old), len(new))
        head = _until_other(old[:shorter] == new[:shorter])
        rest = shorter - head
        ends = old[len(old) - rest :] == new[len(new) - rest :]
        return head, _until_other(ends[::-1])
    were = [before.detections[place] for place in old.tolist()]
    now = [table.detections[place] for place in new.tolist()]
    head = _common_length(were, now)
    return head, _common_length(were[head:][::-1], now[head:][::-1])


def _until_other(is_same: Booleans) -> int:
    """How many are the same before the first that is not."""
    return len(is_same) if is_same.all() else int(np.argmin(is_same))


def _common_length(first: list[Detection], second: list[Detection]) -> int:
    for position, (one, other) in enumerate(zip(first, second, strict=False)):
        # Most are the very same objects, which tells faster than their values do.
        if one is not other and one != other:
            return position
    return min(len(first), len(second))
