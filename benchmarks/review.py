"""Review: python -m benchmarks.review [--decisions N] [--segments N] [--look S]

From a decision's key to the next find: when the player plays, and when the first frame of it is on
the screen, in the real window on the sample and on a video whose key frames are far apart. Then
what the table of segments takes with very many rows.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.bootstrap import make_application, make_window
from app.main_window import MainWindow
from app.panels.segment_filter import Column, SegmentFilter
from app.panels.segment_table import SegmentTable
from app.project.edits import AddVideos, ApplyRun, Decide, VideoFile
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import DARK
from app.window.annotation import Annotation
from benchmarks.player_media import HD_30, video_to_play
from benchmarks.player_room import wait_until
from core_model.media.video import PaintedFrame
from core_model.timeline import US_PER_S, Detection, Task
from resources import resource_path
from training.annotations.model import State

VIDEO_S = 60.0
# As long as a quick person looks; most finds last longer.
LOOK_S = 0.6


def finds(count: int, length_s: float) -> tuple[Detection, ...]:
    """Events of a second all over a video, with scores above every threshold."""
    chosen = random.Random(1)
    onsets_us = sorted(chosen.randrange(int((length_s - 2) * US_PER_S)) for _ in range(count))
    return tuple(
        Detection(tuple(Task)[n % 3], f"label {n % 40}", us, us + US_PER_S, chosen.random())
        for n, us in enumerate(onsets_us)
    )


@contextmanager
def window_on(video: Path, count: int) -> Iterator[MainWindow]:
    """The real window on a project of this video, with undecided finds in it."""
    app = make_application()
    with tempfile.TemporaryDirectory() as name:
        for variable in ("AVSCOPE_CONFIG_DIR", "AVSCOPE_CACHE_DIR"):
            os.environ[variable] = str(Path(name, variable))
        path = Path(name, "study.avscope")
        project = Project.create(path, "anna")
        added, _touched = project.add_video(video)
        project.perform(ApplyRun(added.id, "starter", "1", finds(count, 45.0)))
        project.close()
        window = make_window(app)
        for kind in Task:
            window.session.set_threshold(kind, 0.0)
        window.show()
        try:
            window.annotation.projects.open(path)
            wait_until(lambda: window.annotation.video_id is not None)
            wait_until(lambda: window.player.picture.numbers.index is not None)
            yield window
        finally:
            window.close()
            window.shutdown()


def measure_triage(video: Path, count: int, look_s: float) -> tuple[list[float], list[float]]:
    """Milliseconds from each decision to playing, and to the first frame of the next find, for a
    person who looks at each for so long."""
    playing_ms: list[float] = []
    shown_ms: list[float] = []
    with window_on(video, count + 1) as window:
        window.actions_by_id["triage_next"].trigger()
        for _ in range(count):
            ready_s = time.perf_counter() + look_s
            wait_until(lambda ready_s=ready_s: time.perf_counter() > ready_s)
            before = window.player.picture.shown
            began_s = time.perf_counter()
            window.actions_by_id["accept"].trigger()
            assert window.player.is_playing
            playing_ms.append(1000 * (time.perf_counter() - began_s))
            wait_until(_is_there(window, before))
            shown_ms.append(1000 * (time.perf_counter() - began_s))
    return playing_ms, shown_ms


def _is_there(window: MainWindow, before: PaintedFrame | None) -> Callable[[], bool]:
    """Whether a frame of the find that now plays has come after ``before``."""
    start_us = window.view_state.playhead_us

    def look() -> bool:
        shown = window.player.picture.shown
        if shown is None or shown is before:
            return False
        return start_us - US_PER_S // 20 <= shown.pts_us <= start_us + 2 * US_PER_S

    return look


def measure_table(count: int) -> dict[str, list[float]]:
    """Milliseconds of what a person does to a table of that many rows, painted each time."""
    make_application()
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        projects = ProjectSession("anna")
        projects.create(Path(name, "study.avscope"))
        projects.perform(AddVideos((VideoFile("video.mp4"),)))
        projects.perform(ApplyRun(1, "starter", "1", finds(count, 36_000.0)))
        wait_until(lambda: not projects.is_busy)
        annotation = Annotation(projects)
        annotation.set_video(1)
        table = SegmentTable(annotation, Session(), DARK)
        table.resize(700, 600)
        table.show()
        orders = [(column, order) for order in Qt.SortOrder for column in Column]
        chosen = iter(random.Random(2).sample(range(1, count), 100))
        actions: dict[str, Callable[[int], object]] = {
            "decide one": lambda n: annotation.perform(Decide((next(chosen),), State.ACCEPTED)),
            "sort": lambda n: table.view.sortByColumn(*orders[n % len(orders)]),
            "select one": lambda n: annotation.select((next(chosen),)),
            "select all, or nothing again": lambda n: (
                annotation.select(()) if n % 2 else table.view.selectAll()
            ),
            "scroll": lambda n: table.view.verticalScrollBar().setValue(n * count // 50),
            "filter by text": lambda n: table.set_filter(SegmentFilter(text=str(n))),
        }
        for said, act in actions.items():
            taken[said] = [_took_ms(act, n) for n in range(20)]
        projects.close()
    return taken


def _took_ms(act: Callable[[int], object], number: int) -> float:
    began_s = time.perf_counter()
    act(number)
    QApplication.processEvents()
    return 1000 * (time.perf_counter() - began_s)


def _print_row(said: str, times_ms: list[float]) -> None:
    slowest = sorted(times_ms)[int(0.95 * (len(times_ms) - 1))]
    print(f"| {said} | {statistics.median(times_ms):.1f} | {slowest:.1f} |", flush=True)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=40)
    parser.add_argument("--look", type=float, default=LOOK_S, help="seconds before each decision")
    parser.add_argument("--segments", type=int, default=100_000)
    arguments = parser.parse_args()
    print("| from a decision's key, ms | median | 95 % |\n|---|---|---|")
    videos = {
        "sample": resource_path("sample", "sample.mp4"),
        "1080p, a key frame every 8 s": video_to_play(HD_30, VIDEO_S),
    }
    for said, video in videos.items():
        playing_ms, shown_ms = measure_triage(video, arguments.decisions, arguments.look)
        _print_row(f"{said}: the next find plays", playing_ms)
        _print_row(f"{said}: its first frame is shown", shown_ms)
    print(f"\n| table of {arguments.segments:,} segments, ms | median | 95 % |\n|---|---|---|")
    for said, times_ms in measure_table(arguments.segments).items():
        _print_row(said, times_ms)
    return 0


if __name__ == "__main__":
    sys.exit(main())
