"""The picture with the events of the moment over it, or what to say where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.overlay.active_events import ActiveEvents
from app.player.picture_place import FIT, PicturePlace
from app.session import Session
from app.theme import Theme, tabular
from app.view_state import ViewState
from core_model.media.video import PaintedFrame
from core_model.timeline import Detection

# Black in both themes: any other colour shifts how the picture looks, and would stand out as a
# second frame around pictures that carry black bars of their own.
SURROUND = "#000000"
SURROUND_COLOUR = QColor(SURROUND)
SURROUND_TEXT = "#E6E8EB"
SURROUND_DETAIL = "#9AA3AF"
PLATE = "#16181D"
HEADLINE_PX = 16
CAPTION_GAP_PX = 8
WIDEST_CAPTION_PX = 560
RESIZE_PAUSE_MS = 150
ZOOM_PER_NOTCH = 1.25
NOTCH = 120
# From here on pixels are looked at one by one: edges must not be smeared over them.
SHARP_SCALE = 3.0


class _Layout(NamedTuple):
    """What painting needs to know of the place of the picture, the same from frame to frame."""

    ratio: float
    scale: float
    picture: QRect
    # The part of it that is in view; the whole view where there is no picture.
    seen: QRect
    view: QRect
    # All that the picture does not cover; edges between two pixels of the screen lie under both.
    around: QRegion


class VideoView(QWidget):
    """Shows the newest frame letter-boxed, or zoomed with Ctrl and the wheel and dragged about.

    ``view_resized`` carries the size in device pixels, some moments after the last change;
    ``zoom_changed`` how much larger than fitting the view the picture is drawn.
    """

    view_resized = Signal(object)
    zoom_changed = Signal(float)

    def __init__(self, session: Session, view_state: ViewState, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._view_state = view_state
        self._theme = theme
        self._image: QImage | None = None
        # What the image lies over.
        self._pixels: np.ndarray | None = None
        self._own_size = QSize()
        self._place = PicturePlace()
        self._laid_out: _Layout | None = None
        self._overlay = ActiveEvents()
        self._dragged_from: QPointF | None = None
        self._headline = self._detail = ""
        self.setAccessibleName("Video")
        self.setMinimumSize(240, 135)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._resize_timer = QTimer(self)
        self._resize_timer.setSingleShot(True)
        self._resize_timer.setInterval(RESIZE_PAUSE_MS)
        self._resize_timer.timeout.connect(self._report_size)
        self._told: list[Detection] = []
        session.detections_changed.connect(self._on_shown)
        session.thresholds_changed.connect(self._on_shown)
        session.hits_changed.connect(self._on_shown)
        # The labels change while one frame stands: a sound may begin between two frames.
        view_state.playhead_changed.connect(self._on_shown)

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def set_own_size(self, size: QSize) -> None:
        """The displayed size of another video in its own pixels; empty where there is none."""
        self._own_size = size
        self._set_place(PicturePlace())

    def set_frame(self, frame: PaintedFrame | None) -> None:
        """Show a frame with a uint8 (H, W, 4) BGRA image, or nothing."""
        before = None if self._pixels is None else self._pixels.shape
        self._pixels = None if frame is None else frame.image
        if before != (None if self._pixels is None else self._pixels.shape):
            self._laid_out = None
        self._image = None if self._pixels is None else _as_image(self._pixels)
        self.update()

    def set_caption(self, headline: str, detail: str = "") -> None:
        """What stands in the middle where there is no picture."""
        self._headline, self._detail = headline, detail
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @property
    def place(self) -> PicturePlace:
        """Where the picture lies now."""
        image_size = QSize() if self._image is None else self._image.size()
        own = self._own_size if not self._own_size.isEmpty() else image_size
        return replace(self._place, own=own, view=self.size(), ratio=self.devicePixelRatioF())

    @property
    def picture_rect(self) -> QRect:
        """The whole picture in widget pixels; the widget where there is none."""
        return self.rect() if self._image is None else self.place.rect

    def fit(self) -> None:
        self._set_place(self.place.fitting())

    def show_actual_size(self) -> None:
        """One pixel of the screen for each pixel of the video."""
        self._set_place(self.place.at_scale(1.0))

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the view."""
        self._set_place(self.place.zoomed_about(QRectF(self.rect()).center(), factor))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        layout = self._layout_now()
        painter.setClipRegion(layout.around)
        painter.fillRect(layout.view, SURROUND_COLOUR)
        painter.setClipping(False)
        if self._image is not None:
            smooth = layout.scale < SHARP_SCALE
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(layout.picture, self._image)
        elif self._headline:
            self._paint_caption(painter)
        self._told = self._over_picture()
        if self._told:
            playhead_us = self._view_state.playhead_us
            self._overlay.paint(painter, layout.seen, self._told, playhead_us, self._theme)
        if self._image is not None and self._place.zoom != FIT:
            self._paint_scale(painter, layout.scale)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or self._image is None:
            event.ignore()
            return
        factor = ZOOM_PER_NOTCH ** (event.angleDelta().y() / NOTCH)
        self._set_place(self.place.zoomed_about(event.position(), factor))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.place.can_pan:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None:
            self._set_place(self.place.panned(event.position() - self._dragged_from))
            self._dragged_from = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None
        self._show_hand()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragged_from = None
            self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._laid_out = None
        self._show_hand()
        self._resize_timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._resize_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._resize_timer.stop()

    def _set_place(self, place: PicturePlace) -> None:
        before, self._place = self._place.zoom, place
        self._laid_out = None
        self.update()
        if self._dragged_from is None:
            self._show_hand()
        if place.zoom != before:
            self.zoom_changed.emit(place.zoom)

    def _show_hand(self) -> None:
        if self._image is not None and self.place.can_pan:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _layout_now(self) -> _Layout:
        """Made anew only where something has changed.

        Each object of Qt that goes lets go of Python's lock for a moment, and the thread of the
        window may then have to wait for others: in painting a frame there are to be few of them.
        """
        ratio = self.devicePixelRatioF()
        if self._laid_out is None or self._laid_out.ratio != ratio:
            place, view = self.place, self.rect()
            picture = QRect() if self._image is None else place.rect
            seen = view if self._image is None else picture.intersected(view)
            covered = QRegion(picture.adjusted(1, 1, -1, -1))
            around = QRegion(view).subtracted(covered)
            self._laid_out = _Layout(ratio, place.scale, picture, seen, view, around)
        return self._laid_out

    def _paint_caption(self, painter: QPainter) -> None:
        """A headline and what it means, in the middle of the view."""
        width = min(self.width() - 48, WIDEST_CAPTION_PX)
        room = QRect(0, 0, width, self.height())
        wrapped = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        large, usual = self.font(), self.font()
        large.setPixelSize(HEADLINE_PX)
        painter.setFont(large)
        headline = painter.boundingRect(room, wrapped, self._headline)
        painter.setFont(usual)
        detail = painter.boundingRect(room, wrapped, self._detail)
        height = headline.height() + (CAPTION_GAP_PX + detail.height() if self._detail else 0)
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        painter.setFont(large)
        painter.setPen(QColor(SURROUND_TEXT))
        painter.drawText(QRect(left, top, width, headline.height()), wrapped, self._headline)
        top += headline.height() + CAPTION_GAP_PX
        painter.setFont(usual)
        painter.setPen(QColor(SURROUND_DETAIL))
        painter.drawText(QRect(left, top, width, detail.height()), wrapped, self._detail)

    def _paint_scale(self, painter: QPainter, scale: float) -> None:
        """How large the picture is drawn, in the upper right corner."""
        font = tabular(self.font())
        painter.setFont(font)
        text = f"{scale * 100:.0f} %"
        width = QFontMetricsF(font).horizontalAdvance(text) + 16
        plate = QRectF(self.width() - width - 12, 12, width, 24)
        ground = QColor(PLATE)
        ground.setAlphaF(0.82)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor(SURROUND_TEXT))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _report_size(self) -> None:
        self.view_resized.emit(self.size() * self.devicePixelRatioF())

    def _over_picture(self) -> list[Detection]:
        session = self._session
        no_media = session.media is None
        return [] if no_media else session.over_picture_at(self._view_state.playhead_us)

    def _on_shown(self, _time_us: int = 0) -> None:
        """Paint anew where other events are to be told of now, which is seldom so."""
        if self._over_picture() != self._told:
            self.update()


def _as_image(pixels: np.ndarray) -> QImage:
    """A QImage over the memory of uint8 BGRA (H, W, 4), which the caller must keep alive."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32)
