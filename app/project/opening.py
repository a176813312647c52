"""How a project file becomes something to work with: checks, lock, migration, or read-only."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from app.project.backups import (
    Backup,
    backups_of,
    make_backup,
    newest_good_backup,
    revision_of,
)
from app.project.connection import (
    Connection,
    connect_for_reading,
    connect_for_writing,
    demand_project,
    demand_sound,
    demand_sqlite_file,
)
from app.project.errors import DamagedError, ProjectError, explained
from app.project.lock import HeldError, ProjectLock
from app.project.migrations import migrate, newest_version, version_of
from app.project.reader import Reader


@dataclass(slots=True)
class Opened:
    """An open file: with a lock, or with the reason why it is read-only.

    ``backup`` is the newest good one where the file is damaged. ``notice`` is a line to show
    though all went well enough, for instance that no backup could be made.
    """

    connection: Connection
    lock: ProjectLock | None = None
    read_only_reason: str | None = None
    is_damaged: bool = False
    backup: Backup | None = None
    notice: str | None = None


def create_file(path: Path) -> Opened:
    """Make a new, empty project. Raises ProjectError, also where there is a file already."""
    if path.exists():
        raise ProjectError(path, "there is a file of this name already")
    lock = ProjectLock.acquire(path)
    try:
        # Another window may have made one between the question and the lock.
        if path.exists():
            raise ProjectError(path, "there is a file of this name already")
        return Opened(_created(path), lock)
    except ProjectError:
        lock.release()
        raise


def _created(path: Path) -> Connection:
    """A new project; what is none would stand in the way of the next attempt, and goes."""
    try:
        connection = connect_for_writing(path)
        try:
            with explained(path):
                migrate(connection.db)
        except ProjectError:
            connection.close()
            raise
    except ProjectError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return connection


def open_file(path: Path, *, read_only: bool = False) -> Opened:
    """Open a project for writing if that is possible, else for reading.

    Raises ProjectError for what is no project, and for a damaged one of which nothing can be
    read and no good backup exists.
    """
    demand_sqlite_file(path)
    if read_only:
        return _open_for_reading(path, "it was opened for reading only")
    try:
        lock = ProjectLock.acquire(path)
    except HeldError as error:
        return _open_for_reading(path, error.reason)
    except ProjectError as error:
        return _open_for_reading(path, f"its folder cannot be written ({error.reason})")
    try:
        return _open_for_writing(path, lock)
    except ProjectError as error:
        lock.release()
        if isinstance(error, DamagedError):
            return _open_damaged(path, error)
        if _cannot_be_written(path):
            return _open_for_reading(path, error.reason)
        raise


def _open_for_writing(path: Path, lock: ProjectLock) -> Opened:
    """Nothing is written to a file before it was found to be a sound project."""
    probe = connect_for_reading(path)
    try:
        demand_project(probe)
    finally:
        probe.close()
    connection = connect_for_writing(path)
    try:
        demand_sound(connection)
        opened = Opened(connection, lock)
        with explained(path):
            is_old = version_of(connection.db) < newest_version()
        if is_old:
            make_backup(path, "migration", connection)
            with explained(path):
                migrate(connection.db)
            demand_project(connection)
        else:
            opened.notice = _back_up_once(path, connection)
    except ProjectError:
        connection.close()
        raise
    return opened


def _back_up_once(path: Path, connection: Connection) -> str | None:
    """A backup unless the newest one holds the same; why there is none, or None."""
    backups = backups_of(path)
    if backups and backups[0].revision == revision_of(connection):
        return None
    try:
        make_backup(path, "open", connection)
    except DamagedError:
        raise
    except ProjectError as error:
        return f"No backup could be made. {error}"
    return None


def _open_for_reading(path: Path, reason: str) -> Opened:
    connection = connect_for_reading(path)
    try:
        demand_project(connection)
        _demand_current(connection)
        demand_sound(connection)
    except DamagedError as error:
        connection.close()
        return _open_damaged(path, error)
    except ProjectError:
        connection.close()
        raise
    return Opened(connection, read_only_reason=reason)


def _open_damaged(path: Path, damage: DamagedError) -> Opened:
    """What can still be read of a damaged file, or else its newest good backup."""
    backup = newest_good_backup(path)
    readable = _readable(path)
    if readable is not None:
        return Opened(readable, None, damage.reason, True, backup)
    if backup is None:
        raise damage
    reason = f"{damage.reason}; this is the backup of {backup.at.astimezone():%Y-%m-%d %H:%M}"
    return Opened(connect_for_reading(backup.path), None, reason, True, backup)


def _readable(path: Path) -> Connection | None:
    """A connection to a damaged file of which every row can be read, or None."""
    try:
        connection = connect_for_reading(path)
    except ProjectError:
        return None
    try:
        demand_project(connection)
        _demand_current(connection)
        reader = Reader(connection)
        for video in reader.videos():
            reader.segments_of(video.id)
        reader.labels()
        reader.runs()
        revision_of(connection)
    except ProjectError:
        connection.close()
        return None
    return connection


def _demand_current(connection: Connection) -> None:
    with explained(connection.path):
        version = version_of(connection.db)
    if version < newest_version():
        reason = f"it has the older form {version} and can only be opened where it can be written"
        raise ProjectError(connection.path, reason)


def _cannot_be_written(path: Path) -> bool:
    try:
        with path.open("r+b"):
            return False
    except OSError:
        return True
