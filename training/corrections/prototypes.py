"""A first row for a label out of its examples: what the snippets of its events have in common.

The encoders place snippets into the space of the text, so the mean of the snippets of some events
is a row like that of a wording (prototypes, Snell et al., arXiv 1703.05175). How far a row moves
from its wording to its examples is for the learner to say: a good wording is better than a few
examples, a name that means nothing is worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core_model.similarity import compared_stream
from core_model.timeline import Task
from training.corrections.encoded import EncodedStretch
from training.corrections.open_model import OpenModel


def with_prototypes(
    model: OpenModel, train: Sequence[EncodedStretch], shares: Mapping[Task, float]
) -> OpenModel:
    """The model with rows of new labels moved towards their examples by a share in [0, 1].

    Only where snippets lie in the space of the text; for audio-visual labels both streams do.
    """
    rows = dict(model.rows)
    for task, share in shares.items():
        own = model.rows[task]
        moved = own.rows.clone()
        for place in range(own.known, len(own.labels)):
            examples = examples_of(model, train, task, own.labels[place])
            if len(examples):
                mean = functional.normalize(examples.mean(dim=0), dim=-1).to(moved)
                moved[place] = functional.normalize(
                    share * mean + (1 - share) * moved[place], dim=-1
                )
        rows[task] = replace(own, rows=moved)
    return replace(model, rows=rows)


def examples_of(
    model: OpenModel, train: Sequence[EncodedStretch], task: Task, label: str
) -> Tensor:
    """One unit row per event of a label (n, text dim): the mean of its snippets. Empty where
    snippets have another width than text."""
    width = model.head.config.text_dim
    found = []
    for stretch in train:
        for each in stretch.segments:
            if (each.kind, each.label) != (task, label) or not each.decision.is_event:
                continue
            onset, offset = stretch.span(each)
            first = min(max(0, round(onset)), stretch.count - 1)
            last = min(max(round(offset), first), stretch.count - 1) + 1
            snippets = _compared(task, *stretch.features(first, last - first))
            if snippets.shape[-1] == width:
                found.append(functional.normalize(snippets.mean(dim=0), dim=-1))
    return torch.stack(found) if found else torch.empty(0, width)


def _compared(task: Task, visual: np.ndarray, audio: np.ndarray) -> Tensor:
    """Snippets (n, dim) of unit length in the stream or streams that the labels describe."""
    streams = [torch.from_numpy(each.astype(np.float32)) for each in (visual, audio)]
    units = [functional.normalize(stream, dim=-1) for stream in streams]
    if task is not Task.AVEL:
        return compared_stream(task, *units)
    if units[0].shape[-1] != units[1].shape[-1]:
        return torch.empty(len(visual), 0)
    return functional.normalize(units[0] + units[1], dim=-1)
