"""Lanes of prompts and strips of heat: what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.theme import DARK, LIGHT
from app.timeline.heat_pane import MOST_LABELS, HeatPane
from app.timeline.prompt_pane import LANE_PX, LEAST_LANES, PromptLane, PromptLanesPane
from app.timeline.time_pane import MARGIN_PX
from app.timeline.time_scale import TimeScale
from app.view_state import ViewState
from core_model.prompt_spec import PromptSpec, ScoreCurve
from core_model.timeline import Detection, Task
from tests.app.prompts.prompt_parts import DOG, RUN, S, hits


@pytest.fixture
def state() -> ViewState:
    made = ViewState()
    made.set_media_range(0, 10 * S)
    return made


@pytest.fixture
def pane(qtbot: QtBot, state: ViewState) -> PromptLanesPane:
    made = PromptLanesPane(state, DARK)
    qtbot.addWidget(made)
    made.resize(1_000, 2 * LANE_PX)
    return made


def lane(spec: PromptSpec, *rows: tuple[float, float, float], curve: float = 0.0) -> PromptLane:
    values = np.full(39, curve, np.float32)
    return PromptLane(spec, ScoreCurve(S // 2, S // 4, values), hits(spec, *rows), "1 hit")


def place_of(pane: PromptLanesPane, time_s: float, number: int) -> QPoint:
    scale = pane.scale()
    assert scale is not None
    return QPoint(round(scale.to_px(round(time_s * S))), (number + 1) * LANE_PX - 12)


def test_a_pane_without_lanes_takes_no_room(pane: PromptLanesPane) -> None:
    assert pane.isHidden()
    pane.set_lanes([lane(DOG, (1, 3, 0.9))])
    assert not pane.isHidden()
    assert pane.maximumHeight() == LANE_PX
    pane.set_lanes([])
    assert pane.isHidden()


def test_hits_lie_in_the_lane_of_their_prompt(pane: PromptLanesPane) -> None:
    pane.set_lanes([lane(DOG, (1, 3, 0.9)), lane(RUN, (5, 6, 0.4))])
    assert pane.minimumHeight() == LEAST_LANES * LANE_PX
    assert pane.hit_at(place_of(pane, 2, 0)) == hits(DOG, (1, 3, 0.9))[0]
    assert pane.hit_at(place_of(pane, 2, 1)) is None
    assert pane.hit_at(place_of(pane, 5.5, 1)) == hits(RUN, (5, 6, 0.4))[0]
    found = pane.lane_at(place_of(pane, 9, 1))
    assert found is not None and found.spec == RUN
    assert pane.hit_at(QPoint(10, 10)) is None


def test_overlapping_hits_make_the_lane_higher(pane: PromptLanesPane) -> None:
    pane.set_lanes([lane(DOG, (1, 5, 0.9), (2, 6, 0.5), (3, 7, 0.3))])
    assert pane.content_px > LANE_PX
    pane.resize(1_000, pane.content_px)
    scale = pane.scale()
    assert scale is not None
    x_px = scale.to_px(4 * S)
    scores = {
        hit.score
        for y_px in range(pane.content_px)
        if (hit := pane.hit_at(QPointF(x_px, y_px))) is not None
    }
    assert scores == {0.9, 0.5, 0.3}


def test_curves_are_drawn_behind_and_can_be_left_out(pane: PromptLanesPane) -> None:
    pane.set_lanes([lane(RUN, curve=0.8)])
    pane.resize(1_000, LANE_PX)
    x_px, ground = place_of(pane, 5.2, 0).x(), QColor(DARK.ground)
    assert pane.grab().toImage().pixelColor(x_px, LANE_PX - 6) != ground
    assert pane.grab().toImage().pixelColor(x_px, 2) == ground
    pane.set_shows_curves(False)
    assert pane.grab().toImage().pixelColor(x_px, LANE_PX - 6) == ground
    pane.set_theme(LIGHT)
    assert pane.grab().toImage().pixelColor(x_px, LANE_PX - 6) == QColor(LIGHT.ground)


def test_a_click_on_the_name_is_told_and_one_on_time_seeks(
    pane: PromptLanesPane, state: ViewState, qtbot: QtBot
) -> None:
    pane.set_lanes([lane(DOG, (1, 3, 0.9))])
    pane.show()
    with qtbot.waitSignal(pane.lane_clicked) as told:
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(MARGIN_PX // 2, 10))
    assert told.args == [DOG]
    with qtbot.waitSignal(state.seek_requested):
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=place_of(pane, 8, 0))
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=place_of(pane, 2, 0))
    assert (state.visible_start_us, state.visible_end_us) == (S // 2, 3 * S + S // 2)


def test_lanes_that_stay_are_not_laid_out_again(pane: PromptLanesPane) -> None:
    first, second = lane(DOG, (1, 3, 0.9)), lane(RUN, (5, 6, 0.4))
    pane.set_lanes([first])
    kept = pane._lanes[0].rows
    pane.set_lanes([second, first])
    assert pane._lanes[1].rows is kept


def test_only_the_lane_that_changes_is_drawn_again(
    pane: PromptLanesPane, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lane(DOG, (1, 3, 0.9), curve=0.5), lane(RUN, (5, 6, 0.4), curve=0.5)
    pane.set_lanes([first, second])
    pane.grab()
    drawn: list[QRect] = []
    draw = pane.paint_time

    def noted(painter: QPainter, scale: TimeScale, exposed: QRect) -> None:
        drawn.append(exposed)
        draw(painter, scale, exposed)

    monkeypatch.setattr(pane, "paint_time", noted)
    pane.set_lanes([first, lane(RUN, (7, 9, 0.8), curve=0.5)])
    shown = pane.grab().toImage()
    assert [(part.top(), part.height()) for part in drawn] == [(LANE_PX, LANE_PX)]
    pane.update()
    assert pane.grab().toImage() == shown


def test_heat_shows_the_likeliest_labels_of_each_kind(qtbot: QtBot, state: ViewState) -> None:
    found = [
        Detection(Task.SED, f"sound {number}", number * S, (number + 1) * S, 0.1 * number)
        for number in range(1, 8)
    ]
    found.append(Detection(Task.TAL, "run", 0, 2 * S, 0.05))
    pane = HeatPane(state, DARK)
    qtbot.addWidget(pane)
    pane.set_table(DetectionTable.of(tuple(found)))
    pane.resize(1_000, pane.maximumHeight())
    assert pane.keys[0] == (Task.TAL, "run")
    assert [label for _, label in pane.keys[1:]] == ["sound 7", "sound 6", "sound 5"]
    assert len(pane.keys) == 1 + MOST_LABELS
    scale = pane.scale()
    assert scale is not None
    image = pane.grab().toImage()
    y_px = 2 + 16 + 8
    hot, cold = (
        image.pixelColor(round(scale.to_px(each)), y_px) for each in (7_500_000, 2_300_000)
    )
    assert hot.blue() > cold.blue()
    assert cold == QColor(DARK.ground)
    # The model's own scores take the place of those of the finds.
    values = np.zeros(40, np.float32)
    values[8:12] = 1.0
    pane.set_curves({(Task.SED, "sound 7"): ScoreCurve(0, S // 4, values)})
    image = pane.grab().toImage()
    hot, cold = (
        image.pixelColor(round(scale.to_px(each)), y_px) for each in (2_300_000, 7_500_000)
    )
    assert hot.blue() > cold.blue() and cold == QColor(DARK.ground)
    pane.set_table(DetectionTable.of(()))
    assert pane.keys == ()
    pane.grab()
