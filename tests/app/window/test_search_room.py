"""Searching, playing what was found, and asking why, in the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.jobs.requests import MomentsFound, PromptFailure, TextModelLoading, WhyAnswer
from app.main_window import MainWindow
from core_model.prompt_spec import Example, Moment, PromptSpec
from core_model.timeline import Detection, Task
from tests.app.prompts.prompt_parts import DOG, S, answer
from tests.media_factory import Audio, Video, regular_ticks, write_media


class Asked:
    """What the window asked, in place of a worker."""

    def __init__(self) -> None:
        self.moments: list[tuple] = []
        self.why: list[tuple] = []

    def ask_moments(self, *values: object) -> int:
        self.moments.append(values)
        return len(self.moments)

    def ask_why(self, *values: object) -> int:
        self.why.append(values)
        return len(self.why)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    return write_media(path, Video(ticks=regular_ticks(250)), Audio(((0.0, 10.0),)))


@pytest.fixture
def window(
    qapp: QApplication, qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> Iterator[MainWindow]:
    made = make_window(qapp)
    monkeypatch.setattr(made.runner, "warm_up", lambda: None)
    for name in ("ask_prompts", "detect"):
        monkeypatch.setattr(made.runner, name, lambda *_: 1)
    monkeypatch.setattr(made.runner, "ask_moments", asked.ask_moments)
    monkeypatch.setattr(made.runner, "ask_why", asked.ask_why)
    qtbot.addWidget(made)
    made.show()
    with qtbot.waitSignal(made.player.media_opened):
        made.open_path(clip)
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


def test_a_selection_and_an_event_are_examples(
    window: MainWindow, asked: Asked, clip: Path
) -> None:
    window.actions_by_id["find_like"].trigger()
    assert asked.moments == []
    assert "Select a stretch" in window.messages.text
    window.session.set_detections((Detection(Task.TAL, "run", 0, 3 * S, 0.9),))
    window.actions_by_id["find_like"].trigger()
    assert asked.moments[-1][:2] == ((clip,), Example(clip, (0, 3 * S), Task.TAL))
    menu = window.search.open_detection_menu(window.session.detections[0], QPoint(0, 0))
    assert menu is not None
    menu.actions()[0].trigger()
    assert len(asked.moments) == 2
    menu.close()
    window.view_state.set_selection(4 * S, 6 * S)
    window.actions_by_id["find_like"].trigger()
    assert asked.moments[-1][1] == Example(clip, (4 * S, 6 * S), Task.TAL)
    assert window.search.panel.isVisible()


def test_found_moments_are_shown_and_played(
    window: MainWindow, asked: Asked, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    panel, runner = window.search.panel, window.runner
    panel.search_asked.emit("dog", Task.SED)
    assert asked.moments[-1][1] == PromptSpec(Task.SED, ("dog",))
    runner.moments_answered.emit(TextModelLoading(1))
    assert "text model" in panel.note
    other = write_media(tmp_path / "other.mp4", Video(ticks=regular_ticks(250)))
    here = Moment(clip, Task.SED, 2 * S, 3 * S, 0.9)
    there = Moment(other, Task.SED, 4 * S, 5 * S, 0.5)
    runner.moments_answered.emit(MomentsFound(7, (there,), ()))
    assert panel.rows.moments == ()
    runner.moments_answered.emit(MomentsFound(1, (here, there), (tmp_path / "new.mp4",)))
    assert panel.rows.moments == (here, there)
    assert "new.mp4" in panel.note
    panel.play_asked.emit(here)
    assert window.player.is_playing
    panel.play_asked.emit(there)
    qtbot.waitUntil(lambda: window.session.media.path == other and window.player.is_playing)
    panel.play_asked.emit(Moment(tmp_path / "gone.mp4", Task.SED, 0, S, 0.1))
    assert window.messages.text.startswith("gone.mp4: ")
    panel.search_asked.emit("!", Task.SED)
    assert "no word" in panel.note.lower()


def test_all_videos_of_a_project_are_searched_or_the_open_one(
    window: MainWindow, asked: Asked, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window.annotation.projects.create(tmp_path / "study.avscope")
    qtbot.waitUntil(lambda: window.annotation.video_id is not None)
    qtbot.waitUntil(lambda: not window.annotation.projects.is_busy)
    other = write_media(tmp_path / "other.mp4", Video(ticks=regular_ticks(50)))
    project = window.annotation.projects.project
    assert project is not None
    project.add_video(other)
    window.search.panel.search_asked.emit("dog", Task.SED)
    paths, _, _, sought = asked.moments[-1]
    assert paths == (clip,) and [each.found() for each in sought] == [clip, other]
    window.search.panel.here.click()
    paths, _, _, sought = asked.moments[-1]
    assert paths == (clip,) and sought == ()


def test_why_is_asked_of_what_is_at_the_playhead_and_answered_once(
    window: MainWindow, asked: Asked, clip: Path
) -> None:
    window.actions_by_id["why"].trigger()
    assert asked.why == []
    found = Detection(Task.SED, "dog", 0, 2 * S, 0.9)
    window.session.set_detections((found,))
    window.actions_by_id["why"].trigger()
    assert asked.why == [(clip, found, None)]
    popup = window.search.why_popup
    window.runner.why_answered.emit(WhyAnswer(9, 5, 1, 0.1, 0.1, None, None, ()))
    assert "Pyramid" not in popup.text
    window.runner.why_answered.emit(WhyAnswer(1, 3, 8, 0.4, 0.9, 0.1, 0.8, ()))
    assert "Pyramid level: 3" in popup.text
    window.actions_by_id["why"].trigger()
    window.runner.why_answered.emit(PromptFailure(2, "clip.mp4: is not encoded"))
    assert popup.text.endswith("clip.mp4: is not encoded")
    popup.hide()


def test_menus_offer_what_lies_under_them(window: MainWindow, asked: Asked, clip: Path) -> None:
    book = window.prompts.book
    book.add((DOG,))
    book.take(DOG, answer(DOG, (0, 2, 0.9)))
    pane = window.prompts.lanes_pane
    scale = pane.scale()
    assert scale is not None
    place = QPoint(round(scale.to_px(S)), pane.height() - 10)
    hit = window.search.find_at.under_prompts(place)
    assert hit is not None and hit.spec == DOG
    menu = window.search.open_menu(hit, pane.mapToGlobal(place), book.prompt(DOG))
    assert menu is not None
    texts = [action.text() for action in menu.actions()]
    assert texts == [
        "Find More Like This",
        "Why Was This Found?",
        "Keep Its Hits as Segments",
        "Search All Videos for It",
        "Hide",
    ]
    menu.actions()[1].trigger()
    assert asked.why == [(clip, hit.detection, DOG)]
    menu.actions()[3].trigger()
    assert asked.moments[-1][1] == DOG
    menu.actions()[4].trigger()
    assert not pane.isVisible()
    menu.close()
    window.search.why_popup.hide()
    assert window.search.open_menu(None, QPoint(0, 0)) is None
