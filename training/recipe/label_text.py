"""The labels of a task as text embeddings: from a file, or from a prompt around each label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from core_model.encoders.minilm import MiniLM, TextEncoderError
from training.errors import TrainingError
from training.recipe.arrays import float_table

PLACE = "{label}"


def stored_rows(path: Path, labels: Sequence[str]) -> Float[Tensor, "labels dim"]:
    """The rows of a numpy file, one per label in the order of the class indices.

    Raises TrainingError.
    """
    rows = torch.from_numpy(float_table(path))
    if len(rows) != len(labels):
        raise TrainingError(f"{path.name}: {len(rows)} rows for {len(labels)} labels")
    return rows


def prompted_rows(prompt: str, labels: Sequence[str]) -> Float[Tensor, "labels 384"]:
    """Embeddings of ``prompt`` with each label in the place of ``{label}``, by the bundled text
    encoder. "{label}" alone is a label without any prompt. Raises TrainingError.
    """
    try:
        return MiniLM().embed([prompt.replace(PLACE, label) for label in labels])
    except TextEncoderError as error:
        raise TrainingError(str(error)) from error
