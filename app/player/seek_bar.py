"""The seek bar: the whole media on one line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.player.time_code import time_code
from app.theme import Theme
from app.view_state import ViewState

GROOVE_PX = 4
HANDLE_PX = 12
PLACES_PER_PX = 4


class SeekBar(QWidget):
    """Press or drag to seek. An own widget, because QSlider counts in 32 bits.

    ``scrub_started`` and ``scrub_ended`` enclose the time in which the mouse holds it.
    """

    scrub_started = Signal()
    scrub_ended = Signal()

    def __init__(self, view_state: ViewState, theme: Theme) -> None:
        super().__init__()
        self._view_state = view_state
        self._theme = theme
        self.setAccessibleName("Position")
        self.setToolTip("Drag to seek")
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        # Where the handle was drawn, in parts of a pixel.
        self._drawn_at = -1
        view_state.playhead_changed.connect(self._on_playhead)
        view_state.media_range_changed.connect(self._on_media_range)

    def sizeHint(self) -> QSize:
        return QSize(240, 20)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def time_at(self, x_px: float) -> int:
        """Presentation time in microseconds at a place of the bar, clamped to the media."""
        state = self._view_state
        span_px = max(self.width() - HANDLE_PX, 1)
        part = min(max((x_px - HANDLE_PX / 2) / span_px, 0.0), 1.0)
        return state.media_start_us + round(part * (state.media_end_us - state.media_start_us))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        left, right = HANDLE_PX / 2, self.width() - HANDLE_PX / 2
        groove = QRectF(left, middle - GROOVE_PX / 2, right - left, GROOVE_PX)
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRoundedRect(groove, GROOVE_PX / 2, GROOVE_PX / 2)
        if self._view_state.has_media:
            self._drawn_at = self._place()
            played_px = left + self._drawn_at / PLACES_PER_PX
            groove.setRight(played_px)
            painter.setBrush(QColor(self._theme.accent))
            painter.drawRoundedRect(groove, GROOVE_PX / 2, GROOVE_PX / 2)
            handle = QRectF(played_px - HANDLE_PX / 2, middle - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX)
            painter.setBrush(QColor(self._theme.text))
            painter.drawEllipse(handle)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._view_state.has_media:
            self.scrub_started.emit()
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._view_state.has_media:
            self.setToolTip(time_code(self.time_at(event.position().x())))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.scrub_ended.emit()

    def _seek(self, event: QMouseEvent) -> None:
        self._view_state.request_seek(self.time_at(event.position().x()))

    def _place(self) -> int:
        """Where the handle is to be drawn, in parts of a pixel that can be told apart."""
        state = self._view_state
        span_us = state.media_end_us - state.media_start_us
        part_played = (state.playhead_us - state.media_start_us) / span_us
        return round(part_played * (self.width() - HANDLE_PX) * PLACES_PER_PX)

    def _on_playhead(self, _time_us: int) -> None:
        if self._view_state.has_media and self._place() != self._drawn_at:
            self.update()

    def _on_media_range(self, _start_us: int, _end_us: int) -> None:
        self.update()
