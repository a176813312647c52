"""The real session on disks that are full, read-only or held by another program."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.project.edits import AddSegment, AddVideos, SetNote, VideoFile
from app.project.project_session import ProjectSession
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID, tables_of

SMALL_MIB = 2


def _mount(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two MiB; skips where this user may not mount one."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if not _mount("-t", "tmpfs", "-o", f"size={SMALL_MIB}m", "avscope-test", str(place)):
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[ProjectSession]:
    made = ProjectSession("anna")
    yield made
    made.close()


def begin(session: ProjectSession, path: Path) -> None:
    assert session.create(path)
    assert session.perform(AddVideos((VideoFile("video.mp4"),)))
    assert session.perform(AddSegment(VIDEO_ID, Task.SED, "dog", 0, 1_000_000))


def annotate_until_full(session: ProjectSession) -> int:
    """How many notes were acknowledged before one was not."""
    for number in range(10_000):
        if not session.perform(SetNote((1,), f"{number} {os.urandom(2_000).hex()}")):
            return number
    raise AssertionError("the disk never got full")


def note_of(path: Path) -> str:
    return tables_of(path)["segments"][0][11]


def is_sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    finally:
        connection.close()


def test_a_full_disk_loses_nothing_and_says_so(
    session: ProjectSession, small_disk: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = small_disk / "study.avscope"
    begin(session, path)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(700_000))
    lines: list[str] = []
    session.failed.connect(lines.append)
    done = annotate_until_full(session)
    assert done > 0
    assert len(lines) == 1 and "full" in lines[0]
    assert not session.is_writable
    assert session.unsaved_count == 1
    assert not session.perform(SetNote((1,), "more"))
    # Room again: what was not written is, and editing goes on.
    filler.unlink()
    assert session.try_again()
    assert note_of(path).startswith(f"{done} ")
    assert session.perform(SetNote((1,), "after"))
    assert session.undo()
    session.close()
    assert is_sound(path)
    assert note_of(path).startswith(f"{done} ")


def test_work_goes_on_on_another_disk(
    session: ProjectSession, small_disk: Path, tmp_path: Path
) -> None:
    begin(session, small_disk / "study.avscope")
    done = annotate_until_full(session)
    copy = tmp_path / "study copy.avscope"
    assert session.save_elsewhere(copy)
    assert session.is_writable
    assert note_of(copy).startswith(f"{done} ")
    assert session.undo_name == "Note on dog"
    session.close()
    assert is_sound(copy)
    assert is_sound(small_disk / "study.avscope")


def test_a_read_only_disk_opens_for_reading(
    session: ProjectSession, small_disk: Path, qtbot: QtBot
) -> None:
    path = small_disk / "study.avscope"
    begin(session, path)
    session.close()
    assert _mount("-o", "remount,ro", str(small_disk))
    with qtbot.waitSignal(session.project_changed):
        session.open(path)
    assert session.project is not None and session.project.read_only_reason is not None
    assert not session.is_writable
    refused: list[str] = []
    session.refused.connect(refused.append)
    assert not session.perform(SetNote((1,), "no"))
    assert "read-only" in refused[0]
    assert len(session.columns(VIDEO_ID)) == 1
    session.close()
    failed: list[str] = []
    session.open_failed.connect(failed.append)
    assert not session.create(small_disk / "new.avscope")
    assert len(failed) == 1 and "\n" not in failed[0]


def test_a_file_that_is_held_stops_editing_at_once_and_goes_on_later(
    session: ProjectSession, tmp_path: Path
) -> None:
    path = tmp_path / "study.avscope"
    begin(session, path)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        lines: list[str] = []
        session.failed.connect(lines.append)
        before_s = time.monotonic()
        assert not session.perform(SetNote((1,), "held"))
        assert time.monotonic() - before_s < 2.0
        assert "locked" in lines[0]
        assert not session.is_writable
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert session.try_again()
    assert note_of(path) == "held"
    assert session.undo_name == "Note on dog"
