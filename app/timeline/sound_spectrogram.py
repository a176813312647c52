"""The spectrogram: level over time and frequency, with frequencies in the margin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.icons import icon
from app.theme import Theme
from app.timeline.colour_map import lookup
from app.timeline.sound_axis import FrequencyAxis, frequency_text
from app.timeline.sound_cross_hair import decibels
from app.timeline.sound_panes import SoundPane, colour_word, inked_image, word_image
from app.timeline.sound_picture import SoundPicture, SoundStatus
from app.timeline.sound_settings import SpectrogramSettings
from app.timeline.tile_cache import TILE_COLUMNS, TileKey
from app.timeline.time_pane import MARGIN_PX, SMALL_TEXT_PX
from app.timeline.wheel import NOTCH, ZOOM_PER_NOTCH
from app.view_state import ViewState

LABEL_DISTANCE_PX = 16
BUTTON_PX = 22
_LEAST_SPAN_HZ = 100
_ROUND_HZ = 10


class SpectrogramPane(SoundPane):
    """Draws the sound picture with its settings; the button in the margin asks for them.

    The wheel over the margin zooms the frequencies, with Shift it moves them.
    """

    name = "Spectrogram"
    least_height_px = 56

    def __init__(
        self,
        view_state: ViewState,
        theme: Theme,
        sound: SoundPicture,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_state, theme, sound, parent)
        self.button = QToolButton(self)
        self.button.setFixedSize(BUTTON_PX, BUTTON_PX)
        self.button.move(6, 5)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.setToolTip("Settings of the spectrogram (right click)")
        self.button.setAccessibleName("Settings of the spectrogram")
        self.button.clicked.connect(self._ask_for_settings)
        self.button.installEventFilter(self)
        self._show_icon()
        view_state.visible_changed.connect(sound.look_at)
        sound.look_at(view_state.visible_start_us, view_state.visible_end_us)

    def sizeHint(self) -> QSize:
        return QSize(400, 112)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._show_icon()

    def render_tiles(self, key: TileKey, count: int) -> QImage:
        codes, known = self.sound.level_rows(
            key.anchor_us,
            key.us_per_column,
            count * TILE_COLUMNS,
            key.height,
            key.index * TILE_COLUMNS,
        )
        settings = self.sound.settings
        name = map_name(settings, self.theme)
        words = lookup(name, *self.sound.levels, inverted=settings.inverted)
        if known.all():
            return inked_image(codes, words.tolist())
        picture = np.take(words, codes)
        picture[:, ~known] = colour_word(self.theme.ground)
        return word_image(picture)

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        if self.sound.status is SoundStatus.NO_MEDIA:
            return
        painter.setFont(self.text_font(SMALL_TEXT_PX))
        painter.setPen(QColor(self.theme.text_secondary))
        for frequency_hz, y_px in self.frequency_labels():
            painter.fillRect(rect.right() - 5, y_px, 4, 1, QColor(self.theme.text_secondary))
            box = QRect(8, y_px - 8, rect.width() - 20, 16)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(box, flags, frequency_text(frequency_hz))

    def frequency_labels(self) -> list[tuple[float, int]]:
        """Frequencies (Hz) with their y (logical pixels), whole inside the pane and apart."""
        return self.sound.axis.labels(self.height(), LABEL_DISTANCE_PX)

    def reading(self, time_us: int, y_px: int) -> str:
        frequency_hz = self.sound.axis.frequency_at(1 - (y_px + 0.5) / self.height())
        level_db = self.sound.level_db(time_us, frequency_hz)
        if level_db is None:
            return ""
        return f"{_precise_frequency(frequency_hz)}   {decibels(level_db)} dB"

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.position().x() >= MARGIN_PX or self.sound.audio is None:
            super().wheelEvent(event)
            return
        notches = (event.angleDelta().y() or event.angleDelta().x()) / NOTCH
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        height = 1 - event.position().y() / self.height()
        settings = self.sound.settings
        nyquist_hz = self.sound.audio.sample_rate_hz / 2
        if shifted:
            low_hz, high_hz = moved(self.sound.axis, 0.1 * notches, nyquist_hz)
        else:
            low_hz, high_hz = zoomed(self.sound.axis, height, ZOOM_PER_NOTCH**notches, nyquist_hz)
        if high_hz - low_hz >= _LEAST_SPAN_HZ:
            self.sound.set_settings(replace(settings, lowest_hz=low_hz, highest_hz=high_hz))
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The mouse that goes onto the button has left the picture, though not the pane."""
        if watched is self.button and event.type() == QEvent.Type.Enter:
            self._set_mouse(None)
        return super().eventFilter(watched, event)

    def _ask_for_settings(self) -> None:
        self.settings_asked.emit(self.mapToGlobal(QPoint(MARGIN_PX, 0)))

    def _show_icon(self) -> None:
        colours = (self.theme.text_secondary, self.theme.line)
        self.button.setIcon(icon("tune", *colours))


def map_name(settings: SpectrogramSettings, theme: Theme) -> str:
    """The colour map chosen, or the one that goes with the theme."""
    if settings.colours == "automatic":
        return "ember" if theme.is_dark else "ink"
    return settings.colours


def zoomed(axis: FrequencyAxis, height: float, factor: float, nyquist_hz: float) -> tuple[int, int]:
    """The range after zooming by ``factor`` about a height in [0, 1], in round Hz."""
    low, high = height - height / factor, height + (1 - height) / factor
    return _range_hz(axis, low, high, nyquist_hz)


def moved(axis: FrequencyAxis, share: float, nyquist_hz: float) -> tuple[int, int]:
    """The range moved up by a share of itself, in round Hz, stopping at both ends."""
    low_hz, high_hz = _range_hz(axis, share, 1 + share, nyquist_hz)
    stops = (share < 0 and low_hz == 0) or (share > 0 and high_hz >= int(nyquist_hz))
    return (round(axis.lowest_hz), round(axis.highest_hz)) if stops else (low_hz, high_hz)


def _range_hz(axis: FrequencyAxis, low: float, high: float, nyquist_hz: float) -> tuple[int, int]:
    low_hz = round(max(axis.frequency_at(low), 0) / _ROUND_HZ) * _ROUND_HZ
    high_hz = round(min(axis.frequency_at(high), nyquist_hz) / _ROUND_HZ) * _ROUND_HZ
    return low_hz, high_hz


def _precise_frequency(frequency_hz: float) -> str:
    if frequency_hz < 1_000:
        return f"{frequency_hz:.0f} Hz"
    return f"{frequency_hz / 1_000:.2f} kHz"
