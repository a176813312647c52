"""What edits of a large project cost: commits, undo, loading, bulk work, backups.

    python -m benchmarks.project [--segments 100000] [--folder PATH]

Milliseconds. One edit is everything from the call to the changed arrays, the commit with
``synchronous=FULL`` included; its processor time is told apart, because a busy disk makes every
commit wait. ``--folder`` names where the project lies, for measuring another disk.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.project.columns import SegmentColumns
from app.project.connection import demand_sound
from app.project.edits import (
    AddSegment,
    AddVideos,
    ApplyRun,
    Decide,
    DecideByScore,
    DeleteSegments,
    Edit,
    Reshape,
    VideoFile,
)
from app.project.project import Project
from core_model.timeline import Detection, Task
from training.annotations.model import State

VIDEO_ID = 1
EDITS = 300
HOUR_US = 3_600_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description="Edits of a large project")
    arguments.add_argument("--segments", type=int, default=100_000)
    arguments.add_argument("--folder", type=Path, default=None)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path = Path(folder) / "bench.avscope"
        project = Project.create(path, "bench")
        project.perform(AddVideos((VideoFile("video.mp4"),)))
        report_bulk(project, chosen.segments)
        report_edits(project)
        report_queries(project.document.columns(VIDEO_ID))
        report_files(project)


def report_bulk(project: Project, count: int) -> None:
    """A model run of ``count`` segments and one decision about half of them."""
    found = detections(count)
    print(f"{count:,} segments in one video\n\n{'bulk work':34}{'ms':>9}{'cpu':>9}")
    edits: list[tuple[str, Edit]] = [
        ("model run of all", ApplyRun(VIDEO_ID, "model", "1", found)),
        ("accept from score 0.5", DecideByScore(State.ACCEPTED, 0.5)),
    ]
    for name, edit in edits:
        print_work(name, lambda edit=edit: project.perform(edit))
    print_work("  undo of it", project.undo)
    print_work("  redo of it", project.redo)
    project.document.forget_columns(VIDEO_ID)
    print_work("load all into arrays", lambda: project.document.columns(VIDEO_ID))


def report_edits(project: Project) -> None:
    """Single edits by hand, each committed."""
    generator = random.Random(2)
    ids = project.document.columns(VIDEO_ID).ids.tolist()

    def trim() -> None:
        segment = project.document.segment(generator.choice(ids))
        if segment is not None:
            end_us = segment.offset_us + generator.randint(1, 1_000)
            project.perform(Reshape(segment.id, segment.onset_us, end_us))

    def draw() -> None:
        onset_us = generator.randrange(HOUR_US)
        project.perform(AddSegment(VIDEO_ID, Task.SED, "label 1", onset_us, onset_us + 500_000))

    def decide() -> None:
        project.perform(Decide((generator.choice(ids),), generator.choice(tuple(State))))

    def delete() -> None:
        project.perform(DeleteSegments((ids.pop(generator.randrange(len(ids))),)))

    print(f"\n{'one edit, committed':34}{'median':>9}{'p95':>9}{'cpu':>9}")
    for name, edit in (
        ("draw", draw),
        ("trim", trim),
        ("decide", decide),
        ("delete", delete),
        ("undo", project.undo),
        ("redo", project.redo),
    ):
        cpu_start = time.thread_time()
        times = sorted(took_ms(edit) for _ in range(EDITS))
        cpu_ms = (time.thread_time() - cpu_start) * 1_000 / EDITS
        p95 = times[int(0.95 * len(times))]
        print(f"{name:34}{statistics.median(times):9.2f}{p95:9.2f}{cpu_ms:9.2f}")


def report_queries(columns: SegmentColumns) -> None:
    """What a repaint and a click ask for."""
    print(f"\n{'in memory':34}{'ms':>9}")
    for name, length_us in (("segments within 60 s", 60_000_000), ("within the hour", HOUR_US)):
        times = [
            took_ms(lambda at=at, span=length_us: columns.within(at, at + span))
            for at in range(0, HOUR_US, HOUR_US // 100)
        ]
        print(f"{name:34}{statistics.median(times):9.3f}")
    hits = [
        took_ms(lambda at=at: columns.within(at, at)) for at in range(0, HOUR_US, HOUR_US // 100)
    ]
    print(f"{'segments at a time':34}{statistics.median(hits):9.3f}")


def report_files(project: Project) -> None:
    """Opening, checking and backing up the whole file."""
    check = took_ms(lambda: demand_sound(project._opened.connection))
    backup = took_ms(lambda: project.back_up("benchmark"))
    project.close()
    opened: list[Project] = []
    opening = took_ms(lambda: opened.append(Project.open(project.path, "bench")))
    opened[0].close()
    print(f"\n{'whole file':34}{'ms':>9}")
    print(f"{'integrity check':34}{check:9.0f}")
    print(f"{'backup, checked':34}{backup:9.0f}")
    print(f"{'open (check, no segments yet)':34}{opening:9.0f}")
    print(f"{'size in MB':34}{project.path.stat().st_size / 1e6:9.1f}")


def detections(count: int) -> tuple[Detection, ...]:
    """Events of 40 labels and all kinds over an hour, overlapping where there are many."""
    generator = random.Random(1)
    return tuple(
        Detection(
            generator.choice(tuple(Task)),
            f"label {generator.randrange(40)}",
            (onset_us := generator.randrange(HOUR_US)),
            onset_us + generator.randint(200_000, 5_000_000),
            generator.random(),
        )
        for _ in range(count)
    )


def print_work(name: str, work: Callable[[], object]) -> None:
    """A line with the time on the wall and that of the processor."""
    cpu_start = time.thread_time()
    wall_ms = took_ms(work)
    print(f"{name:34}{wall_ms:9.0f}{(time.thread_time() - cpu_start) * 1_000:9.0f}")


def took_ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


if __name__ == "__main__":
    main()
