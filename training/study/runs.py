"""One training run of the study, its result kept as a small JSON file: nothing is repeated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from core_model.checkpoint import save_checkpoint
from core_model.timeline import Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import UniAV
from training.errors import TrainingError
from training.recipe.settings import RecipeSettings, Streams
from training.recipe.trainer import TaskData, Trainer
from training.recipe.transfer import take_over
from training.recipe.validation import look_through
from training.study.scenes import StudyData
from training.study.variants import VARIANTS, Variant, model_config


@dataclass(frozen=True, slots=True)
class StudySettings:
    """Sizes that all rows share: width, rounds (a step per task each) and videos per batch."""

    dim: int = 64
    rounds: int = 200
    batch: int = 8
    learning_rate: float = 1e-3
    average: float = 0.98


@dataclass(frozen=True, slots=True)
class RunResult:
    """Average mAP by task of one trained model, and what it took."""

    variant: str
    seed: int
    average: Mapping[str, float]
    parameters: int
    seconds: float
    settings: Mapping[str, int | float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> RunResult:
        """What :func:`results` wrote. Raises TrainingError."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(f"{path.name}: not a result of this study ({error})") from error


def results(
    data: StudyData,
    variants: Sequence[Variant],
    seeds: Sequence[int],
    settings: StudySettings,
    out: Path,
    say: Callable[[str], None],
) -> Iterator[RunResult]:
    """Every run of every row, seed after seed; what lies in ``out`` is not trained again.

    Raises TrainingError, also where ``out`` holds results of other settings.
    """
    out.mkdir(parents=True, exist_ok=True)
    wanted = {**asdict(settings), "train": len(data.train), "test": len(data.test)}
    text: dict[tuple[Task, bool], torch.Tensor] = {}
    for seed in seeds:
        for variant in _with_starts(variants):
            for tasks in variant.task_sets(tuple(data.labels)):
                name = _name(variant, tasks, seed)
                path = out / f"{name}.json"
                if not path.exists():
                    began_s = time.monotonic()
                    model = _untrained(data, variant, tasks, settings, seed, out, text)
                    average = _trained(model, data, variant, tasks, settings, seed)
                    save_checkpoint(out / f"{name}.safetensors", model)
                    count = sum(weight.numel() for weight in model.parameters())
                    seconds = round(time.monotonic() - began_s, 1)
                    result = RunResult(variant.name, seed, average, count, seconds, wanted)
                    partial = path.with_suffix(".partial")
                    partial.write_text(json.dumps(asdict(result)) + "\n", encoding="utf-8")
                    partial.replace(path)
                    scores = ", ".join(f"{task} {value:.3f}" for task, value in average.items())
                    say(f"{name}: {scores} ({seconds:.0f} s)")
                result = RunResult.read(path)
                if result.settings != wanted:
                    raise TrainingError(f"{path.name}: made with other settings; use another --out")
                yield result


def recipe_for(
    settings: StudySettings,
    videos: Mapping[Task, TaskData],
    *,
    seed: int,
    streams: Streams = Streams.BOTH,
) -> RecipeSettings:
    """The published recipe, shortened to about ``settings.rounds``; a fifth of them warm up."""
    rounds_per_epoch = max(1, max(one.count // settings.batch for one in videos.values()))
    return RecipeSettings(
        epochs=max(1, round(0.8 * settings.rounds / rounds_per_epoch)),
        warm_up_epochs=max(0, round(0.2 * settings.rounds / rounds_per_epoch)),
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        average=settings.average,
        stop_and_go=False,
        streams=streams,
        seed=seed,
    )


def _with_starts(variants: Sequence[Variant]) -> list[Variant]:
    """The variants, and before each the one that it starts from."""
    known = {variant.name: variant for variant in VARIANTS}
    ordered: dict[str, Variant] = {}
    for variant in variants:
        if variant.start:
            ordered.setdefault(variant.start, known[variant.start])
        ordered.setdefault(variant.name, variant)
    return list(ordered.values())


def _name(variant: Variant, tasks: Sequence[Task], seed: int) -> str:
    parts = [variant.name.replace(" ", "_"), *([str(tasks[0])] if variant.single else [])]
    return "-".join((*parts, f"seed{seed}"))


def _untrained(
    data: StudyData,
    variant: Variant,
    tasks: tuple[Task, ...],
    settings: StudySettings,
    seed: int,
    out: Path,
    text: dict[tuple[Task, bool], torch.Tensor],
) -> UniAV:
    torch.manual_seed(seed)
    features = data.train.visual.shape[-1], data.train.audio.shape[-1]
    model = UniAV(model_config(variant, tasks, data.labels, settings.dim, features))
    if variant.start:
        start = next(each for each in VARIANTS if each.name == variant.start)
        take_over(model, out / f"{_name(start, tuple(data.labels), seed)}.safetensors")
    if variant.classifier is Classifier.TEXT:
        for task in tasks:
            key = (task, variant.prompts)
            if key not in text:
                text[key] = data.text(task, prompts=variant.prompts)
            model.set_text_embeddings(task, text[key])
    return model


def _trained(
    model: UniAV,
    data: StudyData,
    variant: Variant,
    tasks: tuple[Task, ...],
    settings: StudySettings,
    seed: int,
) -> dict[str, float]:
    """Train in place; average mAP by task on the test scenes, of the averaged weights."""
    videos = {task: data.task_data(task) for task in tasks}
    recipe = recipe_for(settings, videos, seed=seed, streams=variant.streams)
    trainer = Trainer(model, videos, recipe)
    while trainer.epochs_done < trainer.epochs:
        for _ in trainer.epoch():
            pass
    model.load_state_dict(trainer.averaged.state_dict())
    average = {}
    for task in tasks:
        examples = (
            data.example(data.test, task, index) for index in data.examples(data.test, task)
        )
        names = data.labels[task]
        judged = look_through(trainer.averaged, task, examples, names, variant.streams)
        average[str(task)] = judged.score(task).average
    return average
