"""The timeline as a hand uses it: every pane on one axis, mouse, wheel and keys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.limits import Limits
from app.theme import DARK, LIGHT
from app.timeline.lanes_pane import tool_tip
from app.timeline.sound_picture import SoundStatus
from app.timeline.time_pane import GUTTER_PX, MARGIN_PX, TimePane
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from core_model.media.probe import probe
from core_model.timeline import Detection, Task
from tests.event_counter import EventCounter
from tests.media_factory import Audio, Video, regular_ticks, write_media

S = 1_000_000
LENGTH_US = 60 * S
WIDTH_PX = 1_000 + MARGIN_PX + GUTTER_PX
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def state() -> ViewState:
    return ViewState()


@pytest.fixture
def view(state: ViewState, qtbot: QtBot) -> Iterator[TimelineView]:
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(WIDTH_PX, 420)
    timeline.show()
    state.set_media_range(0, LENGTH_US)
    yield timeline
    timeline.shutdown()


def event(label: str, onset_s: float, offset_s: float, score: float = 0.8) -> Detection:
    return Detection(Task.SED, label, round(onset_s * S), round(offset_s * S), score)


def pixels(widget: QWidget) -> np.ndarray:
    """RGB (height, width, 3) of a widget as it is shown."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(image.constBits(), np.uint8)
    return words.reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def rgb(colour: str) -> list[int]:
    parts = QColor(colour)
    return [parts.red(), parts.green(), parts.blue()]


def turn_wheel(
    pane: TimePane,
    x_px: int,
    degrees: tuple[int, int],
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    place = QPointF(x_px, pane.height() / 2)
    eighths = QPoint(*degrees) * 8
    wheel = QWheelEvent(
        place,
        QPointF(pane.mapToGlobal(place.toPoint())),
        QPoint(),
        eighths,
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, wheel)


def asked(state: ViewState) -> list[int]:
    times: list[int] = []
    state.seek_requested.connect(times.append)
    return times


def visible(state: ViewState) -> tuple[int, int]:
    return state.visible_start_us, state.visible_end_us


def test_the_playhead_stands_at_one_x_in_every_pane(view: TimelineView, state: ViewState) -> None:
    state.set_visible(10 * S, 20 * S)
    state.set_playhead(13 * S)
    for pane in (view.waveform, view.spectrogram, view.lanes):
        row = pixels(pane)[4]
        (found,) = np.nonzero(np.all(row == rgb(DARK.text), axis=1))
        assert found.tolist() == [MARGIN_PX + 300]
    row = pixels(view.ruler)[-4]
    (found,) = np.nonzero(np.all(row == rgb(DARK.accent), axis=1))
    assert MARGIN_PX + 300 in found.tolist()


def test_the_playhead_moves(view: TimelineView, state: ViewState) -> None:
    for seconds in (10, 20, 45):
        state.set_playhead(seconds * S)
        row = pixels(view.lanes)[2]
        (found,) = np.nonzero(np.all(row == rgb(DARK.text), axis=1))
        assert found.tolist() == [MARGIN_PX + round(seconds * 1_000 / 60)]


def test_a_playhead_that_stays_on_its_pixel_draws_no_picture_anew(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    state.set_playhead(20 * S)
    pixels(view.lanes)
    qtbot.wait(20)
    drawn = EventCounter(view.lanes, QEvent.Type.Paint)
    state.set_playhead(20 * S + 1_000)
    qtbot.wait(30)
    assert drawn.count == 0
    state.set_playhead(21 * S)
    qtbot.waitUntil(lambda: drawn.count > 0)


@pytest.mark.parametrize("name", ["waveform", "spectrogram", "lanes", "ruler"])
def test_a_click_asks_for_the_time_under_it(
    view: TimelineView, state: ViewState, qtbot: QtBot, name: str
) -> None:
    times = asked(state)
    pane = getattr(view, name)
    qtbot.mouseClick(pane, LEFT, pos=QPoint(MARGIN_PX + 250, 10))
    qtbot.mouseClick(pane, LEFT, pos=QPoint(MARGIN_PX - 10, 10))
    assert times == [15 * S]


def test_dragging_the_handle_scrubs(view: TimelineView, state: ViewState, qtbot: QtBot) -> None:
    state.set_playhead(6 * S)
    times = asked(state)
    held: list[bool] = []
    state.scrubbing_changed.connect(held.append)
    qtbot.mousePress(view.ruler, LEFT, pos=QPoint(MARGIN_PX + 100, 10))
    for x_px in (150, 200, -50):
        qtbot.mouseMove(view.ruler, QPoint(MARGIN_PX + x_px, 10))
    qtbot.mouseRelease(view.ruler, LEFT, pos=QPoint(MARGIN_PX, 10))
    assert times[0] == 6 * S
    assert {9 * S, 12 * S, 0} <= set(times)
    assert held == [True, False]
    assert state.selection is None


def test_control_and_wheel_zoom_about_the_cursor(view: TimelineView, state: ViewState) -> None:
    x_px = MARGIN_PX + 250
    turn_wheel(view.spectrogram, x_px, (0, 15), Qt.KeyboardModifier.ControlModifier)
    start_us, end_us = visible(state)
    assert end_us - start_us == 48 * S
    scale = view.spectrogram.scale()
    assert scale is not None
    assert scale.to_px(15 * S) == pytest.approx(x_px, abs=1)
    turn_wheel(view.lanes, x_px, (0, -15), Qt.KeyboardModifier.ControlModifier)
    assert visible(state) == (0, LENGTH_US)


@pytest.mark.parametrize("degrees", [(0, -15), (-15, 0)])
def test_the_wheel_scrolls(view: TimelineView, state: ViewState, degrees: tuple[int, int]) -> None:
    state.set_visible(10 * S, 20 * S)
    turn_wheel(view.waveform, MARGIN_PX + 9, degrees)
    assert visible(state) == (11 * S, 21 * S)
    turn_wheel(view.lanes, MARGIN_PX + 9, degrees, Qt.KeyboardModifier.ShiftModifier)
    assert visible(state) == (12 * S, 22 * S)


def test_keys_zoom_about_the_playhead(view: TimelineView, state: ViewState, qtbot: QtBot) -> None:
    state.set_playhead(15 * S)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    start_us, end_us = visible(state)
    assert end_us - start_us == pytest.approx(LENGTH_US / 1.25**2, abs=2)
    assert (15 * S - start_us) / (end_us - start_us) == pytest.approx(0.25, abs=1e-6)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert visible(state) == (0, LENGTH_US)
    view.zoom_in()
    view.zoom_to_all()
    assert visible(state) == (0, LENGTH_US)


def test_the_scroll_bar_and_the_view_follow_each_other(
    view: TimelineView, state: ViewState
) -> None:
    state.set_visible(15 * S, 30 * S)
    bar = view.time_bar
    assert bar.value() / (bar.maximum() + bar.pageStep()) == pytest.approx(0.25, abs=1e-6)
    bar.setValue(bar.maximum())
    assert visible(state) == (45 * S, LENGTH_US)
    bar.setValue(0)
    assert visible(state) == (0, 15 * S)


def test_the_view_turns_the_page_with_the_playhead(view: TimelineView, state: ViewState) -> None:
    state.set_visible(0, 10 * S)
    state.set_playhead(9 * S)
    state.set_playhead(10 * S + 20_000)
    assert visible(state) == (9_520_000, 19_520_000)
    state.set_visible(40 * S, 50 * S)
    state.set_playhead(10 * S + 60_000)
    assert visible(state) == (40 * S, 50 * S)


def test_events_are_found_named_and_zoomed_to(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    bark = event("dog <barking>", 12, 18)
    view.set_table(DetectionTable.of((bark, event("speech", 14, 30))))
    lane = view.lanes.lanes[1]
    assert [len(row.events) for row in lane.rows] == [1, 1]
    place = QPoint(MARGIN_PX + 250, lane.box_top_px(0) + 5)
    assert view.lanes.event_at(place) == bark
    assert view.lanes.event_at(QPoint(MARGIN_PX + 400, lane.box_top_px(0) + 5)) is None
    second = view.lanes.event_at(QPoint(MARGIN_PX + 400, lane.box_top_px(1) + 5))
    assert second is not None
    assert second.label == "speech"
    text = tool_tip(bark)
    for part in ("dog &lt;barking&gt;", "sound", "00:00:12.000", "00:00:18.000", "6.000 s", "0.80"):
        assert part in text
    qtbot.mouseDClick(view.lanes, LEFT, pos=place)
    assert visible(state) == (10_500_000, 19_500_000)


def test_boxes_lie_exactly_on_their_time(view: TimelineView, state: ViewState) -> None:
    view.set_table(DetectionTable.of((event("speech", 15, 27, score=1.0),)))
    top_px = view.lanes.lanes[1].box_top_px(0)
    row = pixels(view.lanes)[top_px + 1]
    ground = rgb(DARK.ground)
    touched = np.nonzero(np.any(np.abs(row - ground) > 60, axis=1))[0]
    inside = touched[(touched > MARGIN_PX) & (touched < WIDTH_PX - GUTTER_PX)]
    assert inside.min() == MARGIN_PX + 250
    assert np.all(row[MARGIN_PX + 250] == rgb("#56B4E9"))
    filled = np.any(row[MARGIN_PX + 240 : MARGIN_PX + 490] != row[MARGIN_PX + 240], axis=1)
    assert np.nonzero(filled)[0].max() + MARGIN_PX + 240 == MARGIN_PX + 448


def test_thresholds_hide_without_forgetting(view: TimelineView) -> None:
    view.set_table(DetectionTable.of((event("speech", 1, 2, 0.3), event("dog", 5, 6, 0.7))))
    view.set_limits(Limits({Task.SED: 0.5}))
    assert [[e.label for e in row.events] for row in view.lanes.lanes[1].rows] == [["dog"]]
    view.set_limits(Limits({Task.SED: 0.1}))
    assert sum(len(row.events) for row in view.lanes.lanes[1].rows) == 2


def test_crowded_rows_are_drawn_as_density(view: TimelineView, state: ViewState) -> None:
    many = tuple(event("tick", i * 0.06, i * 0.06 + 0.03) for i in range(1_000))
    view.set_table(DetectionTable.of(many))
    top_px = view.lanes.lanes[1].box_top_px(0)
    row = pixels(view.lanes)[top_px + 3, MARGIN_PX + 50 : MARGIN_PX + 900]
    shade = np.median(row, axis=0)
    assert np.mean(np.all(np.abs(row - shade) < 30, axis=1)) > 0.9
    assert shade[2] > shade[0] + 30
    state.set_visible(0, S)
    row = pixels(view.lanes)[top_px + 3, MARGIN_PX + 50 : MARGIN_PX + 900]
    ground = np.all(np.abs(row - rgb(DARK.ground)) < 12, axis=1)
    assert 0.3 < np.mean(ground) < 0.7


def test_rows_that_do_not_fit_get_lower_then_scroll(view: TimelineView, state: ViewState) -> None:
    stack = tuple(event(f"label {i}", 10, 20) for i in range(40))
    view.set_table(DetectionTable.of(stack[:2]))
    assert view.lanes.lanes[1].row_px == 24
    view.set_table(DetectionTable.of(stack))
    lane = view.lanes.lanes[1]
    assert lane.row_px == 16
    before = visible(state)
    place = QPoint(MARGIN_PX + 250, lane.box_top_px(0) + 5)
    first = view.lanes.event_at(place)
    turn_wheel(view.lanes, MARGIN_PX + 9, (0, -30))
    assert visible(state) == before
    assert view.lanes.event_at(place) not in (None, first)


def test_the_overview_moves_and_resizes_what_is_visible(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    state.set_visible(15 * S, 30 * S)
    overview = view.overview

    def drag(from_px: int, to_px: int) -> None:
        qtbot.mousePress(overview, LEFT, pos=QPoint(MARGIN_PX + from_px, 15))
        qtbot.mouseMove(overview, QPoint(MARGIN_PX + to_px, 15))
        qtbot.mouseRelease(overview, LEFT, pos=QPoint(MARGIN_PX + to_px, 15))

    drag(375, 575)
    assert visible(state) == (27 * S, 42 * S)
    drag(450, 250)
    assert visible(state) == (15 * S, 42 * S)
    drag(700, 500)
    assert visible(state) == (15 * S, 30 * S)
    qtbot.mouseClick(overview, LEFT, pos=QPoint(MARGIN_PX + 800, 15))
    assert visible(state) == (40_500_000, 55_500_000)


def test_the_overview_shows_events_of_every_kind(view: TimelineView) -> None:
    view.set_table(
        DetectionTable.of(
            (Detection(Task.TAL, "archery", 15 * S, 30 * S, 0.9), event("dog", 30, 45))
        )
    )
    picture = pixels(view.overview)
    action, sound = picture[8, MARGIN_PX + 300], picture[18, MARGIN_PX + 600]
    assert action[0] > action[2] + 80
    assert sound[2] > sound[0] + 80
    assert np.ptp(picture[8, MARGIN_PX + 600]) < 40


def test_themes_switch_at_once(view: TimelineView) -> None:
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        for pane in (view.waveform, view.spectrogram, view.lanes):
            assert pixels(pane)[2, MARGIN_PX + 777].tolist() == rgb(theme.ground)
            assert pixels(pane)[2, 2].tolist() == rgb(theme.panel)


@pytest.fixture
def beeps(tmp_path: Path) -> Path:
    audio = Audio(pieces=((0.0, 6.0),), codec="pcm_s16le", rate_hz=16_000)
    return write_media(tmp_path / "beeps.wav", audio=audio)


def open_media(view: TimelineView, state: ViewState, path: Path, qtbot: QtBot) -> None:
    info = probe(path)
    state.set_media_range(info.start_us, info.end_us)
    view.set_media(info)
    qtbot.waitUntil(lambda: view.sound.status is not SoundStatus.READING)


@pytest.mark.parametrize("name", ["waveform", "spectrogram"])
def test_the_picture_is_the_same_wherever_it_is_scrolled(
    view: TimelineView, state: ViewState, beeps: Path, qtbot: QtBot, name: str
) -> None:
    open_media(view, state, beeps, qtbot)
    state.set_playhead(0)
    pane = getattr(view, name)
    state.set_visible(1_000_000, 3_000_000)
    first = pixels(pane)[:, MARGIN_PX:-GUTTER_PX]
    state.set_visible(1_101_000, 3_101_000)
    second = pixels(pane)[:, MARGIN_PX:-GUTTER_PX]
    moved_px = round(101_000 * 1_000 / 2_000_000 - 1e-9)
    matching = [
        shift
        for shift in (moved_px, moved_px + 1)
        if np.array_equal(first[:, shift + 8 : 900], second[:, 8 : 900 - shift])
    ]
    assert len(matching) == 1
    assert np.ptp(first.sum(axis=2)) > 200


def test_beeps_are_seen_at_their_seconds(
    view: TimelineView, state: ViewState, beeps: Path, qtbot: QtBot
) -> None:
    open_media(view, state, beeps, qtbot)
    state.set_playhead(state.media_end_us)
    state.set_visible(0, 5 * S)
    height_px = view.waveform.height()
    row = pixels(view.waveform)[height_px // 2 - height_px // 6, MARGIN_PX:-GUTTER_PX]
    wave = row[5]
    assert wave[2] > 100
    loud = np.all(np.abs(row - wave) < 40, axis=1)
    begins = np.nonzero(loud[1:] & ~loud[:-1])[0] + 1
    # The wave leaves the row for a column now and then; a beep begins after a stretch of silence.
    spaced = [b for b in begins.tolist() if b > 40 and not loud[b - 40 : b].any()]
    assert [round(b / 200) for b in spaced] == [1, 2, 3, 4]
    assert all(abs(b - round(b / 200) * 200) <= 2 for b in spaced)


def test_media_without_sound_says_so_quietly(
    view: TimelineView, state: ViewState, tmp_path: Path, qtbot: QtBot
) -> None:
    video = Video(ticks=regular_ticks(25))
    open_media(view, state, write_media(tmp_path / "mute.mp4", video=video), qtbot)
    assert view.waveform.status_text() == "No sound in this video"
    assert not view.spectrogram.isVisible()
    view.set_media(None)
    assert view.waveform.status_text() == ""
    assert view.spectrogram.isVisible()


def test_new_media_takes_the_events_off(view: TimelineView) -> None:
    view.set_table(DetectionTable.of((event("speech", 1, 2),)))
    view.set_media(None)
    assert all(not lane.rows for lane in view.lanes.lanes)


def test_frequencies_in_the_margin_are_whole_and_apart(view: TimelineView) -> None:
    labels = view.spectrogram.frequency_labels()
    assert len(labels) >= 3
    heights = [y_px for _, y_px in labels]
    assert all(first - second >= 16 for first, second in pairwise(heights))
    assert min(heights) >= 8
    assert max(heights) <= view.spectrogram.height() - 8
    assert [hz for hz, _ in labels] == sorted(hz for hz, _ in labels)


def test_without_media_it_is_an_empty_quiet_view(qtbot: QtBot, state: ViewState) -> None:
    view = TimelineView(state, DARK)
    qtbot.addWidget(view)
    view.resize(600, 300)
    times = asked(state)
    for pane in view.panes():
        pixels(pane)
        qtbot.mouseClick(pane, LEFT, pos=QPoint(300, 10))
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert times == []
    view.shutdown()


def test_a_jump_clears_the_place_that_the_playhead_leaves(
    state: ViewState, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    state.set_media_range(0, LENGTH_US)
    timeline.resize(WIDTH_PX, 420)
    timeline.show()
    pixels(timeline.ruler)  # drawn with the playhead at the start
    cleared: list[tuple[int, ...]] = []
    monkeypatch.setattr(timeline.ruler, "show_again", lambda *area: cleared.append(area))
    state.set_playhead(30 * S)
    timeline.shutdown()
    assert any(len(a) == 4 and a[0] <= MARGIN_PX < a[0] + a[2] for a in cleared)
