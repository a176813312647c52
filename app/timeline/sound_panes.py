"""Waveform and spectrogram: tiles of the sound picture, and a word where there is none."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.kind_style import blend
from app.theme import Theme
from app.timeline.colour_map import lookup
from app.timeline.sound_picture import SoundPicture, SoundStatus
from app.timeline.tile_cache import TILE_COLUMNS, TileCache, TileKey
from app.timeline.time_pane import SMALL_TEXT_PX, TEXT_PX, TimePane
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

WAVE_STRENGTH = 0.72
FREQUENCIES_HZ = (100, 250, 500, 1_000, 2_000, 4_000, 6_000, 8_000)
LABEL_DISTANCE_PX = 16


class SoundPane(TimePane):
    """A pane made of tiles of the sound; subclasses give :meth:`render_tile`."""

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
        self._tiles = TileCache(self.render_tile)
        sound.extended.connect(self._on_extended)
        sound.levels_changed.connect(self._on_picture_changed)
        sound.status_changed.connect(self._on_picture_changed)

    def render_tile(self, key: TileKey) -> QImage:
        """Make the picture of one tile."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        self._tiles.clear()
        super().set_theme(theme)

    def paint_time(self, painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        if self.sound.status in (SoundStatus.NO_MEDIA, SoundStatus.SILENT):
            return
        span_px = (exposed.left(), exposed.right() + 1)
        built_end_us = self.sound.built_end_us
        self._tiles.paint(painter, scale, self.height(), span_px, built_end_us)

    def _on_extended(self, from_us: int, to_us: int) -> None:
        scale = self.scale()
        if scale is not None and from_us < scale.end_us:
            left_px = max(int(scale.to_px(from_us)) - 2, 0)
            self.update(left_px, 0, self.width() - left_px, self.height())

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

    def render_tile(self, key: TileKey) -> QImage:
        envelope = self.sound.envelope(key.left_us, key.us_per_column, TILE_COLUMNS)
        middle = key.height / 2
        reach = (middle - 2 * key.pixel_ratio) * self.sound.gain
        top, bottom = middle - envelope[:, 1] * reach, middle - envelope[:, 0] * reach
        thin = np.maximum(0, key.pixel_ratio - (bottom - top)) / 2
        rows = np.arange(key.height, dtype=np.float32)[:, None]
        covered = np.minimum(bottom + thin, rows + 1) - np.maximum(top - thin, rows)
        share = np.nan_to_num(np.clip(covered, 0, 1))
        return _image(np.take(_wave_inks(self.theme), (share * 255 + 0.5).astype(np.uint8)))

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
        built_px = scale.to_px(self.sound.built_end_us)
        if self.sound.status is SoundStatus.READING and built_px < picture.right():
            picture.setLeft(max(picture.left(), built_px))
        painter.setFont(self.text_font(TEXT_PX))
        metrics = painter.fontMetrics()
        if picture.width() < metrics.horizontalAdvance(text) + 24:
            picture = QRectF(self.time_rect())
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
        self.update()  # The words move along with the end of what is built.


class SpectrogramPane(SoundPane):
    """Level over time and frequency, with frequencies in the margin."""

    name = "Spectrogram"
    least_height_px = 56

    def sizeHint(self) -> QSize:
        return QSize(400, 112)

    def render_tile(self, key: TileKey) -> QImage:
        codes = self.sound.codes(key.left_us, key.us_per_column, TILE_COLUMNS)
        is_missing = np.isnan(codes[:, 0])
        codes[is_missing] = 0
        # Means of codes stay within 0..255; half is added so that the cut rounds.
        levels = (_row_weights(key.height, codes.shape[1]) @ codes.T + 0.5).astype(np.uint8)
        words = lookup("ember" if self.theme.is_dark else "ink", *self.sound.levels)
        picture = np.take(words, levels)
        picture[:, is_missing] = _word(self.theme.ground)
        return _image(picture)

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        if self.sound.status is SoundStatus.NO_MEDIA:
            return
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(self.theme.text_secondary))
        for frequency_hz, y_px in self.frequency_labels():
            painter.fillRect(rect.right() - 5, y_px, 4, 1, QColor(self.theme.text_secondary))
            text = f"{frequency_hz} Hz" if frequency_hz < 1_000 else f"{frequency_hz // 1_000} kHz"
            box = QRect(8, y_px - 8, rect.width() - 20, 16)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(box, flags, text)

    def frequency_labels(self) -> list[tuple[int, int]]:
        """Frequencies (Hz) with their y (logical pixels), whole inside the pane and apart."""
        settings, height_px = self.sound.settings, self.height()
        chosen: list[tuple[int, int]] = []
        for frequency_hz in FREQUENCIES_HZ:
            y_px = round((1 - settings.height_of(frequency_hz)) * height_px)
            is_inside = 8 <= y_px <= height_px - 8
            if is_inside and (not chosen or chosen[-1][1] - y_px >= LABEL_DISTANCE_PX):
                chosen.append((frequency_hz, y_px))
        return chosen


@lru_cache(maxsize=4)
def _wave_inks(theme: Theme) -> npt.NDArray[np.uint32]:
    """ARGB words (256,) from the ground to the full colour of the wave."""
    strengths = np.linspace(0, WAVE_STRENGTH, 256).tolist()
    return np.array([_word(blend(theme.accent, theme.ground, s)) for s in strengths], np.uint32)


@lru_cache(maxsize=8)
def _row_weights(height: int, bands: int) -> npt.NDArray[np.float32]:
    """Weights (height, bands) that lay bands over rows, top row and high band first."""
    position = (1 - (np.arange(height) + 0.5) / height) * bands - 0.5
    distance = np.abs(np.clip(position, 0, bands - 1)[:, None] - np.arange(bands))
    return np.clip(1 - distance, 0, None).astype(np.float32)


def _word(colour: str) -> int:
    return QColor(colour).rgb()


def _image(words: npt.NDArray[np.uint32]) -> QImage:
    """A picture that owns its pixels, from opaque ARGB words (height, width)."""
    words = np.ascontiguousarray(words)
    height, width = words.shape
    borrowed = QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return borrowed.copy()
