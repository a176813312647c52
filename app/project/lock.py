"""One writer at a time: a lock beside the project that says who holds it.

The system itself holds the lock for the process and lets go of it when the process ends, however
it ends: there is no stale lock to judge. The text inside only tells people.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.project.errors import ProjectError, explained
from training.annotations.model import one_line

SUFFIX = ".lock"
# Where Windows locks a byte: beyond the text, so that others can read it.
_LOCKED_BYTE = 1 << 30
_LONGEST_TEXT = 4_096
_OPENING = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_HELD_ERRORS = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: process id, user, machine, and since when (ISO 8601, local time)."""

    process: int
    user: str
    host: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} on {self.host} (process {self.process}, since {self.since})"


class HeldError(ProjectError):
    """Another window writes to the project; ``holder`` is None where it does not say who."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        super().__init__(path, f"{holder or 'another window'} is editing it")
        self.holder = holder


class ProjectLock:
    """The right to write to a project, from :meth:`acquire` to :meth:`release`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, project: Path) -> ProjectLock:
        """Take the lock of a project.

        Raises HeldError where another holds it, ProjectError where there can be no lock.
        """
        path = lock_path(project)
        with explained(project):
            while True:
                if path.is_symlink():
                    # It may come with a stranger's folder and lead to a file that is none of ours.
                    raise ProjectError(project, "its lock is a link to another file")
                descriptor = os.open(path, _OPENING)
                try:
                    _try_lock(descriptor)
                except OSError as error:
                    os.close(descriptor)
                    if error.errno in _HELD_ERRORS:
                        raise HeldError(project, holder_of(project)) from error
                    raise
                # The one who held it before may have removed the file in between.
                if _is_same_file(descriptor, path):
                    break
                os.close(descriptor)
            try:
                _write_holder(descriptor)
            except OSError:
                os.close(descriptor)
                raise
        return cls(path, descriptor)

    def release(self) -> None:
        """Let others write; harmless when repeated."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        # Removed while still held, so that nobody locks a file that is about to go. Windows
        # keeps the file while it is open.
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(descriptor)
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._path.unlink()


def lock_path(project: Path) -> Path:
    """The file that carries the lock of a project, the same for every link that leads to it."""
    own = Path(os.path.realpath(project))
    return own.with_name(own.name + SUFFIX)


def holder_of(project: Path) -> Holder | None:
    """What the lock says about its holder, or None where it says nothing that makes sense."""
    try:
        with lock_path(project).open("rb") as file:
            content = json.loads(file.read(_LONGEST_TEXT).decode("utf-8"))
        return Holder(
            int(content["process"]),
            str(content["user"]),
            str(content["host"]),
            str(content["since"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def user_name() -> str:
    """The name of the person at the machine in one line, or "" where the system knows none."""
    try:
        return one_line(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return ""


def _write_holder(descriptor: int) -> None:
    since = datetime.now(UTC).astimezone().isoformat(" ", "seconds")
    holder = Holder(os.getpid(), user_name(), platform.node(), since)
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps(asdict(holder)).encode("utf-8"))


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
