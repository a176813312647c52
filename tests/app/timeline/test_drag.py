"""Selecting time with the mouse, as a hand does it: ruler, edges, snapping, beyond the pane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.theme import DARK
from app.timeline.marks import JOINTS, length_text, visible_shots
from app.timeline.time_pane import GUTTER_PX, MARGIN_PX, TimePane
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState

S = 1_000_000
LENGTH_US = 60 * S
LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def state() -> ViewState:
    made = ViewState()
    # What the player does.
    made.seek_requested.connect(made.set_playhead)
    return made


@pytest.fixture
def view(state: ViewState, qtbot: QtBot) -> Iterator[TimelineView]:
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(1_000 + MARGIN_PX + GUTTER_PX, 420)
    timeline.show()
    state.set_media_range(0, LENGTH_US)
    state.set_playhead(50 * S)
    yield timeline
    timeline.shutdown()


def mouse(pane: TimePane, kind: QEvent.Type, x_px: int, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    """One mouse event at a distance from the left end of the picture."""
    place = QPointF(MARGIN_PX + x_px, 10)
    is_move = kind is QEvent.Type.MouseMove
    button = Qt.MouseButton.NoButton if is_move else LEFT
    event = QMouseEvent(kind, place, QPointF(pane.mapToGlobal(place)), button, LEFT, keys)
    QApplication.sendEvent(pane, event)


def press(pane: TimePane, x_px: int, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(pane, QEvent.Type.MouseButtonPress, x_px, keys)


def move(pane: TimePane, x_px: int, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(pane, QEvent.Type.MouseMove, x_px, keys)


def release(pane: TimePane, x_px: int) -> None:
    mouse(pane, QEvent.Type.MouseButtonRelease, x_px)


def drag(pane: TimePane, from_px: int, to_px: int, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    press(pane, from_px, keys)
    move(pane, (from_px + to_px) // 2, keys)
    move(pane, to_px, keys)
    release(pane, to_px)


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(image.constBits(), np.uint8)
    return words.reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def test_a_drag_on_the_ruler_selects_and_goes_back_to_its_start(
    view: TimelineView, state: ViewState
) -> None:
    drag(view.ruler, 100, 250)
    assert state.selection == (6 * S, 15 * S)
    assert state.playhead_us == 6 * S
    drag(view.ruler, 600, 500)
    assert state.selection == (30 * S, 36 * S)
    assert state.playhead_us == 30 * S


@pytest.mark.parametrize("name", ["ruler", "waveform", "spectrogram", "lanes"])
def test_shift_selects_in_every_pane(view: TimelineView, state: ViewState, name: str) -> None:
    drag(getattr(view, name), 100, 250, SHIFT)
    assert state.selection == (6 * S, 15 * S)


def test_a_click_selects_nothing(view: TimelineView, state: ViewState) -> None:
    press(view.ruler, 100)
    move(view.ruler, 102)
    release(view.ruler, 102)
    assert state.selection is None
    assert state.playhead_us == 6 * S


def test_a_drag_elsewhere_scrubs(view: TimelineView, state: ViewState) -> None:
    drag(view.waveform, 100, 250)
    assert state.selection is None
    assert state.playhead_us == 15 * S


def test_edges_are_dragged_with_their_frame_shown(view: TimelineView, state: ViewState) -> None:
    state.set_selection(6 * S, 15 * S)
    shown: list[int] = []
    held: list[bool] = []
    state.seek_requested.connect(shown.append)
    state.scrubbing_changed.connect(held.append)
    drag(view.spectrogram, 251, 300)
    assert state.selection == (6 * S, 18 * S)
    assert shown[-1] == 18 * S
    assert state.playhead_us == 18 * S
    assert held == [True, False]
    drag(view.ruler, 100, 400)
    assert state.selection == (18 * S, 24 * S), "an edge may pass the other one"


def test_edges_snap_to_marks_and_alt_lets_go(view: TimelineView, state: ViewState) -> None:
    state.set_snap_times("shots", (20_100_000,))
    state.set_snap_times("events", (10_110_000,))
    drag(view.ruler, 170, 333)
    assert state.selection == (10_110_000, 20_100_000)
    press(view.ruler, 335)
    move(view.ruler, 400, ALT)
    move(view.ruler, 337, ALT)
    release(view.ruler, 337)
    assert state.selection == (10_110_000, 20_220_000)


def test_an_edge_snaps_to_where_the_playhead_stood(view: TimelineView, state: ViewState) -> None:
    state.set_playhead(30_030_000)
    drag(view.lanes, 100, 497, SHIFT)
    assert state.selection == (6 * S, 30_030_000)


def test_edges_snap_to_frames_where_frames_are_seen(view: TimelineView, state: ViewState) -> None:
    state.set_frame_times(np.arange(0, LENGTH_US, 40_000))
    state.set_visible(10 * S, 11 * S)
    drag(view.ruler, 118, 243)
    assert state.selection == (10_120_000, 10_240_000)


def test_beyond_the_pane_the_view_scrolls(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    state.set_visible(10 * S, 20 * S)
    press(view.ruler, 500)
    move(view.ruler, 1_050)
    qtbot.waitUntil(lambda: state.visible_start_us > 12 * S)
    assert state.selection is not None
    assert state.selection == (15 * S, pytest.approx(state.visible_end_us, abs=80_000))
    move(view.ruler, 900)
    stood_us = state.visible_start_us
    release(view.ruler, 900)
    qtbot.wait(80)
    assert state.visible_start_us == stood_us


def test_the_pointer_tells_an_edge(view: TimelineView, state: ViewState) -> None:
    state.set_selection(6 * S, 15 * S)
    move(view.waveform, 100)
    assert view.waveform.cursor().shape() is Qt.CursorShape.SizeHorCursor
    move(view.waveform, 170)
    assert view.waveform.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_the_selection_lies_over_every_pane(view: TimelineView, state: ViewState) -> None:
    before = {pane: pixels(pane) for pane in view.panes()}
    state.set_selection(6 * S, 15 * S)
    accent = QColor(DARK.accent)
    for pane in (view.ruler, view.waveform, view.spectrogram, view.lanes):
        changed = np.any(pixels(pane) != before[pane], axis=2)[pane.height() - 6]
        (columns,) = np.nonzero(changed)
        assert (columns.min(), columns.max()) == (MARGIN_PX + 100, MARGIN_PX + 250)
        edge = pixels(pane)[pane.height() - 6, MARGIN_PX + 100].tolist()
        assert edge == [accent.red(), accent.green(), accent.blue()]
    assert np.any(pixels(view.overview) != before[view.overview])
    state.clear_selection()
    for pane, picture in before.items():
        assert np.array_equal(pixels(pane), picture)


def test_shots_are_thin_lines_unless_they_crowd(view: TimelineView, state: ViewState) -> None:
    before = pixels(view.waveform)
    state.set_snap_times("shots", (15 * S, 30 * S))
    changed = np.any(np.any(pixels(view.waveform) != before, axis=2), axis=0)
    assert np.nonzero(changed)[0].tolist() == [MARGIN_PX + 250, MARGIN_PX + 500]
    scale = view.waveform.scale()
    assert scale is not None
    state.set_snap_times("shots", tuple(range(0, LENGTH_US, 100_000)))
    assert visible_shots(state, scale) == ()


@pytest.mark.parametrize("name", ["waveform", "ruler", "overview"])
def test_joints_are_double_lines(view: TimelineView, state: ViewState, name: str) -> None:
    pane = getattr(view, name)
    before = pixels(pane)
    state.set_snap_times(JOINTS, (15 * S,))
    changed = np.any(pixels(pane) != before, axis=2)
    assert np.nonzero(changed.any(axis=0))[0].tolist() == [MARGIN_PX + 249, MARGIN_PX + 251]
    assert changed[:, MARGIN_PX + 249].mean() > 0.9
    assert state.snap(15 * S + 40, 100) == 15 * S


@pytest.mark.parametrize("name", ["ruler", "overview"])
def test_what_is_broken_is_marked(view: TimelineView, state: ViewState, name: str) -> None:
    pane = getattr(view, name)
    danger = QColor(DARK.danger)
    red = [danger.red(), danger.green(), danger.blue()]
    assert not np.any(np.all(pixels(pane) == red, axis=2))
    state.set_broken_spans(((12 * S, 12 * S + 1), (30 * S, 36 * S)))
    columns = np.nonzero(np.any(np.all(pixels(pane) == red, axis=2), axis=0))[0] - MARGIN_PX
    assert {200, 500, 598} <= set(columns.tolist())
    assert set(columns.tolist()) <= {*range(200, 204), *range(500, 601)}


def test_alt_and_wheel_step(view: TimelineView, state: ViewState) -> None:
    steps: list[int] = []
    state.step_requested.connect(steps.append)
    place = QPointF(MARGIN_PX + 50, 10)
    for turn in (QPoint(0, -120), QPoint(120, 0)):
        wheel = QWheelEvent(
            place,
            QPointF(view.lanes.mapToGlobal(place)),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            ALT,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.lanes, wheel)
    assert steps == [1, -1]


def test_lengths_are_readable() -> None:
    assert length_text(1_000, 1_241_000) == "1.240 s"
    assert length_text(0, 61_240_000) == "1 min 01.240 s"
    assert length_text(0, 119_999_900) == "1 min 59.999 s"
