"""A label that was started before a kill is there afterwards, up to where it was played."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.messages import MessageBar
from app.project.project_session import ProjectSession
from app.theme import DARK
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.running_keeper import VIEW_NAME, RunningKeeper
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID, new_project, tables_of

ROOT = Path(__file__).resolve().parents[3]
S = 1_000_000
CHILD = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QWidget
from app.messages import MessageBar
from app.project.project_session import ProjectSession
from app.theme import DARK
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.running_keeper import RunningKeeper
from core_model.timeline import Task
S = 1_000_000
application = QApplication([])
window = QWidget()
projects = ProjectSession("anna", window)
annotation = Annotation(projects, window)
state = ViewState(window)
state.set_media_range(0, 60 * S)
keeper = RunningKeeper(annotation, state, MessageBar(window, DARK))
projects.open(Path(sys.argv[1]))
while projects.project is None:
    application.processEvents()
annotation.set_video(1)
state.set_playhead(2 * S)
annotation.set_running(((Task.SED, "dog", 2 * S),))
state.set_playhead(5 * S)
annotation.set_running(((Task.SED, "dog", 2 * S), (Task.TAL, "run", 4 * S)))
print("started", flush=True)
application.exec()
"""


class Desk:
    """A session with its keeper, and a playhead."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.projects = ProjectSession("anna", self.window)
        self.annotation = Annotation(self.projects, self.window)
        self.state = ViewState(self.window)
        self.state.set_media_range(0, 60 * S)
        self.messages = MessageBar(self.window, DARK)
        self.window.show()
        self.keeper = RunningKeeper(self.annotation, self.state, self.messages)

    def start_two(self) -> None:
        self.annotation.set_video(VIDEO_ID)
        self.state.set_playhead(2 * S)
        self.annotation.set_running(((Task.SED, "dog", 2 * S),))
        self.state.set_playhead(5 * S)
        self.annotation.set_running(((Task.SED, "dog", 2 * S), (Task.TAL, "run", 4 * S)))

    def spans(self) -> list[tuple[int, int]]:
        columns = self.projects.columns(VIDEO_ID)
        return list(zip(columns.onset_us.tolist(), columns.offset_us.tolist(), strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    project = new_project(tmp_path)
    project.close()
    return project.path


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.window)
    yield made
    made.annotation.set_running(())
    made.messages.dismiss()
    made.projects.close()


def test_what_was_under_way_at_a_kill_is_there(desk: Desk, path: Path, qtbot: QtBot) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"started"
        child.kill()
    desk.projects.open(path)
    qtbot.waitUntil(lambda: desk.projects.project is not None)
    assert desk.spans() == [(2 * S, 5 * S), (4 * S, 5 * S)]
    assert "kept up to 00:05" in desk.messages.text
    assert "dog, run" in desk.messages.text
    assert desk.projects.undo()
    assert desk.spans() == []
    desk.projects.close()
    desk.projects.open(path)
    qtbot.waitUntil(lambda: desk.projects.project is not None)
    assert desk.spans() == []


def test_the_moment_is_noted_while_it_plays(desk: Desk, path: Path, qtbot: QtBot) -> None:
    desk.projects.open(path)
    qtbot.waitUntil(lambda: desk.projects.project is not None)
    project = desk.projects.project
    assert project is not None
    before = tables_of(path)
    desk.start_two()
    desk.state.set_playhead(9 * S)
    desk.keeper._timer.timeout.emit()
    assert [row[4] for row in project.view(VIEW_NAME)] == [9 * S, 9 * S]
    desk.annotation.set_running(())
    assert project.view(VIEW_NAME) == []
    assert tables_of(path) == before


@pytest.mark.parametrize(
    "left",
    [
        5,
        [3],
        [[1, "sed", "x", "a", 3]],
        [[9, "sed", "x", 0, S]],
        [[1, "sed", "x", 0, 10**30]],
        [[1, [], "x", 0, S]],
    ],
)
def test_notes_that_make_no_sense_do_no_harm(
    desk: Desk, path: Path, qtbot: QtBot, left: object
) -> None:
    desk.projects.open(path)
    qtbot.waitUntil(lambda: desk.projects.project is not None)
    project = desk.projects.project
    assert project is not None
    project.set_view(VIEW_NAME, left)
    desk.projects.close()
    desk.projects.open(path)
    qtbot.waitUntil(lambda: desk.projects.project is not None)
    assert desk.spans() == []
