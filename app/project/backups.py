"""Rolling backups beside the project, made through SQLite's own backup interface."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.project.connection import (
    Connection,
    connect_for_reading,
    demand_project,
    demand_sound,
    demand_sqlite_file,
)
from app.project.errors import ProjectError, explained

KEPT = 20
_SUFFIX = ".backups"
_PART = ".part"
_NAME = re.compile(r"(\d{8}T\d{12}Z)-r(\d+)-([a-z-]+)\.avscope", re.A)
# Those at the ends of the calendar cannot be told in every local time.
_YEARS = range(1970, 9999)
_PART_NAME = re.compile(rf"\d{{8}}T\d{{12}}Z{re.escape(_PART)}(?:-journal)?", re.A)


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: when it was made (UTC), after how many entries of the edit log, and why."""

    path: Path
    at: datetime
    revision: int
    reason: str


def backup_folder(project: Path) -> Path:
    """Where the backups of a project lie."""
    return project.with_name(project.name + _SUFFIX)


def backups_of(project: Path) -> list[Backup]:
    """The backups there are, the newest first."""
    try:
        names = [path for path in backup_folder(project).iterdir() if path.is_file()]
    except OSError:
        return []
    found: list[Backup] = []
    for path in names:
        if match := _NAME.fullmatch(path.name):
            # A name may come with a stranger's folder and tell no time.
            with contextlib.suppress(ValueError):
                at = datetime.strptime(match[1], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
                if at.year in _YEARS:
                    found.append(Backup(path, at, int(match[2]), match[3]))
    return sorted(found, key=lambda backup: backup.path.name, reverse=True)


def make_backup(project: Path, reason: str, source: Connection | None = None) -> Backup:
    """Copy the project into its pool and let the oldest beyond ``KEPT`` go.

    Reads through a connection of its own unless one is given, so any thread may call it while
    another writes. The copy joins the pool only after it was found sound.

    Raises DamagedError where the copy is not, ProjectError where it cannot be made.
    """
    folder = backup_folder(project)
    at = _time_after(backups_of(project))
    part = folder / f"{at:%Y%m%dT%H%M%S%f}Z{_PART}"
    with explained(folder):
        folder.mkdir(exist_ok=True)
    try:
        copy_project(project, part, source)
        copy = connect_for_reading(part)
        try:
            demand_sound(copy)
            revision = revision_of(copy)
        finally:
            copy.close()
        final = folder / f"{at:%Y%m%dT%H%M%S%f}Z-r{revision:d}-{reason}.avscope"
        with explained(final):
            part.rename(final)
    finally:
        for leftover in (part, part.with_name(part.name + "-journal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
    _prune(project)
    return Backup(final, at, revision, reason)


def copy_project(project: Path, target: Path, source: Connection | None = None) -> None:
    """Copy a project, as it is committed now, into a file that is not there yet.

    Raises ProjectError, naming the target where it cannot be written.
    """
    opened = source or connect_for_reading(project)
    try:
        with explained(target):
            # Not "x" mode of a database: the backup interface overwrites whatever is there.
            target.open("xb").close()
            copy = sqlite3.connect(target)
            try:
                opened.db.conn.backup(copy)
                # The copy is one file, whoever looks at it next.
                copy.execute("PRAGMA journal_mode = DELETE").fetchone()
            except sqlite3.Error:
                copy.close()
                # Half of a project is none, and would stand in the way of the next attempt.
                target.unlink()
                raise
            finally:
                copy.close()
    finally:
        if source is None:
            opened.close()


def newest_good_backup(project: Path) -> Backup | None:
    """The newest backup that is a sound project, or None."""
    for backup in backups_of(project):
        try:
            demand_sqlite_file(backup.path)
            copy = connect_for_reading(backup.path)
            try:
                demand_project(copy)
                demand_sound(copy)
            finally:
                copy.close()
        except ProjectError:
            continue
        return backup
    return None


def restore(project: Path, backup: Path) -> Path:
    """Put a copy of ``backup`` in the project's place; the old file is kept under a new name.

    Returns where the old file lies now. The caller holds the project's lock and no connection.
    Raises ProjectError; the project is then as it was.
    """
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    aside = project.with_name(f"{project.stem}.damaged-{stamp}{project.suffix}")
    fresh = project.with_name(f"{project.name}{_PART}")
    with explained(project):
        fresh.unlink(missing_ok=True)
        copy_project(backup, fresh)
        for suffix in ("-wal", "-shm", ""):
            part = project.with_name(project.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        fresh.rename(project)
    return aside


def revision_of(connection: Connection) -> int:
    """How many entries the edit log has had."""
    with explained(connection.path):
        newest = connection.db.execute("SELECT max(id) FROM edits").fetchone()[0]
    return newest or 0


def _time_after(others: list[Backup]) -> datetime:
    """Now, or right after the newest backup where a clock was wrong: the newest has to stay so."""
    now = datetime.now(UTC)
    if not others or others[0].at < now:
        return now
    return others[0].at + timedelta(microseconds=1)


def _prune(project: Path) -> None:
    for backup in backups_of(project)[KEPT:]:
        with contextlib.suppress(OSError):
            backup.path.unlink()
    # What an earlier process left half-made when it was killed.
    for part in backup_folder(project).glob(f"*{_PART}*"):
        if _PART_NAME.fullmatch(part.name):
            with contextlib.suppress(OSError):
                part.unlink()
