"""Average precision over a whole split: python -m benchmarks.metrics [--runs N]

20,000 detections and 5,000 ground truths at 10 tIoU thresholds, as a validation split of
ActivityNet has them, with few and with many labels and with few long videos, where most pairs
overlap.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from core_model.timeline import Task
from training.metrics import TIOU_THRESHOLDS, Events, mean_average_precision

DETECTIONS = 20_000
EVENTS = 5_000
# What -> (videos, labels, length of a video and of its longest event in seconds).
SPLITS = {
    "2,000 videos, 200 labels": (2_000, 200, 120.0, 60.0),
    "700 videos, 10 labels": (700, 10, 10.0, 5.0),
    "5 videos of an hour, 3 labels": (5, 3, 3600.0, 60.0),
}


def split(
    videos: int, labels: int, length_s: float, longest_s: float, seed: int = 0
) -> tuple[Events, Events]:
    """(detections, ground truth) drawn by chance; most detections lie near an event of their
    label, as a trained model's do."""
    random = np.random.default_rng(seed)
    lengths = random.uniform(0.02 * longest_s, longest_s, EVENTS)
    onsets = random.uniform(0, length_s - longest_s, EVENTS)
    segments = np.stack((onsets, onsets + lengths), axis=1)
    names = np.array([f"video {index:05}" for index in random.integers(videos, size=EVENTS)])
    truth = Events(names, segments, random.integers(labels, size=EVENTS))
    near = random.integers(EVENTS, size=DETECTIONS)
    jitter = random.normal(0, 0.15, (DETECTIONS, 2)) * lengths[near, None]
    moved = np.sort(segments[near] + jitter, axis=1)
    guessed = np.where(
        random.random(DETECTIONS) < 0.7,
        truth.labels[near],
        random.integers(labels, size=DETECTIONS),
    )
    return Events(names[near], moved, guessed, random.random(DETECTIONS)), truth


def measure_ms(found: Events, truth: Events, runs: int) -> tuple[float, float]:
    """(median, best) wall time of one evaluation."""
    thresholds = np.array(TIOU_THRESHOLDS[Task.TAL])
    times_ms = []
    for _ in range(runs):
        started_s = time.perf_counter()
        mean_average_precision(found, truth, thresholds)
        times_ms.append(1000 * (time.perf_counter() - started_s))
    return statistics.median(times_ms), min(times_ms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    print(f"mAP of {DETECTIONS:,} detections and {EVENTS:,} events at 10 tIoU thresholds")
    print(f"{'':32}{'median ms':>12}{'best ms':>12}")
    for what, sizes in SPLITS.items():
        median, best = measure_ms(*split(*sizes), arguments.runs)
        print(f"{what:32}{median:12.0f}{best:12.0f}")


if __name__ == "__main__":
    main()
