"""The rows of the list of events, drawn as the style sheet would, but many times as fast."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QCursor, QPainter, QPaintEvent, QPalette, QRegion
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from app.kind_style import draw_symbol
from app.panels.event_table import ALIGNMENTS, DETECTION_ROLE, KIND, EventTable, cell_text
from app.theme import Theme
from app.timeline.label_writer import LabelWriter
from core_model.timeline import Detection

SYMBOL_PX = 11


class KindDelegate(QStyledItemDelegate):
    """Draws the symbol of a kind into the first column."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        found: Detection = index.data(DETECTION_ROLE)
        place: QRect = option.rect
        draw_symbol(painter, found.task, QPointF(place.center()), SYMBOL_PX, self.theme)


class EventView(QTableView):
    """Draws rows that are neither selected nor under the pointer itself.

    They are but text, and all of them change with each step of a threshold; a style sheet takes a
    quarter of a millisecond for every cell.
    """

    def __init__(self, table: EventTable, theme: Theme) -> None:
        super().__init__()
        self.setModel(table)
        self._table = table
        self._kinds = KindDelegate(theme, self)
        self.setItemDelegateForColumn(KIND, self._kinds)
        self._writer = LabelWriter(self.font())

    def set_theme(self, theme: Theme) -> None:
        self._kinds.theme = theme
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        styled = QRegion()
        for row in self._styled_rows():
            styled += QRect(
                0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row)
            )
        styled &= event.region()
        if not styled.isEmpty():
            super().paintEvent(QPaintEvent(styled))
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region() - styled)
        self._paint_rows(painter, event.rect())
        painter.end()

    def _styled_rows(self) -> set[int]:
        """Those that look otherwise than the rest."""
        rows = {each.row() for each in self.selectionModel().selectedRows()}
        rows.add(self.currentIndex().row())
        if self.underMouse():
            rows.add(self.rowAt(self.viewport().mapFromGlobal(QCursor.pos()).y()))
        return rows - {-1}

    def _paint_rows(self, painter: QPainter, exposed: QRect) -> None:
        first = self.rowAt(exposed.top())
        if first < 0:
            return
        font, insets_px = self.font(), self._insets_px()
        if font != self._writer.font:
            self._writer = LabelWriter(font)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        top_px, height_px = self.rowViewportPosition(first), self.rowHeight(first)
        columns = [
            (column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(self._table.columnCount())
        ]
        for row in range(first, self._table.rowCount()):
            if top_px > exposed.bottom():
                break
            found = self._table.detection(row)
            for column, left_px, width_px in columns:
                place = QRect(left_px, top_px, width_px, height_px)
                if column == KIND:
                    centre = QPointF(place.center())
                    draw_symbol(painter, found.task, centre, SYMBOL_PX, self._kinds.theme)
                else:
                    place.adjust(insets_px[0], 0, -insets_px[1], 0)
                    self._write(painter, place, cell_text(found, column), column)
            top_px += height_px

    def _write(self, painter: QPainter, place: QRect, text: str, column: int) -> None:
        writer, left_px = self._writer, float(place.left())
        text = writer.shortened(text, place.width())
        if ALIGNMENTS[column] & Qt.AlignmentFlag.AlignRight:
            left_px += place.width() - writer.width_px(text)
        top_px = place.top() + (place.height() - writer.height_px) // 2
        writer.write(painter, left_px, top_px + writer.ascent_px, text)

    def _insets_px(self) -> tuple[int, int]:
        """From the left and the right edge of a cell to its text."""
        style, option = self.style(), QStyleOptionViewItem()
        self.initViewItemOption(option)
        cell = QRect(0, 0, 100, 20)
        option.rect = cell
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDisplay
        option.text = " "
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, self)
        margin_px = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, self) + 1
        return area.left() + margin_px, cell.right() - area.right() + margin_px
