"""How fast events are found: python -m benchmarks.detect [--minutes N] [--hours N] [--cores N]

Decodes a 720p H.264 video with AAC sound by PyAV alone, then runs detection over the same file in
the same run: in this process (modules imported before) and as ``main.py detect``. ``--hours``
looks instead at how much memory a long video takes beyond what a video of ten minutes takes.
Processor time is printed beside time on the wall, for machines that are busy with other things.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from benchmarks.long_video import HD, SMALL, long_video
from core_model.bundle import Bundle
from core_model.bundle_description import starter_folder
from core_model.predictor import Predictor

ROOT = Path(__file__).resolve().parent.parent
_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds on the wall and of all processors; peak memory in bytes of a whole process."""

    wall_s: float
    cpu_s: float
    peak_bytes: int | None = None


def decode_alone(path: Path, *, sound: bool) -> None:
    """Every frame of the picture, and of the sound if asked for, decoded and dropped."""
    with av.open(str(path)) as container:
        streams = [*container.streams.video[:1], *container.streams.audio[: int(sound)]]
        for stream in streams:
            stream.thread_type = "AUTO"
        for _ in container.decode(*streams):
            pass


def measured(work: Callable[[], object]) -> Measured:
    """Time of one call in this process."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Measured(time.perf_counter() - wall_s, time.process_time() - cpu_s)


def own_peak_bytes() -> int | None:
    """The largest memory this process has held so far; None on Windows."""
    return _peak_bytes("RUSAGE_SELF")


def _peak_bytes(whose: str) -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(getattr(resource, whose)).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def first_events_s(predictor: Predictor, path: Path) -> float:
    """Seconds from asking until the first update that holds an event above its threshold."""
    began_s = time.perf_counter()
    tasks = predictor.bundle.description.tasks
    for update in predictor.detect(path):
        for event in update.detections:
            if event.score >= tasks[event.task].threshold_of(event.label):
                return time.perf_counter() - began_s
    return float("nan")


def detect_all(bundle: Path, path: Path) -> None:
    """Load the bundle and look through the file, nothing cached."""
    for _ in Predictor(Bundle(bundle)).detect(path):
        pass


def whole_process(path: Path) -> Measured:
    """``main.py detect`` from its start to its end."""
    before = os.times()
    began_s = time.perf_counter()
    command = [sys.executable, str(ROOT / "main.py"), "detect", str(path), "--no-cache"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall_s = time.perf_counter() - began_s
    after = os.times()
    cpu_s = after.children_user - before.children_user
    cpu_s += after.children_system - before.children_system
    return Measured(wall_s, cpu_s, _peak_bytes("RUSAGE_CHILDREN"))


def print_speed(path: Path, duration_s: float, bundle: Path) -> None:
    """The table of speeds."""
    rows = {
        "decode the picture alone": measured(lambda: decode_alone(path, sound=False)),
        "decode picture and sound alone": measured(lambda: decode_alone(path, sound=True)),
        "detect, in this process": measured(lambda: detect_all(bundle, path)),
    }
    if bundle == starter_folder():
        rows["detect, whole process"] = whole_process(path)
    alone = rows["decode the picture alone"]
    print(f"{duration_s / 60:g} min of 720p H.264, {os.cpu_count()} cores, {path}")
    print(f"{'':32}{'wall s':>9}{'x real':>9}{'CPU s':>9}{'peak MB':>9}{'of decoding':>13}")
    for what, row in rows.items():
        peak = "-" if row.peak_bytes is None else f"{row.peak_bytes / _MEGABYTE:.0f}"
        shares = f"{alone.wall_s / row.wall_s:.2f}/{alone.cpu_s / row.cpu_s:.2f}"
        print(
            f"{what:32}{row.wall_s:9.1f}{duration_s / row.wall_s:9.1f}{row.cpu_s:9.1f}"
            f"{peak:>9}{shares:>13}"
        )
    print("of decoding: speed as a share of decoding the picture alone, wall / CPU")
    fresh = Predictor(Bundle(bundle))
    print(f"model loaded and first event found after {first_events_s(fresh, path):.2f} s")


def print_memory(hours: float, bundle: Path) -> None:
    """Peak memory after ten minutes of a long video and at its end."""
    path = long_video(round(hours * 3600), SMALL)
    predictor = Predictor(Bundle(bundle))
    early_bytes: int | None = None
    began_s = time.perf_counter()
    events = 0
    for update in predictor.detect(path):
        events = len(update.detections)
        if early_bytes is None and update.analysed_us - update.start_us > 600_000_000:
            early_bytes = own_peak_bytes()
    late_bytes = own_peak_bytes()
    if early_bytes is None or late_bytes is None:
        print("peak memory is not known here, or the video is shorter than ten minutes")
        return
    grown = (late_bytes - early_bytes) / (hours - 1 / 6) / _MEGABYTE
    print(
        f"{hours:g} h in {time.perf_counter() - began_s:.0f} s, {events} events above the floor:"
        f" peak {early_bytes / _MEGABYTE:.0f} MB after ten minutes,"
        f" {late_bytes / _MEGABYTE:.0f} MB at the end, {grown:.0f} MB per hour"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast events are found")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the video")
    parser.add_argument("--hours", type=float, help="look at memory over a video of this length")
    parser.add_argument("--cores", type=int, help="use so many cores only (Linux)")
    parser.add_argument("--bundle", type=Path, default=starter_folder(), help="another model")
    arguments = parser.parse_args()
    if arguments.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(arguments.cores)))
    if arguments.hours:
        print_memory(arguments.hours, arguments.bundle)
    else:
        duration_s = 60 * arguments.minutes
        print_speed(long_video(round(duration_s), HD), duration_s, arguments.bundle)


if __name__ == "__main__":
    main()
