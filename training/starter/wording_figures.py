"""``python -m training.starter.wording_figures``: prompts in words that no training text used.

Every label of ``unseen_wordings.json`` is looked for in composed scenes under its own name and
under each of its other wordings, through the bundle as the program uses it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import starter_folder
from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.metrics import TIOU_THRESHOLDS, Events, average_precision
from training.starter.anchors import Anchors
from training.starter.calibration import Comparison, predict, truth
from training.starter.scene_store import SceneSet, join

UNSEEN = Path(__file__).with_name("unseen_wordings.json")
# A label of fewer events says nothing about a wording.
FEWEST_EVENTS = 3


@dataclass(frozen=True)
class WordingFigures:
    """Average precision (mean over tIoU 0.1:0.1:0.9) of one label, by what it was asked for as."""

    task: Task
    label: str
    events: int
    trained: float
    unseen: Mapping[str, float]

    @property
    def mean_unseen(self) -> float:
        return float(np.mean(list(self.unseen.values())))

    @property
    def ratio(self) -> float:
        """Unseen over trained wording; 1 where the label itself is never found."""
        return self.mean_unseen / self.trained if self.trained else 1.0


def unseen_wordings(path: Path = UNSEEN) -> dict[Task, dict[str, list[str]]]:
    """Task -> label -> wordings."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return {Task(task): labels for task, labels in raw.items()}


def measure_wordings(
    bundle: Bundle, scenes: SceneSet, asked: Mapping[Task, Mapping[str, list[str]]]
) -> list[WordingFigures]:
    """Figures of every asked label that the bundle knows and the scenes hold often enough."""
    head = bundle.head(torch.device("cpu"))
    found: list[WordingFigures] = []
    for task, labels in asked.items():
        if task in bundle.description.tasks:
            known = bundle.description.tasks[task].labels
            wanted = {label: words for label, words in labels.items() if label in known}
            found += _of_task(bundle, head, scenes, task, wanted)
    return found


def _of_task(
    bundle: Bundle, head: UniAV, scenes: SceneSet, task: Task, labels: Mapping[str, list[str]]
) -> list[WordingFigures]:
    events = truth(scenes, task)
    counts = {label: int((events.labels == label).sum()) for label in labels}
    labels = {k: words for k, words in labels.items() if counts[k] >= FEWEST_EVENTS}
    prompts = [prompt for label, words in labels.items() for prompt in (label, *words)]
    if not prompts:
        return []
    rows = bundle.text_embeddings(task, prompts)
    asked = Anchors(tuple(prompts), tuple(row[None] for row in rows), rows.mean(dim=0))
    similarity = bundle.description.tasks[task].similarity
    comparison = Comparison(bundle.reference(task), similarity) if similarity.weight else None
    detections = predict(head, scenes, task, asked, comparison, per_scene=None)

    def precision(prompt: str, label: str) -> float:
        return _average_precision(detections, prompt, events, label)

    return [
        WordingFigures(
            task,
            label,
            counts[label],
            precision(label, label),
            {wording: precision(wording, label) for wording in words},
        )
        for label, words in labels.items()
    ]


def _average_precision(detections: Events, prompt: str, events: Events, label: str) -> float:
    thresholds = np.array(TIOU_THRESHOLDS[Task.SED])
    own = detections.where(detections.labels == prompt)
    return float(average_precision(own, events.where(events.labels == label), thresholds).mean())


def summary(figures: list[WordingFigures]) -> dict[str, dict[str, int | float]]:
    """By task: labels, mean average precision of both wordings, their ratio, labels above half."""
    by_task: dict[str, dict[str, int | float]] = {}
    for task in dict.fromkeys(f.task for f in figures):
        own = [f for f in figures if f.task is task]
        trained = float(np.mean([f.trained for f in own]))
        unseen = float(np.mean([f.mean_unseen for f in own]))
        by_task[str(task)] = {
            "labels": len(own),
            "trained": round(trained, 4),
            "unseen": round(unseen, 4),
            "ratio": round(unseen / trained, 4) if trained else 1.0,
            "at_least_half": sum(f.ratio >= 0.5 for f in own),
        }
    return by_task


def report(figures: list[WordingFigures]) -> dict[str, object]:
    """As JSON types: the summary by task, and every label."""
    rows = [
        {
            "task": str(f.task),
            "label": f.label,
            "events": f.events,
            "trained": round(f.trained, 4),
            "unseen": {wording: round(value, 4) for wording, value in f.unseen.items()},
        }
        for f in figures
    ]
    return {"tasks": summary(figures), "labels": rows}


def table(figures: list[WordingFigures]) -> str:
    """One line per label, the worst ratio first, and a line per task."""
    lines = ["task  label                 events  trained  unseen  ratio  wordings"]
    for f in sorted(figures, key=lambda f: (f.task, f.ratio)):
        words = "; ".join(f"{wording} {value:.2f}" for wording, value in f.unseen.items())
        lines.append(
            f"{f.task:<5} {f.label:<22} {f.events:>5} {f.trained:>8.3f} {f.mean_unseen:>7.3f}"
            f" {f.ratio:>6.2f}  {words}"
        )
    for task, row in summary(figures).items():
        lines.append(
            f"{task}: {row['labels']} labels, trained {row['trained']:.3f}, unseen"
            f" {row['unseen']:.3f}, ratio {row['ratio']:.2f}, at least half: {row['at_least_half']}"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Print the table for a bundle and sets of encoded scenes."""
    parser = argparse.ArgumentParser(
        prog="python -m training.starter.wording_figures", description=__doc__
    )
    parser.add_argument("--bundle", type=Path, default=starter_folder())
    parser.add_argument(
        "--scenes", type=Path, nargs="+", required=True, help="scenes_test_*.npz of the recipe"
    )
    parser.add_argument("--wordings", type=Path, default=UNSEEN, help="JSON: task, label, wordings")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    arguments = parser.parse_args(argv)
    scenes = join([SceneSet.load(path) for path in arguments.scenes])
    asked = unseen_wordings(arguments.wordings)
    figures = measure_wordings(Bundle(arguments.bundle), scenes, asked)
    print(json.dumps(report(figures)) if arguments.format == "json" else table(figures))


if __name__ == "__main__":
    main()
