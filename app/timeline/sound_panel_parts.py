"""Small widgets of the settings panel: choices, numbers, the colour scale, and its looks."""

from __future__ import annotations

from collections.abc import Iterable
from string import Template
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSpinBox, QWidget

from app.theme import DARK, Theme, tabular
from app.timeline.colour_map import LEVELS, lookup
from app.timeline.sound_cross_hair import decibels
from app.timeline.sound_features import level_of
from app.timeline.sound_panes import word_image
from app.timeline.sound_picture import SoundPicture
from app.timeline.sound_spectrogram import map_name

_BAR_PX = 10
_TEXT_PX = 16
_CONTROL_PX = 26

_STYLE = Template("""
#soundSettings { background: $panel; border: 1px solid $line; }
#soundSettings QLabel#hint { color: $secondary; padding: 0; }
#soundSettings QComboBox, #soundSettings QSpinBox {
    background: $ground; border: 1px solid $line; border-radius: 4px; padding: 2px 6px;
}
#soundSettings QComboBox:hover, #soundSettings QSpinBox:hover { border-color: $secondary; }
#soundSettings QComboBox:focus, #soundSettings QSpinBox:focus { border-color: $accent; }
#soundSettings QSpinBox:disabled, #soundSettings QComboBox:disabled {
    color: $secondary; background: $panel;
}
#soundSettings QSpinBox QLineEdit {
    background: transparent; border: none; padding: 0; min-height: 0;
}
#soundSettings QSpinBox::up-button, #soundSettings QSpinBox::down-button {
    width: 0; border: none;
}
#soundSettings QComboBox::drop-down { border: none; width: 20px; }
#soundSettings QPushButton#small { padding: 2px 8px; }
#soundSettings QCheckBox { spacing: 6px; }
""")


def panel_style(theme: Theme) -> str:
    """Style sheet of the panel."""
    return _STYLE.substitute(
        panel=theme.panel,
        ground=theme.ground,
        line=theme.line,
        secondary=theme.text_secondary,
        accent=theme.accent,
    )


class LevelScale(QWidget):
    """The colours in use from floor to ceiling, with their levels."""

    def __init__(self, sound: SoundPicture) -> None:
        super().__init__()
        self._sound = sound
        self.theme = DARK
        self.setMinimumHeight(_BAR_PX + _TEXT_PX)
        self.setAccessibleName("Colours of the levels")

    def sizeHint(self) -> QSize:
        return QSize(280, _BAR_PX + _TEXT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        settings = self._sound.settings
        words = lookup(map_name(settings, self.theme), 0, LEVELS - 1, inverted=settings.inverted)
        painter = QPainter(self)
        bar = QRect(0, 0, self.width(), _BAR_PX)
        painter.drawImage(bar, word_image(words[np.newaxis, :]))
        painter.setPen(QColor(self.theme.line))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        font = tabular(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.text_secondary))
        below = QRect(0, _BAR_PX + 2, self.width(), _TEXT_PX - 2)
        floor_db, ceiling_db = (level_of(code) for code in self._sound.levels)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{decibels(floor_db)} dB")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{decibels(ceiling_db)} dB")
        painter.end()


class _ChoiceBox(QComboBox):
    """Draws its own arrow: a styled box has none."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        painter.setPen(QPen(self.palette().color(group, QPalette.ColorRole.PlaceholderText), 1.5))
        x_px, y_px = self.width() - 13, self.height() / 2 + 2
        for reach_px in (-3.5, 3.5):
            painter.drawLine(QPointF(x_px, y_px), QPointF(x_px + reach_px, y_px - 3.5))
        painter.end()


def choice(name: str, entries: Iterable[tuple[str, Any]]) -> QComboBox:
    """A box to choose from texts that stand for values."""
    box = _ChoiceBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setFixedHeight(_CONTROL_PX)
    for text, value in entries:
        box.addItem(text, value)
    return box


def number(name: str, unit: str, step: int) -> QSpinBox:
    """A box for a whole number, taken over when it is complete."""
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSuffix(unit)
    box.setSingleStep(step)
    box.setFixedHeight(_CONTROL_PX)
    box.setKeyboardTracking(False)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    box.setFont(tabular(box.font()))
    return box


def small_button(text: str, tooltip: str) -> QPushButton:
    """A button beside other controls."""
    button = QPushButton(text)
    button.setObjectName("small")
    button.setToolTip(tooltip)
    button.setAutoDefault(False)
    return button


def row(*controls: QWidget | None) -> QHBoxLayout:
    """Controls side by side; None is room between them."""
    layout = QHBoxLayout()
    layout.setSpacing(6)
    for control in controls:
        if control is None:
            layout.addStretch(1)
        else:
            layout.addWidget(control, 1 if isinstance(control, QComboBox | QSpinBox) else 0)
    return layout


def apart(low: int, high: int, least: int, low_moved: bool) -> tuple[int, int]:
    """Both ends at least so far apart; the one that was not moved gives way."""
    if high - low >= least:
        return low, high
    return (low, low + least) if low_moved else (high - least, high)


def title(word: str) -> str:
    """A word as it stands in a list."""
    return word[:1].upper() + word[1:]
