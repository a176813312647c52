"""A second opinion on classes: what the snippets of a proposed event look or sound like.

The encoders' embeddings lie in the space of the text, so a snippet can be compared with any label
directly. A small head is good at where an event begins and ends and weaker at what it is; the
geometric mean of both scores is better than either. The same is done with CLIP scores on proposals
in open-vocabulary localization (for instance Ju et al., arXiv 2112.04478).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.model import RawOutput

# How fast a prompt gives way to its negatives: with a lead of half a logit a score of 0.5 is left
# at 0.12.
NEGATIVE_SHARPNESS = 4.0
_LEAST = 1e-6
_LEAST_LENGTH = 1e-12


def compared_stream(task: Task, visual: Tensor, audio: Tensor) -> Tensor:
    """The embeddings that a task's labels describe. ValueError for AVEL, which needs both."""
    if task is Task.AVEL:
        raise ValueError("audio-visual labels have no single stream to be compared with")
    return visual if task is Task.TAL else audio


def comparison(
    embeddings: Float[Tensor, "*many dim"], reference: Float[Tensor, "rows dim"], scale: float
) -> tuple[Float[Tensor, "*many"], Float[Tensor, "*many"]]:
    """What comparing snippets with words needs and no word changes: factor and total (...,).

    A label with unit row t outshines the ``reference`` by exp(factor * <snippet, t> - total).
    """
    length = embeddings.norm(dim=-1).clamp(min=_LEAST_LENGTH)
    factor = scale / length
    total = (factor[..., None] * (embeddings @ reference.T)).logsumexp(dim=-1)
    return factor, total


def snippet_probabilities(
    embeddings: Float[Tensor, "batch time dim"],
    text: Float[Tensor, "labels dim"],
    reference: Float[Tensor, "rows dim"],
    scale: float,
) -> Float[Tensor, "batch time labels"]:
    """How far each label outshines the reference labels in each snippet, in [0, 1].

    ``text`` and ``reference`` are unit rows; for a label that is itself a reference row this is
    the softmax over the reference. A new label is measured against the same known ones.
    """
    factor, total = comparison(embeddings, reference, scale)
    logits = factor[..., None] * (embeddings @ text.T) - total[..., None]
    return logits.exp().clamp(max=1.0)


def fused(
    raw: RawOutput, probabilities: Float[Tensor, "batch time labels"], weight: float
) -> RawOutput:
    """Scores of the head (share 1 - ``weight``) and of the snippets inside each proposal.

    The geometric mean of both, as logits. Needs class-agnostic offsets.
    """
    length = probabilities.shape[1]
    summed = functional.pad(probabilities.cumsum(dim=1), (0, 0, 1, 0))
    logits = []
    for level, (own, offsets) in enumerate(zip(raw.logits, raw.offsets, strict=True)):
        stride = 2**level
        points = torch.arange(own.shape[1], device=own.device) * stride
        first = (points - offsets[..., 0] * stride).round().clamp(0, length - 1).long()
        last = (points + offsets[..., 1] * stride).round().clamp(0, length - 1).long() + 1
        last = torch.maximum(last, first + 1)
        inside = _rows(summed, last) - _rows(summed, first)
        mean = inside / (last - first)[..., None]
        mixed = torch.exp(
            (1 - weight) * own.sigmoid().clamp(min=_LEAST).log()
            + weight * mean.clamp(min=_LEAST).log()
        )
        logits.append(torch.logit(mixed, eps=_LEAST))
    return RawOutput(logits, raw.offsets, raw.masks)


def _rows(
    summed: Float[Tensor, "batch ends labels"], places: Tensor
) -> Float[Tensor, "batch points labels"]:
    return summed.gather(1, places[..., None].expand(-1, -1, summed.shape[2]))


def contrasted(
    logits: Float[Tensor, "*many labels"], sharpness: float = NEGATIVE_SHARPNESS
) -> Float[Tensor, "*many"]:
    """The first of ``labels`` as far as it lies above all others, which are what is not meant.

    Where it leads it keeps its logit; where another leads it loses ``sharpness`` times the lead.
    A negative thus removes what is more like itself and leaves everything else as it was.
    """
    meant = logits[..., 0]
    if logits.shape[-1] == 1:
        return meant
    return meant - sharpness * (logits[..., 1:].amax(dim=-1) - meant).clamp(min=0)
