"""The picture with the events of the moment over it, or what to say where there is none."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.overlay.active_events import paint_active_events
from app.session import Session
from app.theme import Theme
from app.view_state import ViewState
from core_model.media.video import VideoFrame

# Black in both themes: any other colour shifts how the picture looks, and would stand out as a
# second frame around pictures that carry black bars of their own.
SURROUND = "#000000"
SURROUND_TEXT = "#9AA3AF"
RESIZE_PAUSE_MS = 150


class VideoView(QWidget):
    """Shows the newest frame letter-boxed; never scales up beyond the pixels of the widget.

    ``view_resized`` carries the size in device pixels, some moments after the last change.
    """

    view_resized = Signal(object)

    def __init__(self, session: Session, view_state: ViewState, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._view_state = view_state
        self._theme = theme
        self._image: QImage | None = None
        self._frame: VideoFrame | None = None
        self._caption = ""
        self.setAccessibleName("Video")
        self.setMinimumSize(240, 135)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._resize_timer = QTimer(self)
        self._resize_timer.setSingleShot(True)
        self._resize_timer.setInterval(RESIZE_PAUSE_MS)
        self._resize_timer.timeout.connect(self._report_size)
        session.detections_changed.connect(self.update)
        session.thresholds_changed.connect(self.update)
        # The labels change while one frame stands: a sound may begin between two frames.
        view_state.playhead_changed.connect(self._on_playhead)

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def set_frame(self, frame: VideoFrame | None) -> None:
        """Show a frame with a uint8 (H, W, 4) BGRA image, or nothing."""
        self._frame = frame
        self._image = None if frame is None else _as_image(frame)
        self.update()

    def set_caption(self, text: str) -> None:
        """What stands in the middle where there is no picture."""
        self._caption = text
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @property
    def picture_rect(self) -> QRect:
        """Where the picture lies, in widget pixels; everything where there is none."""
        if self._image is None:
            return self.rect()
        fitted = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, fitted.width(), fitted.height())
        place.moveCenter(self.rect().center())
        return place

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(SURROUND))
        place = self.picture_rect
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        elif self._caption:
            painter.setPen(QColor(SURROUND_TEXT))
            inside = self.rect().adjusted(24, 24, -24, -24)
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inside, int(wrapped), self._caption)
        if self._session.media is not None:
            paint_active_events(
                painter,
                place,
                self._session.shown_detections(),
                self._view_state.playhead_us,
                self._theme,
            )
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._resize_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._resize_timer.stop()

    def _report_size(self) -> None:
        self.view_resized.emit(self.size() * self.devicePixelRatioF())

    def _on_playhead(self, _time_us: int) -> None:
        self.update()


def _as_image(frame: VideoFrame) -> QImage:
    """A QImage over the frame's own memory, which the caller must keep alive."""
    height, width = frame.image.shape[:2]
    return QImage(
        frame.image.data, width, height, frame.image.strides[0], QImage.Format.Format_RGB32
    )
