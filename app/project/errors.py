"""What goes wrong with projects, in one line each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core_model.media.errors import printable

_FULL = {sqlite3.SQLITE_FULL}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class ProjectError(Exception):
    """A project cannot be opened, read or written; ``str()`` is one line, "FILE: REASON"."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return printable(f"{self.path}: {self.reason}")


class DamagedError(ProjectError):
    """The file is, or has become, one that SQLite cannot trust."""


class EditError(ValueError):
    """An edit that makes no sense here; nothing was changed. ``str()`` is one line."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite and the system say about ``path`` into a ProjectError with a reason."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explanation(path, error) from error
    except OSError as error:
        raise ProjectError(path, error.strerror or str(error)) from error


def _explanation(path: Path, error: sqlite3.Error) -> ProjectError:
    """The reason in people's words; SQLite's extended codes carry the plain one in a byte."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return DamagedError(path, "the file is damaged")
    if code in _FULL:
        return ProjectError(path, "the disk is full")
    if code in _READ_ONLY:
        return ProjectError(path, "the file or its folder cannot be written")
    if code in _BUSY:
        return ProjectError(path, "another program keeps the file locked")
    if code == sqlite3.SQLITE_IOERR:
        return ProjectError(path, f"the disk reports an error ({error})")
    return ProjectError(path, str(error))
