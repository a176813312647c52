"""What waits for detection, row by row: dragged or moved by keys, what matters most comes first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

Index = QModelIndex | QPersistentModelIndex
MIME_TYPE = "application/x-avscope-queue"
ROW_ROLE = Qt.ItemDataRole.UserRole
ROW_PX = 24
PAD_PX = 8
MOST_ROWS = 6
# Rows moved by one with Alt and an arrow, to the ends with Alt and Home or End.
HINT = "Drag a row, or press Alt+Up or Alt+Down; Alt+Home puts it first, Delete takes it out"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One video that waits; the one at work is not moved."""

    video_id: int
    name: str
    text: str
    is_at_work: bool = False


class QueueRows(QAbstractListModel):
    """``move_asked(ids, before)``: these are to come before another, None for the end."""

    move_asked = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[QueueRow, ...] = ()

    def set_rows(self, rows: Sequence[QueueRow]) -> None:
        """Show these in their order."""
        old, self._rows = self._rows, tuple(rows)
        if [row.video_id for row in old] == [row.video_id for row in rows]:
            if old != self._rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.endResetModel()

    @property
    def rows(self) -> tuple[QueueRow, ...]:
        return self._rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {row.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name}, {row.text}\n{HINT}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        is_fixed = self._rows[index.row()].is_at_work
        return flags if is_fixed else flags | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        ids = [self._rows[place].video_id for place in sorted(each.row() for each in indexes)]
        data.setData(MIME_TYPE, json.dumps(ids).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """The order is not this model's own: it is asked for, and nothing is moved here."""
        own = {each.video_id for each in self._rows}
        ids = json.loads(bytes(data.data(MIME_TYPE).data()) or b"[]")
        place = parent.row() if row < 0 and parent.isValid() else row
        before = self._rows[place].video_id if 0 <= place < len(self._rows) else None
        if ids and set(ids) <= own:
            self.move_asked.emit(tuple(ids), before)
        return False


class QueueDelegate(QStyledItemDelegate):
    """The name at the left, how it stands at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: QueueRow = index.data(ROW_ROLE)
        given: Any = option
        area: QRect = given.rect
        palette: QPalette = given.palette
        painter.save()
        if given.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.color(QPalette.ColorRole.Light))
            if given.state & QStyle.StateFlag.State_HasFocus:
                bar = QRect(area.left(), area.top(), 2, area.height())
                painter.fillRect(bar, palette.color(QPalette.ColorRole.Highlight))
        place = area.adjusted(PAD_PX, 0, -PAD_PX, 0)
        metrics = painter.fontMetrics()
        text_px = metrics.horizontalAdvance(row.text)
        middle, flags = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(place, middle | flags.AlignRight, row.text)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        room_px = place.width() - text_px - PAD_PX
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, max(room_px, 0))
        painter.drawText(place, middle | flags.AlignLeft, name)
        painter.restore()


class QueueList(QListView):
    """``move_asked(ids, before)`` as in :class:`QueueRows`; ``drop_asked(ids)``: leave them out."""

    move_asked = Signal(object, object)
    drop_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.rows = QueueRows()
        self.setModel(self.rows)
        self.setItemDelegate(QueueDelegate(self))
        self.setAccessibleName("Videos that wait for detection")
        self.setAccessibleDescription(HINT)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self.rows.move_asked.connect(self.move_asked)

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """The selected videos from top to bottom."""
        places = sorted(index.row() for index in self.selectedIndexes())
        return tuple(self.rows.rows[place].video_id for place in places)

    def set_rows(self, rows: Sequence[QueueRow]) -> None:
        """Show these; what is selected stays selected wherever it stands now."""
        selected, current = set(self.selected_ids), self.currentIndex()
        current_id = self.rows.rows[current.row()].video_id if current.isValid() else None
        before = self.rows.rows
        self.rows.set_rows(rows)
        if [row.video_id for row in before] != [row.video_id for row in rows]:
            self.setFixedHeight(ROW_PX * min(max(len(rows), 1), MOST_ROWS))
            self._select(selected, current_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        selected = self.selected_ids
        is_move = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() == Qt.Key.Key_Delete and selected:
            self.drop_asked.emit(selected)
        elif is_move and selected and event.key() in _MOVES:
            self._move(selected, Qt.Key(event.key()))
        else:
            super().keyPressEvent(event)

    def _move(self, selected: tuple[int, ...], key: Qt.Key) -> None:
        ids = [row.video_id for row in self.rows.rows if not row.is_at_work]
        moved = [each for each in ids if each in selected]
        if not moved:
            return
        others = [each for each in ids if each not in moved]
        above = sum(each in others for each in ids[: ids.index(moved[0])])
        last = sum(each in others for each in ids[: ids.index(moved[-1])])
        place = {
            Qt.Key.Key_Up: max(above - 1, 0),
            Qt.Key.Key_Down: last + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(others),
        }[key]
        self.move_asked.emit(tuple(moved), others[place] if place < len(others) else None)

    def _select(self, ids: set[int], current_id: int | None) -> None:
        model, flags = self.selectionModel(), QItemSelectionModel.SelectionFlag
        for place, row in enumerate(self.rows.rows):
            if row.video_id == current_id:
                model.setCurrentIndex(self.rows.index(place), flags.NoUpdate)
                self.scrollTo(self.rows.index(place))
            if row.video_id in ids:
                model.select(self.rows.index(place), flags.Select)


_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
