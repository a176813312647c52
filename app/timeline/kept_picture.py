"""A pane's picture, drawn once and shown as often as anything over it moves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPixmap


class KeptPicture:
    """A pixmap as large as the pane, and which part of it (logical pixels) is to be drawn anew."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._stale = QRect()

    def spoil(self, area: QRect) -> None:
        """An area is no longer as the pane should look."""
        self._stale = self._stale.united(area)

    def fit(self, size: QSize, pixel_ratio: float) -> None:
        """Be as large as the pane; all of it is stale where that is new."""
        wanted = QSize(round(size.width() * pixel_ratio), round(size.height() * pixel_ratio))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatio() != pixel_ratio:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(pixel_ratio)
            self._stale = QRect(0, 0, size.width(), size.height())

    def take_stale(self) -> QRect:
        """What is to be drawn now."""
        stale, self._stale = self._stale, QRect()
        return stale

    def painter(self) -> QPainter:
        """What draws into the picture; end it before the picture is shown."""
        return QPainter(self._pixmap)

    def show(self, painter: QPainter) -> None:
        """Draw it where the pane is."""
        painter.drawPixmap(QPointF(0, 0), self._pixmap)
