"""Waveform and spectrogram: tiles of the sound picture, and a word where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from app.kind_style import blend
from app.player.time_code import time_code
from app.theme import Theme
from app.timeline.sound_cross_hair import decibels, paint_cross_hair
from app.timeline.sound_picture import SoundPicture, SoundStatus
from app.timeline.tile_cache import TILE_COLUMNS, TileCache, TileKey
from app.timeline.time_pane import SMALL_TEXT_PX, TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

WAVE_STRENGTH = 0.72


class SoundPane(TimePane):
    """A pane made of tiles of the sound, with a cross-hair that says what is under the mouse.

    Subclasses give :meth:`render_tiles` and :meth:`reading`.
    """

    settings_asked = Signal(object)  # where, as a global point
    name: str
    least_height_px: int

    def __init__(
        self,
        view_state: ViewState,
        theme: Theme,
        sound: SoundPicture,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_state, theme, parent)
        self.setAccessibleName(self.name)
        self.setMinimumHeight(self.least_height_px)
        self.sound = sound
        self._mouse: QPoint | None = None
        self._tiles = TileCache(self.render_tiles, sound.known_segments)
        sound.extended.connect(self._on_extended)
        sound.levels_changed.connect(self._on_picture_changed)
        sound.settings_changed.connect(self._on_picture_changed)
        sound.status_changed.connect(self._on_picture_changed)

    def render_tiles(self, key: TileKey, count: int) -> QImage:
        """Make the picture of ``count`` tiles from one on."""
        raise NotImplementedError

    def reading(self, time_us: int, y_px: int) -> str:
        """What there is at a point, besides the time; empty where there is nothing."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        self._tiles.clear()
        super().set_theme(theme)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        if self.sound.status in (SoundStatus.NO_MEDIA, SoundStatus.SILENT):
            return
        span_px = (exposed.left(), exposed.right() + 1)
        self._tiles.paint(painter, scale, self.height(), span_px)

    def edges_after_scroll(self, before: TimeScale, scale: TimeScale) -> tuple[int, int] | None:
        """Nothing depends on where the view ends, once words move no more with what is missing."""
        return (0, 0) if self.sound.status is SoundStatus.READY else None

    def paint_over(self, painter: QPainter, scale: TimeScale) -> None:
        """Lines through the mouse, and beside it what is there."""
        if self._mouse is None or self.sound.audio is None:
            return
        time_us = scale.to_us(self._mouse.x())
        reading = self.reading(time_us, self._mouse.y())
        if reading:
            text = f"{time_code(time_us)}   {reading}"
            paint_cross_hair(painter, self.theme, self.rect(), self._mouse, text, self.text_font())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = event.position().toPoint()
        self._set_mouse(place if self.in_picture(place) else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_mouse(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.sound.audio is not None:
            self.settings_asked.emit(event.globalPos())

    def _set_mouse(self, place: QPoint | None) -> None:
        if place != self._mouse:
            self._mouse = place
            self.show_again(self.time_rect())

    def _on_extended(self, from_us: int, to_us: int) -> None:
        scale = self.scale()
        if scale is not None and from_us < scale.end_us and to_us > scale.start_us:
            left_px, right_px = int(scale.to_px(from_us)) - 2, int(scale.to_px(to_us)) + 3
            self.update(left_px, 0, right_px - left_px, self.height())

    def _on_picture_changed(self) -> None:
        self._tiles.clear()
        self.update()


class WaveformPane(SoundPane):
    """Smallest and largest sample of every column, and the state of reading in words."""

    name = "Waveform"
    least_height_px = 40

    def sizeHint(self) -> QSize:
        return QSize(400, 64)

    def status_text(self) -> str:
        """What there is to say about the sound; empty once it is there."""
        status = self.sound.status
        if status is SoundStatus.SILENT:
            return "No sound in this video"
        if status is SoundStatus.FAILED:
            return f"The sound could not be read: {self.sound.reason}"
        if status is SoundStatus.READING:
            return f"Reading the sound… {self.sound.share_built:.0%}"
        if status is SoundStatus.READY and self.sound.is_silence:
            return "The sound track is silent"
        return ""

    def edges_after_scroll(self, before: TimeScale, scale: TimeScale) -> tuple[int, int] | None:
        return None if self.status_text() else super().edges_after_scroll(before, scale)

    def render_tiles(self, key: TileKey, count: int) -> QImage:
        envelope = self.sound.envelope(
            key.anchor_us,
            key.us_per_column,
            count * TILE_COLUMNS,
            key.index * TILE_COLUMNS,
        )
        middle = key.height / 2
        reach = (middle - 2 * key.pixel_ratio) * self.sound.gain
        top, bottom = middle - envelope[:, 1] * reach, middle - envelope[:, 0] * reach
        thin = np.maximum(0, key.pixel_ratio - (bottom - top)) / 2
        return inked_image(_coverage(top - thin, bottom + thin, key.height), _wave_inks(self.theme))

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        super().paint_time(painter, scale, exposed)
        self.paint_grid(painter, scale)
        middle = self.height() // 2
        line = QColor(self.theme.text_secondary)
        line.setAlphaF(0.35)
        painter.fillRect(QRectF(exposed.left(), middle, exposed.width(), 1), line)
        text = self.status_text()
        if text:
            self._paint_status(painter, scale, text)

    def reading(self, time_us: int, y_px: int) -> str:
        scale = self.scale()
        if scale is None:
            return ""
        envelope = self.sound.envelope(time_us, max(scale.us_per_px, 1.0), 1)[0]
        if np.isnan(envelope).any():
            return ""
        peak = float(np.abs(envelope).max())
        return f"peak {decibels(20 * np.log10(peak))} dB" if peak > 0 else "silence"

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(self.theme.text_secondary))
        inner = rect.adjusted(8, 4, -8, -4)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, "Waveform")
        if self.sound.gain > 1:
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(inner, flags, f"× {self.sound.gain}")

    def _paint_status(self, painter: QPainter, scale: TimeScale, text: str) -> None:
        """In the middle of what is not there yet, or of the pane."""
        picture = QRectF(self.time_rect())
        missing_us = self.sound.missing_us(scale.start_us, scale.end_us)
        painter.setFont(self.text_font(TEXT_PX))
        metrics = painter.fontMetrics()
        if missing_us is not None:
            left_px, right_px = scale.to_px(missing_us[0]), scale.to_px(missing_us[1])
            if right_px - left_px >= metrics.horizontalAdvance(text) + 24:
                picture.setLeft(max(left_px, picture.left()))
                picture.setRight(min(right_px, picture.right()))
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(picture.width()) - 24)
        plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 16, 20)
        plate.moveCenter(QPointF(round(picture.center().x()), self.height() // 2))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.ground))
        painter.drawRoundedRect(plate, 4, 4)
        is_error = self.sound.status is SoundStatus.FAILED
        painter.setPen(QColor(self.theme.danger if is_error else self.theme.text_secondary))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _on_extended(self, from_us: int, to_us: int) -> None:
        self.update()  # The words move along with what is missing.


def _coverage(
    top: npt.NDArray[np.floating], bottom: npt.NDArray[np.floating], height: int
) -> npt.NDArray[np.uint8]:
    """How much of each pixel (height, columns) upright bars cover, in 0 .. 255; NaN for no bar."""
    # Where nothing is known nothing is covered.
    top = np.clip(np.nan_to_num(top, nan=height), 0, height)
    bottom = np.clip(np.nan_to_num(bottom, nan=0), 0, height)
    first, last = np.floor(top).astype(np.int16), np.ceil(bottom).astype(np.int16) - 1
    rows = np.arange(height, dtype=np.int16)[:, None]
    codes = ((rows > first) & (rows < last)).view(np.uint8)
    codes *= 255
    # What is left are the two ends of each bar.
    ends = ((last, bottom - np.maximum(top, last)), (first, np.minimum(bottom, first + 1) - top))
    columns = np.arange(len(top))
    for row, share in ends:
        part = (np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)
        codes[np.clip(row, 0, height - 1), columns] = part
    return codes


@lru_cache(maxsize=4)
def _wave_inks(theme: Theme) -> tuple[int, ...]:
    """256 ARGB words from the ground to the full colour of the wave."""
    strengths = np.linspace(0, WAVE_STRENGTH, 256).tolist()
    return tuple(colour_word(blend(theme.accent, theme.ground, s)) for s in strengths)


def colour_word(colour: str) -> int:
    """A colour "#RRGGBB" as an opaque ARGB word."""
    return QColor(colour).rgb()


def inked_image(codes: npt.NDArray[np.uint8], inks: Sequence[int]) -> QImage:
    """A picture that owns its pixels, from codes (height, width) with an ARGB word for each."""
    height, width = codes.shape
    # The lines of a picture begin on whole words.
    aligned = np.zeros((height, -(-width // 4) * 4), np.uint8)
    aligned[:, :width] = codes
    image_format = QImage.Format.Format_Indexed8
    borrowed = QImage(aligned.data, width, height, aligned.shape[1], image_format)
    borrowed.setColorTable(inks)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)


def word_image(words: npt.NDArray[np.uint32]) -> QImage:
    """A picture that owns its pixels, from opaque ARGB words (height, width)."""
    words = np.ascontiguousarray(words)
    height, width = words.shape
    borrowed = QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return borrowed.copy()
