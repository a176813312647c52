"""The settings of the spectrogram in a small panel that floats beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.timeline.sound_features import level_of
from app.timeline.sound_panel_parts import (
    LevelScale,
    apart,
    choice,
    number,
    panel_style,
    row,
    small_button,
    title,
)
from app.timeline.sound_picture import SoundPicture
from app.timeline.sound_settings import (
    AXES,
    COLOURS,
    GREATEST_LEVEL_DB,
    HOPS_MS,
    LEAST_LEVEL_DB,
    LEAST_RANGE_DB,
    LEAST_SPAN_HZ,
    MIXED,
    WINDOWS,
    WINDOWS_MS,
    SoundPlan,
    SpectrogramSettings,
)
from app.timeline.sound_spectrogram import SpectrogramPane
from app.view_state import ViewState

_GAP_PX = 8
_LABEL_PX = 84


class SoundSettingsPanel(QFrame):
    """Every choice shows at once; Esc or a click elsewhere closes the panel."""

    def __init__(self, pane: SpectrogramPane, sound: SoundPicture, view_state: ViewState) -> None:
        super().__init__(pane, Qt.WindowType.Popup)
        self.setObjectName("soundSettings")
        self.setAccessibleName("Settings of the spectrogram")
        self._pane, self._sound, self._view_state = pane, sound, view_state
        self.scale_bar = LevelScale(sound)
        self.window_length = choice("Window length", [(f"{ms} ms", ms) for ms in WINDOWS_MS])
        self.window_shape = choice("Window function", [(title(w), w) for w in WINDOWS])
        self.hop = choice("Hop", [(f"{ms} ms", ms) for ms in HOPS_MS])
        self.resolution = QLabel()
        self.resolution.setObjectName("hint")
        self.channel = choice("Channel", [])
        self.axis = choice("Frequency axis", [(title(axis), axis) for axis in AXES])
        self.lowest, self.highest = (
            number("Lowest frequency", " Hz", 50),
            number("Highest frequency", " Hz", 500),
        )
        self.all_frequencies = small_button("All", "Show every frequency of the file")
        self.auto_range = QCheckBox("Automatic range")
        self.floor, self.ceiling = number("Floor", " dB", 5), number("Ceiling", " dB", 5)
        self.fit_levels = small_button("Fit", "Take the range of what is visible now")
        self.colours = choice("Colours", [(title(name), name) for name in COLOURS])
        self.inverted = QCheckBox("Inverted")
        self.defaults = small_button("Defaults", "Take all settings back to the first ones")
        self._lay_out()
        self._connect()
        sound.settings_changed.connect(self._show_settings)
        sound.levels_changed.connect(self.scale_bar.update)
        sound.status_changed.connect(self._show_settings)

    def open_at(self, corner: QPoint) -> None:
        """Show it with its lower left corner there, moved onto the screen."""
        self.setStyleSheet(panel_style(self._pane.theme))
        self.scale_bar.theme = self._pane.theme
        self._show_settings()
        self.adjustSize()
        area = self._pane.screen().availableGeometry()
        left_px = min(corner.x(), area.right() - self.width() - _GAP_PX)
        top_px = max(corner.y() - self.height() - _GAP_PX, area.top() + _GAP_PX)
        self.move(max(left_px, area.left() + _GAP_PX), top_px)
        self.show()
        self.window_length.setFocus()

    # --- making ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        heading = QLabel("SPECTROGRAM")
        heading.setObjectName("heading")
        column.addLayout(row(heading, None, self.defaults))
        column.addWidget(self.scale_bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, _LABEL_PX)
        rows: tuple[tuple[str, tuple[QWidget | None, ...]], ...] = (
            ("Window", (self.window_length, self.window_shape)),
            ("Hop", (self.hop, self.resolution)),
            ("Channel", (self.channel,)),
            ("Axis", (self.axis,)),
            ("Frequencies", (self.lowest, QLabel("–"), self.highest, self.all_frequencies)),
            ("Level", (self.auto_range, None, self.fit_levels)),
            ("", (self.floor, QLabel("–"), self.ceiling)),
            ("Colours", (self.colours, self.inverted)),
        )
        for line, (text, controls) in enumerate(rows):
            label = QLabel(text)
            label.setObjectName("secondary")
            grid.addWidget(label, line, 0)
            grid.addLayout(row(*controls), line, 1)
        column.addLayout(grid)

    def _connect(self) -> None:
        for name, box in self._choices().items():
            box.setProperty("setting", name)
            box.activated.connect(self._on_choice)
        for box in (self.lowest, self.highest, self.floor, self.ceiling):
            box.valueChanged.connect(self._on_number)
        self.auto_range.toggled.connect(self._on_auto_range)
        self.inverted.toggled.connect(self._on_inverted)
        self.all_frequencies.clicked.connect(self._on_all_frequencies)
        self.fit_levels.clicked.connect(self._on_fit_levels)
        self.defaults.clicked.connect(self._on_defaults)

    def _choices(self) -> dict[str, QComboBox]:
        return {
            "window_ms": self.window_length,
            "window": self.window_shape,
            "hop_ms": self.hop,
            "channel": self.channel,
            "axis": self.axis,
            "colours": self.colours,
        }

    # --- showing what is set -------------------------------------------------------------------

    def _show_settings(self) -> None:
        settings, plan, audio = self._sound.settings, self._sound.plan, self._sound.audio
        nyquist_hz = audio.sample_rate_hz // 2 if audio else settings.highest_hz or 8_000
        self._show_channels(audio.channels if audio else 1, settings.channel)
        for name, box in self._choices().items():
            box.setCurrentIndex(max(box.findData(getattr(settings, name)), 0))
        low_hz, high_hz = settings.range_hz(2 * nyquist_hz)
        levels = [round(level_of(code)) for code in self._sound.levels]
        for box, value, limits in (
            (self.lowest, round(low_hz), (0, nyquist_hz)),
            (self.highest, round(high_hz), (0, nyquist_hz)),
            (self.floor, levels[0], (LEAST_LEVEL_DB, GREATEST_LEVEL_DB)),
            (self.ceiling, levels[1], (LEAST_LEVEL_DB, GREATEST_LEVEL_DB)),
        ):
            box.blockSignals(True)
            box.setRange(*limits)
            box.setValue(value)
            box.blockSignals(False)
        for switch, is_on in (
            (self.auto_range, settings.auto_range),
            (self.inverted, settings.inverted),
        ):
            switch.blockSignals(True)
            switch.setChecked(is_on)
            switch.blockSignals(False)
        self.floor.setEnabled(not settings.auto_range)
        self.ceiling.setEnabled(not settings.auto_range)
        if plan is not None:
            self.resolution.setText(_resolution(plan, settings))
        self.scale_bar.update()

    def _show_channels(self, channels: int, chosen: int) -> None:
        names = ["Left", "Right"] if channels == 2 else [str(n + 1) for n in range(channels)]
        wanted = [("Mix of all", MIXED)] if channels > 1 else [("Mono", MIXED)]
        if channels > 1:
            wanted += [(name, place + 1) for place, name in enumerate(names)]
        if [self.channel.itemText(n) for n in range(self.channel.count())] != [
            text for text, _ in wanted
        ]:
            self.channel.clear()
            for text, value in wanted:
                self.channel.addItem(text, value)
        self.channel.setEnabled(channels > 1)
        if chosen > channels:
            self.channel.setCurrentIndex(0)

    # --- choosing --------------------------------------------------------------------------------

    def _change(self, **values: Any) -> None:
        self._sound.set_settings(replace(self._sound.settings, **values))

    def _on_choice(self, _index: int) -> None:
        box = self.sender()
        if isinstance(box, QComboBox):
            self._change(**{box.property("setting"): box.currentData()})

    def _on_number(self, _value: int) -> None:
        """Take over what was typed; the other end gives way."""
        moved = self.sender()
        low_hz, high_hz = apart(
            self.lowest.value(), self.highest.value(), LEAST_SPAN_HZ, moved is self.lowest
        )
        if moved in (self.lowest, self.highest):
            high_hz = min(max(high_hz, LEAST_SPAN_HZ), self.highest.maximum())
            self._change(lowest_hz=max(min(low_hz, high_hz - LEAST_SPAN_HZ), 0), highest_hz=high_hz)
            return
        floor_db, ceiling_db = apart(
            self.floor.value(), self.ceiling.value(), LEAST_RANGE_DB, moved is self.floor
        )
        ceiling_db = min(max(ceiling_db, LEAST_LEVEL_DB + LEAST_RANGE_DB), GREATEST_LEVEL_DB)
        floor_db = max(min(floor_db, ceiling_db - LEAST_RANGE_DB), LEAST_LEVEL_DB)
        self._change(floor_db=floor_db, ceiling_db=ceiling_db)

    def _on_auto_range(self, is_on: bool) -> None:
        if is_on:
            self._change(auto_range=True)
        else:
            floor_db, ceiling_db = (round(level_of(code)) for code in self._sound.levels)
            self._set_levels(floor_db, ceiling_db)

    def _on_fit_levels(self) -> None:
        state = self._view_state
        self._set_levels(*self._sound.levels_between(state.visible_start_us, state.visible_end_us))

    def _set_levels(self, floor_db: int, ceiling_db: int) -> None:
        ceiling_db = min(ceiling_db, GREATEST_LEVEL_DB)
        floor_db = min(max(floor_db, LEAST_LEVEL_DB), ceiling_db - LEAST_RANGE_DB)
        self._change(auto_range=False, floor_db=floor_db, ceiling_db=ceiling_db)

    def _on_inverted(self, is_on: bool) -> None:
        self._change(inverted=is_on)

    def _on_all_frequencies(self) -> None:
        self._change(lowest_hz=0, highest_hz=0)

    def _on_defaults(self) -> None:
        self._sound.set_settings(SpectrogramSettings())


def _resolution(plan: SoundPlan, settings: SpectrogramSettings) -> str:
    """What the choices come to for the open file, in few words."""
    hop_ms = 1_000 * plan.hop_samples / plan.rate_hz
    if hop_ms > 1.5 * settings.hop_ms:
        return f"{hop_ms:.3g} ms, as the file is long"
    return f"{plan.window_samples} samples · {plan.bin_hz:.3g} Hz"
