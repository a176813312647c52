"""Decoding speed: python -m benchmarks.media [VIDEO] [--seconds N]

Without VIDEO a 720p H.264 video at 30 frames per second is written first. Bare decoding, of the
same file in the same run, is what everything is compared with: absolute times move with the
machine and with what else runs on it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import av

from benchmarks.long_video import HD, long_video
from core_model.media.audio import samples
from core_model.media.index import index_frames
from core_model.media.probe import MediaInfo, probe
from core_model.media.video import frames, frames_at_rate
from core_model.timeline import seconds

SMALL_PX = (128, 96)
RATE_HZ = 16
SEEKS = 20


class Cost(NamedTuple):
    """Wall-clock and processor seconds of all threads."""

    wall_s: float
    cpu_s: float


def count(things: Iterable[object]) -> int:
    """How many there are; none is kept."""
    return sum(1 for _ in things)


def bare_decode(path: Path) -> int:
    """Decode all pictures with all threads and look at none of them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return count(container.decode(stream))


def cost(work: Callable[[], object]) -> Cost:
    """The cheapest of two runs."""
    costs = []
    for _ in range(2):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        work()
        costs.append(Cost(time.perf_counter() - wall_s, time.process_time() - cpu_s))
    return min(costs, key=lambda each: each.cpu_s)


def seek_times_ms(path: Path, info: MediaInfo) -> list[float]:
    """How long the first picture takes at random moments, opening the file included."""
    chance = random.Random(0)
    times_ms = []
    for _ in range(SEEKS):
        moment_us = chance.randint(info.start_us, info.end_us)
        started_s = time.perf_counter()
        with closing(frames(path, moment_us)) as found:
            next(found)
        times_ms.append(1000 * (time.perf_counter() - started_s))
    return times_ms


def measure(path: Path, info: MediaInfo) -> None:
    """Print the table."""
    ways: dict[str, Callable[[], object]] = {"bare decode": lambda: bare_decode(path)}
    width_px, height_px = SMALL_PX
    small = f"{width_px} x {height_px}"
    ways[f"frames_at_rate, {RATE_HZ} Hz, {small}"] = lambda: count(
        frames_at_rate(path, info.start_us, RATE_HZ, SMALL_PX)
    )
    ways[f"frames, {small}"] = lambda: count(frames(path, size_px=SMALL_PX))
    ways["frames, full size, bgra"] = lambda: count(frames(path, pixel_format="bgra"))
    if info.audio is not None:
        ways["samples, 16 kHz mono"] = lambda: count(samples(path))
    ways["index_frames"] = lambda: index_frames(path)
    ways["probe"] = lambda: probe(path)
    length_s = seconds(info.duration_us)
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}{'x real time':>13}{'CPU / bare':>12}")
    bare: Cost | None = None
    for name, way in ways.items():
        spent = cost(way)
        bare = bare or spent
        print(
            f"{name:34}{spent.wall_s:9.3f}{spent.cpu_s:9.3f}"
            f"{length_s / spent.wall_s:13.1f}{spent.cpu_s / bare.cpu_s:12.2f}"
        )
    times_ms = seek_times_ms(path, info)
    print(
        f"exact seek, ms: median {statistics.median(times_ms):.0f}, "
        f"slowest of {SEEKS} {max(times_ms):.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?", type=Path, metavar="VIDEO")
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    path = arguments.video or long_video(arguments.seconds, HD)
    info = probe(path)
    if info.video is None:
        parser.error(f"{path.name} has no video")
    video = info.video
    print(
        f"{path.name}: {seconds(info.duration_us):.1f} s, {video.codec} "
        f"{video.width} x {video.height}, {video.average_rate_hz:.3f} frames per second"
    )
    measure(path, info)


if __name__ == "__main__":
    main()
