"""How the table of segments draws its cells and edits them in place."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.kind_style import KIND_STYLES, draw_symbol
from app.panels.segment_cells import STATE_NAMES
from app.panels.segment_filter import Column
from app.panels.segment_model import KIND_ROLE, STATE_ROLE, Index
from app.project.values import KINDS, STATES
from app.theme import Theme
from app.window.annotation import Annotation
from training.annotations.model import State

SYMBOL_PX = 11
# Keys that go from cell to cell and edit one here, though they mean something else elsewhere.
_CELL_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_F2,
)
_DELETE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class SegmentView(QTableView):
    """A table whose arrow keys go from cell to cell. ``play_asked``: Enter on a row;
    ``delete_asked``: Delete or Backspace.
    """

    play_asked = Signal()
    delete_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Segments")
        self.setAccessibleDescription(
            "Arrow keys go from cell to cell, F2 edits one, Enter plays the segment"
        )
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        # Tab leaves the table, as it leaves every other part of the window.
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            is_all = event.matches(QKeySequence.StandardKey.SelectAll)
            if is_all or (plain and event.key() in _CELL_KEYS):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.state() != QAbstractItemView.State.EditingState:
            self.play_asked.emit()
        elif event.key() in _DELETE_KEYS:
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)


class CellDelegate(QStyledItemDelegate):
    """Symbols of kinds, looks of states, a frame about the current cell, and the editors."""

    def __init__(self, annotation: Annotation, theme: Theme, view: SegmentView) -> None:
        super().__init__(view)
        self._annotation = annotation
        self._view = view
        self.theme = theme

    def initStyleOption(self, option: Any, index: Index) -> None:
        super().initStyleOption(option, index)
        state = index.data(STATE_ROLE)
        if state is State.REJECTED and index.column() != Column.STATE:
            option.font.setStrikeOut(index.column() == Column.LABEL)
            self._colour(option, self.theme.text_secondary)
        elif index.column() == Column.STATE:
            is_accepted = state is State.ACCEPTED
            colour = self.theme.accent if is_accepted else self.theme.text_secondary
            self._colour(option, self.theme.danger if state is State.REJECTED else colour)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        area: Any = option.rect
        if index.column() == Column.KIND:
            centre = QPointF(area.center())
            draw_symbol(painter, index.data(KIND_ROLE), centre, SYMBOL_PX, self.theme)
        if self._view.hasFocus() and index == self._view.currentIndex():
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        if index.column() == Column.KIND:
            return _choice(parent, [(KIND_STYLES[kind].name, kind) for kind in KINDS], "Kind")
        if index.column() == Column.STATE:
            return _choice(parent, [(STATE_NAMES[each], each) for each in STATES], "State")
        field = QLineEdit(parent)
        name = index.model().headerData(
            index.column(), Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
        )
        field.setAccessibleName(str(name))
        if index.column() == Column.LABEL:
            kind = index.data(KIND_ROLE)
            completer = QCompleter([each.name for each in self._annotation.labels(kind)], field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            field.setCompleter(completer)
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        value = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
            editor.showPopup()
        elif isinstance(editor, QLineEdit):
            editor.setText(value)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData())
        elif isinstance(editor, QLineEdit):
            model.setData(index, editor.text())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        area: Any = option.rect
        # The narrow columns of symbols open a list that can be read.
        editor.setGeometry(
            area.adjusted(0, 0, max(editor.sizeHint().width() - area.width(), 0), 0)
            if isinstance(editor, QComboBox)
            else area
        )

    def _colour(self, option: Any, colour: str) -> None:
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            option.palette.setColor(role, QColor(colour))


def _choice(parent: QWidget, items: list[tuple[str, Any]], name: str) -> QComboBox:
    combo = QComboBox(parent)
    combo.setAccessibleName(name)
    combo.setAutoFillBackground(True)
    for text, value in items:
        combo.addItem(text, value)
    return combo
