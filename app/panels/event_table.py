"""The table behind the list of events: which rows are shown, in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.kind_style import KIND_STYLES
from app.player.time_code import short_time_code
from core_model.timeline import Detection, seconds

Index = QModelIndex | QPersistentModelIndex

KIND, LABEL, ONSET, DURATION, SCORE = range(5)
HEADINGS = ("", "Label", "Onset", "Length", "Score")
DETECTION_ROLE = Qt.ItemDataRole.UserRole

_SORT_KEYS: tuple[Callable[[Detection], Any], ...] = (
    lambda found: found.task,
    lambda found: found.label.casefold(),
    lambda found: found.onset_us,
    lambda found: found.duration_us,
    lambda found: found.score,
)


class EventTable(QAbstractTableModel):
    """Detections, filtered by a text and sorted by a column.

    A change replaces only the rows that differ, so that the selection and the place in the list
    stay while results stream in. Sorting is done here and not in a proxy, which would call
    Python for every pair of rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Detection, ...] = ()
        self._rows: list[Detection] = []
        self._filter = ""
        self._column = ONSET
        self._order = Qt.SortOrder.AscendingOrder

    def set_detections(self, detections: tuple[Detection, ...]) -> None:
        self._all = detections
        self._replace_rows()

    def set_filter(self, text: str) -> None:
        """Show only labels that hold ``text``, in any case."""
        self._filter = text.strip().casefold()
        self._replace_rows()

    def detection(self, row: int) -> Detection:
        return self._rows[row]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            return
        self._column, self._order = column, order
        self._replace_rows()
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
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(found, index.column())
        if role == DETECTION_ROLE:
            return found
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(found)
        return None

    def _arrow(self, column: int) -> str:
        if column != self._column:
            return ""
        return " ▴" if self._order == Qt.SortOrder.AscendingOrder else " ▾"

    def _replace_rows(self) -> None:
        rows = list(self._all)
        if self._filter:
            rows = [found for found in rows if self._filter in found.label.casefold()]
        rows.sort(key=_SORT_KEYS[self._column], reverse=self._order == Qt.SortOrder.DescendingOrder)
        old = self._rows
        head = _common_length(old, rows)
        tail = _common_length(old[head:][::-1], rows[head:][::-1])
        first_new, last_old, last_new = head, len(old) - tail, len(rows) - tail
        if last_old > first_new:
            self.beginRemoveRows(QModelIndex(), first_new, last_old - 1)
            del old[first_new:last_old]
            self.endRemoveRows()
        if last_new > first_new:
            self.beginInsertRows(QModelIndex(), first_new, last_new - 1)
            old[first_new:first_new] = rows[first_new:last_new]
            self.endInsertRows()


def describe(found: Detection) -> str:
    """One event in one line."""
    kind = KIND_STYLES[found.task].singular
    span = f"{short_time_code(found.onset_us)} – {short_time_code(found.offset_us)}"
    return f"{found.label} ({kind}), {span}, score {found.score:.2f}"


def _text(found: Detection, column: int) -> str:
    if column == LABEL:
        return found.label
    if column == ONSET:
        return short_time_code(found.onset_us)
    if column == DURATION:
        return f"{seconds(found.duration_us):.2f} s"
    if column == SCORE:
        return f"{found.score:.2f}"
    return ""


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (KIND, LABEL) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _common_length(first: list[Detection], second: list[Detection]) -> int:
    for position, (one, other) in enumerate(zip(first, second, strict=False)):
        # Most are the very same objects, which tells faster than their values do.
        if one is not other and one != other:
            return position
    return min(len(first), len(second))
