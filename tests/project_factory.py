"""Projects for tests, and looks at them that go round the program."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.project.edits import AddVideos, ApplyRun, VideoFile
from app.project.project import Project
from app.project.values import Segment
from core_model.timeline import Detection, Task

VIDEO_ID = 1
LABELS = ("dog bark", "clapping", "speech", "door")


def new_project(folder: Path, name: str = "study.avscope", author: str = "anna") -> Project:
    """A project with one video (id 1) and nothing in it."""
    project = Project.create(folder / name, author)
    project.perform(AddVideos((VideoFile("video.mp4"),)))
    return project


def segments_in(project: Project, video_id: int = VIDEO_ID) -> list[Segment]:
    """All segments of a video, as the document shows them."""
    columns = project.document.columns(video_id)
    return [columns.segment(row) for row in range(len(columns))]


def tables_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that edits change, read by another connection."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return {
            "videos": connection.execute("SELECT * FROM videos ORDER BY id").fetchall(),
            "labels": connection.execute("SELECT * FROM labels ORDER BY id").fetchall(),
            "runs": connection.execute("SELECT * FROM runs ORDER BY id").fetchall(),
            "segments": connection.execute("SELECT * FROM segments ORDER BY id").fetchall(),
        }
    finally:
        connection.close()


def detections(count: int, seed: int = 0, spacing_us: int = 2_000_000) -> tuple[Detection, ...]:
    """Events of all kinds that do not overlap, in the order of time."""
    generator = random.Random(seed)
    return tuple(
        Detection(
            generator.choice(tuple(Task)),
            generator.choice(LABELS),
            index * spacing_us,
            index * spacing_us + 1_000_000,
            generator.random(),
        )
        for index in range(count)
    )


def model_run(found: tuple[Detection, ...], version: str = "1", **scope: Any) -> ApplyRun:
    """A run of a model over the video."""
    return ApplyRun(VIDEO_ID, "starter", version, found, **scope)


def damage(path: Path) -> None:
    """Overwrite pages in the middle of the file, as a failing disk does; the first one stays."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8_192] = bytes(8_192)
    path.write_bytes(content)


@contextmanager
def fast_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is one, for tests that commit thousands of times."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield otherwise
        return
    folder = Path(tempfile.mkdtemp(prefix="avscope-test-", dir=memory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
