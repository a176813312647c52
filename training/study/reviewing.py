"""``python -m training.study.reviewing --scenes DIR``: does the order of review matter?

A simulated person decides on finds of a bundle in some scenes, N of them, in one order or
another. What was decided corrects the scores of like finds of the same label in scenes of other
clips: a find's odds move by the mean of (decision - score) over decided finds, weighed by how
alike they sound or look. That is far less than the program's own training, and takes seconds, so
that orders can be compared many times. Measured is mAP on those other scenes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit, logit

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, starter_folder
from core_model.detection.encoding import blank_picture
from core_model.device import choose_device
from core_model.timeline import Task
from training.errors import TrainingError
from training.metrics import TIOU_THRESHOLDS, Events, mean_average_precision
from training.review_order import doubt, learning_order
from training.starter.anchors import Anchors
from training.starter.calibration import Comparison, predict, right, truth
from training.starter.scene_store import SceneSet
from training.study.scenes import read_scenes, with_pictures

ORDERS = ("time", "chance", "uncertainty", "most to learn")
REVIEWED = (0, 25, 50, 100, 200, 400)
# Finds of each scene that a person would be shown.
PER_SCENE = 12
# How steeply likeness falls, and how far decisions can move the odds.
SHARPNESS, STRENGTH = 8.0, 6.0


@dataclass(frozen=True)
class Finds:
    """Detections with calibrated scores, whether each is right, and what its snippets are like
    (unit rows); ``wanted`` are the true events."""

    events: Events
    outcome: np.ndarray
    rows: np.ndarray
    wanted: Events

    @property
    def scores(self) -> np.ndarray:
        assert self.events.scores is not None
        return self.events.scores

    def of_scenes(self, chosen: np.ndarray) -> Finds:
        """Those of some scenes."""
        mine = np.isin(self.events.videos, chosen)
        wanted = self.wanted.where(np.isin(self.wanted.videos, chosen))
        return Finds(self.events.where(mine), self.outcome[mine], self.rows[mine], wanted)


def find(bundle: Bundle, scenes: SceneSet, task: Task) -> Finds:
    """The best finds of a bundle in each scene, in the order of time."""
    settings = bundle.description.tasks[task]
    own = bundle.text_embeddings(task, settings.labels)
    anchors = Anchors(settings.labels, tuple(row[None] for row in own), torch.zeros(own.shape[1]))
    comparison = Comparison(bundle.reference(task), settings.similarity)
    found = predict(bundle.head(torch.device("cpu")), scenes, task, anchors, comparison)
    assert found.scores is not None
    order = np.lexsort((-found.scores, found.videos))
    place = np.arange(len(order)) - np.searchsorted(found.videos[order], found.videos[order])
    shown = found.where(np.sort(order[place < PER_SCENE]))
    shown = shown.where(np.lexsort((shown.segments[:, 0], shown.videos)))
    assert shown.scores is not None
    calibrated = Events(
        shown.videos, shown.segments, shown.labels, bundle.calibrated(task, shown.scores)
    )
    stream = scenes.visual if task is Task.TAL else scenes.audio
    rows = np.stack(
        [
            _mean_row(stream[video], *segment)
            for video, segment in zip(shown.videos, shown.segments, strict=True)
        ]
    )
    wanted = truth(scenes, task)
    return Finds(calibrated, right(shown, wanted), rows, wanted)


def _mean_row(snippets: np.ndarray, onset_s: float, offset_s: float) -> np.ndarray:
    first = min(max(int(4 * onset_s - 2), 0), len(snippets) - 1)
    row = snippets[first : max(int(np.ceil(4 * offset_s - 2)), first + 1)].mean(
        axis=0, dtype=np.float32
    )
    return row / max(float(np.linalg.norm(row)), 1e-9)


def ordered(finds: Finds, order: str, threshold: float, seed: int) -> np.ndarray:
    """Indices of the finds in the order in which they are reviewed; time goes scene by scene."""
    doubts = doubt(finds.scores, np.full(len(finds.scores), threshold))
    if order == "time":
        return np.arange(len(doubts))
    if order == "chance":
        return np.random.default_rng(seed).permutation(len(doubts))
    if order == "uncertainty":
        return np.argsort(-doubts, kind="stable")
    return learning_order(doubts, finds.events.labels, finds.rows)


def corrected(finds: Finds, decided: Finds, reviewed: np.ndarray) -> Events:
    """``finds`` with scores moved by what was decided on the ``reviewed`` of others."""
    known = decided.rows[reviewed]
    same = finds.events.labels[:, None] == decided.events.labels[reviewed][None]
    likeness = np.where(same, np.exp(SHARPNESS * (finds.rows @ known.T - 1)), 0.0)
    surprise = decided.outcome[reviewed] - decided.scores[reviewed]
    # The 1 is what the model's own word weighs.
    moved = STRENGTH * (likeness @ surprise) / (1 + likeness.sum(axis=1))
    odds = logit(finds.scores.clip(1e-6, 1 - 1e-6)) + moved
    events = finds.events
    return Events(events.videos, events.segments, events.labels, expit(odds))


def study(
    decided: Finds, judged: Finds, threshold: float, reviewed: Sequence[int], seeds: Sequence[int]
) -> Mapping[str, list[list[float]]]:
    """By order: for each number of reviewed finds mAP on ``judged``, for each seed.

    A seed draws which two thirds of the scenes are reviewed at all.
    """
    thresholds = np.array(TIOU_THRESHOLDS[Task.SED])
    scenes = np.unique(decided.events.videos)
    found: dict[str, list[list[float]]] = {order: [[] for _ in reviewed] for order in ORDERS}
    for seed in seeds:
        chosen = np.random.default_rng(seed).permutation(scenes)[: max(1, 2 * len(scenes) // 3)]
        pool = decided.of_scenes(chosen)
        for order in ORDERS:
            places = ordered(pool, order, threshold, seed)
            for row, count in enumerate(reviewed):
                scored = corrected(judged, pool, places[:count])
                result = mean_average_precision(scored, judged.wanted, thresholds)
                found[order][row].append(result.average)
    return found


def table(found: Mapping[str, list[list[float]]], reviewed: Sequence[int]) -> str:
    """mAP in per cent, mean and deviation over seeds."""
    lines = [f"| reviewed | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
    for row, count in enumerate(reviewed):
        cells = [
            f"{100 * np.mean(values[row]):.2f} ± {100 * np.std(values[row], ddof=1):.2f}"
            if len(values[row]) > 1
            else f"{100 * np.mean(values[row]):.2f}"
            for values in found.values()
        ]
        lines.append(f"| {count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m training.study.reviewing", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, help="folder of scenes_*.npz")
    parser.add_argument("--review", default="calibrate", help="which scenes_NAME_*.npz to review")
    parser.add_argument("--judge", default="test", help="which to judge on")
    parser.add_argument("--most", type=int, help="the first so many scenes of each only")
    parser.add_argument("--kind", type=Task, choices=list(Task), default=Task.SED)
    parser.add_argument("--bundle", type=Path, default=starter_folder())
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    task = arguments.kind
    try:
        bundle = Bundle(arguments.bundle)
        sets = [
            read_scenes(arguments.scenes, name, arguments.most)
            for name in (arguments.review, arguments.judge)
        ]
        if not all(scenes.visual.shape[-1] for scenes in sets):
            encoder = bundle.visual_encoder(torch.device("cpu"))
            blank = blank_picture(encoder, choose_device("cpu"))
            sets = [with_pictures(scenes, blank) for scenes in sets]
        decided, judged = (find(bundle, scenes, task) for scenes in sets)
    except (TrainingError, BundleError) as error:
        print(error, file=sys.stderr)
        return 1
    reviewed = [count for count in REVIEWED if count <= 2 * len(decided.events) // 3]
    threshold = bundle.description.tasks[task].threshold
    found = study(decided, judged, threshold, reviewed, range(1, arguments.seeds + 1))
    print(f"mAP in per cent of {task.upper()} on {len(sets[1])} scenes after decisions on finds in")
    print(f"{len(sets[0])} others ({len(decided.events)} finds, {arguments.seeds} seeds)\n")
    print(table(found, reviewed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
