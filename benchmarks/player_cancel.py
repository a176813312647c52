"""How soon nothing is left of a clip that nobody wants any more: python -m benchmarks.player"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from app.window.exporter import Exporter
from benchmarks.player_media import UHD_30, video_to_play
from benchmarks.player_room import wait_until
from core_model.media.export.clip import ClipRequest

LENGTH_S = 15
MOST_S = 5.0


def measure_cancelling(times: int) -> None:
    """From Cancel to the end of the thread that saves a clip of 2160p, at so many moments."""
    path = video_to_play(UHD_30, LENGTH_S + 6)
    chance = random.Random(1)
    print(f"\n{'saving a clip of 2160p, cancelled':46}{'median':>9}{'p95':>9}{'worst':>9}   limit")
    for ending in (".mp4", ".webm"):
        took_ms = [_cancel_ms(path, ending, chance.uniform(0.0, MOST_S)) for _ in range(times)]
        median, p95, worst = np.percentile(took_ms, (50, 95, 100))
        print(f"{ending + ', thread ended after, ms':46}{median:9.0f}{p95:9.0f}{worst:9.0f}   200")


def _cancel_ms(path: Path, ending: str, after_s: float) -> float:
    before = set(threading.enumerate())
    with tempfile.TemporaryDirectory() as folder:
        exporter = Exporter()
        target = Path(folder) / f"clip{ending}"
        # Off the first key frame: it is coded anew.
        exporter.start(ClipRequest(path, 100_000, LENGTH_S * 1_000_000, target))
        begun_s = time.perf_counter()
        wait_until(lambda: time.perf_counter() - begun_s > after_s)
        cancelled_s = time.perf_counter()
        exporter.cancel()
        for thread in set(threading.enumerate()) - before:
            thread.join()
        return 1000 * (time.perf_counter() - cancelled_s)
