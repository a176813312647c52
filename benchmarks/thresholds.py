"""What one move of a threshold costs the window's thread.

    python -m benchmarks.thresholds [--events 20000] [--steps 100] [--cpu]

Prints milliseconds per change, median and 95th percentile, of a slider of a kind, of the kind
whose lane fills the view, and of a single label: counting what is shown, and then everything that
follows in the thread of the window until the list of events or the panel of thresholds, the
timeline and the status line are painted. Nothing asks the model. ``--cpu`` counts processor time
instead of the time on the wall, for a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop

from app.allocator import keep_together
from app.bootstrap import make_application
from app.jobs.requests import DetectProgress
from app.main_window import MainWindow
from app.window.memory import WindowMemory
from core_model.timeline import Detection, Task
from resources import resource_path

LABEL = (Task.SED, "label 7")
LABELS_PER_KIND = 60
SAMPLE_US = 50_000_000
BACKGROUND_S = 12.0
# Rounds of events after which nothing waits to be painted.
PAINTED_AFTER = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="What one move of a threshold costs")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--cpu", action="store_true", help="count processor time")
    chosen = parser.parse_args()
    clock = time.thread_time if chosen.cpu else time.perf_counter
    keep_together()
    app = make_application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AVSCOPE_CONFIG_DIR"] = os.environ["AVSCOPE_CACHE_DIR"] = folder
        window = MainWindow(WindowMemory(Path(folder) / "settings.json"))
        window.resize(1_600, 1_000)
        window.show()
        window.open_path(resource_path("sample", "sample.mp4"))
        while window.session.media is None:
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        window.detection.cancel()
        # Sound pictures, shots and the frames around the first one are made meanwhile.
        settle(BACKGROUND_S)
        # As if a detection had found them: the status line counts what is shown of them.
        found = events(chosen.events)
        window.runner.responded.emit(
            DetectProgress(0, found, SAMPLE_US, 0, SAMPLE_US, 0.0, from_cache=True, done=True)
        )
        print(f"{chosen.events:,} detections, ms median / p95 per change")
        for title, panel in (
            ("list of events", window.events),
            ("panel of thresholds", window.prompts.thresholds),
        ):
            window.review.side.setCurrentWidget(panel)
            settle()
            for name, change in (
                ("kind", lambda value: window.session.set_threshold(Task.SED, value)),
                ("in view", lambda value: window.session.set_threshold(Task.TAL, value)),
                ("label", lambda value: window.session.set_label_threshold(LABEL, value)),
            ):
                print(f"{title:>20}  {name:>7}  {measured(change, chosen.steps, clock)}")
        window.close()
        window.shutdown()


def events(count: int) -> tuple[Detection, ...]:
    """Most of them doubtful, as a model gives them above its floor."""
    source = random.Random(1)
    found = [
        Detection(
            source.choice(tuple(Task)),
            f"label {source.randrange(LABELS_PER_KIND)}",
            onset_us := source.randrange(SAMPLE_US),
            onset_us + source.randrange(200_000, 3_000_000),
            source.betavariate(1, 5),
        )
        for _ in range(count)
    ]
    return tuple(sorted(found, key=lambda each: each.onset_us))


def measured(change: Callable[[float], None], steps: int, clock: Callable[[], float]) -> str:
    """A hand drags the slider up and down."""
    times_ms: list[float] = []
    for step in range(steps):
        value = abs((step % 60) - 30) / 30
        begun_s = clock()
        change(round(value, 2))
        # What waits to be painted is part of it; a list lays itself out first, and asks then.
        for _ in range(PAINTED_AFTER):
            QCoreApplication.processEvents()
        times_ms.append((clock() - begun_s) * 1e3)
        settle()
    return f"{np.median(times_ms):.1f} / {np.percentile(times_ms, 95):.1f}"


def settle(seconds: float = 0.15) -> None:
    """Let the layout in the background end."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        QCoreApplication.processEvents()


if __name__ == "__main__":
    main()
