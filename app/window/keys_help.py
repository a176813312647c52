"""Every key in one searchable list, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS
from app.keymap import Keymap

# The mouse has no rows in the table of actions.
MOUSE_ROWS = (
    ("Go to a moment", "Click on the timeline", "Mouse"),
    ("Select time", "Drag on the ruler", "Mouse"),
    ("Select time in any pane", "Shift+drag", "Mouse"),
    ("Move an edge of the selection", "Drag the edge", "Mouse"),
    ("Place an edge without snapping", "Alt while dragging", "Mouse"),
    ("Scrub", "Drag the playhead or in a pane", "Mouse"),
    ("Zoom about the pointer", "Ctrl+wheel", "Mouse"),
    ("Scroll in time", "Wheel, or Shift+wheel", "Mouse"),
    ("Step by frames", "Alt+wheel", "Mouse"),
    ("Zoom to an event", "Double click on it", "Mouse"),
    ("Draw a segment", "Drag in a lane", "Project"),
    ("Move segments", "Drag them", "Project"),
    ("Trim a segment", "Drag its edge", "Project"),
    ("Move a boundary that segments share", "Drag it with Shift", "Project"),
    ("Select segments", "Ctrl+drag a rectangle", "Project"),
    ("Select one more, or a range", "Ctrl+click, Shift+click", "Project"),
    ("Give another label", "Double click on a segment", "Project"),
    ("Choose the label to draw with", "Click on the head of a track", "Project"),
    ("Put a track elsewhere", "Drag its head", "Project"),
    ("Everything that can be done there", "Right click, or the menu key", "Mouse"),
)


class KeysHelp(QDialog):
    """Stays open beside the window; type to search. ``customise_asked``: keys are to be others."""

    customise_asked = Signal()

    def __init__(self, parent: QWidget, keymap: Keymap) -> None:
        super().__init__(parent)
        self._keymap = keymap
        self.setWindowTitle("Keys")
        self.resize(700, 640)
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search keys")
        self._search.setAccessibleName("Search keys")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._on_search)
        self._table = self._make_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self._search)
        layout.addWidget(self._table)
        customise = QPushButton("Customise…")
        customise.setAutoDefault(False)
        customise.clicked.connect(self.customise_asked)
        layout.addWidget(customise, 0, Qt.AlignmentFlag.AlignRight)
        self._fill()
        keymap.changed.connect(self._fill)

    def visible_rows(self) -> list[str]:
        """What the rows that match the search do."""
        table = self._table
        shown = [row for row in range(table.rowCount()) if not table.isRowHidden(row)]
        return [text for row in shown for text in self._texts(row)[:1]]

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setHorizontalHeaderLabels(["What it does", "Keys", "Where"])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            table.horizontalHeader().setSectionResizeMode(
                column, QHeaderView.ResizeMode.ResizeToContents
            )
        return table

    def _fill(self) -> None:
        """Every key as it is now."""
        texts = self._keymap.text
        rows = [(spec.tooltip, texts(spec), spec.menu) for spec in ACTIONS if texts(spec)]
        rows += MOUSE_ROWS
        self._table.setRowCount(len(rows))
        for row, columns in enumerate(rows):
            for column, text in enumerate(columns):
                self._table.setItem(row, column, QTableWidgetItem(text))
        self._on_search(self._search.text())

    def _on_search(self, text: str) -> None:
        wanted = text.strip().casefold()
        for row in range(self._table.rowCount()):
            self._table.setRowHidden(row, wanted not in " ".join(self._texts(row)).casefold())

    def _texts(self, row: int) -> list[str]:
        cells = [self._table.item(row, column) for column in range(self._table.columnCount())]
        return [cell.text() for cell in cells if cell is not None]
