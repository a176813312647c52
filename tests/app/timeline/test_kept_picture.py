"""What a pane has drawn is shown again, not drawn again, and never out of date."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.theme import DARK, LIGHT
from app.timeline.time_pane import MARGIN_PX, TimePane
from app.timeline.time_scale import TimeScale
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


@pytest.mark.parametrize("span_s", [17, 61, 397, 2_003])
def test_what_is_scrolled_looks_as_if_it_were_drawn_anew(
    view: TimelineView, state: ViewState, monkeypatch: pytest.MonkeyPatch, span_s: int
) -> None:
    source = random.Random(span_s)
    events = tuple(
        Detection(
            source.choice(list(Task)),
            f"a rather long label {number % 5}",
            at * S,
            at * S + source.randrange(100_000, 6 * S),
            source.random(),
        )
        for number, at in enumerate(range(0, 3_590, 5))
    )
    view.set_table(DetectionTable.of(events))
    state.set_snap_times("shots", tuple(range(0, LENGTH_US, 7 * S)))
    state.set_visible(400 * S, (400 + span_s) * S)
    widths_px: list[int] = []
    draw = view.lanes.paint_time

    def noted(painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        widths_px.append(exposed.width())
        draw(painter, scale, exposed)

    monkeypatch.setattr(view.lanes, "paint_time", noted)
    for _ in range(8):
        state.pan_by(round(source.uniform(-0.3, 0.3) * span_s * S))
        for pane in view.panes():
            shown = pixels(pane)
            pane.update()
            np.testing.assert_array_equal(pixels(pane), shown)
    assert min(widths_px) < view.lanes.time_rect().width() / 2
