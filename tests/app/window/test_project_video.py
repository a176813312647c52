"""The open video becomes part of the open project, wherever the two lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.panels.video_board import VideoBoard
from app.project.edits import AddVideos, VideoFile
from app.project.project_session import ProjectSession
from app.theme import DARK
from app.window.annotation import Annotation
from app.window.project_video import ProjectVideo
from core_model.media.probe import MediaInfo
from tests.app.window.test_detection import Parts
from tests.app.window.test_detection import parts as parts

END_US = 10_000_000


class Desk:
    """A project session with the parts that join it to the open video; detection is over."""

    def __init__(self, parts: Parts, qtbot: QtBot) -> None:
        self.parts = parts
        self.qtbot = qtbot
        self.projects = ProjectSession("anna")
        self.annotation = Annotation(self.projects)
        self.video = ProjectVideo(self.annotation, parts.session, parts.presenter, parts.messages)

    def show(self, file: Path, content: bytes) -> None:
        """Have a file open in which detection is over."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.parts.session.set_media(MediaInfo(file, 0, END_US, None, None))
        self.parts.progress(END_US, speed=20.0, done=True)

    def enter(self) -> None:
        """Take the open file up into the project, with nothing else under way."""
        self.qtbot.waitUntil(lambda: not self.projects.is_busy)
        media = self.parts.session.media
        assert media is not None
        self.annotation.set_video(None)
        self.video._enter(media)

    def paths(self) -> list[str]:
        document = self.projects.document
        assert document is not None
        return [video.path for video in document.videos.values()]


@pytest.fixture
def desk(parts: Parts, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(parts, qtbot)
    yield made
    made.projects.close()
    parts.messages.dismiss()


def test_the_board_finds_a_video_outside_of_the_new_project(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    desk.show(tmp_path / "Ärzte & films" / "a b.mp4", b"film")
    board = VideoBoard(desk.annotation, DARK)
    qtbot.addWidget(board)
    (tmp_path / "studies").mkdir()
    assert desk.projects.create(tmp_path / "studies" / "p.avscope")
    assert desk.annotation.video_id == 1
    qtbot.waitUntil(lambda: not board._looker.is_busy and board.model.rowCount() == 1)
    assert not board.model.row(0).is_missing
    board.shutdown()


def test_what_is_added_behind_other_work_is_taken_up(desk: Desk, tmp_path: Path) -> None:
    desk.show(tmp_path / "a.mp4", b"film")
    assert desk.projects.create(tmp_path / "p.avscope")
    (tmp_path / "b.mp4").write_bytes(b"another film")
    media = MediaInfo(tmp_path / "b.mp4", 0, END_US, None, None)
    desk.parts.session.set_media(media)
    assert desk.projects.is_busy
    desk.video._enter(media)
    assert desk.annotation.video_id is None
    desk.qtbot.waitUntil(lambda: desk.annotation.video_id == 2)


def test_two_videos_of_one_name_are_two(desk: Desk, tmp_path: Path) -> None:
    desk.show(tmp_path / "monday" / "a.mp4", b"monday")
    (tmp_path / "studies").mkdir()
    assert desk.projects.create(tmp_path / "studies" / "p.avscope")
    desk.show(tmp_path / "tuesday" / "a.mp4", b"tuesday")
    desk.enter()
    assert desk.annotation.video_id == 2
    assert sorted(desk.paths()) == ["a (2).mp4", "a.mp4"]


def test_a_listed_video_is_the_one_that_is_opened(desk: Desk, tmp_path: Path) -> None:
    desk.show(tmp_path / "disk" / "a.mp4", b"film")
    (tmp_path / "studies").mkdir()
    assert desk.projects.create(tmp_path / "studies" / "p.avscope")
    desk.projects.perform(AddVideos((VideoFile("b.mp4"),)))
    desk.show(tmp_path / "disk" / "b.mp4", b"another film")
    desk.enter()
    assert desk.annotation.video_id == 2
    project = desk.projects.project
    assert project is not None and project.locate(2) == tmp_path / "disk" / "b.mp4"
    assert desk.projects.undo_name == "Link b.mp4"


def test_a_file_that_was_changed_in_the_folder_is_another_video(desk: Desk, tmp_path: Path) -> None:
    desk.show(tmp_path / "a.mp4", b"film")
    assert desk.projects.create(tmp_path / "p.avscope")
    desk.show(tmp_path / "a.mp4", b"cut film")
    desk.enter()
    assert desk.annotation.video_id == 2
    assert desk.parts.messages.text.endswith("kept as another video, a (2).mp4.")
    project = desk.projects.project
    assert project is not None
    assert [project.locate(1), project.locate(2)] == [None, tmp_path / "a.mp4"]
