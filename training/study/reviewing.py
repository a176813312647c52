"""``python -m training.study.reviewing --scenes DIR``: does the order of review matter?

A label is asked for in words that only half fit (its text row mixed with those of two others), so
that what is found is often wrong. A simulated person decides on N of the finds in some scenes, in
one order or another; what was decided corrects the scores of finds in scenes of other clips, by
Gaussian process regression on how alike they sound or look. Measured is the average precision of
the finds there. That takes seconds where the program's own training takes minutes, so that orders
can be compared for many labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, starter_folder
from core_model.detection.encoding import blank_picture
from core_model.device import choose_device
from core_model.timeline import Task
from training.errors import TrainingError
from training.metrics import Events, temporal_iou
from training.review_order import doubt, learning_order
from training.starter.anchors import Anchors
from training.starter.calibration import Comparison, predict, truth
from training.starter.scene_store import SceneSet
from training.study.scenes import read_scenes, with_pictures

ORDERS = ("time", "chance", "best first", "uncertainty", "most to learn")
REVIEWED = (0, 10, 20, 50, 100)
# Finds of each scene that are considered, and of all those as many as a person would be shown.
PER_SCENE, SHOWN = 12, 200
# Labels with fewer right finds than these to decide on and to judge on are left out.
LEAST_DECIDED, LEAST_JUDGED = 8, 6
RIGHT_TIOU = 0.5
OTHERS, OTHERS_WEIGHT = 2, 0.6
# How steeply likeness falls, and the variance of a decision.
SHARPNESS, NOISE = 6.0, 0.3


@dataclass(frozen=True)
class Finds:
    """Stretches that a model found, whatever for: ``rows`` (n, dim) of unit length are what their
    snippets are like; ``wanted`` are the true events."""

    events: Events
    rows: np.ndarray
    wanted: Events

    def are(self, label: str) -> np.ndarray:
        """Which of them meet an event of a label by half."""
        found = np.zeros(len(self.events), bool)
        for event in np.flatnonzero(self.wanted.labels == label):
            near = np.flatnonzero(self.events.videos == self.wanted.videos[event])
            segment = np.repeat(self.wanted.segments[event][None], len(near), axis=0)
            overlap = temporal_iou(self.events.segments[near], segment)
            found[near[overlap >= RIGHT_TIOU]] = True
        return found


def find(bundle: Bundle, scenes: SceneSet, task: Task) -> Finds:
    """The best finds of a bundle in each scene, of any label, in the order of time."""
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
    stream = scenes.visual if task is Task.TAL else scenes.audio
    rows = np.stack(
        [
            _mean_row(stream[video], *segment)
            for video, segment in zip(shown.videos, shown.segments, strict=True)
        ]
    )
    return Finds(shown, rows, truth(scenes, task))


def _mean_row(snippets: np.ndarray, onset_s: float, offset_s: float) -> np.ndarray:
    first = min(max(int(4 * onset_s - 2), 0), len(snippets) - 1)
    row = snippets[first : max(int(np.ceil(4 * offset_s - 2)), first + 1)].mean(
        axis=0, dtype=np.float32
    )
    return row / max(float(np.linalg.norm(row)), 1e-9)


def ordered(scores: np.ndarray, rows: np.ndarray, order: str, seed: int) -> np.ndarray:
    """Indices of finds with scores in [0, 1], in the order in which they are reviewed."""
    doubts = doubt(scores, np.full(len(scores), 0.5))
    if order == "time":
        return np.arange(len(scores))
    if order == "chance":
        return np.random.default_rng(seed).permutation(len(scores))
    if order == "best first":
        return np.argsort(-scores, kind="stable")
    if order == "uncertainty":
        return np.argsort(-doubts, kind="stable")
    return learning_order(doubts, np.zeros(len(scores), int), rows)


def corrected(
    scores: np.ndarray, rows: np.ndarray, surprise: np.ndarray, decided: np.ndarray
) -> np.ndarray:
    """Scores of finds with ``rows`` after decisions on others, whose rows are ``decided``;
    ``surprise`` is decision (0 or 1) less score."""
    if not len(decided):
        return scores
    among = _likeness(decided, decided) + NOISE * np.eye(len(decided))
    return scores + _likeness(rows, decided) @ np.linalg.solve(among, surprise)


def _likeness(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    return np.exp(SHARPNESS * (these @ those.T - 1))


def study(
    decided: Finds,
    judged: Finds,
    texts: Mapping[str, np.ndarray],
    reviewed: Sequence[int],
    seeds: Sequence[int],
) -> dict[str, list[list[float]]]:
    """By order: for each number of reviewed finds the mean average precision on ``judged`` over
    labels, for each seed. Empty where no label has enough right finds."""
    labels = [
        label
        for label in texts
        if decided.are(label).sum() >= LEAST_DECIDED and judged.are(label).sum() >= LEAST_JUDGED
    ]
    if not labels:
        return {}
    found: dict[str, list[list[float]]] = {order: [[] for _ in reviewed] for order in ORDERS}
    for seed in seeds:
        of_label = [_one_label(decided, judged, texts, label, reviewed, seed) for label in labels]
        for order, rows in found.items():
            for place, row in enumerate(rows):
                row.append(float(np.mean([one[order][place] for one in of_label])))
    return found


def _one_label(
    decided: Finds,
    judged: Finds,
    texts: Mapping[str, np.ndarray],
    label: str,
    reviewed: Sequence[int],
    seed: int,
) -> dict[str, list[float]]:
    random = np.random.default_rng((seed, sorted(texts).index(label)))
    others = random.choice([name for name in texts if name != label], OTHERS, replace=False)
    asked = texts[label] + OTHERS_WEIGHT * sum(texts[name] for name in others)
    asked /= np.linalg.norm(asked)
    raw = decided.rows @ asked
    shown = np.sort(np.argsort(-raw)[:SHOWN])
    low, high = raw[shown].min(), raw[shown].max()
    scores = (raw[shown] - low) / max(high - low, 1e-9)
    start = (judged.rows @ asked - low) / max(high - low, 1e-9)
    surprise = decided.are(label)[shown] - scores
    rows, wanted = decided.rows[shown], judged.are(label)
    results: dict[str, list[float]] = {}
    for order in ORDERS:
        places = ordered(scores, rows, order, seed)
        results[order] = [
            _average_precision(
                corrected(start, judged.rows, surprise[places[:count]], rows[places[:count]]),
                wanted,
            )
            for count in reviewed
        ]
    return results


def _average_precision(scores: np.ndarray, wanted: np.ndarray) -> float:
    hits = wanted[np.argsort(-scores, kind="stable")]
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum())


def table(found: Mapping[str, list[list[float]]], reviewed: Sequence[int]) -> str:
    """Per cent, mean and deviation over seeds."""
    lines = [f"| reviewed | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
    for row, count in enumerate(reviewed):
        cells = [_cell(values[row]) for values in found.values()]
        lines.append(f"| {count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Sequence[float]) -> str:
    spread = f" ± {100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.1f}{spread}"


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m training.study.reviewing", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, help="folder of scenes_*.npz")
    parser.add_argument("--review", default="calibrate", help="which scenes_NAME_*.npz to review")
    parser.add_argument("--judge", default="test", help="which to judge on")
    parser.add_argument("--most", type=int, help="the first so many scenes of each only")
    parser.add_argument("--kind", type=Task, choices=list(Task), default=Task.SED)
    parser.add_argument("--bundle", type=Path, default=starter_folder())
    parser.add_argument("--seeds", type=int, default=5)
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
        if decided.rows.shape[1] != bundle.reference(task).shape[1]:
            raise TrainingError(
                f"{bundle.description.name}: its snippets cannot be compared with its texts"
            )
    except (TrainingError, BundleError) as error:
        print(error, file=sys.stderr)
        return 1
    labels = bundle.description.tasks[task].labels
    texts = dict(zip(labels, bundle.text_embeddings(task, labels).numpy(), strict=True))
    found = study(decided, judged, texts, REVIEWED, range(1, arguments.seeds + 1))
    if not found:
        print("no label has enough right finds in these scenes", file=sys.stderr)
        return 1
    print(
        f"Average precision in per cent on {len(judged.events)} finds in {len(sets[1])} scenes of"
    )
    print(
        f"{task.upper()}, after decisions on some of {len(decided.events)} finds in {len(sets[0])}"
    )
    print(f"others; {arguments.seeds} seeds\n")
    print(table(found, REVIEWED))
    return 0


if __name__ == "__main__":
    sys.exit(main())
