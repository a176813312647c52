"""Prompts in the whole window, with a worker that says what the test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.main_window import MainWindow
from app.project.edits import AddSegment
from app.prompts.prompt_book import Prompt
from app.settings import load_settings, settings_file
from core_model.timeline import Task
from tests.app.prompts.prompt_parts import DOG, HOUND, RUN, S, answer
from tests.media_factory import Audio, Video, regular_ticks, write_media
from training.annotations.model import Origin


@pytest.fixture
def window(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    made = make_window(qapp)
    # Nothing is asked of the model here: the test answers.
    monkeypatch.setattr(made.runner, "warm_up", lambda: None)
    monkeypatch.setattr(made.runner, "ask_prompts", lambda *_: 1)
    monkeypatch.setattr(made.runner, "detect", lambda *_: 1)
    qtbot.addWidget(made)
    made.show()
    clip = write_media(
        tmp_path / "clip.mp4", Video(ticks=regular_ticks(250)), Audio(((0.0, 10.0),))
    )
    with qtbot.waitSignal(made.player.media_opened):
        made.open_path(clip)
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


def answered(window: MainWindow) -> None:
    book = window.prompts.book
    book.add((DOG, HOUND))
    book.take(DOG, answer(DOG, (0, 2, 0.9), (4, 6, 0.6), (8, 9, 0.1)))
    book.take(HOUND, answer(HOUND, (0, 2, 0.8)))


def in_project(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.annotation.projects.create(tmp_path / "study.avscope")
    qtbot.waitUntil(lambda: window.annotation.video_id is not None)
    qtbot.waitUntil(lambda: not window.annotation.projects.is_busy)


def test_hits_are_lanes_on_the_timeline_and_told_over_the_picture(window: MainWindow) -> None:
    answered(window)
    pane = window.prompts.lanes_pane
    assert pane.isVisible()
    assert [(lane.spec, len(lane.hits)) for lane in pane.lanes] == [(DOG, 2), (HOUND, 1)]
    assert [hit.label for hit in window.session.hits] == [
        "dog barking", "hound", "dog barking",
    ]  # fmt: skip
    window.prompts.book.set_shown(DOG, False)
    assert [lane.spec for lane in pane.lanes] == [HOUND]
    assert len(window.session.hits) == 1
    window.prompts.book.set_all(())
    assert not pane.isVisible()
    assert window.session.hits == ()


def test_hits_are_kept_as_segments_in_one_step(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    in_project(window, qtbot, tmp_path)
    answered(window)
    projects = window.annotation.projects
    window.actions_by_id["keep_hits"].trigger()
    qtbot.waitUntil(lambda: not projects.is_busy and len(window.annotation.columns) == 3)
    columns = window.annotation.columns
    segments = [columns.segment(row) for row in range(3)]
    assert {segment.prompt for segment in segments} == {"dog barking", "hound"}
    assert all(segment.origin is Origin.MODEL for segment in segments)
    assert sorted(segment.score for segment in segments) == [0.6, 0.8, 0.9]
    runs = [run for run in projects.document.runs.values() if "prompt" in run.settings]
    assert json.loads(runs[0].settings) == {"prompt": DOG.to_dict(), "threshold": 0.3}
    assert projects.undo_name == "Keep 3 hits of 2 prompts"
    assert window.session.label_threshold((Task.SED, "dog barking")) == 0.3
    projects.undo()
    qtbot.waitUntil(lambda: not projects.is_busy and len(window.annotation.columns) == 0)


def test_keeping_hits_without_a_project_offers_one(window: MainWindow, qtbot: QtBot) -> None:
    answered(window)
    with qtbot.waitSignal(window.annotation.project_wanted):
        window.prompts.keeper.keep(window.prompts.book.prompts)
    window.prompts.book.set_threshold(DOG, 1.0)
    window.prompts.keeper.keep((window.prompts.book.prompts[0],))
    assert "no hits to keep" in window.messages.text


def test_prompts_are_compared_with_each_other_and_with_annotations(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    in_project(window, qtbot, tmp_path)
    video_id = window.annotation.video_id
    assert video_id is not None
    for onset_s in (0, 4):
        window.annotation.perform(
            AddSegment(video_id, Task.SED, "Hound", onset_s * S, (onset_s + 2) * S)
        )
    answered(window)
    for row in window.prompts.panel.rows:
        row.compare.setChecked(True)
    view = window.prompts.comparison_view
    assert view.isVisibleTo(window.prompts.panel)
    assert "1 hit is in both (tIoU 0.5): 50 % of all, with a mean tIoU of 1.00." in view.text
    assert view.labels.currentText() == "Hound"
    assert "Compared with 2 annotations" in view.text
    lines = view.text.split("\n")
    assert lines[lines.index("Recall") + 1 :][:2] == ["1.00", "0.50"]
    assert lines[lines.index("Precision") + 1 :][:2] == ["1.00", "1.00"]
    window.prompts.book.set_threshold(DOG, 0.05)
    qtbot.waitUntil(lambda: "0.67" in view.text)
    view.closed.emit()
    assert not view.isVisibleTo(window.prompts.panel)
    assert not any(row.compare.isChecked() for row in window.prompts.panel.rows)


def test_a_set_is_kept_repeated_compared_and_exchanged(window: MainWindow, tmp_path: Path) -> None:
    room = window.prompts
    answered(window)
    assert room.sets.save("animals", "two wordings")
    kept = room.shelf.find("animals")
    assert kept is not None
    assert [prompt.spec for prompt in kept.prompts] == [DOG, HOUND]
    assert [result.counts for result in kept.results] == [(2, 1)]
    room.book.set_all((Prompt(RUN),))
    assert room.sets.export_to(tmp_path / "sets.json", (kept,))
    room.sets.repeat(kept)
    assert [prompt.spec for prompt in room.book.prompts] == [DOG, HOUND]
    repeated = room.shelf.find("animals")
    assert repeated is not None and len(repeated.results) == 2
    assert room.sets.import_from(tmp_path / "sets.json")
    assert [each.name for each in room.shelf.sets] == ["animals", "animals (2)"]
    room.comparison.compare_sets(repeated, kept)
    assert "2 hits" in room.comparison_view.text or "3 hits" in room.comparison_view.text
    room.sets.remove(kept)
    assert [each.name for each in room.shelf.sets] == ["animals (2)"]
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    assert not room.sets.import_from(tmp_path / "bad.json")
    assert window.messages.text == "bad.json: must be an object"


def test_the_list_is_remembered_at_once_and_removing_can_be_taken_back(
    window: MainWindow,
) -> None:
    answered(window)
    stored = load_settings(settings_file()).prompts
    assert [row["spec"]["wordings"] for row in stored["prompts"]] == [["dog barking"], ["hound"]]
    window.prompts.panel.rows[0].cross.click()
    assert [prompt.spec for prompt in window.prompts.book.prompts] == [HOUND]
    window.messages._offers[0].click()
    assert [prompt.spec for prompt in window.prompts.book.prompts] == [DOG, HOUND]


def test_prompts_stay_when_the_video_is_closed(window: MainWindow, qtbot: QtBot) -> None:
    answered(window)
    window.actions_by_id["close"].trigger()
    qtbot.waitUntil(lambda: window.session.media is None)
    assert len(window.prompts.book.prompts) == 2
    assert window.prompts.lanes_pane.lanes == ()
    assert window.session.hits == ()


def test_keys_go_to_the_field_and_views_are_switched(window: MainWindow) -> None:
    window.actions_by_id["prompt"].trigger()
    assert window.prompts.panel.field.isVisible()
    window.actions_by_id["heat_lanes"].setChecked(True)
    assert window.prompts.heat_pane.isVisible()
    window.actions_by_id["heat_lanes"].setChecked(False)
    assert not window.prompts.heat_pane.isVisible()
    window.actions_by_id["score_curves"].setChecked(False)
    window.prompts.panel.sets_button.click()
    assert window.prompts.sets_view.isVisible()
    window.prompts.sets_view.back.click()
    assert window.prompts.panel.isVisible()
