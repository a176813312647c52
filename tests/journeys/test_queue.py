"""Events in all videos of a project, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.jobs import engine
from app.main_window import MainWindow
from app.models import shelf
from app.project.project import Project
from app.project.values import VideoStatus
from app.window import detection
from tests.media_factory import Audio, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]

MODEL_WAIT_MS = 60_000


@pytest.fixture
def window(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    tiny_kinds: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    for module in (engine, detection, shelf):
        monkeypatch.setattr(module, "starter_folder", lambda: bundle)
    made = make_window(qapp)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = Project.create(tmp_path / "study.avscope", "anna")
    for length, name in enumerate(("a.wav", "b.wav", "c.wav")):
        write_media(tmp_path / name, audio=Audio(((0.0, 1.0 + length / 5),)))
        made.add_video(tmp_path / name, duration_us=1_000_000)
    made.close()
    return made.path


def select(window: MainWindow, *places: int) -> None:
    board = window.review.board
    flag = QItemSelectionModel.SelectionFlag.Select
    board.view.clearSelection()
    for place in places:
        board.view.selectionModel().select(board.model.index(place), flag)


def test_all_videos_are_looked_at_and_the_board_says_how_far(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    actions, queue = window.actions_by_id, window.queue.queue
    assert not actions["detect_all"].isEnabled()
    window.projects.files.open(project)
    qtbot.waitUntil(lambda: window.session.media is not None)
    assert actions["detect_all"].isEnabled() and not actions["detect_selected"].isEnabled()
    actions["queue_pause"].setEnabled(True)
    actions["queue_pause"].setChecked(True)
    actions["detect_all"].trigger()
    # The open one is looked at without the queue, which stands still.
    qtbot.waitUntil(lambda: not window.detection.is_running, timeout=MODEL_WAIT_MS)
    assert queue.waiting.order == (2, 3)
    assert window.status.queue_text == "queue: 2 of 3 · paused"
    select(window, 2)
    actions["queue_next"].trigger()
    assert window.review.board.model.row(2).run == "next in the queue"
    assert window.review.board.model.row(1).run == "2 in the queue"
    actions["queue_pause"].setChecked(False)
    qtbot.waitUntil(lambda: not queue.waiting.order, timeout=MODEL_WAIT_MS)
    qtbot.waitUntil(lambda: not window.annotation.projects.is_busy)
    document = window.annotation.projects.document
    assert document is not None
    assert [run.video_id for run in document.runs.values()] == [1, 3, 2]
    assert all(video.status is VideoStatus.PREDICTED for video in document.videos.values())
    assert window.status.queue_text == "" and window.queue.strip.isHidden()


def test_who_stops_the_open_video_takes_it_out_of_the_queue(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    window.projects.files.open(project)
    qtbot.waitUntil(lambda: window.detection.is_running)
    select(window, 0, 1)
    window.actions_by_id["queue_pause"].setChecked(True)
    window.actions_by_id["detect_selected"].trigger()
    assert window.queue.queue.waiting.order == (1, 2)
    window.actions_by_id["cancel"].trigger()
    assert window.queue.queue.waiting.order == (2,)
    window.actions_by_id["queue_clear"].trigger()
    assert window.queue.strip.isHidden()
