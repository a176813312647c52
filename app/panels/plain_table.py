"""A table of a few rows that is only looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.theme import tabular

ROW_PX = 26


@dataclass(frozen=True, slots=True)
class PlainRow:
    """Texts, one for each column; a colour "#RRGGBB" of the first of them, and whether bold."""

    texts: tuple[str, ...]
    colour: str = ""
    is_bold: bool = False


class PlainTable(QTableWidget):
    """``headings`` of which those in ``numbers`` stand at the right; the column ``wide`` takes
    what is left. ``help`` are tool tips of the headings.
    """

    def __init__(
        self,
        name: str,
        headings: Sequence[str],
        numbers: frozenset[int],
        wide: int,
        help_texts: Sequence[str] = (),
    ) -> None:
        super().__init__(0, len(headings))
        self._numbers = numbers
        self.setAccessibleName(name)
        self.setFont(tabular(self.font()))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column, text in enumerate(headings):
            item = QTableWidgetItem(text)
            item.setTextAlignment(self._alignment(column))
            item.setToolTip(help_texts[column] if help_texts else "")
            self.setHorizontalHeaderItem(column, item)
            mode = QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if column == wide else mode
            )

    def fill(self, rows: Sequence[PlainRow]) -> None:
        """Show these rows instead of what there is."""
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row.texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(self._alignment(column))
                item.setToolTip(text)
                if column == 0 and row.colour:
                    item.setForeground(QColor(row.colour))
                if row.is_bold:
                    font = self.font()
                    font.setBold(True)
                    item.setFont(font)
                self.setItem(place, column, item)

    def grow_to_rows(self) -> None:
        """Take no more height than the rows need, so that others have what is left."""
        frame_px = 2 * self.frameWidth()
        head_px = self.horizontalHeader().sizeHint().height()
        self.setMaximumHeight(head_px + max(1, self.rowCount()) * ROW_PX + frame_px)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        flags = Qt.AlignmentFlag
        side = flags.AlignRight if column in self._numbers else flags.AlignLeft
        return side | flags.AlignVCenter
