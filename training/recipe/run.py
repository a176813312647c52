"""A whole training run from one JSON file: data, epochs, validation, the finished model."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core_model.checkpoint import save_checkpoint
from core_model.timeline import Task
from core_model.uniav.config import Classifier, ConfigError, UniAVConfig, load_model_config
from core_model.uniav.model import UniAV
from training.errors import TrainingError
from training.recipe.examples import Example, Kept
from training.recipe.feature_folder import AnnotatedVideo, FolderDescription, TaskFolder
from training.recipe.processes import Processes, joined_processes
from training.recipe.settings import RecipeSettings
from training.recipe.trainer import TaskData, Trainer
from training.recipe.transfer import take_over
from training.recipe.validation import look_through

STATE = "training.pt"
MODEL = "model.safetensors"
REPORT = "report.json"
STEPS = "steps.jsonl"


@dataclass(frozen=True, slots=True)
class RunDescription:
    """What the JSON file says: sizes of the model, the recipe, data per task, and weights to
    start from (``init``), of which those that fit are taken."""

    model: UniAVConfig
    recipe: RecipeSettings
    data: Mapping[Task, FolderDescription]
    root: Path
    init: Path | None


def read_run(path: Path) -> RunDescription:
    """Check a run's JSON file. Raises TrainingError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path.name}: not readable as JSON ({error})") from error
    if not isinstance(raw, dict) or not {"model", "data"} <= set(raw):
        raise TrainingError(f"{path.name}: needs 'model' and 'data'")
    if unknown := sorted(set(raw) - {"model", "recipe", "data", "init"}):
        raise TrainingError(f"{path.name}: unknown key {unknown[0]!r}")
    try:
        named = raw["model"]
        model = (
            load_model_config(named)
            if isinstance(named, str)
            else UniAVConfig.from_dict(named, path.name)
        )
    except ConfigError as error:
        raise TrainingError(str(error)) from error
    data = {
        _task(name, model, path): FolderDescription.from_dict(one, f"{path.name}: {name}")
        for name, one in raw["data"].items()
    }
    init = path.parent / raw["init"] if raw.get("init") else None
    return RunDescription(
        model, RecipeSettings.from_dict(raw.get("recipe", {})), data, path.parent, init
    )


def _task(name: str, model: UniAVConfig, path: Path) -> Task:
    if name not in model.tasks:
        known = ", ".join(model.tasks)
        raise TrainingError(f"{path.name}: the model has no task {name!r}; it has: {known}")
    return Task(name)


def train(
    description: RunDescription,
    out: Path,
    device: torch.device,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> dict[str, Any]:
    """Train, or go on with what lies in ``out``; returns and writes the validation results.

    ``out`` gets the state and all steps after each epoch, the averaged weights and the report.
    Raises TrainingError.
    """
    torch.manual_seed(description.recipe.seed)
    dims = description.model.visual_dim, description.model.audio_dim
    folders = {
        task: TaskFolder.open(task, description.model.tasks[task], about, description.root, dims)
        for task, about in description.data.items()
    }
    model = UniAV(description.model)
    if description.init is not None:
        say(f"taken over: {take_over(model, description.init)} of the weights")
    if description.model.classifier is Classifier.TEXT:
        for task, folder in folders.items():
            model.set_text_embeddings(task, _label_text(folder, description.model.text_dim))
    out.mkdir(parents=True, exist_ok=True)
    with joined_processes() as processes:
        run = _Run(description, folders, model, out, device, processes, say)
        return run.to_the_end()


class _Run:
    """One training run: what :func:`train` does once everything is open."""

    def __init__(
        self,
        description: RunDescription,
        folders: Mapping[Task, TaskFolder],
        model: UniAV,
        out: Path,
        device: torch.device,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self.description, self.folders, self.out = description, folders, out
        self.processes, self.say = processes, say
        data = {task: _task_data(folder, description) for task, folder in folders.items()}
        self.trainer = Trainer(model, data, description.recipe, device, processes)
        if (out / STATE).is_file():
            self.trainer.resume(out / STATE)
            say(f"going on after epoch {self.trainer.epochs_done}")

    def to_the_end(self) -> dict[str, Any]:
        trainer = self.trainer
        while trainer.epochs_done < trainer.epochs:
            self._epoch()
            trainer.judge(self._validated(trainer.model))
            if self.processes.is_first:
                trainer.save(self.out / STATE)
        report = {
            str(task): self._result(trainer.averaged, task).to_dict() for task in self.folders
        }
        if self.processes.is_first:
            save_checkpoint(self.out / MODEL, trainer.averaged, {"epochs": trainer.epochs_done})
            text = json.dumps(report, indent=1) + "\n"
            (self.out / REPORT).write_text(text, encoding="utf-8")
        return report

    def _epoch(self) -> None:
        began_s, steps = time.monotonic(), list(self.trainer.epoch())
        if self.processes.is_first:
            lines = [json.dumps({**asdict(step), "task": str(step.task)}) for step in steps]
            with (self.out / STEPS).open("a", encoding="utf-8") as history:
                history.write("\n".join(lines) + "\n")
        losses = {task: [s.total for s in steps if s.task is task] for task in self.folders}
        means = ", ".join(
            f"{task} {sum(values) / len(values):.4f}" for task, values in losses.items() if values
        )
        self.say(
            f"epoch {self.trainer.epochs_done} of {self.trainer.epochs}: mean loss {means}"
            f" ({time.monotonic() - began_s:.0f} s)"
        )

    def _validated(self, model: UniAV) -> dict[Task, float]:
        metrics = {task: self._result(model, task).average for task in self.folders}
        said = ", ".join(
            f"{task} {value:.4f}{' (stopped)' if self.trainer.control[task].stopped else ''}"
            for task, value in metrics.items()
        )
        self.say(f"average mAP on validation: {said}")
        return metrics

    def _result(self, model: UniAV, task: Task) -> ValidationResult:
        folder = self.folders[task]
        examples = (folder.example(entry) for entry in folder.names(folder.description.validation))
        names = folder.annotations.label_names
        scored = look_through(model, task, examples, names, self.description.recipe.streams)
        result = scored.score(task)
        return ValidationResult(
            {
                f"{t:.2f}": float(v)
                for t, v in zip(result.tiou_thresholds, result.per_threshold, strict=True)
            },
            result.average,
            {str(label): float(values.mean()) for label, values in result.per_class.items()},
        )


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """mAP per tIoU threshold, their mean, and the mean per label."""

    per_threshold: dict[str, float]
    average: float
    per_label: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {"mAP": self.per_threshold, "average": self.average, "per_label": self.per_label}


def _label_text(folder: TaskFolder, dim: int) -> Tensor:
    """The rows of a task's labels. Raises TrainingError."""
    if folder.text is None:
        raise TrainingError(f"{folder.task}: needs 'text' or 'prompt', for its classifier reads")
    if folder.text.shape[1] != dim:
        raise TrainingError(
            f"{folder.task}: text embeddings of {folder.text.shape[1]} numbers, not {dim}"
        )
    return folder.text


def _task_data(folder: TaskFolder, description: RunDescription) -> TaskData:
    entries = folder.names(folder.description.train)
    if not folder.names(folder.description.validation):
        raise TrainingError(f"{folder.task}: no video to validate on has features and events")
    kept = description.recipe.kept_share(folder.task)
    share = description.recipe.keep_mb * 1_000_000 // len(description.data)
    return TaskData(
        len(entries),
        Kept(functools.partial(_training_example, folder, entries, kept), share),
        len(folder.annotations.label_names),
        folder.settings.max_length,
    )


def _training_example(
    folder: TaskFolder, entries: tuple[AnnotatedVideo, ...], least_kept: float, index: int
) -> Example:
    return folder.example(entries[index], least_kept=least_kept)
