"""The figures of the model card, measured on clips that no stage has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.metrics import Events, mean_average_precision
from training.starter.anchors import Anchors
from training.starter.calibration import FittedTask, calibrated, predict, right, truth
from training.starter.scene_store import SceneSet

THRESHOLDS = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class TaskFigures:
    """What one task reaches on composed scenes of held-back clips."""

    events: int
    map_at_half: float
    map_average: float
    precision: float
    recall: float


@dataclass(frozen=True)
class SceneFigures:
    """All tasks, and false events per minute where nothing happens."""

    tasks: dict[str, TaskFigures]
    false_events_per_minute: float

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def measure(
    model: UniAV,
    scenes: SceneSet,
    background: SceneSet,
    anchors: Mapping[Task, Anchors],
    fitted: Mapping[Task, FittedTask],
) -> SceneFigures:
    """Detection figures on ``scenes``, false alarms on ``background`` (scenes without events)."""
    figures, alarms = {}, 0
    for task, anchor in anchors.items():
        comparison = fitted[task].comparison
        found = predict(model, scenes, task, anchor, comparison)
        wanted = truth(scenes, task)
        figures[str(task)] = _task_figures(found, wanted, _shown(found, fitted[task]))
        false = predict(model, background, task, anchor, comparison)
        alarms += len(_shown(false, fitted[task]))
    minutes = len(background) * (background.visual.shape[1] + 3) * 0.25 / 60
    return SceneFigures(figures, round(alarms / minutes, 4))


def _task_figures(found: Events, wanted: Events, shown: Events) -> TaskFigures:
    """All zero where the scenes hold no event of the task."""
    if not len(wanted):
        return TaskFigures(0, 0.0, 0.0, 0.0, 0.0)
    result = mean_average_precision(found, wanted, THRESHOLDS)
    hits = int(right(shown, wanted).sum())
    return TaskFigures(
        events=len(wanted),
        map_at_half=round(float(result.per_threshold[4]), 4),
        map_average=round(result.average, 4),
        precision=round(hits / max(1, len(shown)), 4),
        recall=round(hits / len(wanted), 4),
    )


def _shown(found: Events, fitted: FittedTask) -> Events:
    assert found.scores is not None
    return found.where(calibrated(found.scores, fitted.calibration) >= fitted.threshold)
