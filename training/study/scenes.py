"""Composed scenes (:mod:`training.starter.scene_store`) as the training recipe reads videos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.config import TaskConfig
from training.errors import TrainingError
from training.recipe.examples import Example, on_grid
from training.recipe.label_text import prompted_rows
from training.recipe.trainer import TaskData
from training.starter.anchors import AUDIO_VISUAL_TEMPLATE, SOUND_TEMPLATE, VISUAL_TEMPLATE
from training.starter.compose import SCENE_CELLS, SCENE_SNIPPETS
from training.starter.scene_store import SceneSet, join

SCENE_S = SCENE_CELLS / 4
TEMPLATES: Mapping[Task, str] = {
    Task.TAL: VISUAL_TEMPLATE,
    Task.AVEL: AUDIO_VISUAL_TEMPLATE,
    Task.SED: SOUND_TEMPLATE,
}
NO_TEMPLATE = "{label}"


def read_scenes(folder: Path, name: str, most: int | None = None) -> SceneSet:
    """The first ``most`` scenes of all ``scenes_NAME_*.npz`` in a folder. Raises TrainingError."""
    paths = sorted(folder.glob(f"scenes_{name}_*.npz"))
    if not paths:
        raise TrainingError(
            f"{folder}: no scenes_{name}_*.npz; python -m training.starter makes them"
        )
    try:
        whole = join([SceneSet.load(path) for path in paths])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{folder}: scenes that cannot be read ({error})") from error
    return some(whole, np.arange(len(whole))[:most])


def some(scenes: SceneSet, chosen: np.ndarray) -> SceneSet:
    """Scenes by index."""
    return SceneSet(
        scenes.visual[chosen],
        scenes.audio[chosen],
        tuple(scenes.events[index] for index in chosen.tolist()),
    )


def with_pictures(scenes: SceneSet, blank: np.ndarray) -> SceneSet:
    """Scenes that are sound alone get one picture, (dim,), for all of their snippets."""
    if scenes.visual.shape[-1]:
        return scenes
    shape = (len(scenes), scenes.audio.shape[1], len(blank))
    return replace(scenes, visual=np.broadcast_to(blank, shape))


@dataclass(frozen=True)
class StudyData:
    """Scenes to learn from and to be judged on, and the labels that occur in them by task."""

    train: SceneSet
    test: SceneSet
    labels: Mapping[Task, tuple[str, ...]]

    @classmethod
    def of(cls, train: SceneSet, test: SceneSet) -> StudyData:
        """Labels of the training scenes, sorted; tasks without any event are left out."""
        found: dict[Task, set[str]] = {}
        for scene in train.events:
            for event in scene:
                found.setdefault(event.task, set()).add(event.label)
        return cls(train, test, {t: tuple(sorted(found[t])) for t in Task if t in found})

    def examples(self, scenes: SceneSet, task: Task) -> list[int]:
        """The scenes in which the task has an event of a known label."""
        known = set(self.labels[task])
        return [
            index
            for index, events in enumerate(scenes.events)
            if any(event.task is task and event.label in known for event in events)
        ]

    def example(self, scenes: SceneSet, task: Task, index: int) -> Example:
        """One scene with the events of one task."""
        place = {label: number for number, label in enumerate(self.labels[task])}
        events = [e for e in scenes.events[index] if e.task is task and e.label in place]
        streams = (torch.from_numpy(s[index]) for s in (scenes.visual, scenes.audio))
        visual, audio = streams
        return on_grid(
            f"scene {index}",
            (visual, audio),
            np.array([(e.onset_s, e.offset_s) for e in events], np.float64),
            np.array([place[e.label] for e in events], np.int64),
            TaskConfig(SCENE_SNIPPETS),
            SCENE_S,
        )

    def task_data(self, task: Task) -> TaskData:
        """What the recipe trains on."""
        chosen = self.examples(self.train, task)
        return TaskData(
            len(chosen),
            lambda index: self.example(self.train, task, chosen[index]),
            len(self.labels[task]),
            SCENE_SNIPPETS,
        )

    def text(self, task: Task, *, prompts: bool) -> Float[Tensor, "labels 384"]:
        """Embeddings of the labels, in the task's prompt or alone."""
        return prompted_rows(TEMPLATES[task] if prompts else NO_TEMPLATE, self.labels[task])
