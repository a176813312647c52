"""The panel of prompts: typing, rows, words, comparing, and every state it can be in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.jobs.requests import PromptFailure, TextModelLoading
from app.panels.prompt_panel import PromptPanel
from app.prompts.prompt_asker import PromptAsker
from app.prompts.prompt_book import PromptBook
from app.session import Session
from app.theme import DARK, LIGHT
from app.view_state import ViewState
from core_model.media.probe import MediaInfo, probe
from core_model.prompt_spec import PromptSpec
from core_model.timeline import Task
from tests.app.prompts.prompt_parts import DOG, HOUND, RUN, SilentRunner, answer
from tests.media_factory import Video, regular_ticks, write_media


class Parts:
    def __init__(self) -> None:
        self.runner = SilentRunner()
        self.session = Session()
        self.book = PromptBook()
        self.asker = PromptAsker(self.book, self.runner, self.session, ViewState())
        self.panel = PromptPanel(self.book, self.asker, self.session, DARK)
        self.panel.kinds.set_chosen(frozenset({Task.SED}))

    @property
    def specs(self) -> list[PromptSpec]:
        return [prompt.spec for prompt in self.book.prompts]

    @property
    def status(self) -> str:
        label = self.panel._status
        return label.text() if label.isVisible() else ""


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    made = Parts()
    qtbot.addWidget(made.panel)
    made.panel.resize(380, 600)
    made.panel.show()
    yield made
    made.panel.shutdown()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaInfo:
    path: Path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return probe(write_media(path, Video(ticks=regular_ticks(10))))


def typed(parts: Parts, qtbot: QtBot, text: str) -> None:
    parts.panel.field.clear()
    qtbot.keyClicks(parts.panel.field, text)
    qtbot.keyClick(parts.panel.field, Qt.Key.Key_Return)


def test_words_and_enter_make_prompts_for_the_chosen_kinds(parts: Parts, qtbot: QtBot) -> None:
    typed(parts, qtbot, "dog barking, kettle whistle")
    assert [(spec.task, spec.name) for spec in parts.specs] == [
        (Task.SED, "dog barking"),
        (Task.SED, "kettle whistle"),
    ]
    assert parts.panel.field.text() == ""
    parts.panel.kinds.set_chosen(frozenset({Task.TAL, Task.AVEL}))
    typed(parts, qtbot, "dog barking")
    assert [spec.task for spec in parts.specs[2:]] == [Task.TAL, Task.AVEL]
    assert len(parts.panel.rows) == 4


def test_wordings_and_what_is_not_meant_can_be_typed(parts: Parts, qtbot: QtBot) -> None:
    typed(parts, qtbot, "dog barking | hound ! cat")
    assert parts.specs == [PromptSpec(Task.SED, ("dog barking", "hound"), ("cat",))]


@pytest.mark.parametrize(
    ("text", "reason"), [(" , ", "no word"), ("!", "no word"), ("x" * 400, "more than 300")]
)
def test_words_that_cannot_be_asked_for_are_one_line(
    parts: Parts, qtbot: QtBot, text: str, reason: str
) -> None:
    typed(parts, qtbot, text)
    assert reason in parts.status
    assert parts.specs == []
    assert parts.panel.field.text() == text


def test_the_same_prompt_again_is_told(parts: Parts, qtbot: QtBot) -> None:
    typed(parts, qtbot, "dog")
    typed(parts, qtbot, "dog")
    assert "already" in parts.status
    assert len(parts.specs) == 1


def test_one_kind_stays_chosen(parts: Parts, qtbot: QtBot) -> None:
    button = parts.panel.kinds._buttons[Task.SED]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert parts.panel.kinds.chosen == (Task.SED,)


def test_a_sentence_of_ones_own_goes_along(parts: Parts, qtbot: QtBot) -> None:
    kinds = parts.panel.kinds
    qtbot.mouseClick(kinds.more, Qt.MouseButton.LeftButton)
    assert kinds.fields[Task.SED].isVisible()
    kinds.fields[Task.SED].setText("the noise of {label}")
    typed(parts, qtbot, "dog")
    assert parts.specs[0].template == "the noise of {label}"
    kinds.fields[Task.SED].setText("without a place for words")
    with qtbot.waitSignal(parts.panel.remembered):
        kinds.fields[Task.SED].editingFinished.emit()
    assert kinds.fields[Task.SED].property("wrong") is True
    typed(parts, qtbot, "cat")
    assert parts.specs[1].template == ""


def test_a_row_shows_how_much_there_is_and_moves_its_threshold(parts: Parts) -> None:
    parts.book.add((DOG,))
    row = parts.panel.rows[0]
    assert "…" in [label.text() for label in row.findChildren(QLabel)]
    parts.book.take(DOG, answer(DOG, (0, 1, 0.2), (2, 3, 0.5), (4, 5, 0.9)))
    assert "2 of 3" in [label.text() for label in row.findChildren(QLabel)]
    row.slider.setValue(80)
    assert parts.book.prompts[0].threshold == 0.8
    assert "1 of 3" in [label.text() for label in row.findChildren(QLabel)]
    assert parts.panel.keep.text() == "Keep 1 hit as a segment"
    row.eye.setChecked(False)
    assert not parts.panel.keep.isEnabled()
    parts.panel.set_theme(LIGHT)
    parts.panel.grab()


def test_words_of_a_row_are_changed_in_place_or_placed_beside(parts: Parts, qtbot: QtBot) -> None:
    parts.book.add((DOG, RUN))
    parts.book.set_threshold(DOG, 0.7)
    row = parts.panel.rows[0]
    qtbot.mouseClick(row.edit, Qt.MouseButton.LeftButton)
    row.details.wordings.setText("dog barking | puppy")
    row.details.negatives.setText("cat | music")
    row.details.beside_asked.emit(row.details._wanted())
    wanted = PromptSpec(Task.SED, ("dog barking", "puppy"), ("cat", "music"))
    assert parts.specs == [DOG, RUN, wanted]
    assert parts.book.prompts[2].threshold == 0.7
    row.details.wordings.setText("hound")
    row.details.negatives.clear()
    qtbot.keyClick(row.details.wordings, Qt.Key.Key_Return)
    assert parts.specs == [HOUND, RUN, wanted]
    parts.panel.rows[0].details.wordings.setText("")
    qtbot.keyClick(parts.panel.rows[0].details.wordings, Qt.Key.Key_Return)
    assert "no word" in parts.status
    assert parts.specs[0] == HOUND


def test_a_removed_prompt_is_told_with_its_place(parts: Parts, qtbot: QtBot) -> None:
    parts.book.add((DOG, RUN))
    with qtbot.waitSignal(parts.panel.removed) as told:
        qtbot.mouseClick(parts.panel.rows[1].cross, Qt.MouseButton.LeftButton)
    assert told.args[0].spec == RUN and told.args[1] == 1
    assert parts.specs == [DOG]


def test_the_two_chosen_last_are_compared(parts: Parts, qtbot: QtBot) -> None:
    parts.book.add((DOG, RUN, HOUND))
    told: list[tuple] = []
    parts.panel.compared.connect(told.append)
    for row in parts.panel.rows:
        row.compare.setChecked(True)
    assert told[-1] == (RUN, HOUND)
    assert [row.compare.isChecked() for row in parts.panel.rows] == [False, True, True]
    parts.book.remove(RUN)
    assert told[-1] == (HOUND,)


def test_every_state_is_told(parts: Parts, media: MediaInfo) -> None:
    assert parts.panel._hint.isVisible()
    parts.book.add((DOG,))
    assert not parts.panel._hint.isVisible()
    assert "as soon as a video is open" in parts.status or parts.status == ""
    parts.session.set_media(media)
    assert parts.status == "Looking…"
    parts.runner.prompted.emit(TextModelLoading(1))
    assert "text model" in parts.status
    assert parts.panel._busy.isVisible()
    parts.runner.say(DOG, (0, 1, 0.5), done=False)
    assert "rest of the video" in parts.status
    parts.runner.prompted.emit(PromptFailure(1, "starter: has no task sed"))
    assert parts.status == "starter: has no task sed"
    assert parts.panel.again.isVisible()
    parts.panel.again.click()
    parts.runner.say(DOG)
    assert parts.status == ""
    assert not parts.panel._busy.isVisible()
