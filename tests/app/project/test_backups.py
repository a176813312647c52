"""Rolling backups: when they are made, what they hold, and what never joins them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from app.project import backups, migrations
from app.project.backups import KEPT, backup_folder, backups_of, make_backup, newest_good_backup
from app.project.edits import AddSegment, Decide, ImportAnnotations
from app.project.errors import DamagedError, ProjectError
from app.project.project import Project
from core_model.timeline import Task
from resources import resource_path
from tests.project_factory import (
    VIDEO_ID,
    damage,
    detections,
    model_run,
    new_project,
    segments_in,
    tables_of,
)
from training.annotations.model import AnnotationSet, State


def add_one(project: Project) -> None:
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", 0, 1))


def test_opening_backs_up_what_changed(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    add_one(project)
    project.close()
    Project.open(project.path, "anna").close()
    Project.open(project.path, "anna").close()
    (backup,) = backups_of(project.path)
    assert (backup.reason, backup.revision) == ("open", 2)
    assert tables_of(backup.path) == tables_of(project.path)
    assert [file.suffix for file in backup_folder(project.path).iterdir()] == [".avscope"]


def test_bulk_work_backs_up_first(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(model_run(detections(120)))
    ids = tuple(segment.id for segment in segments_in(project))
    before = tables_of(project.path)
    project.perform(Decide(ids, State.ACCEPTED))
    project.perform(ImportAnnotations(AnnotationSet(), "empty.csv"))
    assert [backup.reason for backup in backups_of(project.path)] == [
        "import",
        "bulk-edit",
        "detection",
    ]
    assert tables_of(backups_of(project.path)[1].path) == before
    project.close()


def test_need_of_a_backup_follows_the_edits(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    assert project.needs_backup
    project.back_up("timer")
    assert not project.needs_backup
    project.undo()
    assert project.needs_backup
    project.close()


def test_backup_holds_what_is_only_in_the_log_yet(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    add_one(project)
    assert project.path.with_name(project.path.name + "-wal").stat().st_size > 0
    backup = project.back_up("timer")
    assert len(tables_of(backup.path)["segments"]) == 1
    project.close()


def test_oldest_backups_go(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    made = [make_backup(project.path, "timer") for _ in range(KEPT + 2)]
    assert backups_of(project.path) == made[:1:-1]
    project.close()


def test_damaged_project_joins_no_backups(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(model_run(detections(300)))
    project.close()
    before = backups_of(project.path)
    damage(project.path)
    with pytest.raises(DamagedError):
        make_backup(project.path, "timer")
    assert backups_of(project.path) == before
    assert not list(backup_folder(project.path).glob("*.part*"))


def test_damaged_backup_is_passed_over(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(model_run(detections(300)))
    older, newer = project.back_up("timer"), project.back_up("timer")
    project.close()
    damage(newer.path)
    assert newest_good_backup(project.path) == older


def test_backup_that_cannot_be_made_stops_bulk_work(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    backup_folder(project.path).write_bytes(b"in the way")
    before = tables_of(project.path)
    with pytest.raises(ProjectError, match="backups"):
        project.perform(model_run(detections(3)))
    assert tables_of(project.path) == before
    add_one(project)
    project.close()
    again = Project.open(project.path, "anna")
    assert again.notice is not None
    assert "No backup could be made" in again.notice
    assert again.read_only_reason is None
    again.close()


def test_strange_files_among_the_backups_are_left_alone(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.back_up("timer")
    strange = backup_folder(project.path) / "notes.txt"
    strange.write_text("mine", encoding="utf-8")
    for _ in range(KEPT + 1):
        project.back_up("timer")
    assert strange.read_text(encoding="utf-8") == "mine"
    project.close()


def test_older_form_is_backed_up_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project(tmp_path)
    add_one(project)
    project.close()
    before = tables_of(project.path)
    steps = (*migrations.migrations(), (2, "CREATE TABLE later (id INTEGER) STRICT;\n"))
    monkeypatch.setattr(migrations, "migrations", lambda: steps)
    reader_error = "older form 1"
    with pytest.raises(ProjectError, match=reader_error):
        Project.open(project.path, "anna", read_only=True)
    upgraded = Project.open(project.path, "anna")
    assert [backup.reason for backup in backups_of(project.path)] == ["migration"]
    assert tables_of(project.path) == before
    assert upgraded._opened.connection.db.table("later").exists()
    upgraded.undo()
    upgraded.close()


def test_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project(tmp_path)
    project.close()
    before = sqlite3.connect(project.path).execute("SELECT * FROM sqlite_master").fetchall()
    steps = (
        *migrations.migrations(),
        (2, "CREATE TABLE later (id INTEGER);\nCREATE TABLE labels (id INTEGER);\n"),
    )
    monkeypatch.setattr(migrations, "migrations", lambda: steps)
    with pytest.raises(ProjectError, match="labels already exists"):
        Project.open(project.path, "anna")
    connection = sqlite3.connect(project.path)
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == before
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_steps_are_numbered_and_named() -> None:
    names = sorted(path.name for path in resource_path("migrations").iterdir())
    assert all(re.fullmatch(r"\d{4}_\w+\.sql", name) for name in names)
    assert len(names) == migrations.newest_version()


def test_names_of_backups_tell_all_about_them(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    made = project.back_up("training")
    assert backups.backups_of(project.path) == [made]
    project.close()


def test_backup_is_the_newest_though_the_clock_was_wrong(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    for _ in range(KEPT):
        made = project.back_up("timer")
        made.path.rename(made.path.with_name(f"2199{made.path.name[4:]}"))
    add_one(project)
    newest = project.back_up("timer")
    assert backups_of(project.path)[0] == newest
    assert len(backups_of(project.path)) == KEPT
    project.close()


@pytest.mark.parametrize(
    "name",
    [
        "99999999T999999999999Z-r1-timer.avscope",
        "99991231T235959999999Z-r1-timer.avscope",
        "00010101T000000000000Z-r1-timer.avscope",
        "film.part1.rar",
    ],
)
def test_names_that_tell_no_time_are_no_backups(tmp_path: Path, name: str) -> None:
    project = new_project(tmp_path)
    project.close()
    strange = backup_folder(project.path) / name
    strange.parent.mkdir()
    strange.write_bytes(b"mine")
    Project.open(project.path, "anna").close()
    assert [backup.reason for backup in backups_of(project.path)] == ["open"]
    assert strange.read_bytes() == b"mine"
