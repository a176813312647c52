"""Keys changed in the dialog work at once, are shown in the help, and stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from app.actions import make_actions
from app.project.edits import AddLabels, ChangeLabel
from app.project.project_session import ProjectSession
from app.settings import load_settings
from app.window.annotation import Annotation
from app.window.keys_room import KeysRoom
from app.window.label_keys import LabelKeys
from app.window.memory import WindowMemory
from core_model.timeline import Task


class Keyboard:
    """A window with every action, and keys that reach it."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.pane = QWidget(self.window)
        self.pane.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        qtbot.addWidget(self.window)
        self.actions = make_actions(self.window)
        self.window.addActions(list(self.actions.values()))
        self.projects = ProjectSession("anna", self.window)
        self.annotation = Annotation(self.projects, self.window)
        self.memory = WindowMemory(folder / "settings.json")
        self.room = KeysRoom(self.annotation, self.memory, self.actions, self.pane, self.window)
        self.started: list[str] = []
        self.labels = LabelKeys(self.annotation, self.room.keymap, self.started.append, self.window)
        self.done: list[str] = []
        for name in ("segment_split", "mute", "segment_delete"):
            self.actions[name].triggered.connect(lambda _=False, n=name: self.done.append(n))
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.pane.setFocus()


def chips(dialog: QWidget) -> dict[str, QPushButton]:
    return {b.text(): b for b in dialog.findChildren(QPushButton) if b.isVisible()}


@pytest.fixture
def keyboard(qtbot: QtBot, tmp_path: Path) -> Iterator[Keyboard]:
    made = Keyboard(tmp_path, qtbot)
    yield made
    made.projects.close()


def test_a_new_key_works_at_once_and_an_old_one_no_more(
    keyboard: Keyboard, qtbot: QtBot, tmp_path: Path
) -> None:
    keyboard.room.customise()
    dialog = keyboard.room._dialog
    assert dialog is not None
    dialog.choose("segment_split")
    dialog.add("M")
    assert dialog.problem == "M belongs to “Mute”."
    dialog.add("F7")
    assert dialog.problem == ""
    qtbot.waitUntil(lambda: "B  ✕" in chips(dialog))
    chips(dialog)["B  ✕"].click()
    dialog.accept()
    keyboard.window.activateWindow()
    qtbot.waitUntil(keyboard.window.isActiveWindow)
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_B)
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_F7)
    assert keyboard.done == ["segment_split"]
    assert "(F7)" in keyboard.actions["segment_split"].toolTip()
    assert keyboard.memory.save() == ""
    assert load_settings(tmp_path / "settings.json").keys == {"segment_split": ["F7"]}


def test_the_help_shows_the_keys_as_they_are(keyboard: Keyboard) -> None:
    keyboard.room.slots()["keys"]()
    shown = keyboard.room._help
    assert shown is not None
    keyboard.room.keymap.use_preset("elan")
    table = shown.findChild(QTableWidget)
    assert isinstance(table, QTableWidget)
    keys = {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}  # type: ignore[union-attr]
    assert keys["Play or pause"] == "Ctrl+Space"


def test_timeline_keys_follow_a_preset(keyboard: Keyboard, qtbot: QtBot) -> None:
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_Delete)
    keyboard.room.keymap.remove("segment_delete", "Delete")
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_Delete)
    assert keyboard.done == ["segment_delete"]


def test_a_label_has_any_free_key_and_never_one_of_an_action(
    keyboard: Keyboard, qtbot: QtBot, tmp_path: Path
) -> None:
    projects = keyboard.projects
    projects.create(tmp_path / "study.avscope")
    projects.perform(AddLabels(Task.SED, ("dog", "bell")))
    dog, bell = keyboard.annotation.labels()
    projects.perform(ChangeLabel(replace(dog, key="F7")))
    projects.perform(ChangeLabel(replace(bell, key="M")))
    assert keyboard.labels.keys == {"F7"}
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_F7)
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_M)
    assert (keyboard.started, keyboard.done) == (["F7"], ["mute"])
    keyboard.room.keymap.remove("mute", "M")
    assert keyboard.labels.keys == {"F7", "M"}
    projects.close()
    assert keyboard.labels.keys == frozenset()


def test_keys_of_the_timeline_work_only_there(keyboard: Keyboard, qtbot: QtBot) -> None:
    field = QLineEdit(keyboard.window)
    field.show()
    field.setFocus()
    keyboard.actions["segment_new"].triggered.connect(lambda: keyboard.done.append("segment_new"))
    with qtbot.waitSignal(field.returnPressed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert keyboard.done == []
    keyboard.pane.setFocus()
    qtbot.keyClick(keyboard.pane, Qt.Key.Key_Return)
    assert keyboard.done == ["segment_new"]
