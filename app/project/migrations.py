"""The numbered forms of the project file, and the steps from each to the next."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from app.project.database import database
from resources import resource_path

if TYPE_CHECKING:
    from sqlite_utils import Database

# "AVSc": tells a project from any other SQLite file.
APPLICATION_ID = 0x41565363
_FILE_NAME = re.compile(r"(\d{4})_\w+\.sql")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(number, SQL) of every step, the first one first; numbers run from 1 without a gap."""
    found = sorted(
        (int(match[1]), path.read_text(encoding="utf-8"))
        for path in resource_path("migrations").iterdir()
        if (match := _FILE_NAME.fullmatch(path.name))
    )
    if [number for number, _sql in found] != list(range(1, len(found) + 1)):
        raise ValueError("the migrations are not numbered 1, 2, 3, ...")
    return tuple(found)


def newest_version() -> int:
    """The form of the file that this program writes."""
    return len(migrations())


def version_of(db: Database) -> int:
    """The number of the last step that the file has been through; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_project(db: Database) -> bool:
    """Whether the file says of itself that it is a project."""
    return db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def migrate(db: Database) -> None:
    """Take every step that the file has not been through, all of them or none.

    Raises sqlite3.Error; the file is then as it was.
    """
    done = version_of(db)
    with db.atomic():
        for number, sql in migrations():
            if number > done:
                for statement in _statements(sql):
                    db.conn.execute(statement)
        # PRAGMA takes no parameters; both are numbers of ours.
        db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        db.conn.execute(f"PRAGMA user_version = {newest_version():d}")


def unexpected_objects(db: Database) -> list[str]:
    """Tables, indexes and triggers of ours that differ from what the steps make, and any trigger
    or view that is not ours: such a file would not do what this program thinks it does.
    """
    fresh = database(sqlite3.connect(":memory:"))
    migrate(fresh)
    wanted, found = _objects(fresh), _objects(db)
    fresh.close()
    wrong = [name for name, sql in wanted.items() if found.get(name) != sql]
    return wrong + [
        name for name in found.keys() - wanted.keys() if name.startswith(("trigger ", "view "))
    ]


def _objects(db: Database) -> dict[str, str | None]:
    query = "SELECT type || ' ' || name, sql FROM sqlite_master"
    return dict(db.execute(query).fetchall())


def _statements(sql: str) -> Iterator[str]:
    """The single statements of a script; ``executescript`` would commit before the first."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
