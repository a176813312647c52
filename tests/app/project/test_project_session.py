"""The window's end of a project: signals, order, failures that stop editing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.project.backups import backups_of
from app.project.edits import (
    AddLabels,
    AddSegment,
    Decide,
    DecideByScore,
    RemoveVideos,
    Reshape,
    SetVideoStatus,
)
from app.project.edits.base import Edit, Plan
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.project.reader import Reader
from app.project.values import VideoStatus
from core_model.timeline import Task
from tests.project_factory import (
    VIDEO_ID,
    damage,
    detections,
    model_run,
    new_project,
    segments_in,
    tables_of,
)
from training.annotations.model import State


class Ear:
    """What a session said, in its order."""

    def __init__(self, session: ProjectSession) -> None:
        self.said: list[tuple[object, ...]] = []
        session.project_changed.connect(lambda: self.said.append(("project",)))
        session.segments_changed.connect(lambda *what: self.said.append(("segments", *what)))
        session.labels_changed.connect(lambda ids: self.said.append(("labels", ids)))
        session.videos_changed.connect(lambda ids: self.said.append(("videos", ids)))
        session.history_changed.connect(lambda: self.said.append(("history",)))
        session.saved_at.connect(lambda at: self.said.append(("saved", at)))
        session.failed.connect(lambda line: self.said.append(("failed", line)))
        session.refused.connect(lambda line: self.said.append(("refused", line)))
        session.noticed.connect(lambda line: self.said.append(("noticed", line)))
        session.open_failed.connect(lambda line: self.said.append(("open failed", line)))
        session.writable_changed.connect(lambda on: self.said.append(("writable", on)))

    def heard(self, what: str) -> list[tuple[object, ...]]:
        return [said for said in self.said if said[0] == what]


class Broken(Edit):
    """Raises what no edit may."""

    @property
    def is_bulk(self) -> bool:
        return True

    @property
    def backup_reason(self) -> str:
        return ""

    def plan(self, reader: Reader, author: str) -> Plan:
        raise RuntimeError("broken")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project with two segments drawn by hand, closed."""
    project = new_project(tmp_path)
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", 0, 1_000_000))
    project.perform(AddSegment(VIDEO_ID, Task.TAL, "wave", 5_000_000, 6_000_000))
    project.close()
    return project.path


@pytest.fixture
def session(qtbot: QtBot, path: Path) -> Iterator[ProjectSession]:
    """The project opened."""
    session = ProjectSession("ben")
    with qtbot.waitSignal(session.project_changed):
        session.open(path)
    yield session
    session.close()


def fill_disk(session: ProjectSession) -> sqlite3.Connection:
    """No page more for the project's file; returns the connection that may lift it."""
    assert session.project is not None
    connection = session.project._opened.connection.db.conn
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


def edit_until_full(session: ProjectSession) -> None:
    for index in range(1_000):
        if not session.perform(AddLabels(Task.SED, (f"label {index} {'x' * 500}",))):
            return
    raise AssertionError("the disk never got full")


def test_edit_is_told_once_and_is_on_the_disk(session: ProjectSession, path: Path) -> None:
    ear = Ear(session)
    session.columns(VIDEO_ID)
    assert session.perform(Reshape(1, 0, 1_500_000))
    assert tables_of(path)["segments"][0][4] == 1_500_000
    assert session.columns(VIDEO_ID).offset_us[0] == 1_500_000
    segments, history, saved = ear.said
    assert segments == ("segments", VIDEO_ID, frozenset({1}))
    assert history == ("history",)
    at = saved[1]
    assert isinstance(at, datetime)
    assert at.tzinfo is not None
    assert session.last_saved == at
    assert session.undo_name == "Trim end of dog bark"


def test_drag_back_to_its_start_says_nothing(session: ProjectSession) -> None:
    ear = Ear(session)
    assert session.perform(Reshape(1, 0, 1_000_000))
    assert ear.said == []
    assert session.undo_name == "Add wave"


def test_undo_and_redo_tell_what_they_change(session: ProjectSession) -> None:
    session.perform(SetVideoStatus((VIDEO_ID,), VideoStatus.DONE))
    ear = Ear(session)
    assert session.undo()
    assert session.undo()
    assert session.redo()
    assert ear.heard("videos") == [("videos", frozenset({VIDEO_ID}))]
    assert ear.heard("segments") == [("segments", VIDEO_ID, frozenset({2}))] * 2
    assert (session.undo_name, session.redo_name) == (
        "Add wave",
        "Mark video.mp4 as done",
    )


def test_nonsense_is_refused_and_editing_goes_on(session: ProjectSession) -> None:
    ear = Ear(session)
    assert not session.perform(Reshape(99, 0, 1))
    assert ear.said == [("refused", "there is no segment 99")]
    assert session.is_writable


def test_bulk_work_and_what_follows_keep_their_order(
    session: ProjectSession, qtbot: QtBot, path: Path
) -> None:
    ear = Ear(session)
    session.columns(VIDEO_ID)
    session.perform(model_run(detections(200)))
    assert session.is_busy
    session.perform(DecideByScore(State.ACCEPTED, 0.0))
    session.perform(Reshape(1, 0, 1_500_000))
    session.perform(Decide((99_999,), State.ACCEPTED))
    qtbot.waitUntil(lambda: not session.is_busy)
    assert [len(ids) for _name, _video, ids in ear.heard("segments")] == [200, 200, 1]
    assert ear.heard("refused") == [("refused", "there is no segment 99999")]
    assert session.undo_name == "Trim end of dog bark"
    assert session.project is not None
    assert [s.state for s in segments_in(session.project)] == [State.ACCEPTED] * 202
    assert len(tables_of(path)["segments"]) == 202


def test_undo_of_bulk_work_lines_up_too(session: ProjectSession, qtbot: QtBot) -> None:
    session.perform(model_run(detections(700)))
    qtbot.waitUntil(lambda: not session.is_busy)
    session.undo()
    assert session.is_busy
    qtbot.waitUntil(lambda: not session.is_busy)
    assert len(session.columns(VIDEO_ID)) == 2
    assert session.redo_name == "Detect 700 segments with starter"


def test_closing_finishes_what_is_under_way(session: ProjectSession, path: Path) -> None:
    session.perform(model_run(detections(200)))
    session.perform(Reshape(1, 0, 1_500_000))
    session.close()
    assert session.project is None
    assert len(tables_of(path)["segments"]) == 202
    assert session.undo_name is None


def test_full_disk_stops_editing_until_there_is_room(session: ProjectSession, path: Path) -> None:
    connection = fill_disk(session)
    ear = Ear(session)
    edit_until_full(session)
    (failed,) = ear.heard("failed")
    assert failed[1] == f"{path}: the disk is full"
    assert not session.is_writable
    assert session.unsaved_count == 1
    before = tables_of(path)
    assert not session.perform(Reshape(1, 0, 7))
    assert not session.undo()
    assert [line for _refused, line in ear.heard("refused")] == [failed[1]] * 2
    assert tables_of(path) == before
    assert not session.try_again()
    assert session.unsaved_count == 1
    connection.execute("PRAGMA max_page_count = 1000000")
    assert session.try_again()
    assert session.is_writable
    assert len(tables_of(path)["labels"]) == len(before["labels"]) + 1
    assert ear.heard("writable")[0] == ("writable", False)
    assert ear.heard("writable")[-1] == ("writable", True)


def test_full_disk_in_bulk_work_keeps_all_that_followed(
    session: ProjectSession, qtbot: QtBot, path: Path
) -> None:
    connection = fill_disk(session)
    before = tables_of(path)
    session.perform(model_run(detections(2_000)))
    session.perform(Reshape(1, 0, 1_500_000))
    qtbot.waitUntil(lambda: not session.is_busy)
    assert session.unsaved_count == 2
    assert tables_of(path) == before
    connection.execute("PRAGMA max_page_count = 1000000")
    assert session.try_again()
    assert session.undo_name == "Trim end of dog bark"
    session.perform(model_run(detections(5), version="2"))
    qtbot.waitUntil(lambda: not session.is_busy)
    assert session.is_writable


def test_work_goes_on_in_a_copy_elsewhere(session: ProjectSession, tmp_path: Path) -> None:
    assert session.project is not None
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    session.project.add_video(film)
    fill_disk(session)
    edit_until_full(session)
    (tmp_path / "stick").mkdir()
    target = tmp_path / "stick" / "rescued.avscope"
    assert session.save_elsewhere(target)
    assert session.project.path == target
    assert session.is_writable
    assert session.undo_name is not None
    assert session.undo_name.startswith("Add label")
    video = session.project.find_video(film)
    assert video is not None
    assert session.project.locate(video.id) == film
    assert session.perform(Reshape(1, 0, 1_500_000))


def test_saving_elsewhere_never_overwrites(session: ProjectSession, path: Path) -> None:
    ear = Ear(session)
    assert not session.save_elsewhere(path)
    assert "File exists" in str(ear.heard("noticed")[0][1])
    assert session.is_writable


def test_second_window_is_read_only_and_follows(
    session: ProjectSession, qtbot: QtBot, path: Path
) -> None:
    second = ProjectSession("carla")
    with qtbot.waitSignal(second.project_changed):
        second.open(path)
    ear = Ear(second)
    assert not second.is_writable
    assert not second.perform(Reshape(1, 0, 7))
    (refused,) = ear.heard("refused")
    assert str(refused[1]).startswith("This project is read-only: ")
    session.perform(Reshape(1, 0, 1_500_000))
    second.refresh()
    assert second.columns(VIDEO_ID).offset_us[0] == 1_500_000
    second.close()


def test_project_that_cannot_be_opened_leaves_the_open_one(
    session: ProjectSession, qtbot: QtBot, tmp_path: Path, path: Path
) -> None:
    with qtbot.waitSignal(session.open_failed) as caught:
        session.open(tmp_path / "none.avscope")
    assert "No such file" in caught.args[0]
    assert session.project is not None
    assert session.project.path == path
    assert not session.create(path)


def test_last_project_asked_for_is_the_one_that_opens(
    session: ProjectSession, qtbot: QtBot, tmp_path: Path
) -> None:
    first = Project.create(tmp_path / "first.avscope", "anna")
    second = Project.create(tmp_path / "second.avscope", "anna")
    first.close()
    second.close()
    session.open(first.path)
    session.open(second.path)
    qtbot.waitUntil(lambda: not session.is_busy)
    assert session.project is not None
    assert session.project.path == second.path
    assert session.project.author == "ben"
    Project.open(first.path, "anna").close()


def test_damaged_project_is_restored_on_request(
    qtbot: QtBot, session: ProjectSession, path: Path
) -> None:
    session.perform(model_run(detections(300)))
    session.close()
    Project.open(path, "anna").close()
    good = tables_of(path)
    damage(path)
    with qtbot.waitSignal(session.project_changed):
        session.open(path)
    assert session.project is not None
    assert session.project.is_damaged
    assert not session.is_writable
    ear = Ear(session)
    assert session.restore_backup()
    qtbot.waitUntil(lambda: session.is_writable)
    assert tables_of(path) == good
    assert "was kept as study.damaged-" in str(ear.heard("noticed")[0][1])


def test_changes_are_backed_up_from_time_to_time(
    session: ProjectSession, qtbot: QtBot, path: Path
) -> None:
    assert session._timer.interval() == 600_000
    before = len(backups_of(path))
    session.back_up_if_needed()
    session.perform(Reshape(1, 0, 1_500_000))
    session.back_up_if_needed()
    assert not session.is_busy
    assert session.perform(Reshape(1, 0, 1_600_000))
    qtbot.waitUntil(lambda: len(backups_of(path)) == before + 1)
    session.close()
    assert backups_of(path)[0].reason == "timer"


def test_damage_that_a_backup_finds_stops_editing(
    session: ProjectSession, qtbot: QtBot, path: Path
) -> None:
    assert session.project is not None
    session.perform(model_run(detections(300)))
    qtbot.waitUntil(lambda: not session.is_busy)
    session.project._opened.connection.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(path)
    with qtbot.waitSignal(session.failed) as caught:
        session.back_up("training")
    assert "damaged" in caught.args[0]
    assert not session.is_writable


def test_without_a_project_nothing_happens(qtbot: QtBot) -> None:
    session = ProjectSession("ben")
    ear = Ear(session)
    assert not session.perform(RemoveVideos((1,)))
    assert not session.undo()
    assert not session.redo()
    assert not session.try_again()
    assert not session.restore_backup()
    assert not session.save_elsewhere(Path("x"))
    session.back_up_if_needed()
    session.refresh()
    session.close()
    assert ear.said == [("refused", "No project is open.")]
    with pytest.raises(ValueError, match="no project"):
        session.columns(1)


def test_author_of_edits_can_change(session: ProjectSession) -> None:
    session.set_author("carla")
    session.perform(AddSegment(VIDEO_ID, Task.SED, "door", 0, 5))
    assert session.project is not None
    assert {segment.annotator for segment in segments_in(session.project)} == {"anna", "carla"}


def test_edits_after_a_worker_that_broke_down_are_written(
    session: ProjectSession, qtbot: QtBot, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[object] = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    (thread,) = (each for each in threading.enumerate() if each.name == "project")
    session.perform(Broken())
    qtbot.waitUntil(lambda: not thread.is_alive())
    assert len(broken) == 1
    assert session.perform(AddSegment(VIDEO_ID, Task.SED, "late", 0, 1))
    session.close()
    assert [row[2] for row in tables_of(path)["labels"]][-1:] == ["late"]
