"""Weights of one model as the start of another: how a single task is fine-tuned from all tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import Tensor

from core_model.checkpoint import CheckpointError, load_checkpoint
from core_model.uniav.model import UniAV
from training.errors import TrainingError

_EXPERTS, _SHARED = "experts", "shared"


def take_over(model: UniAV, path: Path) -> str:
    """Copy the weights of a saved model that have a place in this one; says how many of how many.

    What both have is copied. A model of one task without experts gets that task's expert; a
    model with experts gets the shared one of a model without. What has no counterpart, such as a
    new classifier, keeps its first values. Raises TrainingError.
    """
    try:
        source, _ = load_checkpoint(path)
    except CheckpointError as error:
        raise TrainingError(str(error)) from error
    weights = model.state_dict()
    fitting = dict(
        _fitting(weights, source.state_dict(), [str(task) for task in model.config.tasks])
    )
    model.load_state_dict({**weights, **fitting})
    return f"{len(fitting)} of {len(weights)}"


def _fitting(
    weights: Mapping[str, Tensor], given: Mapping[str, Tensor], tasks: list[str]
) -> Iterator[tuple[str, Tensor]]:
    for name, weight in weights.items():
        for candidate in _candidates(name, tasks):
            found = given.get(candidate)
            if found is not None and found.shape == weight.shape:
                yield name, found
                break


def _candidates(name: str, tasks: list[str]) -> list[str]:
    """Under which names a weight may be found, the best first."""
    parts = name.split(".")
    if _EXPERTS not in parts:
        return [name]
    place = parts.index(_EXPERTS) + 1
    others = [_SHARED] if parts[place] != _SHARED else tasks if len(tasks) == 1 else []
    return [name, *(".".join((*parts[:place], other, *parts[place + 1 :])) for other in others)]
