"""Sets are kept in the open project, else beside the settings, and nothing is written over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.project.project_session import ProjectSession
from app.prompts.prompt_book import Prompt
from app.prompts.prompt_set import PromptSet
from app.prompts.set_shelf import FILE_NAME, VIEW, SetShelf
from tests.app.prompts.prompt_parts import DOG, HOUND

BIRDS = PromptSet("birds", (Prompt(DOG),))
ANIMALS = PromptSet("animals", (Prompt(DOG, 0.7), Prompt(HOUND)), "two wordings")


@pytest.fixture
def projects() -> Iterator[ProjectSession]:
    made = ProjectSession("anna")
    yield made
    made.close()


@pytest.fixture
def parent() -> QObject:
    return QObject()


def loaded(projects: ProjectSession, folder: Path, parent: QObject) -> SetShelf:
    made = SetShelf(projects, folder, parent)
    made.load()
    return made


def test_ones_own_sets_outlive_the_program(
    projects: ProjectSession, tmp_path: Path, parent: QObject
) -> None:
    shelf = loaded(projects, tmp_path, parent)
    assert shelf.put(BIRDS, ANIMALS)
    assert shelf.sets == (ANIMALS, BIRDS)
    assert loaded(projects, tmp_path, parent).sets == (ANIMALS, BIRDS)
    assert shelf.remove("birds")
    assert loaded(projects, tmp_path, parent).sets == (ANIMALS,)


def test_a_project_has_its_own_sets(
    projects: ProjectSession, tmp_path: Path, parent: QObject, qtbot: QtBot
) -> None:
    shelf = loaded(projects, tmp_path, parent)
    shelf.put(BIRDS)
    projects.create(tmp_path / "study.avscope")
    assert shelf.sets == ()
    assert shelf.place == "this project"
    shelf.put(ANIMALS)
    projects.close()
    assert shelf.sets == (BIRDS,)
    projects.open(tmp_path / "study.avscope")
    qtbot.waitUntil(lambda: projects.project is not None)
    assert shelf.sets == (ANIMALS,)


def test_a_file_that_is_none_is_kept_beside_the_new_one(
    projects: ProjectSession, tmp_path: Path, parent: QObject, qtbot: QtBot
) -> None:
    (tmp_path / FILE_NAME).write_text("precious, but no JSON", encoding="utf-8")
    shelf = SetShelf(projects, tmp_path, parent)
    with qtbot.waitSignal(shelf.problem) as told:
        shelf.load()
    assert "kept as prompt_sets.broken.json" in told.args[0]
    assert shelf.put(BIRDS)
    kept = tmp_path / "prompt_sets.broken.json"
    assert kept.read_text(encoding="utf-8") == "precious, but no JSON"


def test_what_a_project_holds_in_another_form_is_kept(
    projects: ProjectSession, tmp_path: Path, parent: QObject, qtbot: QtBot
) -> None:
    projects.create(tmp_path / "study.avscope")
    projects.remember_view(VIEW, {"strange": 1})
    shelf = SetShelf(projects, tmp_path, parent)
    with qtbot.waitSignal(shelf.problem) as told:
        shelf.load()
    assert told.args[0].startswith("study.avscope: ")
    shelf.put(BIRDS)
    assert projects.project is not None
    assert projects.project.view(f"{VIEW}.broken") == {"strange": 1}


def test_a_folder_that_takes_nothing_is_told(
    projects: ProjectSession, tmp_path: Path, parent: QObject, qtbot: QtBot
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    shelf = SetShelf(projects, blocked / "below", parent)
    shelf.load()
    with qtbot.waitSignal(shelf.problem):
        assert not shelf.put(BIRDS)
    assert shelf.sets == ()
