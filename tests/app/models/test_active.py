"""Which model is in use: a choice of the project or of the settings, and what happens without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.models.active import ActiveModel
from app.models.shelf import STARTER_ID, ModelShelf
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.settings import settings_file
from app.window.memory import WindowMemory
from core_model.bundle_description import BundleError
from tests.tiny_bundle import make_tiny_bundle


class Parts:
    def __init__(self) -> None:
        self.owner = QObject()
        self.shelf = ModelShelf()
        self.projects = ProjectSession("anna", self.owner)
        self.memory = WindowMemory(settings_file())
        self.active = ActiveModel(self.shelf, self.projects, self.memory, self.owner)
        self.lines: list[str] = []
        self.active.noticed.connect(self.lines.append)
        self.active.look()

    def put(self, seed: int = 0) -> str:
        with self.shelf.draft() as draft:
            make_tiny_bundle(draft, seed)
            return self.shelf.take_in(draft).id

    def open(self, qtbot: QtBot, path: Path) -> None:
        self.projects.open(path)
        qtbot.waitUntil(lambda: self.projects.project is not None)


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    made = Parts()
    yield made
    made.projects.close()


def test_without_a_project_the_choice_is_kept_in_the_settings(parts: Parts, qtbot: QtBot) -> None:
    assert parts.active.version.id == STARTER_ID
    version_id = parts.put()
    with qtbot.waitSignal(parts.active.changed):
        assert parts.active.choose(version_id)
    assert parts.active.version.id == version_id
    assert Parts().active.version.id == version_id


def test_a_project_has_a_choice_of_its_own(parts: Parts, qtbot: QtBot, tmp_path: Path) -> None:
    version_id = parts.put()
    Project.create(tmp_path / "a.avscope", "anna").close()
    parts.open(qtbot, tmp_path / "a.avscope")
    revision = parts.projects.project.history.revision
    assert parts.active.choose(version_id)
    assert parts.projects.project.history.revision == revision
    parts.projects.close()
    assert parts.active.version.id == STARTER_ID
    parts.open(qtbot, tmp_path / "a.avscope")
    assert parts.active.version.id == version_id
    # Rolling back is choosing again.
    assert parts.active.choose(STARTER_ID)
    assert parts.active.version.id == STARTER_ID
    assert parts.lines == []


def test_a_model_that_is_not_here_is_told_once_and_replaced(
    parts: Parts, qtbot: QtBot, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "a.avscope", "anna")
    project.set_view("model", "f" * 16)
    project.close()
    parts.open(qtbot, tmp_path / "a.avscope")
    assert parts.active.version.id == STARTER_ID
    (line,) = parts.lines
    assert "not on this machine" in line and line.endswith(f"Using {parts.active.version.name}.")


@pytest.mark.parametrize("stored", [17, ["starter"], {"id": "x"}, None])
def test_nonsense_in_a_project_is_no_choice(
    parts: Parts, qtbot: QtBot, tmp_path: Path, stored: object
) -> None:
    project = Project.create(tmp_path / "a.avscope", "anna")
    project.set_view("model", stored)
    project.close()
    parts.open(qtbot, tmp_path / "a.avscope")
    assert parts.active.version.id == STARTER_ID and parts.lines == []


def test_a_damaged_model_is_not_chosen(parts: Parts) -> None:
    version_id = parts.put()
    (parts.shelf.folder / version_id / "bundle.json").write_text("{}", encoding="utf-8")
    assert not parts.active.choose(version_id)
    assert parts.active.version.id == STARTER_ID
    assert len(parts.lines) == 1


def test_the_model_in_use_is_not_deleted(parts: Parts) -> None:
    version_id, other = parts.put(), parts.put(seed=1)
    parts.active.choose(version_id)
    with pytest.raises(BundleError, match="in use"):
        parts.active.remove(version_id)
    parts.active.remove(other)
    assert [version.id for version in parts.shelf.versions()] == [STARTER_ID, version_id]
