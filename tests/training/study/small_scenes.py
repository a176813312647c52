"""Scenes small enough for a test: events shine through the embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core_model.timeline import Task
from training.starter.compose import SCENE_SNIPPETS, Event
from training.starter.scene_store import SceneSet

DIM = 6
LABELS = {
    Task.TAL: ("jumping", "running"),
    Task.AVEL: ("applauding", "laughing"),
    Task.SED: ("dog", "siren"),
}


def scenes(count: int, seed: int, dim: int = DIM) -> SceneSet:
    """Every scene holds an event of every task."""
    random = np.random.default_rng(seed)
    visual, audio = random.normal(0, 0.1, (2, count, SCENE_SNIPPETS, dim))
    events = []
    for index in range(count):
        own = []
        for number, task in enumerate(Task):
            label = int(random.integers(2))
            onset_s = float(random.uniform(0, 20))
            first = int(4 * onset_s)
            stream = {Task.TAL: [visual], Task.SED: [audio]}.get(task, [visual, audio])
            for one in stream:
                one[index, first : first + 20, 2 * number + label] += 2
            own.append(Event(task, LABELS[task][label], onset_s, onset_s + 5))
        events.append(tuple(own))
    return SceneSet(visual.astype(np.float16), audio.astype(np.float16), tuple(events))


def write_scenes(folder: Path) -> Path:
    """Two pieces to learn from, one to judge on."""
    for name, count, seed in (("train_0", 4, 1), ("train_1", 4, 2), ("test_0", 3, 3)):
        scenes(count, seed).save(folder / f"scenes_{name}.npz")
    return folder
