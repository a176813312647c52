"""Kills a process that edits a project, over and over, and looks at what is left each time.

    python -m benchmarks.kills [--kills 200] [--edits 2000] [--seed 1]

A child process opens the project through the window's session and carries out a script of edits
(drawn, trimmed, moved, split, decided, deleted, some taken back), says after each that it is done,
and is killed with SIGKILL at a random moment.
The project is then opened: SQLite must find it sound, every edit that was said to be done must
be there and at most one more, and the tables must be what the same edits make without any kill.
The next child goes on from there. In the end everything is undone and redone. Needs a system
that can fork.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtCore import QCoreApplication

from app.project.document import Document
from app.project.edits import (
    AddSegment,
    AddVideos,
    Decide,
    DeleteSegments,
    MoveSegments,
    Reshape,
    SetNote,
    SplitSegments,
    VideoFile,
)
from app.project.edits.base import Edit
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.project.values import Segment
from core_model.timeline import Task
from training.annotations.model import State

_ACK = struct.Struct("<I")
_VIDEO_ID = 1


def main() -> int:
    arguments = argparse.ArgumentParser(description="Kill a process that edits a project")
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--edits", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(run(Path(folder), chosen.kills, chosen.edits, chosen.seed))
    return 0


def run(folder: Path, kills: int, edits: int, seed: int) -> str:
    """Raises AssertionError where anything was lost; returns what was seen, for people."""
    twin = Twin(folder / "whole.avscope")
    path = folder / "killed.avscope"
    _start(path).close()
    generator = random.Random(seed)
    done, in_flight = 0, 0
    for left in range(kills, 0, -1):
        # Spread over the whole script; a kill that comes late goes on beyond its end.
        limit = done + generator.randint(1, max(1, (edits - done) // (left + 1)))
        acknowledged = _edit_until_killed(path, done, limit, generator)
        done = _look_after(path, acknowledged, twin)
        in_flight += done - acknowledged
    _undo_and_redo_all(path, twin, done)
    twin.close()
    return (
        f"{kills} kills in {done} edits: every acknowledged edit is there, "
        f"and {in_flight} that were in flight"
    )


class Twin:
    """The same edits in a project that nobody kills."""

    def __init__(self, path: Path) -> None:
        self._project = _start(path)
        self._states = [self._project.document.columns(_VIDEO_ID)]

    def segments_after(self, edits: int) -> list[Segment]:
        while len(self._states) <= edits:
            perform(self._project, len(self._states) - 1)
            self._states.append(self._project.document.columns(_VIDEO_ID))
        columns = self._states[edits]
        return [columns.segment(row) for row in range(len(columns))]

    def close(self) -> None:
        self._project.close()


class Edited(Protocol):
    """What the script needs of a project, or of the session that holds one."""

    @property
    def document(self) -> Document | None: ...
    def perform(self, edit: Edit) -> object: ...
    def undo(self) -> object: ...


def perform(project: Edited, index: int) -> None:
    """Edit number ``index`` of the script; which one depends on the number and the segments."""
    document = project.document
    if document is None:
        raise AssertionError("no project is open")
    columns = document.columns(_VIDEO_ID)
    generator = random.Random(index)
    if index % 11 == 10:
        project.undo()
        return
    if len(columns) < 3:
        project.perform(_drawn(index))
        return
    segment = columns.segment(generator.randrange(len(columns)))
    middle_us = segment.onset_us + segment.duration_us // 2
    match index % 9:
        case 0 | 1:
            project.perform(_drawn(index))
        case 2 | 3:
            project.perform(Reshape(segment.id, segment.onset_us, segment.offset_us + 1 + index))
        case 4:
            project.perform(MoveSegments((segment.id,), 1_000 + index))
        case 5:
            project.perform(SplitSegments((segment.id,), middle_us))
        case 6:
            project.perform(SetNote((segment.id,), f"note {index}"))
        case 7:
            other = State.REJECTED if segment.state is State.ACCEPTED else State.ACCEPTED
            project.perform(Decide((segment.id,), other))
        case _:
            project.perform(DeleteSegments((segment.id,)))


def _drawn(index: int) -> AddSegment:
    kind = tuple(Task)[index % 3]
    onset_us = index * 10_000
    return AddSegment(_VIDEO_ID, kind, f"label {index % 7}", onset_us, onset_us + 500_000)


def _start(path: Path) -> Project:
    project = Project.create(path, "kills")
    project.perform(AddVideos((VideoFile("video.mp4"),)))
    return project


def _edit_until_killed(path: Path, done: int, limit: int, generator: random.Random) -> int:
    """How many edits a child said were done in all before it was killed, some after ``limit``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(path, done, reading, writing)
    os.close(writing)
    acknowledged = done
    is_killed = False
    # What the child still said before it died counts as well: the pipe is read to its end.
    while ack := os.read(reading, _ACK.size):
        acknowledged = _ACK.unpack(ack)[0]
        if not is_killed and acknowledged >= limit:
            time.sleep(generator.uniform(0.0, 0.001))
            os.kill(child, signal.SIGKILL)
            is_killed = True
    os.close(reading)
    os.waitpid(child, 0)
    _demand(is_killed, f"the child gave up after {acknowledged} edits")
    return acknowledged


def _be_the_child(path: Path, done: int, reading: int, writing: int) -> None:
    os.close(reading)
    try:
        application = QCoreApplication([])
        session = ProjectSession("kills")
        session.open(path)
        while session.project is None:
            application.processEvents()
        for index in itertools.count(done):
            perform(session, index)
            os.write(writing, _ACK.pack(index + 1))
    finally:
        os._exit(1)


def _look_after(path: Path, acknowledged: int, twin: Twin) -> int:
    """Open what the killed process left; returns how many edits are there."""
    project = Project.open(path, "kills")
    _demand(project.read_only_reason is None, f"opened read-only: {project.read_only_reason}")
    found = project.history.revision - 1
    _demand(acknowledged <= found <= acknowledged + 1, f"{acknowledged} done, {found} there")
    is_same = _segments(project) == twin.segments_after(found)
    _demand(is_same, f"other segments after {found} edits")
    project.close()
    return found


def _undo_and_redo_all(path: Path, twin: Twin, done: int) -> None:
    project = Project.open(path, "kills")
    steps = 0
    while project.history.undo_name != "Add video.mp4":
        project.undo()
        steps += 1
    _demand(_segments(project) == [], "undo of everything left segments")
    # Not to the end: the script itself may have stopped just after an undo.
    for _ in range(steps):
        project.redo()
    is_same = _segments(project) == twin.segments_after(done)
    _demand(is_same, "redo of everything made other segments")
    project.close()


def _segments(project: Project) -> list[Segment]:
    columns = project.document.columns(_VIDEO_ID)
    return [columns.segment(row) for row in range(len(columns))]


def _demand(holds: bool, reason: str) -> None:
    if not holds:
        raise AssertionError(reason)


if __name__ == "__main__":
    sys.exit(main())
