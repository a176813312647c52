"""A learned model as a bundle on the disk: complete under its name, or not there at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from core_model.bundle import save_bundle
from core_model.bundle_description import BundleDescription, BundleError
from core_model.checkpoint import CheckpointError, save_checkpoint
from core_model.timeline import Task
from training.corrections.open_model import OpenModel
from training.errors import TrainingError

_PART_SUFFIX = ".part"


def part_folder(out: Path) -> Path:
    """Where a bundle is made before it gets its place: a hidden folder beside it."""
    return out.parent / f".{out.name}{_PART_SUFFIX}"


def demand_free(out: Path) -> None:
    """Raises TrainingError where something lies at ``out`` that would be lost."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise TrainingError(f"{out}: there is something of this name already")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """What the disk refuses, as one line."""
    try:
        yield
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror or error})") from error
    except (SafetensorError, CheckpointError, BundleError) as error:
        reason = " ".join(str(error).split())[:300]
        raise TrainingError(f"{path}: cannot be written ({reason})") from error


@contextlib.contextmanager
def in_the_making(out: Path) -> Iterator[Path]:
    """An empty hidden folder beside ``out``, gone afterwards unless :func:`put_in_place` took it.

    Raises TrainingError where it cannot be made.
    """
    part = part_folder(out)
    with explained(part):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def put_in_place(part: Path, out: Path) -> None:
    """Give a complete bundle its name. Raises TrainingError."""
    with explained(out):
        if out.exists():
            out.rmdir()
        part.rename(out)


def write_model(
    model: OpenModel, folder: Path, name: str, thresholds: Mapping[Task, Mapping[str, float]]
) -> BundleDescription:
    """Write a learned model into an empty folder, with the encoders of the bundle that it was.

    The head keeps the precision of its file. Raises TrainingError.
    """
    old, bundle = model.description, model.bundle
    tasks = {
        task: replace(
            settings,
            labels=model.rows[task].labels,
            compared=model.rows[task].compared,
            label_thresholds={**settings.label_thresholds, **thresholds.get(task, {})},
        )
        for task, settings in old.tasks.items()
    }
    description = replace(old, name=name, tasks=tasks)
    means = {task: mean for task in tasks if (mean := bundle.template_mean(task)) is not None}
    with explained(folder):
        for file in (old.visual.file, old.audio.file):
            shutil.copyfile(bundle.folder / file, folder / file)
        precision = _precision(bundle.folder / old.head)
        save_checkpoint(folder / old.head, model.head, dtype=precision)
        rows = {task: own.rows.cpu() for task, own in model.rows.items()}
        others = {task: own.others.cpu() for task, own in model.rows.items() if len(own.others)}
        save_bundle(folder, description, rows, means, others)
    return description


def _precision(path: Path) -> torch.dtype:
    with safe_open(path, framework="pt") as stored:
        names = stored.keys()
        half = all(stored.get_slice(name).get_dtype() == "F16" for name in names)
    return torch.float16 if half else torch.float32
