"""Improving a model in the window: python -m benchmarks.improving [--shots FOLDER]

The real window plays the bundled sample while a child process trains on its ground truth. A timer
that should tick every 10 ms says how long the window was not there for anybody, in each part:
while planning, training, comparing both models, and after going over to the new one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.bootstrap import make_application, make_window
from app.improve.improvement import Stage
from app.main_window import MainWindow
from app.project.edits import AddSegment
from app.project.project import Project
from benchmarks.player_room import wait_until
from core_model.media.probe import probe
from core_model.timeline import Task, microseconds
from resources import resource_path

BEAT_MS = 10
PATIENCE_S = 900.0
FOLDERS = ("AVSCOPE_CONFIG_DIR", "AVSCOPE_CACHE_DIR", "AVSCOPE_DATA_DIR")


class Heart(QObject):
    """Ticks in the window's thread and notes when it was late."""

    def __init__(self) -> None:
        super().__init__()
        self._last_s = time.perf_counter()
        self._gaps_s: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def tell(self, part: str) -> None:
        """Print what was noted since the last time."""
        gaps_ms = np.array(self._gaps_s or [0.0]) * 1_000
        p95_ms, worst_ms = np.percentile(gaps_ms, 95), gaps_ms.max()
        late = float((gaps_ms > 100).mean() * 100)
        print(
            f"{part:<12} {gaps_ms.sum() / 1_000:7.1f} s   p95 {p95_ms:6.1f} ms"
            f"   worst {worst_ms:6.1f} ms   over 100 ms {late:.2f} %"
        )
        self._gaps_s = []

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self._gaps_s.append(now_s - self._last_s)
        self._last_s = now_s


def corrected_project(folder: Path) -> Path:
    """The sample with its ground truth drawn by a person."""
    video = resource_path("sample", "sample.mp4")
    truth = json.loads(resource_path("sample", "sample.json").read_text(encoding="utf-8"))
    project = Project.create(folder / "sample.avscope", "anna")
    info = probe(video)
    added, _ = project.add_video(video, start_us=info.start_us, duration_us=info.duration_us)
    for event in truth["events"]:
        span = (microseconds(event["onset_s"]), microseconds(event["offset_s"]))
        project.perform(AddSegment(added.id, Task(event["task"]), event["label"], *span))
    project.close()
    return project.path


def run(window: MainWindow, project: Path, shots: Path | None) -> bool:
    """Plan, train, compare, use; False where the training failed."""
    heart, room = Heart(), window.models
    window.projects.files.open(project)
    wait_until(lambda: window.session.media is not None, PATIENCE_S)
    wait_until(lambda: not window.detection.is_running, PATIENCE_S)
    window.actions_by_id["loop"].setChecked(True)
    window.actions_by_id["play"].trigger()
    heart.tell("detecting")
    window.actions_by_id["improve_model"].trigger()
    dialog = room.improve
    assert dialog is not None
    wait_until(lambda: room.improvement.stage is not Stage.PLANNING, PATIENCE_S)
    heart.tell("planning")
    _shoot(dialog, shots, "plan")
    dialog.start.click()
    wait_until(
        lambda: len(room.improvement.steps) > 5 or not room.improvement.is_training, PATIENCE_S
    )
    _shoot(dialog, shots, "training")
    wait_until(lambda: not room.improvement.is_training, PATIENCE_S)
    heart.tell("training")
    if room.improvement.stage is not Stage.DONE:
        print(room.improvement.problem, file=sys.stderr)
        heart.stop()
        return False
    wait_until(lambda: not room.comparison.is_running, PATIENCE_S)
    heart.tell("comparing")
    _shoot(dialog, shots, "result")
    _tell_figures(window)
    dialog.use.click()
    wait_until(lambda: not window.detection.is_running, PATIENCE_S)
    heart.tell("using")
    _shoot(window, shots, "window")
    window.actions_by_id["models"].trigger()
    assert room.models is not None
    _shoot(room.models, shots, "models")
    heart.stop()
    return True


def _tell_figures(window: MainWindow) -> None:
    done = window.models.improvement.done
    if done is None:
        return
    print(f"\ntrained in {done.seconds:.1f} s, {len(window.models.improvement.steps)} steps told")
    for each in done.compared:
        name = each.label or "all"
        print(f"{each.kind:<5} {name:<24} {each.before:.3f} -> {each.after:.3f}")
    print()


def _shoot(widget: QWidget, folder: Path | None, name: str) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        widget.grab().save(str(folder / f"{name}.png"))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.improving")
    parser.add_argument("--shots", type=Path, help="write pictures of each stage into this folder")
    arguments = parser.parse_args()
    app = make_application()
    with tempfile.TemporaryDirectory() as name:
        for variable in FOLDERS:
            os.environ[variable] = str(Path(name, variable))
        window = make_window(app)
        window.resize(1400, 900)
        window.show()
        try:
            done = run(window, corrected_project(Path(name)), arguments.shots)
        finally:
            window.close()
            window.shutdown()
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
