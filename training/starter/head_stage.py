"""Stage 'head': the small UniAV on composed scenes, one optimiser step per task in turn."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core_model.timeline import Task
from core_model.uniav.config import load_model_config
from core_model.uniav.model import UniAV
from core_model.uniav.points import level_lengths, make_points
from training.losses import Criterion, LossNormaliser
from training.recipe.examples import TaskBatch
from training.starter.anchors import Anchors
from training.starter.compose import CELL_S, SCENE_SNIPPETS, Event
from training.starter.scene_store import SceneSet
from training.starter.stage import StageOptions, run_stage
from training.targets import batch_targets

BATCH = 16
SHORTEST_CROP = 12
WINDOW_CENTRE_S = 0.5
LEAST_KEPT_CELLS = 2.0
STRANGER_SHARE = 0.4
ABSENT_SHARE = 0.08
# The encoders have learned from the clips of the training scenes and place them more surely than
# they will place anything new. Noise that lasts a second and a half, of up to this share of an
# embedding's size, keeps the head from trusting such clean embeddings.
MOST_NOISE = 0.8
NOISE_SNIPPETS = 6


class HeadData:
    """Draws batches of crops, the tasks in turn; other videos' streams stand in at times.

    ``sounds`` are scenes without pictures, which only teach sound events.
    """

    def __init__(
        self,
        scenes: SceneSet,
        sounds: SceneSet,
        labels: Mapping[Task, tuple[str, ...]],
        absent: tuple[np.ndarray, np.ndarray],
        levels: int,
        seed: int,
    ) -> None:
        self.scenes, self.sounds, self.labels, self.absent = scenes, sounds, labels, absent
        self.levels = levels
        self.random = np.random.default_rng(seed)
        self.place = {
            task: {label: i for i, label in enumerate(names)} for task, names in labels.items()
        }

    def batches(self) -> Generator[TaskBatch]:
        """TAL, AVEL, SED, TAL, ... for ever."""
        while True:
            for task in (Task.TAL, Task.AVEL, Task.SED):
                yield self.batch(task)

    def batch(self, task: Task) -> TaskBatch:
        draw = self.random
        # Sound events are drawn from both sets alike, so that every scene has the same chance.
        every = len(self.scenes) + len(self.sounds)
        source = self.scenes
        if task is Task.SED and draw.random() < len(self.sounds) / every:
            source = self.sounds
        chosen = draw.integers(len(source), size=BATCH)
        length = (
            SCENE_SNIPPETS
            if draw.random() < 0.6
            else int(draw.integers(SHORTEST_CROP, SCENE_SNIPPETS))
        )
        starts = draw.integers(SCENE_SNIPPETS - length + 1, size=BATCH)
        audio = self._blurred(self._crops(source.audio, chosen, starts, length))
        # Scenes without pictures borrow all of them.
        pictured = chosen if source is self.scenes else draw.integers(len(self.scenes), size=BATCH)
        visual = self._blurred(self._crops(self.scenes.visual, pictured, starts, length))
        if task is not Task.AVEL:
            self._estrange(task, audio if task is Task.TAL else visual, starts, length)
        mask = torch.ones(BATCH, length, dtype=torch.bool)
        points = make_points(level_lengths(length, self.levels))
        events = [
            self._events(task, source.events[scene], int(start), length)
            for scene, start in zip(chosen, starts, strict=True)
        ]
        targets = batch_targets(
            points,
            [e[0] for e in events],
            [e[1] for e in events],
            len(self.labels[task]),
            class_aware=False,
        )
        return TaskBatch(task, visual, audio, mask, targets)

    def _estrange(self, task: Task, other: Tensor, starts: np.ndarray, length: int) -> None:
        """Put another scene's stream, or none, beside the one that the task is about."""
        draw = self.random
        source = self.scenes.audio if task is Task.TAL else self.scenes.visual
        strangers = np.flatnonzero(draw.random(BATCH) < STRANGER_SHARE)
        chosen = draw.integers(len(self.scenes), size=len(strangers))
        other[strangers] = self._crops(source, chosen, starts[strangers], length)
        missing = torch.from_numpy(self.absent[1 if task is Task.TAL else 0])
        other[np.flatnonzero(draw.random(BATCH) < ABSENT_SHARE)] = missing

    @staticmethod
    def _crops(source: np.ndarray, scenes: np.ndarray, starts: np.ndarray, length: int) -> Tensor:
        rows = starts[:, None] + np.arange(length)
        return torch.from_numpy(source[scenes[:, None], rows].astype(np.float32))

    def _blurred(self, embeddings: Tensor) -> Tensor:
        """Embeddings (B, T, D) with lasting noise, of another strength in every scene."""
        batch, length, dim = embeddings.shape
        spans = -(-length // NOISE_SNIPPETS)
        drawn = self.random.standard_normal((batch, spans, dim), dtype=np.float32)
        noise = torch.from_numpy(drawn).repeat_interleave(NOISE_SNIPPETS, dim=1)[:, :length]
        strength = self.random.uniform(0, MOST_NOISE, (batch, 1, 1)).astype(np.float32)
        size = embeddings.square().mean(dim=-1, keepdim=True).sqrt()
        return embeddings + torch.from_numpy(strength) * size * noise

    def _events(
        self, task: Task, events: tuple[Event, ...], start: int, length: int
    ) -> tuple[Tensor, Tensor]:
        """Segments in grid coordinates of the crop, clipped to it, and label indices."""
        segments, labels = [], []
        for event in events:
            if event.task is not task:
                continue
            onset = max((event.onset_s - WINDOW_CENTRE_S) / CELL_S - start, -2.0)
            offset = min((event.offset_s - WINDOW_CENTRE_S) / CELL_S - start, length + 1.0)
            whole = (event.offset_s - event.onset_s) / CELL_S
            if offset - onset >= min(LEAST_KEPT_CELLS, 0.5 * whole):
                # An event shorter than a stride must still hold the point nearest to it.
                middle, half = (onset + offset) / 2, max((offset - onset) / 2, 0.55)
                segments.append((middle - half, middle + half))
                labels.append(self.place[task][event.label])
        return (
            torch.tensor(segments, dtype=torch.float32).reshape(-1, 2),
            torch.tensor(labels, dtype=torch.int64),
        )


def train_head(
    scenes: SceneSet,
    sounds: SceneSet,
    anchors: Mapping[Task, Anchors],
    absent: tuple[np.ndarray, np.ndarray],
    folder: Path,
    options: StageOptions,
    device: torch.device | None = None,
    initial: Mapping[str, Tensor] | None = None,
) -> UniAV:
    """Train, save ``folder/head.pt`` and return the head with averaged weights."""
    torch.manual_seed(options.seed)
    config = load_model_config("starter")
    model = UniAV(config)
    data = HeadData(
        scenes,
        sounds,
        {task: a.labels for task, a in anchors.items()},
        absent,
        config.level_count,
        options.seed,
    )
    criterion = Criterion(LossNormaliser(dict.fromkeys(Task, 200.0)), {Task.TAL: 0.05})
    random = torch.Generator().manual_seed(options.seed)
    where = device or torch.device("cpu")

    def loss_of(model: nn.Module, batch: TaskBatch, progress: float) -> Tensor:
        assert isinstance(model, UniAV)
        model.set_text_embeddings(batch.task, anchors[batch.task].drawn(random))
        batch = batch.to(where)
        raw = model(batch.visual, batch.audio, batch.mask, batch.task)
        return criterion(raw, batch.targets, batch.task).total

    trained = run_stage(
        "head",
        model,
        data.batches(),
        loss_of,
        options,
        folder,
        device=device,
        initial=initial,
    )
    assert isinstance(trained, UniAV)
    return trained
