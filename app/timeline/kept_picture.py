"""A pane's picture, drawn once and shown as often as anything over it moves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPixmap


class KeptPicture:
    """A pixmap as large as the pane, and which parts of it (logical pixels) are out of date."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._stale: list[QRect] = []

    def spoil(self, area: QRect) -> None:
        """An area is no longer as the pane should look."""
        # What touches is drawn in one go; the parts never overlap.
        while touched := [other for other in self._stale if other.intersects(area)]:
            for other in touched:
                self._stale.remove(other)
                area = area.united(other)
        self._stale.append(area)

    def scroll(self, by_px: int, area: QRect) -> bool:
        """Move what is drawn in an area to the right (> 0) or left; what comes into view is stale.

        False, and nothing done, where anything in it is out of date.
        """
        if any(stale.intersects(area) for stale in self._stale):
            return False
        ratio = self._pixmap.devicePixelRatio()
        top_left, size = area.topLeft() * ratio, area.size() * ratio
        self._pixmap.scroll(round(by_px * ratio), 0, QRect(top_left, size))
        if by_px > 0:
            self.spoil(QRect(area.left(), area.top(), by_px, area.height()))
        else:
            self.spoil(QRect(area.right() + 1 + by_px, area.top(), -by_px, area.height()))
        return True

    def fit(self, size: QSize, pixel_ratio: float) -> None:
        """Be as large as the pane; all of it is stale where that is new."""
        wanted = QSize(round(size.width() * pixel_ratio), round(size.height() * pixel_ratio))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatio() != pixel_ratio:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(pixel_ratio)
            self._stale = [QRect(0, 0, size.width(), size.height())]

    def take_stale(self) -> list[QRect]:
        """What is to be drawn now."""
        stale, self._stale = self._stale, []
        return stale

    def painter(self) -> QPainter:
        """What draws into the picture; end it before the picture is shown."""
        return QPainter(self._pixmap)

    def show(self, painter: QPainter) -> None:
        """Draw it where the pane is."""
        painter.drawPixmap(QPointF(0, 0), self._pixmap)
