"""Opening what is not as it should be: each with one line, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

import pytest
from sqlite_utils import Database

from app.project import opening
from app.project.backups import backup_folder, backups_of
from app.project.connection import sqlite_uri
from app.project.edits import AddSegment
from app.project.errors import ProjectError
from app.project.lock import HeldError, ProjectLock, lock_path, user_name
from app.project.migrations import migrate
from app.project.project import Project, restore_backup
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

ROOT = Path(__file__).resolve().parents[3]
_HOLD = """
import sys
from pathlib import Path
from app.project.lock import ProjectLock
lock = ProjectLock.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed project with 300 finds."""
    project = new_project(tmp_path)
    project.perform(model_run(detections(300)))
    project.close()
    return project.path


@contextmanager
def another_holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes to the project."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def somebody_who_may_not_write(folder: Path) -> Iterator[None]:
    """A folder that cannot be written; as root, by somebody else, whom permissions bind."""
    if sys.platform == "win32":
        pytest.skip("folders are protected in another way here")
    folder.chmod(0o555)
    for file in folder.iterdir():
        file.chmod(0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="avscope-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def add_one(project: Project) -> None:
    project.perform(AddSegment(VIDEO_ID, Task.SED, "one more", 0, 1))


def test_one_file_is_left_after_closing(path: Path) -> None:
    shutil.rmtree(backup_folder(path), ignore_errors=True)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_commits_are_durable(path: Path) -> None:
    project = Project.open(path, "anna")
    db = project._opened.connection.db
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    project.close()


def test_second_window_reads_and_says_who_writes(path: Path) -> None:
    first = Project.open(path, "anna")
    second = Project.open(path, "ben")
    assert second.read_only_reason is not None
    assert f"process {os.getpid()}, since " in second.read_only_reason
    assert second.read_only_reason.endswith("is editing it")
    with pytest.raises(ProjectError, match=r"nothing can be changed: .* is editing it"):
        add_one(second)
    add_one(first)
    assert len(segments_in(second)) == 300 + 1
    first.undo()
    second.refresh()
    assert len(segments_in(second)) == 300
    second.close()
    add_one(first)
    first.close()


def test_second_process_reads_until_the_first_is_killed(path: Path) -> None:
    with another_holder(path) as process:
        reader = Project.open(path, "anna")
        assert reader.read_only_reason is not None
        assert f"process {process.pid}," in reader.read_only_reason
        reader.close()
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        process.wait()
        assert lock_path(path).exists()
        writer = Project.open(path, "anna")
        assert writer.read_only_reason is None
        add_one(writer)
        writer.close()
    assert not lock_path(path).exists()


@pytest.mark.parametrize("text", [b"", b"\xff\xfe nonsense", b"[]", b'{"process": "x"}'])
def test_lock_of_nobody_is_taken(path: Path, text: bytes) -> None:
    lock_path(path).write_bytes(text)
    project = Project.open(path, "anna")
    assert project.read_only_reason is None
    project.close()


def test_lock_that_says_nothing_still_holds(path: Path) -> None:
    lock = ProjectLock.acquire(path)
    lock_path(path).write_bytes(b"")
    with pytest.raises(HeldError, match="another window is editing it"):
        ProjectLock.acquire(path)
    lock.release()
    lock.release()
    ProjectLock.acquire(path).release()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "the file is empty, so it is no project"),
        (b"hello" * 100, "this is no AVScope project"),
        (b"SQLite format 3\0" + b"\xff" * 4_000, "damaged"),
    ],
)
def test_wrong_file_is_refused_and_left_alone(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "wrong.avscope"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=line) as caught:
        Project.open(path, "anna")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No such file"):
        Project.open(tmp_path / "none.avscope", "anna")
    with pytest.raises(ProjectError, match="this is a folder"):
        Project.open(tmp_path, "anna")
    with pytest.raises(ProjectError, match="none"):
        Project.create(tmp_path / "none" / "x.avscope", "anna")


def test_nothing_is_overwritten_by_a_new_project(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="a file of this name already"):
        Project.create(path, "anna")
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE segments (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="a database, but no AVScope project"):
        Project.open(path, "anna")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("PRAGMA user_version = 900", "a newer AVScope made it"),
        ("DROP TABLE views", "another program altered its table views"),
        ("DROP TRIGGER edits_are_never_deleted", "altered its trigger edits_are_never_deleted"),
        (
            "CREATE TRIGGER evil AFTER INSERT ON segments BEGIN DELETE FROM segments; END",
            "altered its trigger evil",
        ),
        ("ALTER TABLE segments ADD COLUMN more TEXT", "altered its table segments"),
    ],
)
def test_other_forms_of_the_file_are_refused(path: Path, statement: str, line: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(ProjectError, match=line):
        Project.open(path, "anna")


def test_folder_that_cannot_be_written_opens_for_reading(open_folder: Path) -> None:
    project = new_project(open_folder)
    add_one(project)
    project.close()
    before = project.path.read_bytes()
    with somebody_who_may_not_write(open_folder):
        reader = Project.open(project.path, "anna")
        assert reader.read_only_reason is not None
        assert "cannot be written" in reader.read_only_reason
        assert len(segments_in(reader)) == 1
        with pytest.raises(ProjectError, match="nothing can be changed"):
            add_one(reader)
        with pytest.raises(ProjectError, match=str(open_folder)):
            Project.create(open_folder / "new.avscope", "anna")
        reader.close()
    assert project.path.read_bytes() == before


def test_file_locked_by_another_program(path: Path) -> None:
    project = Project.open(path, "anna")
    before = tables_of(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match="another program keeps the file locked"):
        add_one(project)
    other.execute("ROLLBACK")
    other.close()
    assert tables_of(path) == before
    add_one(project)
    assert len(segments_in(project)) == 301
    project.close()


def test_full_disk_loses_nothing(path: Path) -> None:
    project = Project.open(path, "anna")
    db = project._opened.connection.db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    before, shown = tables_of(path), segments_in(project)
    with pytest.raises(ProjectError, match="the disk is full"):
        for _ in range(1_000):
            before, shown = tables_of(path), segments_in(project)
            add_one(project)
    assert tables_of(path) == before
    assert segments_in(project) == shown
    db.execute("PRAGMA max_page_count = 1000000")
    add_one(project)
    assert len(segments_in(project)) == len(shown) + 1
    project.close()


def test_damaged_file_opens_for_reading_beside_its_backup(path: Path) -> None:
    Project.open(path, "anna").close()
    backups = backups_of(path)
    good = tables_of(path)
    damage(path)
    damaged = path.read_bytes()
    project = Project.open(path, "anna")
    assert project.is_damaged
    assert project.read_only_reason is not None
    assert "damaged" in project.read_only_reason
    assert project.good_backup is not None
    with pytest.raises(ProjectError, match="nothing can be changed"):
        add_one(project)
    project.close()
    assert path.read_bytes() == damaged
    assert backups_of(path) == backups
    aside = restore_backup(path, project.good_backup.path)
    assert aside.read_bytes() == damaged
    restored = Project.open(path, "anna")
    assert restored.read_only_reason is None
    assert tables_of(path) == good
    restored.undo()
    assert segments_in(restored) == []
    restored.close()


def test_damaged_file_without_backup_is_named(path: Path) -> None:
    shutil.rmtree(backup_folder(path), ignore_errors=True)
    content = path.read_bytes()
    path.write_bytes(content[:4_096] + bytes(len(content) - 4_096))
    with pytest.raises(ProjectError, match=r"study\.avscope: .*damaged"):
        Project.open(path, "anna")
    assert not lock_path(path).exists()


def test_cut_off_file_shows_its_backup(path: Path) -> None:
    Project.open(path, "anna").close()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    project = Project.open(path, "anna")
    assert project.is_damaged
    assert project.good_backup is not None
    assert len(segments_in(project)) == 300
    project.close()


def test_closing_twice_is_harmless(path: Path) -> None:
    project = Project.open(path, "anna")
    project.close()
    project.close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_lock_that_leads_elsewhere_is_not_written(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    lock_path(path).symlink_to(precious)
    project = Project.open(path, "anna")
    assert project.read_only_reason is not None
    assert "its lock is a link" in project.read_only_reason
    project.close()
    assert precious.read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_link_to_a_project_has_its_lock(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "desk" / "link.avscope"
    link.parent.mkdir()
    link.symlink_to(path)
    first = Project.open(path, "anna")
    second = Project.open(link, "ben")
    assert first.read_only_reason is None
    assert second.read_only_reason is not None and "is editing it" in second.read_only_reason
    second.close()
    first.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE labels SET kind = 'smell' WHERE id = 1",
        "UPDATE videos SET status = 'lost'",
        "UPDATE segments SET state = 'perhaps'",
    ],
)
def test_words_that_there_are_none_of_are_damage(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute(statement)
    connection.commit()
    connection.close()
    shutil.rmtree(backup_folder(path))
    with pytest.raises(ProjectError, match=r"study\.avscope: the file is damaged"):
        Project.open(path, "anna")


def test_views_that_cannot_be_read_hide_nothing_else(path: Path) -> None:
    project = Project.open(path, "anna")
    project.set_view("tracks", ["x" * 1_000])
    project.close()
    connection = sqlite3.connect(path)
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'views'"
    (page,) = connection.execute(query).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))
    damaged = Project.open(path, "anna")
    assert damaged.is_damaged
    assert len(segments_in(damaged)) == 300
    assert damaged.view("tracks") is None
    damaged.close()


def test_user_that_the_system_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna \udce9  b\n")
    assert user_name() == "anna b"


def test_disk_that_is_full_leaves_nothing_in_the_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(db: Database) -> None:
        db.execute("PRAGMA max_page_count = 3")
        migrate(db)

    new = path.with_name("new.avscope")
    monkeypatch.setattr(opening, "migrate", full)
    with pytest.raises(ProjectError, match="the disk is full"):
        Project.create(new, "anna")
    monkeypatch.undo()
    Project.create(new, "anna").close()
    project = Project.open(path, "anna")
    project.close()
    copy = path.with_name("copy.avscope")
    with pytest.raises(ProjectError, match=r"copy\.avscope"):
        project.save_copy(copy)
    assert not copy.exists()


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (r"\\server\share\day 1\p.avscope", "file:////server/share/day%201/p.avscope?mode=ro"),
        (r"C:\data\p.avscope", "file:///C:/data/p.avscope?mode=ro"),
    ],
)
def test_shared_folders_are_no_hosts(path: str, uri: str) -> None:
    assert sqlite_uri(PureWindowsPath(path), "ro") == uri
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(uri, uri=True)
