"""The row under the picture: play, step, seek, time code, speed, volume."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.player.player import SPEEDS
from app.player.seek_bar import SeekBar
from app.player.time_code import time_code
from app.steady_label import SteadyLabel
from app.theme import Theme
from app.view_state import ViewState

ICON_PX = 18
AIR_PX = 8
VOLUME_STEPS = 100
VOLUME_STEP = 5

_BUTTONS = ("start", "frame_back", "play", "frame_forward", "end")


class TransportBar(QWidget):
    """Shows where playback stands and sends what is asked for; decides nothing itself.

    ``speed_chosen`` carries one of SPEEDS, ``volume_chosen`` a loudness in [0, 1].
    """

    speed_chosen = Signal(float)
    volume_chosen = Signal(float)

    def __init__(self, view_state: ViewState, actions: Mapping[str, QAction], theme: Theme) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._view_state = view_state
        self._actions = actions
        self._playing = False
        self._theme = theme
        self.seek_bar = SeekBar(view_state, theme)
        self._buttons = {name: self._button(actions[name]) for name in (*_BUTTONS, "mute")}
        self._time = _figures("00:00:00.000", "timeCode", "Time")
        self._frame = _figures("f 0000000", "frameNumber", "Frame number")
        self._speed = self._speed_box()
        self._volume = self._volume_slider()
        self._lay_out()
        actions["mute"].toggled.connect(self._on_muted)
        view_state.playhead_changed.connect(self._on_playhead)
        view_state.media_range_changed.connect(self._on_media_range)
        self.set_theme(theme)
        self._on_media_range(view_state.media_start_us, view_state.media_end_us)

    def set_playing(self, playing: bool) -> None:
        self._playing = playing
        self._set_icon("play", "pause" if playing else "play")

    def set_speed(self, speed: float) -> None:
        self._speed.setCurrentIndex(SPEEDS.index(speed))

    def set_volume(self, volume: float) -> None:
        """Loudness in [0, 1]."""
        self._volume.setValue(round(volume * VOLUME_STEPS))

    def step_volume(self, steps: int) -> None:
        self._volume.setValue(self._volume.value() + steps * VOLUME_STEP)

    def set_frame_number(self, number: int | None) -> None:
        """The number of the frame on screen, from 0; None where it is not known."""
        text = "" if number is None else f"f {number}"
        self._frame.setText(text)
        self._frame.setToolTip("" if number is None else f"Frame {number}, counted from 0")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for name in _BUTTONS:
            self._set_icon(name, name)
        self.set_playing(self._playing)
        self._on_muted(self._actions["mute"].isChecked())
        self.seek_bar.set_theme(theme)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.text())
        return button

    def _speed_box(self) -> QComboBox:
        box = QComboBox()
        box.setToolTip("Speed; the pitch stays (J slower, L faster)")
        box.setAccessibleName("Speed")
        box.addItems([f"{speed:g}×" for speed in SPEEDS])
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        box.setCurrentIndex(SPEEDS.index(1.0))
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.activated.connect(self._on_speed_chosen)
        return box

    def _volume_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, VOLUME_STEPS)
        slider.setFixedWidth(84)
        slider.setToolTip("Volume")
        slider.setAccessibleName("Volume")
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.valueChanged.connect(self._on_volume)
        return slider

    def _lay_out(self) -> None:
        layout = QHBoxLayout()
        layout.setSpacing(2)
        for name in _BUTTONS:
            layout.addWidget(self._buttons[name])
        layout.addSpacing(12)
        layout.addWidget(self._time)
        layout.addSpacing(4)
        layout.addWidget(self._frame)
        layout.addStretch(1)
        layout.addWidget(self._speed)
        layout.addSpacing(4)
        layout.addWidget(self._buttons["mute"])
        layout.addWidget(self._volume)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 4, 8, 4)
        rows.setSpacing(0)
        rows.addWidget(self.seek_bar)
        rows.addLayout(layout)

    def _set_icon(self, action: str, name: str) -> None:
        drawn = icon(name, self._theme.text, self._theme.text_secondary)
        self._actions[action].setIcon(drawn)

    def _on_muted(self, muted: bool) -> None:
        self._set_icon("mute", "muted" if muted else "sound")

    def _on_speed_chosen(self, index: int) -> None:
        self.speed_chosen.emit(SPEEDS[index])

    def _on_volume(self, value: int) -> None:
        self._volume.setToolTip(f"Volume {value} %")
        self.volume_chosen.emit(value / VOLUME_STEPS)

    def _on_playhead(self, time_us: int) -> None:
        self._time.setText(time_code(time_us))

    def _on_media_range(self, _start_us: int, _end_us: int) -> None:
        has_media = self._view_state.has_media
        self._time.setText(time_code(self._view_state.playhead_us) if has_media else "")
        self.set_frame_number(None)
        for widget in (self._speed, self.seek_bar):
            widget.setEnabled(has_media)


def _figures(widest: str, name: str, told: str) -> SteadyLabel:
    label = SteadyLabel(widest, AIR_PX)
    label.setObjectName(name)
    label.setAccessibleName(told)
    return label
