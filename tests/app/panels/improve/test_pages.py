"""The pages on which a model is improved: what they say in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from app.improve.changes import Change
from app.improve.comparison import Comparison
from app.improve.improvement import Improvement
from app.models.shelf import ModelVersion
from app.panels.improve.change_view import HEAD_PX, ROW_PX, ChangeView, spoken
from app.panels.improve.curve_plot import nice_step
from app.panels.improve.plan_page import PlanPage, plan_notes
from app.panels.improve.result_page import COMPARING, NO_VIDEO, ResultPage
from app.panels.improve.training_page import TrainingPage
from app.panels.plain_table import PlainTable
from app.theme import DARK, LIGHT
from core_model.timeline import Detection, Task
from tests.app.improve.scripted_child import DONE, PLAN, evaluated, step
from training.corrections.events import Encoding, KeptDetections, LeftOut, PlannedVideo, SplitBy
from training.corrections.unfinished import DrawState, Progress

S = 1_000_000


class State:
    """What the pages look at, without a child process behind it."""

    def __init__(self) -> None:
        self.encoding: Encoding | None = None
        self.steps: list[object] = []
        self.evaluations: list[object] = []
        self.remarks: list[str] = []
        self.done = DONE
        self.plan = PLAN
        self.version = cast(ModelVersion, replace_name("study r12"))
        self.parent_version = replace_name("starter 1.1")

    @property
    def seen(self) -> Improvement:
        return cast(Improvement, self)


class Compared:
    def __init__(self, found: tuple[Change, ...] | None, *, problem: str = "") -> None:
        self.found, self.problem, self.is_running = found, problem, False

    @property
    def seen(self) -> Comparison:
        return cast(Comparison, self)


def replace_name(name: str) -> object:
    return type("Version", (), {"name": name})()


def texts(table: PlainTable, row: int) -> list[str]:
    cells = [table.item(row, column) for column in range(table.columnCount())]
    return [cell.text() for cell in cells if cell is not None]


def event(label: str, onset_s: float, offset_s: float, score: float) -> Detection:
    return Detection(Task.SED, label, round(onset_s * S), round(offset_s * S), score)


def test_notes_say_what_people_should_know_before() -> None:
    notes = "\n".join(plan_notes(PLAN))
    assert "Only one label: the model learns when kettle is there" in notes
    assert "New to the model, and part of it from now on: kettle." in notes
    assert "Nothing was rejected" not in notes
    known = replace(PLAN.labels[0], is_new=False, rejected=0)
    poor = replace(
        PLAN,
        labels=(known, replace(known, label="dog")),
        left_out=(LeftOut("c.wav", "its file is missing"),),
        stray_segments=2,
    )
    assert plan_notes(poor) == [
        "Nothing was rejected: false finds are not unlearned.",
        "Left out: c.wav, its file is missing.",
        "Left out: 2 segments outside the video or without length.",
    ]


def test_the_plan_names_labels_sides_and_parts(qtbot: QtBot) -> None:
    page = PlanPage(DARK)
    qtbot.addWidget(page)
    page.show_plan(PLAN)
    assert texts(page.table, 0) == ["●", "kettle", "new", "1", "1", "1", "2", "2", "1"]
    assert "Learned from: a.wav\nHeld out to measure with: b.wav" in page.text
    assert "study.avscope, after 12 edits · 3 events and 2 rejected finds" in page.text
    assert "Learns: calibration.\nStays as it is: encoders." in page.text
    parts = (
        PlannedVideo("a.wav", 0, 41 * S, False, 3),
        PlannedVideo("a.wav", 41 * S, 60 * S, True, 1),
    )
    page.show_plan(replace(PLAN, videos=parts, split_by=SplitBy.STRETCH))
    assert "Learned from: a.wav, 00:00.000 to 00:41.000" in page.text
    assert "Held out to measure with: a.wav, 00:41.000 to 01:00.000" in page.text
    page.set_theme(LIGHT)
    assert page.table.rowCount() == 1


def test_a_plan_says_that_a_training_was_cut_off(qtbot: QtBot) -> None:
    page = PlanPage(DARK)
    qtbot.addWidget(page)
    draw = DrawState.of(np.random.default_rng())
    page.show_plan(PLAN, Progress("f", "s", 120, 200, 83.0, {}, {}, draw, ()))
    assert "cut off after step 120 of 200, 1:23 into it. It can go on from there." in page.text
    page.show_plan(PLAN)
    assert "cut off" not in page.text


@pytest.fixture
def training(qtbot: QtBot) -> Iterator[TrainingPage]:
    page = TrainingPage(DARK)
    qtbot.addWidget(page)
    yield page
    page.rest()


def test_a_training_says_how_far_it_is(training: TrainingPage) -> None:
    state, bar = State(), training.findChild(QProgressBar)
    assert bar is not None
    training.show_state(state.seen)
    assert training.text == "Loading the model…" and bar.maximum() == 0
    state.encoding = Encoding(1, 4, "b.wav", 0.5)
    training.show_state(state.seen)
    assert training.text == "Reading video 2 of 4: b.wav 50 %"
    assert bar.value() == 375
    state.steps = [step(number) for number in range(1, 6)]
    state.evaluations = [evaluated(0), evaluated(10)]
    training.show_state(state.seen)
    assert training.text == "Step 5 of 20 · 0:15 left" and bar.value() == 250
    said = training.curves.kinds_text
    assert "actions: rests, mAP 0.500" in said and "sounds: learns, mAP 0.300" in said
    assert "both" not in said
    training.set_theme(LIGHT)


def test_curves_go_over_all_steps(training: TrainingPage) -> None:
    state = State()
    state.steps = [step(number) for number in range(1, 11)]
    state.evaluations = [evaluated(0), evaluated(10)]
    training.resize(800, 400)
    training.show_state(state.seen)
    loss, plot = training.curves.plots
    image = plot.grab().toImage()
    ground, middle = QColor(DARK.ground), plot.height() // 2
    # Of 20 steps 10 are done: the right half is free, but for the grid.
    used, free = (
        sum(image.pixelColor(x, y) != ground for x in columns for y in range(12, middle, 3))
        for columns in (range(60, 180), range(plot.width() - 140, plot.width() - 20))
    )
    assert used > free
    assert not loss.grab().isNull()
    assert [nice_step(span, 5) for span in (1.0, 0.3, 60, 7, 20)] == [0.2, 0.1, 20, 2, 5]


def test_a_result_shows_figures_and_what_was_kept(qtbot: QtBot) -> None:
    page = ResultPage(DARK)
    qtbot.addWidget(page)
    state = State()
    page.show_result(state.seen)
    assert "study r12 is ready, trained in 1:23" in page.text
    assert "starter 1.1 stays in use" in page.text
    assert texts(page.figures, 0)[1:] == [
        "all sounds",
        "",
        "4",
        "0.410",
        "0.520",
        "+0.110",
        "0.500",
        "0.600",
    ]
    assert texts(page.figures, 1)[1:3] == ["kettle", "new"]
    assert "actions, 9 of 10 finds stay and 1 come" in page.text
    assert "not measured" not in page.text
    bell = replace(PLAN.labels[0], label="bell")
    state.plan = replace(PLAN, labels=(*PLAN.labels, bell))
    state.done = replace(DONE, untouched=(KeptDetections(Task.AVEL, 0, 0, 0),))
    page.show_result(state.seen)
    assert page.text.count("not measured, since no held-out video has any: bell.") == 1
    assert "0 of 0" not in page.text
    state.done = replace(DONE, compared=(), untouched=())
    page.show_result(state.seen)
    assert "Nothing was held out" in page.text


def test_a_result_shows_what_changed_in_the_open_video(qtbot: QtBot) -> None:
    page = ResultPage(DARK)
    qtbot.addWidget(page)
    page.show_result(State().seen)
    page.show_comparison(Compared(None).seen, 0, 1)
    assert NO_VIDEO in page.text
    running = Compared(None)
    running.is_running = True
    page.show_comparison(running.seen, 0, 1)
    assert COMPARING in page.text
    page.show_comparison(Compared(None, problem="a.wav: file: torn").seen, 0, 1)
    assert "a.wav: file: torn" in page.text
    found = (
        Change(event("dog", 0, 1, 0.8), event("dog", 0, 1, 0.9)),
        Change(None, event("kettle", 4, 6, 0.7)),
        Change(event("siren", 7, 8, 0.6), None),
    )
    page.show_comparison(Compared(found).seen, 0, 10 * S)
    assert "2 events changed, 1 as before" in page.text
    assert texts(page.changes, 0) == ["●", "00:04.000", "new", "kettle", "·", ".70"]
    assert texts(page.changes, 1) == ["●", "00:07.000", "gone", "siren", ".60", "·"]
    sought: list[int] = []
    page.seek_asked.connect(sought.append)
    page.changes.cellActivated.emit(1, 0)
    assert sought == [7 * S]


def test_a_click_on_a_changed_event_goes_there(qtbot: QtBot) -> None:
    view = ChangeView(DARK)
    qtbot.addWidget(view)
    view.resize(HEAD_PX + 1_000, 200)
    kettle = Change(None, event("kettle", 4, 6, 0.7))
    view.show_changes((Change(event("dog", 0, 1, 0.8), event("dog", 0, 1, 0.9)), kettle), 0, 10 * S)
    view.show()
    sought: list[int] = []
    view.seek_asked.connect(sought.append)
    left = Qt.MouseButton.LeftButton
    # The only label with a change: its second row is what the new model finds.
    qtbot.mouseClick(view, left, pos=QPoint(HEAD_PX + 500, ROW_PX // 2))
    assert sought == []
    qtbot.mouseClick(view, left, pos=QPoint(HEAD_PX + 500, ROW_PX + ROW_PX // 2))
    assert sought == [4 * S]
    assert spoken(kettle) == "kettle, new, 00:04.000 to 00:06.000, after .70"
    assert not view.grab().isNull()
