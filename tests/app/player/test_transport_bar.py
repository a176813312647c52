"""The row of controls under the picture."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider
from pytestqt.qtbot import QtBot

from app.actions import make_actions
from app.player.player import SPEEDS
from app.player.seek_bar import HANDLE_PX
from app.player.transport_bar import TransportBar
from app.theme import DARK, LIGHT
from app.view_state import ViewState
from tests.event_counter import EventCounter

END_US = 7_200_000_000


@pytest.fixture
def state() -> ViewState:
    return ViewState()


@pytest.fixture
def bar(state: ViewState, qtbot: QtBot) -> TransportBar:
    owner = QObject()
    made = TransportBar(state, make_actions(owner), DARK)
    owner.setParent(made)
    qtbot.addWidget(made)
    made.resize(700, 60)
    made.show()
    return made


def label(bar: TransportBar, name: str) -> str:
    return next(each for each in bar.findChildren(QLabel) if each.accessibleName() == name).text()


def test_time_code_and_frame_number(bar: TransportBar, state: ViewState) -> None:
    assert label(bar, "Time") == ""
    state.set_media_range(0, END_US)
    state.set_playhead(3_723_456_789)
    assert label(bar, "Time") == "01:02:03.456"
    bar.set_frame_number(93_086)
    assert label(bar, "Frame number") == "f 93086"
    bar.set_frame_number(None)
    assert label(bar, "Frame number") == ""


def test_the_seek_bar_asks_for_the_time_under_the_mouse(
    bar: TransportBar, state: ViewState, qtbot: QtBot
) -> None:
    state.set_media_range(1_000_000, END_US)
    seek = bar.seek_bar
    wanted: list[int] = []
    state.seek_requested.connect(wanted.append)
    events: list[str] = []
    seek.scrub_started.connect(lambda: events.append("started"))
    seek.scrub_ended.connect(lambda: events.append("ended"))
    qtbot.mousePress(seek, Qt.MouseButton.LeftButton, pos=QPoint(0, 8))
    qtbot.mouseMove(seek, QPoint(seek.width() + 50, 8))
    qtbot.mouseRelease(seek, Qt.MouseButton.LeftButton, pos=QPoint(5, 8))
    assert wanted[0] == 1_000_000
    assert events == ["started", "ended"]
    middle = HANDLE_PX / 2 + (seek.width() - HANDLE_PX) / 2
    assert seek.time_at(middle) == pytest.approx((END_US + 1_000_000) / 2, abs=1)
    assert seek.time_at(1e9) == END_US


def test_without_media_the_seek_bar_asks_for_nothing(
    bar: TransportBar, state: ViewState, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(bar.seek_bar.scrub_started):
        qtbot.mousePress(bar.seek_bar, Qt.MouseButton.LeftButton)


def test_speed_is_chosen_from_the_table(bar: TransportBar, qtbot: QtBot) -> None:
    box = bar.findChild(QComboBox)
    assert [box.itemText(place) for place in range(box.count())][4] == "1×"
    with qtbot.waitSignal(bar.speed_chosen) as chosen:
        box.activated.emit(SPEEDS.index(0.5))
    assert chosen.args == [0.5]
    bar.set_speed(2.0)
    assert box.currentText() == "2×"


def test_volume(bar: TransportBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.volume_chosen) as chosen:
        bar.set_volume(0.42)
    assert chosen.args == [0.42]
    bar.step_volume(-1)
    assert bar.findChild(QSlider).value() == 37


def test_play_shows_what_a_click_would_do(bar: TransportBar) -> None:
    still = bar.grab().toImage()
    bar.set_playing(True)
    assert bar.grab().toImage() != still
    bar.set_playing(False)
    assert bar.grab().toImage() == still
    bar.set_theme(LIGHT)
    assert bar.grab().toImage() != still


def test_running_figures_ask_for_no_layout(
    bar: TransportBar, state: ViewState, qapp: QApplication
) -> None:
    state.set_media_range(0, END_US)
    qapp.sendPostedEvents()
    layouts = EventCounter(qapp, QEvent.Type.LayoutRequest)
    try:
        for time_us in range(0, END_US, END_US // 5):
            state.set_playhead(time_us)
            bar.set_frame_number(time_us // 40_000)
            qapp.sendPostedEvents()
    finally:
        layouts.stop()
    assert layouts.count == 0
    for each in bar.findChildren(QLabel):
        assert each.width() >= each.fontMetrics().horizontalAdvance(each.text())


def test_the_seek_bar_is_drawn_anew_only_where_it_looks_otherwise(
    bar: TransportBar, state: ViewState, qtbot: QtBot
) -> None:
    state.set_media_range(0, END_US)
    drawn = EventCounter(bar.seek_bar, QEvent.Type.Paint)
    qtbot.waitUntil(lambda: drawn.count > 0)
    before = drawn.count
    state.set_playhead(1_000)
    qtbot.wait(30)
    assert drawn.count == before
    state.set_playhead(END_US // 2)
    qtbot.waitUntil(lambda: drawn.count > before)
