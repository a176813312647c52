"""What is drawn anew after a threshold moved, row by row, is all that looks otherwise."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.limits import HIDDEN, Limits
from app.theme import DARK
from app.timeline.time_pane import TimePane
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from core_model.timeline import Detection, Task

S = 1_000_000
MOVES = 14


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[TimelineView]:
    state = ViewState()
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(700, 520)
    timeline.show()
    state.set_media_range(0, 60 * S)
    yield timeline
    timeline.shutdown()


def found(count: int, seed: int) -> tuple[Detection, ...]:
    source = random.Random(seed)
    spans = sorted(
        (source.randrange(58 * S), source.randrange(100_000, 2 * S)) for _ in range(count)
    )
    return tuple(
        Detection(
            source.choice(tuple(Task)),
            f"label {source.randrange(6)}",
            onset_us,
            onset_us + length_us,
            source.random(),
        )
        for onset_us, length_us in spans
    )


def shown(pane: TimePane) -> np.ndarray:
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).copy()


@pytest.mark.parametrize("count", [60, 900], ids=["laid out at once", "laid out at rest"])
def test_lanes_and_overview_look_as_if_drawn_anew(
    view: TimelineView, qtbot: QtBot, count: int
) -> None:
    source = random.Random(count)
    arranger = view._arranger
    told: list[int] = []
    arranger.rows_changed.connect(lambda _rows: told.append(1))
    view.set_table(DetectionTable.of(found(count, 1)))
    kinds = dict.fromkeys(Task, 0.4)
    labels: dict[tuple[Task, str], float] = {}
    pictures: set[bytes] = set()
    for move in range(MOVES):
        kind = source.choice(tuple(Task))
        if move % 3 == 2:
            labels[kind, f"label {source.randrange(6)}"] = source.random()
        else:
            kinds[kind] = HIDDEN if source.random() < 0.2 else source.random() ** 2
        view.set_limits(Limits(dict(kinds), dict(labels)))
        if move == MOVES // 2:
            # Results stream in: another table.
            view.set_table(DetectionTable.of(found(count + 5, 2)))
        if move % 4 == 3:
            before = len(told)
            if arranger._rest.isActive():
                qtbot.waitUntil(lambda before=before: len(told) > before)
            view.lanes._scroll.setValue(source.randrange(view.lanes._scroll.maximum() + 1))
        for pane in (view.lanes, view.overview):
            partly = shown(pane)
            pane.update()
            assert np.array_equal(partly, shown(pane)), move
            pictures.add(partly.tobytes())
    assert len(pictures) > MOVES


def test_a_kind_out_of_sight_redraws_no_other(view: TimelineView) -> None:
    sounds = [Detection(Task.SED, "dog", n * S, n * S + 500_000, n / 60) for n in range(58)]
    actions = [Detection(Task.TAL, "run", n * S, n * S + 500_000, 0.9) for n in range(58)]
    view.set_table(DetectionTable.of((*sounds, *actions)))
    view.set_limits(Limits({Task.SED: 0.2}))
    view.lanes.grab()
    (lane,) = (each for each in view.lanes.lanes if each.task is Task.TAL)
    view.set_limits(Limits({Task.SED: 0.5}))
    stale = view.lanes._kept.take_stale()
    assert stale
    assert all(
        area.top() >= lane.bottom_px or area.bottom() < lane.top_px or area.left() == 0
        for area in stale
    )
