"""How a video looks on the board: picture, name, status, progress, labels."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.panels.video_board_model import ROW_ROLE, Index, VideoRow
from app.project.values import VideoStatus
from app.theme import Theme, tabular

ROW_PX = 76
MARGIN_PX = 6
PICTURE_PX = QSize(80, 45)
LINE_PX = 18
BAR_PX = 3
STATUS_SIGNS = {
    VideoStatus.NEW: "○",
    VideoStatus.PREDICTED: "◔",
    VideoStatus.IN_REVIEW: "◑",
    VideoStatus.DONE: "●",
}


class VideoDelegate(QStyledItemDelegate):
    """Draws a VideoRow."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(PICTURE_PX.width() + 120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: VideoRow = index.data(ROW_ROLE)
        given: Any = option
        area: QRect = given.rect
        is_selected = bool(given.state & QStyle.StateFlag.State_Selected)
        has_keys = bool(given.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        if is_selected:
            painter.fillRect(area, QColor(self.theme.raised))
        if row.is_open or (has_keys and is_selected):
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), self._accent)
        self._draw_picture(painter, area, row)
        self._draw_texts(painter, area, row, given.font)
        painter.restore()

    @property
    def _accent(self) -> QColor:
        return QColor(self.theme.accent)

    def _draw_picture(self, painter: QPainter, area: QRect, row: VideoRow) -> None:
        top = area.top() + (ROW_PX - PICTURE_PX.height()) // 2
        box = QRect(area.left() + MARGIN_PX, top, PICTURE_PX.width(), PICTURE_PX.height())
        painter.fillRect(box, QColor("#000000") if row.picture else QColor(self.theme.line))
        if row.picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            size = row.picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(box.topLeft(), size)
            place.moveCenter(box.center())
            painter.setOpacity(0.4 if row.is_missing else 1.0)
            painter.drawImage(place, row.picture)
            painter.setOpacity(1.0)
        elif row.is_missing:
            painter.setPen(QColor(self.theme.text_secondary))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")
        self._draw_length(painter, box, row.length)

    def _draw_length(self, painter: QPainter, picture: QRect, text: str) -> None:
        """In the corner of the picture, on a ground of its own."""
        if not text:
            return
        metrics = painter.fontMetrics()
        place = QRect(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
        place.moveBottomRight(picture.bottomRight())
        painter.fillRect(place, QColor(0, 0, 0, 190))
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_texts(self, painter: QPainter, area: QRect, row: VideoRow, font: QFont) -> None:
        left = area.left() + 2 * MARGIN_PX + PICTURE_PX.width()
        lines = [
            QRect(left, area.top() + 9 + n * LINE_PX, area.right() - left - MARGIN_PX, LINE_PX)
            for n in range(3)
        ]
        painter.setFont(tabular(font))
        self._draw_line(painter, lines[0], row.name, "", self.theme.text)
        status = f"{STATUS_SIGNS[row.video.status]} {row.video.status.value}"
        quiet = self.theme.text_secondary
        if row.is_missing:
            self._draw_line(painter, lines[1], "✗ file is missing", "", self.theme.danger)
        else:
            self._draw_line(painter, lines[1], status, row.short_progress, quiet)
        colour = self.theme.danger if row.has_failed else self.theme.accent
        self._draw_line(painter, lines[2], row.run or row.labels, "", colour if row.run else quiet)
        if row.total:
            bar = QRectF(left, area.bottom() - 8, lines[0].width(), BAR_PX)
            painter.fillRect(bar, QColor(self.theme.line))
            bar.setWidth(bar.width() * (row.total - row.left) / row.total)
            painter.fillRect(bar, self._accent)

    def _draw_line(
        self, painter: QPainter, place: QRect, text: str, at_right: str, colour: str
    ) -> None:
        metrics = painter.fontMetrics()
        right_px = metrics.horizontalAdvance(at_right) + MARGIN_PX if at_right else 0
        shown = metrics.elidedText(
            text, Qt.TextElideMode.ElideRight, max(place.width() - right_px, 0)
        )
        painter.setPen(QColor(colour))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setPen(QColor(self.theme.text_secondary))
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, at_right)
