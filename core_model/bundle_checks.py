"""What is looked at before the networks of a bundle are used: a stranger may have made them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from core_model.bundle_description import BundleError, TaskDescription
from core_model.timeline import Task
from core_model.uniav.config import Classifier, UniAVConfig

# Torch can count with these; of stranger ones it cannot even say whether they are finite.
_FLOATS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}


def demand_plain(source: Path | str, tensors: Mapping[str, Tensor]) -> None:
    """Raises BundleError for a tensor of numbers that nobody can count with."""
    for name, tensor in tensors.items():
        if tensor.dtype not in _FLOATS:
            raise BundleError(f"{source}: {name!r} is {tensor.dtype}")


def demand_finite(path: Path, network: nn.Module) -> None:
    """Raises BundleError for weights that would turn everything into nothing, or worse."""
    for name, values in network.state_dict().items():
        if not bool(torch.isfinite(values).all()):
            raise BundleError(f"{path}: {name!r} holds numbers that are not finite")


def demand_classes(path: Path, head: UniAVConfig, task: Task, known: TaskDescription) -> None:
    """That weights of single classes are of as many as there are labels, and that snippets can
    be compared with the labels where they are to be. Raises BundleError."""
    settings, count = head.tasks[task], len(known.labels)
    has_words = head.classifier is Classifier.TEXT
    if (settings.class_aware or not has_words) and settings.num_classes != count:
        raise BundleError(f"{path}: {task} has {settings.num_classes} classes for {count} labels")
    if known.similarity.weight and has_words:
        width = head.visual_dim if task is Task.TAL else head.audio_dim
        if settings.class_aware or width != head.text_dim:
            raise BundleError(f"{path}: snippets cannot be compared with the labels of {task}")
