"""The board of videos in a real project with real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.panels.video_board import NO_MATCH, NO_VIDEOS, VideoBoard
from app.panels.video_board_model import VideoRow
from app.panels.video_board_thumbnails import FORMAT, SIZE_PX
from app.project.edits import ApplyRun, Decide, SetVideoComment, SetVideoStatus
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.project.values import VideoStatus
from app.theme import DARK, LIGHT
from app.window.annotation import Annotation
from core_model.cache import default_folder
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from training.annotations.model import State

FOUND = tuple(
    Detection(Task.SED, label, n * 200_000, n * 200_000 + 100_000, 0.5)
    for n, label in enumerate(("dog", "speech", "dog", "dog"))
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of three videos: one with a picture, one with sound only, one that is missing."""
    write_media(tmp_path / "a.mp4", Video(ticks=regular_ticks(25)))
    write_media(tmp_path / "b.wav", audio=Audio(((0.0, 1.0),)))
    write_media(tmp_path / "c.mp4", Video(ticks=regular_ticks(20)))
    project = Project.create(tmp_path / "study.avscope", "anna")
    for name in ("a.mp4", "b.wav", "c.mp4"):
        project.add_video(tmp_path / name, duration_us=1_000_000)
    project.perform(ApplyRun(1, "starter", "1", FOUND))
    project.close()
    (tmp_path / "c.mp4").unlink()
    return tmp_path


@pytest.fixture
def annotation(folder: Path, qtbot: QtBot) -> Iterator[Annotation]:
    projects = ProjectSession("anna")
    projects.open(folder / "study.avscope")
    qtbot.waitUntil(lambda: projects.project is not None)
    yield Annotation(projects)
    projects.close()


@pytest.fixture
def board(annotation: Annotation, qtbot: QtBot) -> Iterator[VideoBoard]:
    made = VideoBoard(annotation, DARK)
    qtbot.addWidget(made)
    made.resize(320, 500)
    made.show()
    qtbot.waitUntil(lambda: not made._looker.is_busy)
    yield made
    made.shutdown()


def rows(board: VideoBoard) -> list[VideoRow]:
    return [board.model.row(place) for place in range(board.model.rowCount())]


def names(board: VideoBoard) -> list[str]:
    return [row.name for row in rows(board)]


def test_videos_show_pictures_and_which_are_missing(
    board: VideoBoard, annotation: Annotation
) -> None:
    first, second, third = rows(board)
    assert first.picture is not None and first.picture.height() == SIZE_PX.height()
    assert second.picture is None
    assert [row.is_missing for row in (first, second, third)] == [False, False, True]
    assert "1 missing" in board._count.text()
    assert "the file is missing" in third.spoken
    document = annotation.projects.document
    assert document is not None
    digest = document.videos[1].content_hash
    assert (default_folder() / "thumbnails" / f"{digest}-{FORMAT}.png").is_file()


def test_counts_and_progress_follow_each_edit(board: VideoBoard, annotation: Annotation) -> None:
    annotation.set_video(1)
    first = rows(board)[0]
    assert (first.left, first.total, first.labels) == (4, 4, "dog 3 · speech 1")
    assert first.is_open
    annotation.perform(Decide((1,), State.REJECTED))
    annotation.perform(Decide((2,), State.ACCEPTED))
    first = rows(board)[0]
    assert (first.progress, first.labels) == ("2 of 4 left", "dog 2 · speech 1")
    annotation.set_video(2)
    annotation.perform(Decide((3,), State.ACCEPTED))
    assert rows(board)[0].progress == "1 of 4 left"


def test_status_and_text_filter(board: VideoBoard, annotation: Annotation) -> None:
    annotation.perform(SetVideoStatus((2,), VideoStatus.DONE))
    annotation.perform(SetVideoComment(3, "windy"))
    board._only.setCurrentIndex(board._only.findData(VideoStatus.DONE))
    assert names(board) == ["b.wav"]
    board._only.setCurrentIndex(0)
    board._text.setText("WIND")
    assert names(board) == ["c.mp4"]
    board._text.setText("nowhere")
    assert board._hint.text() == NO_MATCH


def test_the_status_of_the_selected_is_changed(board: VideoBoard, annotation: Annotation) -> None:
    board.view.selectAll()
    place = board._mark.findData(VideoStatus.IN_REVIEW)
    board._mark.setCurrentIndex(place)
    board._mark.activated.emit(place)
    assert {row.video.status for row in rows(board)} == {VideoStatus.IN_REVIEW}
    assert annotation.projects.undo_name == "Mark 3 videos as in review"


def test_enter_opens_and_next_passes_over_what_is_done_or_missing(
    board: VideoBoard, annotation: Annotation, qtbot: QtBot
) -> None:
    board.view.setFocus()
    board.view.setCurrentIndex(board.model.index(1))
    with qtbot.waitSignal(board.open_asked) as asked:
        qtbot.keyClick(board.view, Qt.Key.Key_Return)
    assert asked.args == [2]
    button = next(b for b in board.findChildren(QPushButton) if b.text() == "Next unreviewed")
    annotation.set_video(2)
    with qtbot.waitSignal(board.open_asked) as asked:
        button.click()
    assert asked.args == [1]
    annotation.perform(SetVideoStatus((1,), VideoStatus.DONE))
    assert not button.isEnabled()


def test_without_a_project_it_says_what_to_do(qtbot: QtBot) -> None:
    projects = ProjectSession("anna")
    board = VideoBoard(Annotation(projects), LIGHT)
    qtbot.addWidget(board)
    assert board._hint.text() == NO_VIDEOS
    board.shutdown()


def test_both_themes_draw(board: VideoBoard) -> None:
    dark = board.grab().toImage()
    board.set_theme(LIGHT)
    assert board.grab().toImage() != dark
