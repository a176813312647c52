"""The training loop: tasks in turn, an optimiser step each (Geng et al., arXiv 2404.03179)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.errors import TrainingError
from training.losses import Criterion, LossNormaliser
from training.optimisation import average_into, parameter_groups
from training.recipe.examples import Example, TaskBatch, collate, cropped
from training.recipe.processes import Processes
from training.recipe.schedule import StopAndGo, WarmUpCosine
from training.recipe.settings import RecipeSettings


@dataclass(frozen=True, slots=True)
class TaskData:
    """The training videos of one task: how many, how to read one, how many classes, and the
    most cells that a crop may have."""

    count: int
    read: Callable[[int], Example]
    num_classes: int
    most_cells: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """One optimiser step: losses are those of the whole batch over all processes."""

    round_index: int
    task: Task
    classification: float
    regression: float
    total: float
    gradient_norm: float


class Trainer:
    """Trains ``model`` in place; :attr:`averaged` holds the mean of its weights over steps.

    Text embeddings must be set. With several processes every one of them gets its part of each
    batch, and losses and gradients are those of one process with the whole batch.
    """

    def __init__(
        self,
        model: UniAV,
        data: Mapping[Task, TaskData],
        settings: RecipeSettings,
        device: torch.device | None = None,
        processes: Processes | None = None,
    ) -> None:
        """Raises TrainingError where a task has fewer videos than a batch."""
        for task, videos in data.items():
            if videos.count < settings.batch:
                raise TrainingError(
                    f"{task}: {videos.count} videos are less than one batch of {settings.batch}"
                )
        self.device = device or torch.device("cpu")
        self.processes = processes or Processes()
        self.settings, self.data = settings, data
        self.model = model.to(self.device).train()
        self.averaged = copy.deepcopy(model).eval()
        self.criterion = Criterion(
            LossNormaliser(),
            settings.smoothing,
            settings.regression_loss,
            count_all=self.processes.total,
        )
        self.optimizer = torch.optim.AdamW(
            parameter_groups(model, settings.weight_decay), lr=settings.learning_rate
        )
        self.control = {task: StopAndGo() for task in data}
        self.rounds_per_epoch = max(videos.count // settings.batch for videos in data.values())
        self.schedule = WarmUpCosine(
            settings.learning_rate,
            settings.warm_up_epochs * self.rounds_per_epoch,
            self.epochs * self.rounds_per_epoch,
            settings.final_learning_rate,
        )
        self.epochs_done = 0
        self._network: nn.Module = self.processes.wrapped(self.model)

    @property
    def epochs(self) -> int:
        """All of them, warm-up included."""
        return self.settings.warm_up_epochs + self.settings.epochs

    @property
    def _in_bf16(self) -> bool:
        precision = self.settings.precision
        return precision == "bf16" or (precision == "auto" and self.device.type == "cuda")

    def epoch(self) -> Iterator[StepReport]:
        """Train one epoch, task after task in every round. Raises TrainingError on a bad loss."""
        first = self.epochs_done * self.rounds_per_epoch
        orders = {task: _Order(self.settings, task, videos) for task, videos in self.data.items()}
        for step in range(self.rounds_per_epoch):
            round_index = first + step
            for group in self.optimizer.param_groups:
                group["lr"] = self.schedule.rate(round_index)
            for task, order in orders.items():
                if self.control[task].trains_in(round_index):
                    yield self._step(round_index, order.batch(self.epochs_done, step))
        self.epochs_done += 1

    def judge(self, metrics: Mapping[Task, float]) -> None:
        """Tell each task's validation metric after an epoch; tasks may stop or go on."""
        if self.settings.stop_and_go:
            for task, metric in metrics.items():
                self.control[task].step(metric)

    def _step(self, round_index: int, chosen: _Chosen) -> StepReport:
        batch = self._collated(chosen)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._in_bf16):
            raw = self._network(batch.visual, batch.audio, batch.mask, chosen.task)
        losses = self.criterion(raw, batch.targets, chosen.task)
        total = self.processes.sum_of(losses.total)
        if not math.isfinite(total):
            names = ", ".join(example.video for example in chosen.examples)
            raise TrainingError(
                f"{chosen.task}: the loss of round {round_index} is {total}; videos: {names}"
            )
        # Gradients are averaged over the processes, the loss is a sum over the whole batch.
        (losses.total * self.processes.count).backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.optimizer.step()
        average_into(self.averaged, self.model, self.settings.average)
        return StepReport(
            round_index,
            chosen.task,
            self.processes.sum_of(losses.classification),
            self.processes.sum_of(losses.regression),
            total,
            float(norm),
        )

    def _collated(self, chosen: _Chosen) -> TaskBatch:
        mine = chosen.examples[self.processes.rank :: self.processes.count]
        config = self.model.config
        return collate(
            chosen.task,
            mine,
            config.tasks[chosen.task],
            self.data[chosen.task].num_classes,
            config.level_count,
            self.settings.streams,
            self.device,
        )

    # --- keeping --------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Everything that goes on later, all of it or nothing."""
        partial = path.with_suffix(".partial")
        state = {
            "epochs_done": self.epochs_done,
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "normaliser": self.criterion.normaliser.state_dict(),
            "control": {str(task): one.state_dict() for task, one in self.control.items()},
        }
        try:
            torch.save(state, partial)
            partial.replace(path)
        except (OSError, RuntimeError) as error:
            raise TrainingError(f"{path.name}: cannot be written ({error})") from error

    def resume(self, path: Path) -> None:
        """Go on where :meth:`save` was. Raises TrainingError for a file that does not fit."""
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.criterion.normaliser.load_state_dict(state["normaliser"])
            for task, one in self.control.items():
                one.load_state_dict(state["control"][str(task)])
            self.epochs_done = int(state["epochs_done"])
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError) as error:
            reason = " ".join(str(error).split())[:300]
            raise TrainingError(f"{path.name}: training cannot go on from it ({reason})") from error


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The cropped videos of one batch over all processes."""

    task: Task
    examples: Sequence[Example]


class _Order:
    """Which videos of a task come in which batch: a new order in every pass, the same for one
    seed whatever the number of processes."""

    def __init__(self, settings: RecipeSettings, task: Task, videos: TaskData) -> None:
        self.settings, self.task, self.videos = settings, task, videos
        self.number = list(Task).index(task)
        self.batches = videos.count // settings.batch

    def batch(self, epoch: int, step: int) -> _Chosen:
        turn, place = divmod(step, self.batches)
        seed = (self.settings.seed, self.number, epoch)
        order = np.random.default_rng((*seed, turn)).permutation(self.videos.count)
        start = place * self.settings.batch
        random = np.random.default_rng((*seed, turn, place))
        return _Chosen(
            self.task,
            [
                self._cropped(int(index), random)
                for index in order[start : start + self.settings.batch]
            ],
        )

    def _cropped(self, index: int, random: np.random.Generator) -> Example:
        settings = self.settings
        kept = settings.kept_share(self.task)
        example = self.videos.read(index)
        return cropped(example, self.videos.most_cells, settings.least_crop, kept, random)
