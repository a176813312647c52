"""A first row for a label out of its examples: what the snippets of its events have in common.

The encoders place snippets into the space of the text, so the mean of the snippets of some events
is a row like that of a wording (prototypes, Snell et al., arXiv 1703.05175). What these snippets
share with the rest of their videos tells nothing, so the mean meets half-way with the direction
that parts them from it best (Fisher's linear discriminant). How far a row moves from its wording
to its examples is for the learner to say: a good wording is better than a few examples, a name
that means nothing is worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.similarity import compared_stream
from core_model.timeline import Task
from training.corrections.encoded import EncodedStretch
from training.corrections.open_model import OpenModel

# Snippets this near to an event may still hold some of it.
MARGIN_SNIPPETS = 3
# More say no more about what the videos have in common.
MOST_OTHERS = 20_000
# Added to the covariance, in means of its diagonal: there are hardly more snippets than dimensions.
SHRINKAGE = 5.0
DISCRIMINANT_SHARE = 0.5
# Below this all other snippets are one and the same.
_LEAST_RIDGE = 1e-8

Prototypes = Mapping[int, Float[Tensor, " dim"]]


def prototypes(model: OpenModel, train: Sequence[EncodedStretch], task: Task) -> Prototypes:
    """Place of a new label among the rows of its task -> unit row made of its examples.

    Only where snippets lie in the space of the text; for audio-visual labels both streams do.
    """
    own = model.rows[task]
    found = {}
    for place in range(own.known, len(own.labels)):
        examples = examples_of(model, train, task, own.labels[place])
        if len(examples):
            others = _others(train, task, own.labels[place])
            found[place] = _distinct(examples, others).to(own.rows)
    return found


def with_prototypes(
    model: OpenModel, task: Task, found: Prototypes, shares: Mapping[int, float]
) -> OpenModel:
    """The model with rows of new labels moved towards their examples by shares in [0, 1]."""
    own = model.rows[task]
    rows = own.rows.clone()
    for place, row in found.items():
        rows[place] = mixed(rows[place], row, shares[place])
    return replace(model, rows={**model.rows, task: replace(own, rows=rows)})


def mixed(wording: Tensor, examples: Tensor, share: float) -> Float[Tensor, " dim"]:
    """A unit row, ``share`` of the way from the wording to the examples."""
    return _unit(share * examples + (1 - share) * wording)


def examples_of(
    model: OpenModel, train: Sequence[EncodedStretch], task: Task, label: str
) -> Tensor:
    """One unit row per event of a label (n, text dim): the mean of its snippets. Empty where
    snippets have another width than text."""
    width = model.head.config.text_dim
    found = []
    for stretch in train:
        for first, last in _events(stretch, task, label):
            snippets = _compared(task, *stretch.features(first, last - first))
            if snippets.shape[-1] == width:
                found.append(_unit(snippets.mean(dim=0)))
    return torch.stack(found) if found else torch.empty(0, width)


def _distinct(examples: Float[Tensor, "n dim"], others: Float[Tensor, "m dim"]) -> Tensor:
    """The unit mean of the examples, drawn towards what parts it from the other snippets."""
    mean = _unit(examples.mean(dim=0))
    if len(others) < 2:
        return mean
    covariance = torch.cov(others.T)
    ridge = SHRINKAGE * covariance.diagonal().mean()
    if ridge < _LEAST_RIDGE:
        return mean
    ridged = covariance + ridge * torch.eye(len(mean))
    discriminant = _unit(torch.linalg.solve(ridged, mean - others.mean(dim=0)))
    return _unit((1 - DISCRIMINANT_SHARE) * mean + DISCRIMINANT_SHARE * discriminant)


def _events(stretch: EncodedStretch, task: Task, label: str) -> list[tuple[int, int]]:
    """First snippet of each event and the one after its last; at least one snippet each."""
    spans = []
    for each in stretch.segments:
        if (each.kind, each.label) == (task, label) and each.decision.is_event:
            onset, offset = stretch.span(each)
            first = min(max(0, round(onset)), stretch.count - 1)
            spans.append((first, min(max(round(offset), first), stretch.count - 1) + 1))
    return spans


def _others(train: Sequence[EncodedStretch], task: Task, label: str) -> Tensor:
    """Unit snippets of the same videos away from the label's events (n, dim)."""
    found, count = [], 0
    for stretch in train:
        snippets = _compared(task, *stretch.features(0, stretch.count))
        away = torch.ones(len(snippets), dtype=torch.bool)
        for first, last in _events(stretch, task, label):
            away[max(0, first - MARGIN_SNIPPETS) : last + MARGIN_SNIPPETS] = False
        found.append(snippets[away])
        count += len(found[-1])
        if count >= MOST_OTHERS:
            break
    return torch.cat(found)[:MOST_OTHERS]


def _unit(rows: Tensor) -> Tensor:
    return functional.normalize(rows, dim=-1)


def _compared(task: Task, visual: np.ndarray, audio: np.ndarray) -> Tensor:
    """Snippets (n, dim) of unit length in the stream or streams that the labels describe."""
    streams = [torch.from_numpy(each.astype(np.float32)) for each in (visual, audio)]
    units = [_unit(stream) for stream in streams]
    if task is not Task.AVEL:
        return compared_stream(task, *units)
    if units[0].shape[-1] != units[1].shape[-1]:
        return torch.empty(len(visual), 0)
    return _unit(units[0] + units[1])
