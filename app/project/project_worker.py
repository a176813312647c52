"""What is done to a project beside the window's thread: one job after the other, each reported."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from app.project.errors import EditError, ProjectError
from app.project.project import Project
from app.project.store import Commit

Write: TypeAlias = Callable[[Project], Commit | None]


@dataclass(frozen=True, slots=True)
class Job:
    """Work for the worker: a write, or something else that reports with a line or not at all."""

    write: Write | None = None
    backup_reason: str = ""
    open_path: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job: a commit, an opened project, an error, or nothing to tell."""

    job: Job
    result: Commit | Project | None = None
    error: ProjectError | EditError | None = None


class ProjectWorker:
    """One thread that does jobs in their order; it starts with the first and ends when asked."""

    def __init__(self, announce: Callable[[], None]) -> None:
        self._announce = announce
        self._jobs: queue.SimpleQueue[tuple[Job, Project | None, str] | None]
        self._jobs = queue.SimpleQueue()
        self._done: deque[Done] = deque()
        self._thread: threading.Thread | None = None
        self._under_way = 0

    @property
    def is_busy(self) -> bool:
        """Whether a job other than a backup was sent and not yet collected."""
        return self._under_way > 0

    def send(self, job: Job, project: Project | None, author: str) -> None:
        # What no job may raise ends the thread: the edits after it are written nevertheless.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="project")
            self._thread.start()
        self._under_way += not job.backup_reason
        self._jobs.put((job, project, author))

    def next_done(self) -> Done | None:
        """The next finished job, or None."""
        if not self._done:
            return None
        done = self._done.popleft()
        self._under_way -= not done.job.backup_reason
        return done

    def finish(self) -> None:
        """Wait until every job is done and end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        failure: ProjectError | None = None
        failed: Project | None = None
        while (task := self._jobs.get()) is not None:
            job, project, author = task
            if failure is not None and project is failed and job.write is not None:
                # What was made on top of an edit that is not there cannot be written either.
                done = Done(job, error=failure)
            else:
                done = carry_out(job, project, author)
                if job.write is not None and isinstance(done.error, ProjectError):
                    failure, failed = done.error, project
            self._done.append(done)
            self._announce()


def carry_out(job: Job, project: Project | None, author: str = "") -> Done:
    """Do one job in the thread that asks; what goes wrong with it is part of the answer."""
    try:
        if job.open_path is not None:
            return Done(job, Project.open(job.open_path, author))
        if project is None:
            return Done(job)
        if job.write is not None:
            return Done(job, job.write(project))
        project.back_up(job.backup_reason)
        return Done(job)
    except (ProjectError, EditError) as error:
        return Done(job, error=error)
