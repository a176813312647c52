"""How busy the window's thread is while a video plays: python -m benchmarks.playing_window

The whole window, 1600 x 1000, plays a video with sound, spectrogram and made-up events of all
kinds, first seen whole and then 10 s of it. Prints the share of a processor that the window's
thread takes, and how often in a second anything asks for a new layout: running figures must not.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from app.allocator import keep_together
from app.bootstrap import make_application
from app.main_window import MainWindow
from app.window.memory import WindowMemory
from benchmarks.player_media import HD_30, video_to_play
from benchmarks.player_room import wait_until
from core_model.timeline import US_PER_S, Detection, Task

SETTLE_S = 15.0
CLOSE_US = 10 * US_PER_S


class _Layouts(QObject):
    """Counts who asks for a new layout; installed on the application only while it counts."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def _events(duration_s: int) -> tuple[Detection, ...]:
    """Each second something of each kind begins, and lasts for three."""
    return tuple(
        Detection(task, f"{task.value} {second % 7}", onset_us, onset_us + 3 * US_PER_S, 0.9)
        for second in range(duration_s)
        for onset_us in (second * US_PER_S,)
        for task in Task
    )


def _wait(seconds_s: float) -> None:
    ends_s = time.perf_counter() + seconds_s
    wait_until(lambda: time.perf_counter() >= ends_s, seconds_s + 1)


def _measure(app: QApplication, window: MainWindow, name: str, seconds_s: float) -> None:
    window.actions_by_id["start"].trigger()
    window.actions_by_id["play"].trigger()
    _wait(1.0)
    began_s, began_cpu_s = time.perf_counter(), time.thread_time()
    _wait(seconds_s)
    spent_s = time.thread_time() - began_cpu_s
    share = spent_s / (time.perf_counter() - began_s)
    # Another second for counting, which itself takes time.
    layouts = _Layouts()
    app.installEventFilter(layouts)
    _wait(1.0)
    app.removeEventFilter(layouts)
    window.player.pause()
    dropped = window.player.picture.dropped_frames
    print(f"{name:20}{share:18.1%}{layouts.count:16}{dropped:12}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="How busy the window is while a video plays")
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    keep_together()
    app = make_application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AVSCOPE_CONFIG_DIR"] = os.environ["AVSCOPE_CACHE_DIR"] = folder
        window = MainWindow(WindowMemory(Path(folder) / "settings.json"))
        window.resize(1_600, 1_000)
        window.show()
        duration_s = round(chosen.seconds) + 4
        window.open_path(video_to_play(HD_30, duration_s))
        wait_until(lambda: window.session.media is not None)
        window.detection.cancel()
        _wait(SETTLE_S)
        window.session.set_detections(_events(duration_s))
        print(f"{'':20}{'of a processor':>18}{'layouts per s':>16}{'dropped':>12}")
        _measure(app, window, "seen whole", chosen.seconds)
        window.view_state.set_visible(0, CLOSE_US)
        _measure(app, window, "10 s in view", chosen.seconds)
        window.close()
        window.shutdown()
        app.quit()


if __name__ == "__main__":
    main()
