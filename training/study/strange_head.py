"""A head that never met some labels: scenes and rows without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core_model.checkpoint import load_checkpoint, save_checkpoint
from core_model.timeline import Task
from core_model.uniav.config import TaskConfig, UniAVConfig
from core_model.uniav.model import UniAV
from training.corrections.open_model import LabelRows, OpenModel
from training.recipe.trainer import Trainer
from training.starter.compose import SCENE_SNIPPETS
from training.starter.scene_store import SceneSet
from training.study.runs import StudySettings, recipe_for
from training.study.scenes import StudyData, some

Key = tuple[Task, str]


def without_labels(scenes: SceneSet, left_out: Sequence[Key]) -> SceneSet:
    """The scenes in which none of these events occurs."""
    kept = [
        number
        for number, events in enumerate(scenes.events)
        if not any((event.task, event.label) in left_out for event in events)
    ]
    return some(scenes, np.array(kept, int))


def strange_head(
    scenes: SceneSet,
    model: OpenModel,
    left_out: Sequence[Key],
    settings: StudySettings,
    path: Path,
) -> OpenModel:
    """``model`` with a head that never met ``left_out``, and without their rows; the head is
    trained, or read from ``path``."""
    learned = without_labels(scenes, left_out)
    data = StudyData.of(learned, learned)
    rows = {task: _rows_without(model.rows[task], task, left_out) for task in data.labels}
    data = replace(data, labels={task: own.labels for task, own in rows.items()})
    if path.exists():
        head, _ = load_checkpoint(path)
    else:
        head = _trained(data, rows, settings)
        save_checkpoint(path, head)
    for task, own in rows.items():
        head.set_text_embeddings(task, own.rows)
    return replace(unlisted(model, left_out, tuple(rows)), head=head.requires_grad_(False).eval())


def unlisted(
    model: OpenModel, left_out: Sequence[Key], tasks: Sequence[Task] | None = None
) -> OpenModel:
    """``model`` without the rows of ``left_out``, for all its kinds or ``tasks``; its head is the
    same and has met these labels."""
    chosen = tuple(model.rows) if tasks is None else tasks
    rows = {task: _rows_without(model.rows[task], task, left_out) for task in chosen}
    described = {
        task: replace(model.description.tasks[task], labels=own.labels)
        for task, own in rows.items()
    }
    return replace(model, rows=rows, description=replace(model.description, tasks=described))


def _rows_without(own: LabelRows, task: Task, left_out: Sequence[Key]) -> LabelRows:
    kept = [n for n, label in enumerate(own.labels) if (task, label) not in left_out]
    labels = tuple(own.labels[n] for n in kept)
    count = len(labels)
    return replace(own, labels=labels, rows=own.rows[kept], known=count, compared=count)


def _trained(data: StudyData, rows: Mapping[Task, LabelRows], settings: StudySettings) -> UniAV:
    torch.manual_seed(0)
    model = UniAV(
        UniAVConfig(
            {task: TaskConfig(SCENE_SNIPPETS) for task in rows},
            dim=settings.dim,
            visual_dim=data.train.visual.shape[-1],
            audio_dim=data.train.audio.shape[-1],
            text_dim=next(iter(rows.values())).rows.shape[1],
            layer_scale=0.1,
        )
    )
    for task, own in rows.items():
        model.set_text_embeddings(task, own.rows)
    videos = {task: data.task_data(task) for task in rows}
    trainer = Trainer(model, videos, recipe_for(settings, videos, seed=0))
    while trainer.epochs_done < trainer.epochs:
        for _ in trainer.epoch():
            pass
    return trainer.averaged
