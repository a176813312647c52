"""The loss of one batch: what corrections say, and the old model where they say nothing.

Where a label is known, focal loss on the classes and DIoU on the offsets as in the published
recipe; elsewhere the old model's own scores are the targets (learning without forgetting, Li and
Hoiem, arXiv 1606.09282), so that nothing is unlearned for want of examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from core_model.bundle_description import Similarity
from training.corrections.knowledge import Knowledge, Vocabulary
from training.losses import interval_iou_loss, sigmoid_focal_loss

# Old offsets are kept where the old model is at least this sure of some label.
SURE = 0.1
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Outputs:
    """Of old and new model over all points of a batch: logits (B, P, labels), offsets (B, P, 2).

    The old model has the logits of the labels that it knew, the first ones.
    """

    logits: Tensor
    offsets: Tensor
    old_logits: Tensor
    old_offsets: Tensor
    mask: Bool[Tensor, "batch points"]


def correction_loss(
    outputs: Outputs, knowledge: Knowledge, vocabulary: Vocabulary, *, with_offsets: bool
) -> Float[Tensor, ""]:
    """Summed over what is known; to be divided by the running number of positive points."""
    places = torch.tensor(vocabulary.places, device=outputs.logits.device)
    own = outputs.logits[..., places].float()
    weight = knowledge.weight * outputs.mask[..., None]
    loss = (sigmoid_focal_loss(own, knowledge.present) * weight).sum()
    if with_offsets:
        wanted = (knowledge.offsets > 0).any(dim=-1) & outputs.mask
        chosen = outputs.offsets[wanted].float()
        loss = loss + interval_iou_loss(chosen, knowledge.offsets[wanted]).sum()
    return loss


def memory_loss(
    outputs: Outputs,
    knowledge: Knowledge | None,
    vocabulary: Vocabulary | None,
    *,
    with_offsets: bool,
) -> Float[Tensor, ""]:
    """How far the old labels' scores are from the old model's where nothing else is known.

    Relative entropy summed over labels, mean over valid points.
    """
    known = outputs.old_logits.shape[-1]
    weight = outputs.mask[..., None].float().expand(*outputs.mask.shape, known)
    if knowledge is not None and vocabulary is not None:
        weight = weight.clone()
        for label, place in enumerate(vocabulary.places):
            if place < known:
                weight[..., place] *= 1 - knowledge.weight[..., label]
    target = outputs.old_logits.float().sigmoid()
    entropy = functional.binary_cross_entropy(target, target, reduction="none")
    crossed = functional.binary_cross_entropy_with_logits(
        outputs.logits[..., :known].float(), target, reduction="none"
    )
    points = outputs.mask.sum().clamp(min=1)
    loss = ((crossed - entropy) * weight).sum() / points
    if with_offsets:
        sureness = target.amax(dim=-1)
        kept = outputs.mask & (sureness > SURE) & (outputs.old_offsets > 0).any(dim=-1)
        if knowledge is not None:
            kept &= ~(knowledge.offsets > 0).any(dim=-1)
        shift = interval_iou_loss(outputs.offsets[kept].float(), outputs.old_offsets[kept].float())
        loss = loss + (shift * sureness[kept]).sum() / points
    return loss


def snippet_loss(
    stream: Float[Tensor, "batch cells dim"],
    rows: Float[Tensor, "labels dim"],
    others: Float[Tensor, "_ dim"],
    knowledge: Knowledge,
    vocabulary: Vocabulary,
    similarity: Similarity,
    mask: Bool[Tensor, "batch cells"],
) -> Float[Tensor, ""]:
    """How badly rows tell the snippets of events from others, as detection compares them."""
    places = torch.tensor(vocabulary.places, device=rows.device)
    unit = functional.normalize(stream, dim=-1)
    scores = similarity.scale * unit @ torch.cat([rows, others]).T
    log_p = scores.log_softmax(dim=-1)[..., places]
    absent = torch.log1p(-log_p.exp().clamp(max=1 - 1e-4))
    weight = knowledge.snippet_weight * mask[..., None]
    present = knowledge.snippet_present * weight
    missing = (1 - knowledge.snippet_present) * weight
    return -(log_p * present).sum() / present.sum().clamp(min=1) - (
        absent * missing
    ).sum() / missing.sum().clamp(min=1)
