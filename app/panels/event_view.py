"""The rows of the list of events, drawn as the style sheet would, but many times as fast."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect
from PySide6.QtGui import QCursor, QPainter, QPaintEvent, QPalette, QRegion
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from app.kind_style import draw_symbol
from app.panels.event_table import DETECTION_ROLE, KIND, NUMBERS, EventTable, cell_text
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
        rise_px = (height_px - self._writer.height_px) // 2 + self._writer.ascent_px
        before_px, after_px = insets_px
        places = [
            QRect(self.columnViewportPosition(column), 0, self.columnWidth(column), height_px)
            for column in range(self._table.columnCount())
        ]
        symbol_px = places[KIND].center()
        columns = [
            (column, place.left() + before_px, place.width() - before_px - after_px)
            for column, place in enumerate(places)
            if column != KIND
        ]
        for row in range(first, self._table.rowCount()):
            if top_px > exposed.bottom():
                break
            found = self._table.detection(row)
            centre = QPointF(symbol_px.x(), symbol_px.y() + top_px)
            draw_symbol(painter, found.task, centre, SYMBOL_PX, self._kinds.theme)
            for column, left_px, room_px in columns:
                self._write(painter, left_px, top_px + rise_px, room_px, found, column)
            top_px += height_px

    def _write(
        self,
        painter: QPainter,
        left_px: float,
        baseline_px: float,
        room_px: int,
        found: Detection,
        column: int,
    ) -> None:
        writer = self._writer
        text = writer.shortened(cell_text(found, column), room_px)
        if column in NUMBERS:
            left_px += room_px - writer.width_px(text)
        writer.write(painter, left_px, baseline_px, text)

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
