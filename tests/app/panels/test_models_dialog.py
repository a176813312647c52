"""The list of versions: what it says of each, and what it lets do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.models.active import ActiveModel
from app.models.shelf import ModelShelf, ModelVersion
from app.panels.models_dialog import ModelsDialog
from app.project.project_session import ProjectSession
from app.settings import settings_file
from app.theme import DARK
from app.window.memory import WindowMemory
from core_model.provenance import PROVENANCE_FILE, LabelMetrics, Provenance
from core_model.timeline import Task
from tests.tiny_bundle import make_tiny_bundle

MADE = Provenance(
    name="study r94",
    parent="0" * 16,
    parent_name="starter 1.1",
    project="study.avscope",
    data_revision=94,
    at="2026-03-01T12:00:00+00:00",
    seed=0,
    depth="classifier",
    videos=4,
    positives=47,
    negatives=22,
    metrics=(
        LabelMetrics(Task.SED, "", False, 31, 0.412, 0.534),
        LabelMetrics(Task.SED, "dog", False, 12, 0.61, 0.63),
    ),
)


class Parts:
    def __init__(self, qtbot: QtBot) -> None:
        self.owner = QObject()
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.shelf = ModelShelf()
        projects = ProjectSession("anna", self.owner)
        memory = WindowMemory(settings_file())
        self.active = ActiveModel(self.shelf, projects, memory, self.owner)
        self.dialog = ModelsDialog(self.shelf, self.active, DARK, self.window)

    def put(self, name: str, seed: int, made: Provenance | None = None) -> ModelVersion:
        with self.shelf.draft() as draft:
            folder = make_tiny_bundle(draft / "model", seed, name=name)
            if made is not None:
                (folder / PROVENANCE_FILE).write_text(made.to_text(), encoding="utf-8")
            return self.shelf.take_in(folder)

    def texts(self, row: int) -> list[str]:
        table = self.dialog.table
        cells = [table.item(row, column) for column in range(table.columnCount())]
        return [cell.text() for cell in cells if cell is not None]


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    made = Parts(qtbot)
    yield made
    made.dialog.close()


def test_versions_say_where_they_come_from(parts: Parts) -> None:
    parts.put("study r94", 1, MADE)
    parts.dialog.show()
    mark, name, *rest = parts.texts(0)
    assert mark == "●" and name.startswith("starter ") and rest[1] == "comes along"
    assert parts.texts(1)[1:] == [
        "study r94",
        parts.texts(1)[2],
        "47 events, 22 rejected, study.avscope",
        "94",
        "starter 1.1",
        "● 0.41 → 0.53",
    ]
    assert parts.texts(1)[2].startswith("2026-03-01")


def test_the_starter_and_what_is_in_use_are_not_deleted(parts: Parts) -> None:
    version = parts.put("study r94", 1, MADE)
    dialog = parts.dialog
    dialog.show()
    assert dialog.selected is not None and dialog.selected.is_starter
    assert not dialog.delete.isEnabled() and not dialog.use.isEnabled()
    dialog.table.selectRow(1)
    assert dialog.delete.isEnabled() and dialog.use.isEnabled() and dialog.export.isEnabled()
    asked: list[str] = []
    dialog.use_asked.connect(asked.append)
    dialog.use.click()
    assert asked == [version.id]
    parts.active.choose(version.id)
    assert not dialog.delete.isEnabled() and parts.texts(1)[0] == "●"
    dialog.table.selectRow(0)
    assert dialog.use.isEnabled() and not dialog.delete.isEnabled()


@pytest.mark.parametrize("file", ["bundle.json", "provenance.json"])
def test_a_damaged_version_says_so_and_can_only_be_deleted(parts: Parts, file: str) -> None:
    version = parts.put("study r94", 1, MADE)
    (version.folder / file).write_text("[" * 100_000, encoding="utf-8")
    dialog = parts.dialog
    dialog.show()
    dialog.table.selectRow(1)
    assert parts.texts(1)[0] == "✗" and file in dialog.note
    assert not dialog.use.isEnabled() and not dialog.export.isEnabled()
    dialog.delete.click()
    assert dialog.table.rowCount() == 1 and "was deleted" in dialog.note


def test_a_model_without_a_history_is_shown_all_the_same(parts: Parts) -> None:
    parts.put("stranger 1", 2)
    parts.dialog.show()
    assert parts.texts(1)[1] == "stranger 1" and parts.texts(1)[3] == "unknown"


def test_what_happened_is_said_under_the_list(parts: Parts) -> None:
    parts.dialog.show()
    parts.dialog.say("study r94 is in m.zip now.")
    assert parts.dialog.note == "study r94 is in m.zip now."
