"""Spectrogram and waveform in the hand: cross-hair, settings, frequencies by the wheel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.settings import settings_file
from app.theme import DARK, LIGHT
from app.timeline.sound_panel import SoundSettingsPanel
from app.timeline.sound_picture import SoundStatus
from app.timeline.sound_settings import SpectrogramSettings
from app.timeline.tile_cache import TILE_COLUMNS, TileKey
from app.timeline.time_pane import MARGIN_PX
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.memory import WindowMemory
from core_model.media.probe import probe
from tests.media_factory import Audio, write_media

# A popup grabs the keyboard, for which the platform of the tests has no means.
pytestmark = pytest.mark.qt_log_ignore("does not support grabbing", extend=True)

S = 1_000_000
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def state() -> ViewState:
    return ViewState()


@pytest.fixture
def view(state: ViewState, tmp_path: Path, qtbot: QtBot) -> Iterator[TimelineView]:
    audio = Audio(pieces=((0.0, 12.0),), codec="pcm_s16le", rate_hz=44_100, channels=2)
    info = probe(write_media(tmp_path / "beeps.wav", audio=audio))
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(1_000, 500)
    timeline.show()
    state.set_media_range(info.start_us, info.end_us)
    timeline.set_media(info)
    settle(timeline, qtbot)
    yield timeline
    timeline.shutdown()


def settle(view: TimelineView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view.sound.status is SoundStatus.READY)


@pytest.fixture
def panel(view: TimelineView) -> Iterator[SoundSettingsPanel]:
    view.show_sound_settings(view.mapToGlobal(QPoint(200, 200)))
    assert view.sound_settings is not None
    yield view.sound_settings
    view.sound_settings.hide()


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def turn_wheel(pane: QWidget, place: QPointF, notches: int, keys: Qt.KeyboardModifier) -> None:
    wheel = QWheelEvent(
        place,
        QPointF(pane.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, wheel)


@pytest.mark.parametrize("name", ["waveform", "spectrogram"])
@pytest.mark.parametrize("us_per_column", [300.0, 4_321.7, 40_000.0])
def test_neighbouring_tiles_are_cut_from_one_picture(
    view: TimelineView, name: str, us_per_column: float
) -> None:
    pane = getattr(view, name)
    tiles = [pane.render_tiles(TileKey(index, us_per_column, 0, 90, 1.0), 1) for index in range(3)]
    joined = np.hstack([words(tile) for tile in tiles])
    together = pane.render_tiles(TileKey(0, us_per_column, 0, 90, 1.0), 3)
    np.testing.assert_array_equal(words(together), joined)
    # The same stretch as one tile that begins half a tile later.
    later = TileKey(0, us_per_column, round(TILE_COLUMNS // 2 * us_per_column), 90, 1.0)
    half = TILE_COLUMNS // 2
    same = words(pane.render_tiles(later, 1)) == joined[:, half : half + TILE_COLUMNS]
    # Times are whole microseconds here: a boundary may fall to the other side.
    assert np.mean(same) > 0.97


def words(image: QImage) -> np.ndarray:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


@pytest.mark.parametrize("name", ["waveform", "spectrogram"])
def test_the_cross_hair_comes_and_goes_with_the_mouse(
    view: TimelineView, qtbot: QtBot, name: str
) -> None:
    pane = getattr(view, name)
    before = pixels(pane)
    qtbot.mouseMove(pane, QPoint(MARGIN_PX + 300, 20))
    with_hair = pixels(pane)
    assert np.all(with_hair[-10:-2, MARGIN_PX + 300] != before[-10:-2, MARGIN_PX + 300])
    assert np.mean(with_hair[20, MARGIN_PX:900] != before[20, MARGIN_PX:900]) > 0.9
    qtbot.mouseMove(pane, QPoint(MARGIN_PX - 20, 20))
    np.testing.assert_array_equal(pixels(pane), before)


def test_the_cross_hair_goes_when_the_mouse_gets_to_the_button(
    view: TimelineView, qtbot: QtBot
) -> None:
    before = pixels(view.spectrogram)[:, MARGIN_PX:]
    qtbot.mouseMove(view.spectrogram, QPoint(MARGIN_PX + 300, 20))
    QApplication.sendEvent(view.spectrogram.button, QEvent(QEvent.Type.Enter))
    np.testing.assert_array_equal(pixels(view.spectrogram)[:, MARGIN_PX:], before)


def test_the_cross_hair_reads_time_frequency_and_level(view: TimelineView) -> None:
    pane = view.spectrogram
    y_px = round((1 - view.sound.axis.height_of(1_000)) * pane.height())
    loud, quiet = pane.reading(50_000, y_px), pane.reading(500_000, y_px)
    assert "Hz" in loud
    assert loud.endswith("dB")
    levels = [float(text.split()[-2].replace("\N{MINUS SIGN}", "-")) for text in (loud, quiet)]
    assert levels[0] > levels[1] + 40
    assert pane.reading(60 * S, y_px) == ""
    assert view.waveform.reading(50_000, 5).startswith("peak \N{MINUS SIGN}6.")


def test_button_and_right_click_ask_for_the_settings(view: TimelineView, qtbot: QtBot) -> None:
    qtbot.mouseClick(view.spectrogram.button, Qt.MouseButton.LeftButton)
    assert view.sound_settings is not None
    assert view.sound_settings.isVisible()
    view.sound_settings.hide()


def test_choices_show_what_is_set(panel: SoundSettingsPanel, view: TimelineView) -> None:
    chosen = SpectrogramSettings(
        axis="log", colours="magma", auto_range=False, floor_db=-70, ceiling_db=-20
    )
    view.sound.set_settings(chosen)
    assert panel.axis.currentText() == "Log"
    assert panel.colours.currentText() == "Magma"
    assert (panel.floor.value(), panel.ceiling.value()) == (-70, -20)
    assert panel.floor.isEnabled()
    assert [panel.channel.itemText(n) for n in range(3)] == ["Mix of all", "Left", "Right"]
    assert view.sound.settings == chosen  # showing changes nothing


def test_choices_change_the_picture_at_once(
    panel: SoundSettingsPanel, view: TimelineView, qtbot: QtBot
) -> None:
    before = pixels(view.spectrogram)
    panel.axis.setCurrentIndex(panel.axis.findData("linear"))
    panel.axis.activated.emit(panel.axis.currentIndex())
    assert view.sound.settings.axis == "linear"
    assert np.any(pixels(view.spectrogram) != before)
    panel.window_length.setCurrentIndex(panel.window_length.findData(8))
    panel.window_length.activated.emit(panel.window_length.currentIndex())
    assert view.sound.status is SoundStatus.READING
    settle(view, qtbot)
    assert view.sound.plan is not None
    assert view.sound.plan.window_samples == 128


def test_ends_of_a_range_give_way(panel: SoundSettingsPanel, view: TimelineView) -> None:
    panel.auto_range.setChecked(False)
    panel.ceiling.setValue(-60)
    panel.floor.setValue(-30)
    assert (view.sound.settings.floor_db, view.sound.settings.ceiling_db) == (-30, -25)
    panel.lowest.setValue(6_000)
    panel.highest.setValue(2_000)
    assert (view.sound.settings.lowest_hz, view.sound.settings.highest_hz) == (1_950, 2_000)
    panel.highest.setValue(0)
    assert (view.sound.settings.lowest_hz, view.sound.settings.highest_hz) == (0, 50)


def test_buttons_take_all_frequencies_the_visible_range_and_the_defaults(
    panel: SoundSettingsPanel, view: TimelineView, qtbot: QtBot
) -> None:
    panel.all_frequencies.click()
    settle(view, qtbot)
    assert view.sound.axis.highest_hz == 22_050
    assert panel.highest.value() == 22_050
    panel.fit_levels.click()
    assert not view.sound.settings.auto_range
    panel.defaults.click()
    assert view.sound.settings == SpectrogramSettings()
    assert panel.auto_range.isChecked()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_maps_and_inversion_are_seen(view: TimelineView, theme: object) -> None:
    assert theme in (DARK, LIGHT)
    view.set_theme(DARK if theme is DARK else LIGHT)
    seen = set()
    for colours in ("automatic", "viridis", "magma", "grey"):
        for inverted in (False, True):
            settings = replace(view.sound.settings, colours=colours, inverted=inverted)
            view.sound.set_settings(settings)
            seen.add(pixels(view.spectrogram)[:, MARGIN_PX:-20].tobytes())
    assert len(seen) == 8


def test_the_wheel_over_the_margin_zooms_frequencies(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    pane, before = view.spectrogram, (state.visible_start_us, state.visible_end_us)
    low_hz, high_hz = view.sound.axis.lowest_hz, view.sound.axis.highest_hz
    place = QPointF(40, pane.height() / 2)
    middle_hz = view.sound.axis.frequency_at(0.5)
    turn_wheel(pane, place, 3, NO_KEY)
    axis = view.sound.axis
    assert low_hz < axis.lowest_hz < middle_hz < axis.highest_hz < high_hz
    assert axis.frequency_at(0.5) == pytest.approx(middle_hz, rel=0.02)
    turn_wheel(pane, place, 1, Qt.KeyboardModifier.ShiftModifier)
    assert view.sound.axis.lowest_hz > axis.lowest_hz
    assert (state.visible_start_us, state.visible_end_us) == before
    turn_wheel(pane, place, -30, NO_KEY)
    settle(view, qtbot)
    assert (view.sound.axis.lowest_hz, view.sound.axis.highest_hz) == (0, 22_050)


def test_settings_are_remembered(view: TimelineView, qtbot: QtBot) -> None:
    memory = WindowMemory(settings_file())
    memory.keep_spectrogram(view.sound)
    chosen = replace(view.sound.settings, axis="log", colours="viridis")
    view.sound.set_settings(chosen)
    assert memory.save() == ""
    other = TimelineView(ViewState(), DARK)
    qtbot.addWidget(other)
    WindowMemory(settings_file()).keep_spectrogram(other.sound)
    assert other.sound.settings == chosen
    other.shutdown()
