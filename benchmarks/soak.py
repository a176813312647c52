"""A long session by script: does memory stay where it is, and is nothing left after closing?

``--minutes`` of a session are spent over a video of ``--video-hours``; with ``--compress N`` each
pause lasts an Nth of its time, so that the same number of actions takes an Nth of the time, and
free memory is given back N times as often. Memory is looked at after every action, since it goes
up and down with what is open at the moment. The promise is under 5 % growth of its mean from the
middle third of the session to the last one, and that no thread, timer or file is left that was
not there before the window.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
from pathlib import Path
from random import Random
from statistics import fmean
from typing import TypeGuard

import shiboken6
from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication

from app.allocator import keep_together
from app.bootstrap import make_application, make_window
from app.main_window import MainWindow
from app.player.player import SPEEDS
from app.tidying import TIDY_EVERY_S, Tidying
from benchmarks.long_video import SMALL, long_video
from core_model.cache import default_folder

PAUSE_S = 5.0
ROWS = 12
PROMISED_GROWTH = 0.05


def memory_mb() -> tuple[float, float]:
    """Memory of this process that is its own, and pages of files that lie in RAM; 0 without /proc.

    Only the first can leak: the others are given back whenever the system wants them.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0, 0.0
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    own_kb, mapped_kb = (int(lines[name].split()[0]) for name in ("RssAnon", "RssFile"))
    return own_kb / 1e3, mapped_kb / 1e3


def open_files() -> list[str]:
    """What this process has open; nothing where the system has no /proc."""
    handles = Path("/proc/self/fd")
    if not handles.exists():
        return []
    # The handle with which the folder itself is read is gone by the time it is looked at.
    return sorted(str(handle.readlink()) for handle in handles.iterdir() if handle.is_symlink())


class Session(QObject):
    """Does one small thing after another, as a person would, and writes down the memory."""

    def __init__(self, window: MainWindow, video: Path, minutes: float, compress: float) -> None:
        super().__init__()
        self._window = window
        self._video = video
        self._random = Random(4)
        self._actions = 0
        self._total = max(ROWS, round(minutes * 60 / PAUSE_S))
        self.memory_mb: list[float] = []
        self._things = (
            self._play_or_pause, self._change_speed, self._seek, self._zoom, self._scroll,
            self._select_and_loop, self._step, self._jump, self._reopen,
        )  # fmt: skip
        self._timer = QTimer(self)
        self._timer.setInterval(max(1, round(PAUSE_S * 1_000 / compress)))
        self._timer.timeout.connect(self._do_something)

    def start(self) -> None:
        """Go on until all actions are done; then the application ends."""
        self._timer.start()

    def _do_something(self) -> None:
        if self._window.player.media is not None:
            # Finding events has a benchmark of its own, and would not be done by the end.
            self._window.detection.cancel()
            self._random.choice(self._things)()
        self._actions += 1
        own_mb, mapped_mb = memory_mb()
        self.memory_mb.append(own_mb)
        per_row = max(1, self._total // ROWS)
        if self._actions % per_row == 0:
            gc.collect()
            mean_mb = fmean(self.memory_mb[-per_row:])
            print(f"{self._actions:8d} {mean_mb:8.1f} {mapped_mb:15.1f}", flush=True)
        if self._actions >= self._total:
            self._timer.stop()
            QApplication.exit()

    def _do(self, action: str) -> None:
        self._window.actions_by_id[action].trigger()

    def _moment_us(self) -> int:
        state = self._window.view_state
        return self._random.randint(state.media_start_us, state.media_end_us)

    def _play_or_pause(self) -> None:
        self._do("play")

    def _change_speed(self) -> None:
        self._window.player.set_speed(self._random.choice(SPEEDS))

    def _seek(self) -> None:
        self._window.view_state.request_seek(self._moment_us())

    def _zoom(self) -> None:
        self._window.view_state.zoom_about(self._moment_us(), self._random.choice((0.25, 4.0)))

    def _scroll(self) -> None:
        state = self._window.view_state
        span_us = state.visible_end_us - state.visible_start_us
        state.pan_by(round(self._random.uniform(-1, 1) * span_us))

    def _select_and_loop(self) -> None:
        start_us = self._moment_us()
        self._window.view_state.set_selection(start_us, start_us + 2_000_000)
        self._do("loop")
        self._do("play_selection")

    def _step(self) -> None:
        self._do(self._random.choice(("frame_back", "frame_forward")))

    def _jump(self) -> None:
        self._do(self._random.choice(("next_event", "previous_shot", "back_10s", "end", "start")))

    def _reopen(self) -> None:
        # Now and then only: it drops what was read.
        if self._random.random() < 0.1:
            self._window.open_path(self._video)


def left_over(threads_before: set[threading.Thread]) -> list[str]:
    """Threads and timers that still run, by name."""
    # Python goes on listing threads that Qt started and ended; those are looked at below.
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread not in threads_before and not isinstance(thread, threading._DummyThread)
    ]
    gc.collect()
    for thing in gc.get_objects():
        if isinstance(thing, QTimer) and shiboken6.isValid(thing) and thing.isActive():
            left.append(f"timer {thing.objectName() or thing!r}")
        elif _is_other_thread(thing):
            left.append(f"thread {thing.objectName()}")
    return left


def _is_other_thread(thing: object) -> TypeGuard[QThread]:
    if not isinstance(thing, QThread) or not shiboken6.isValid(thing):
        return False
    return thing.isRunning() and thing is not QThread.currentThread()


def main() -> int:
    """Run the session; 1 where memory grew or something was left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--video-hours", type=float, default=4.0)
    parser.add_argument("--compress", type=float, default=20.0)
    chosen = parser.parse_args()
    video = long_video(round(chosen.video_hours * 3_600), SMALL)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AVSCOPE_CONFIG_DIR"] = os.environ["AVSCOPE_CACHE_DIR"] = folder
        return _run(video, chosen.minutes, chosen.compress)


def _run(video: Path, minutes: float, compress: float) -> int:
    keep_together()
    app = make_application()
    app.setQuitOnLastWindowClosed(False)
    threads_before, files_before = set(threading.enumerate()), open_files()
    window = make_window(app)
    window.show()
    window.open_path(video)
    session = Session(window, video, minutes, compress)
    print(f"{minutes:g} min session over {video.name}, {compress:g} times compressed")
    print(" actions   own MB  mapped files MB")
    tidying = Tidying(window.player, TIDY_EVERY_S / compress)
    tidying.start()
    session.start()
    app.exec()
    tidying.shutdown()
    window.close()
    window.shutdown()
    left = left_over(threads_before)
    new_files = open_files()
    for name in files_before:
        if name in new_files:
            new_files.remove(name)
    third = len(session.memory_mb) // 3
    middle_mb = fmean(session.memory_mb[third : 2 * third])
    growth = fmean(session.memory_mb[-third:]) / middle_mb - 1 if middle_mb else 0.0
    print(
        f"growth from middle to last third: {growth:+.1%} (promised: under {PROMISED_GROWTH:.0%})"
    )
    print(f"left running: {', '.join(left) or 'nothing'}")
    # Fonts, icons, pipes and sockets are Qt's and the system's matter; ours must be closed.
    ours = (str(video), str(default_folder()))
    kept = [name for name in new_files if name.startswith(ours)]
    print(f"files left open: {', '.join(kept) or 'none'}")
    return int(growth >= PROMISED_GROWTH or bool(left) or bool(kept))


if __name__ == "__main__":
    sys.exit(main())
