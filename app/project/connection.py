"""Connections to project files: for writing, for reading, and checks before either is trusted."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from app.project.database import database
from app.project.errors import DamagedError, ProjectError, explained
from app.project.migrations import is_project, newest_version, unexpected_objects, version_of

if TYPE_CHECKING:
    from sqlite_utils import Database

# How long an edit waits for another program that holds the file; the window waits with it.
BUSY_S = 0.25
_HEADER = b"SQLite format 3\0"


class Connection:
    """A connection and the temporary copy that it may look at instead of the file itself.

    Any thread may use it, one at a time.
    """

    def __init__(self, path: Path, db: Database, copy: Path | None = None) -> None:
        self.path = path
        self.db = db
        self._copy = copy

    def close(self) -> None:
        """Give the file back; the last writer's leaves no "-wal" beside it."""
        with explained(self.path):
            self.db.close()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)


def demand_sqlite_file(path: Path) -> None:
    """Raises ProjectError where there is no file, an empty one or one of another format."""
    if path.is_dir():
        raise ProjectError(path, "this is a folder, not a project")
    with explained(path), path.open("rb") as file:
        header = file.read(len(_HEADER))
    if not header:
        raise ProjectError(path, "the file is empty, so it is no project")
    if header != _HEADER:
        raise ProjectError(path, "this is no AVScope project")


def connect_for_writing(path: Path) -> Connection:
    """A connection that commits durably; creates the file where there is none.

    Raises ProjectError.
    """
    with explained(path):
        db = _database(sqlite_uri(path.absolute(), "rwc"))
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA synchronous = FULL")
            # The file's own statement of what may run inside it is not believed.
            db.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error:
            db.close()
            raise
    return Connection(path, db)


def connect_for_reading(path: Path) -> Connection:
    """A connection that never writes, beside a writer or in a folder that cannot be written.

    Raises ProjectError.
    """
    with explained(path):
        db = _database(sqlite_uri(path.absolute(), "ro"))
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            db.close()
        except sqlite3.Error:
            db.close()
            raise
        else:
            return Connection(path, db)
        # Reading a file with a write-ahead log wants to write beside it: a copy can.
        return _connect_to_copy(path)


def demand_project(connection: Connection) -> None:
    """Raises ProjectError for a database that is none of ours, or a newer or altered one."""
    path, db = connection.path, connection.db
    with explained(path):
        if not is_project(db):
            raise ProjectError(path, "this is a database, but no AVScope project")
        version = version_of(db)
        if version > newest_version():
            reason = f"a newer AVScope made it (form {version}; this one knows {newest_version()})"
            raise ProjectError(path, reason)
        if version == newest_version() and (wrong := unexpected_objects(db)):
            raise ProjectError(path, f"another program altered its {wrong[0]}")


def demand_sound(connection: Connection) -> None:
    """Raises DamagedError where SQLite's own check, or that of its references, finds a fault."""
    with explained(connection.path):
        found = connection.db.execute("PRAGMA integrity_check(1)").fetchone()
        if found[0] != "ok":
            first = str(found[0]).splitlines()[-1]
            raise DamagedError(connection.path, f"the file is damaged ({first})")
        if connection.db.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise DamagedError(connection.path, "the file is damaged (a row lacks its owner)")


def sqlite_uri(path: PurePath, mode: str) -> str:
    """An absolute path as SQLite wants it, which knows no hosts: that of a shared folder of Windows
    is a part of the path."""
    uri = path.as_uri()
    is_shared = not uri.startswith("file:///")
    return f"file:{'//' if is_shared else ''}{uri.removeprefix('file:')}?mode={mode}"


def _database(uri: str) -> Database:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, check_same_thread=False)
    return database(connection)


def _connect_to_copy(path: Path) -> Connection:
    folder = Path(tempfile.mkdtemp(prefix="avscope-project-"))
    try:
        copy = folder / path.name
        for suffix in ("", "-wal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + suffix))
        db = _database(sqlite_uri(copy, "rw"))
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (OSError, sqlite3.Error):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    db.execute("PRAGMA query_only = ON")
    return Connection(path, db, folder)
