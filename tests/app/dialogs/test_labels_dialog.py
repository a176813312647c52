"""Labels edited one by one, each change a step of undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.labels_dialog import LabelsDialog
from app.keymap import Keymap
from app.project.edits import AddLabels, AddSegment, AddVideos, VideoFile
from app.project.project_session import ProjectSession
from app.project.values import Label
from app.window.annotation import Annotation
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID, tables_of


class Editor:
    """The dialog over a project with two sounds, one of them with an event."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.projects = ProjectSession("anna", self.window)
        self.path = folder / "study.avscope"
        self.projects.create(self.path)
        self.projects.perform(AddVideos((VideoFile("video.mp4"),)))
        self.projects.perform(AddLabels(Task.SED, ("dog", "bell")))
        self.projects.perform(AddSegment(VIDEO_ID, Task.SED, "dog", 0, 1_000_000))
        self.annotation = Annotation(self.projects, self.window)
        self.dialog = LabelsDialog(self.window, self.annotation, Keymap())
        self.dialog.show()

    def label(self, name: str) -> Label:
        return next(label for label in self.annotation.labels() if label.name == name)

    def choose(self, name: str) -> None:
        self.dialog.choose(self.label(name).id)


@pytest.fixture
def editor(qtbot: QtBot, tmp_path: Path) -> Iterator[Editor]:
    made = Editor(tmp_path, qtbot)
    yield made
    made.projects.close()


def test_every_field_is_an_edit_that_undo_takes_back(editor: Editor) -> None:
    dialog, projects = editor.dialog, editor.projects
    before = tables_of(editor.path)["labels"]
    editor.choose("dog")
    dialog.name.setText("hound")
    dialog.name.editingFinished.emit()
    dialog.prompt.setText("a barking dog")
    dialog.prompt.editingFinished.emit()
    dialog.set_key("F7")
    dialog._on_colour(QColor("#cc79a7"))
    dialog._pattern.setCurrentIndex(dialog._pattern.findData("dots"))
    dialog._pattern.activated.emit(0)
    dialog._parent.setCurrentIndex(dialog._parent.findText("bell"))
    dialog._parent.activated.emit(1)
    hound = editor.label("hound")
    assert (hound.prompt, hound.key, hound.colour) == ("a barking dog", "F7", "#CC79A7")
    assert (hound.pattern, hound.parent_id) == ("dots", editor.label("bell").id)
    assert dialog.problem == ""
    for _ in range(6):
        assert projects.undo()
    assert tables_of(editor.path)["labels"] == before


def test_a_key_that_is_taken_is_refused_by_name(editor: Editor) -> None:
    editor.choose("dog")
    editor.dialog.set_key("B")
    assert editor.dialog.problem == "B belongs to “Split”."
    editor.dialog.set_key("1")
    assert (editor.dialog.problem, editor.label("dog").key) == ("", "1")
    editor.choose("bell")
    editor.dialog.set_key("1")
    assert editor.dialog.problem == "the key 1 belongs to 'dog'"
    assert editor.label("bell").key == ""


def test_a_name_that_exists_is_refused_and_the_field_shows_what_is(editor: Editor) -> None:
    editor.choose("dog")
    editor.dialog.change(name="bell")
    assert "there is a label 'bell'" in editor.dialog.problem
    assert editor.dialog.name.text() == "dog"


def test_add_order_merge_and_delete(editor: Editor, qtbot: QtBot) -> None:
    dialog = editor.dialog
    dialog._kind.setCurrentIndex(dialog._kind.findData(Task.SED))
    dialog._new_name.setText("horn")
    dialog._add.click()
    assert dialog.name.text() == "horn"
    dialog._up.click()
    assert [label.name for label in editor.annotation.labels()] == ["dog", "horn", "bell"]
    assert dialog._delete.isEnabled()
    dialog._delete.click()
    editor.choose("dog")
    assert not dialog._delete.isEnabled()
    dialog._into.setCurrentIndex(dialog._into.findText("bell"))
    dialog._merge.click()
    qtbot.waitUntil(lambda: not editor.projects.is_busy)
    assert [label.name for label in editor.annotation.labels()] == ["bell"]
    assert editor.projects.undo_name == "Merge label dog into bell"
