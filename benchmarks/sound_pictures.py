"""Waveform and spectrogram of long videos: python -m benchmarks.sound_pictures [--hours 1 4]

A video of that length (H.264 and AAC) is written first. The real timeline, 1,600 px wide, opens
it with an empty cache and again from the cache, then scrolls and zooms. ``--cpu`` counts the
GUI thread's processor time of paints instead of the time on the wall, for a busy machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.theme import DARK, apply_theme
from app.timeline.sound_picture import SoundStatus
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from benchmarks.long_video import SMALL, long_video
from core_model.media.probe import MediaInfo, probe

WIDTH_PX, HEIGHT_PX = 1_600, 600
SPANS = {"10 min": 600_000_000, "60 s": 60_000_000, "5 s": 5_000_000, "0.2 s": 200_000}
STEPS = 60
SAMPLE_MS = 20
Clock = Callable[[], float]


class MemoryMeter:
    """The most memory that the process had resident, seen every 20 ms; 0 where it can't be told."""

    def __init__(self) -> None:
        self.peak_bytes = self.now_bytes()
        self._timer = QTimer()
        self._timer.timeout.connect(self._sample)
        self._timer.start(SAMPLE_MS)

    @staticmethod
    def now_bytes() -> int:
        try:
            pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _sample(self) -> None:
        self.peak_bytes = max(self.peak_bytes, self.now_bytes())


def run_until(done: Callable[[], bool]) -> float:
    """Run the event loop until something is so; seconds that it took."""
    begun_s = time.perf_counter()
    while not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return time.perf_counter() - begun_s


def settle() -> None:
    """Let the window be painted and come to rest."""
    for _ in range(10):
        QApplication.processEvents()


def open_sound(view: TimelineView, info: MediaInfo) -> tuple[float, float]:
    """Seconds until the first pixels were painted, and until all is there."""
    begun_s = time.perf_counter()
    view.set_media(info)
    run_until(lambda: view.sound.share_built > 0 or view.sound.status is SoundStatus.FAILED)
    QCoreApplication.sendPostedEvents()
    first_s = time.perf_counter() - begun_s
    run_until(lambda: view.sound.status is not SoundStatus.READING)
    if view.sound.status is not SoundStatus.READY:
        raise RuntimeError(view.sound.reason)
    return first_s, time.perf_counter() - begun_s


def paints(view: TimelineView, clock: Clock, changes: Iterable[Callable[[], None]]) -> str:
    """Milliseconds, median / 95th percentile, to paint waveform and spectrogram after each."""
    times_ms: list[float] = []
    for change in changes:
        change()
        begun_s = clock()
        view.waveform.repaint()
        view.spectrogram.repaint()
        times_ms.append((clock() - begun_s) * 1e3)
        QCoreApplication.sendPostedEvents()
    return f"{np.median(times_ms):.1f} / {np.percentile(times_ms, 95):.1f}"


def report_paints(view: TimelineView, state: ViewState, info: MediaInfo, clock: Clock) -> None:
    middle_us = (info.start_us + info.end_us) // 2
    for name, span_us in SPANS.items():
        start_us = middle_us - 60 * span_us // 40
        state.set_visible(start_us, start_us + span_us)
        settle()
        scroll = [partial(state.pan_by, span_us // 40)] * STEPS
        row(f"scroll at {name}, ms median / p95", paints(view, clock, scroll), "8")
    state.set_visible(info.start_us, info.end_us)
    zoom_in = [partial(state.zoom_about, middle_us, 1.15)] * STEPS
    row("zoom in, ms median / p95", paints(view, clock, zoom_in), "8")
    zoom_out = [partial(state.zoom_about, middle_us, 1 / 1.15)] * STEPS
    row("zoom out, ms median / p95", paints(view, clock, zoom_out), "8")


def row(what: str, value: str, wanted: str = "") -> None:
    print(f"{what:44}{value:>14}{wanted:>10}", flush=True)


def report(hours: float, clock: Clock) -> None:
    path = long_video(round(hours * 3_600), SMALL)
    info = probe(path)
    state = ViewState()
    view = TimelineView(state, DARK)
    view.resize(WIDTH_PX, HEIGHT_PX)
    view.show()
    settle()
    idle_bytes = MemoryMeter.now_bytes()
    meter = MemoryMeter()
    state.set_media_range(info.start_us, info.end_us)
    first_s, whole_s = open_sound(view, info)
    is_hour = hours == 1
    row("first pixels of the spectrogram, s", f"{first_s:.2f}", "0.3")
    row("whole, s", f"{whole_s:.1f}", "8" if is_hour else "")
    report_paints(view, state, info, clock)
    peak_mb = (meter.peak_bytes - idle_bytes) / 1e6
    row("peak memory above the idle window, MB", f"{peak_mb:.0f}", "250")
    on_disk = sum(file.stat().st_size for file in view.sound.shelf.folder.iterdir())
    row("on disk, MB", f"{on_disk / 1e6:.0f}")
    view.set_media(None)
    again_s, _ = open_sound(view, info)
    row("opened again, s", f"{again_s:.2f}")
    view.shutdown()
    view.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, nargs="+", default=[1.0, 4.0])
    parser.add_argument("--cpu", action="store_true", help="count processor time of paints")
    chosen = parser.parse_args()
    clock = time.thread_time if chosen.cpu else time.perf_counter
    app = QApplication([])
    apply_theme(app, DARK)
    for hours in chosen.hours:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["AVSCOPE_CACHE_DIR"] = folder
            print(f"\n{hours:g} h of video")
            row("", "measured", "wanted")
            report(hours, clock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
