"""What a pane has drawn is shown again, not drawn again, and never out of date."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.theme import DARK, LIGHT
from app.timeline.time_pane import MARGIN_PX, TimePane
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from core_model.timeline import Detection, Task

S = 1_000_000
LENGTH_US = 3_600 * S


@pytest.fixture
def state() -> ViewState:
    return ViewState()


@pytest.fixture
def view(state: ViewState, qtbot: QtBot) -> Iterator[TimelineView]:
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(900, 420)
    timeline.show()
    state.set_media_range(0, LENGTH_US)
    yield timeline
    timeline.shutdown()


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def times_drawn(pane: TimePane, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever the pane's picture is drawn."""
    drawn: list[int] = []
    draw = pane.paint_time

    def counted(*arguments: object) -> None:
        drawn.append(1)
        draw(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pane, "paint_time", counted)
    return drawn


def show_many(view: TimelineView, qtbot: QtBot) -> None:
    """Enough events in four rows that far away they are drawn as density."""
    events = tuple(
        Detection(list(Task)[number % 3], f"label {number % 2}", at * S, (at + 2) * S, 0.7)
        for number, at in enumerate(range(0, 3_590, 3))
    )
    view.set_table(DetectionTable.of(events))
    qtbot.waitUntil(lambda: sum(lane.count for lane in view.lanes.lanes) == len(events))


def test_what_moves_over_the_picture_does_not_draw_it(
    view: TimelineView, state: ViewState, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    panes = view.panes()
    for pane in panes:
        pixels(pane)
    drawn = [times_drawn(pane, monkeypatch) for pane in panes]
    for seconds in (10, 2_000, 2_010):
        state.set_playhead(seconds * S)
        state.set_selection(seconds * S, (seconds + 30) * S)
        qtbot.mouseMove(view.spectrogram, QPoint(MARGIN_PX + seconds % 300, 20))
        for pane in panes:
            pixels(pane)
    assert [len(each) for each in drawn] == [0] * len(panes)
    state.set_visible(0, 60 * S)
    for pane in panes:
        pixels(pane)
    assert [len(each) for each in drawn] == [1] * len(panes)


def test_the_picture_is_never_out_of_date(
    view: TimelineView, state: ViewState, qtbot: QtBot
) -> None:
    show_many(view, qtbot)
    changes = (
        lambda: state.set_visible(0, 2_400 * S),
        lambda: state.pan_by(400 * S),
        lambda: state.pan_by(-90 * S),
        lambda: state.zoom_about(1_000 * S, 20.0),
        lambda: state.set_snap_times("shots", (990 * S, 1_004 * S)),
        lambda: view.resize(840, 400),
        lambda: view.set_theme(LIGHT),
        lambda: view.set_table(DetectionTable.of(())),
    )
    for change in changes:
        before = {pane: pixels(pane) for pane in view.panes()}
        change()
        shown = {pane: pixels(pane) for pane in view.panes()}
        assert any(not np.array_equal(before[pane], shown[pane]) for pane in shown)
        for pane, picture in shown.items():
            pane.update()
            np.testing.assert_array_equal(pixels(pane), picture)


@pytest.mark.parametrize("span_s", [3_000, 900])
def test_density_is_the_same_wherever_it_was_scrolled_from(
    view: TimelineView, state: ViewState, qtbot: QtBot, span_s: int
) -> None:
    show_many(view, qtbot)
    state.set_visible(0, span_s * S)
    for step_s in (7, 200, -50, 31, -120):
        state.pan_by(step_s * S)
        pixels(view.lanes)
    scrolled = pixels(view.lanes)
    view.lanes.set_theme(DARK)  # forgets everything
    np.testing.assert_array_equal(pixels(view.lanes), scrolled)
