"""Focal loss on classes, distance-IoU loss on offsets, and the running normaliser of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.model import RawOutput
from training.targets import Targets

RegressionLoss = Literal["diou", "iou", "giou"]
_EPS = 1e-8


def sigmoid_focal_loss(
    logits: Float[Tensor, " *shape"],
    targets: Float[Tensor, " *shape"],
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
) -> Float[Tensor, " *shape"]:
    """Focal loss per element (Lin et al., arXiv 1708.02002); targets in [0, 1] may be soft."""
    probability = logits.sigmoid()
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    right = probability * targets + (1 - probability) * (1 - targets)
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    return weight * entropy * (1 - right) ** gamma


def smooth_labels(
    classes: Float[Tensor, "*batch classes"], smoothing: float
) -> Float[Tensor, "*batch classes"]:
    """y (1 - e) + e / (C + 1): a part of every label is spread over the classes and "none"."""
    return classes * (1 - smoothing) + smoothing / (classes.shape[-1] + 1)


def interval_iou_loss(
    predicted: Float[Tensor, "*batch 2"],
    target: Float[Tensor, "*batch 2"],
    kind: RegressionLoss = "diou",
) -> Float[Tensor, " *batch"]:
    """1 - IoU of two intervals around one point, each as its distances (left, right) >= 0.

    "diou" adds the squared distance of the centres over the enclosing length (Zheng et al.,
    arXiv 1911.08287), "giou" the part of the enclosing interval that neither covers (Rezatofighi
    et al., arXiv 1902.09630). Both intervals hold the point, so they leave no gap: here "giou"
    and "iou" are the same number.
    """
    intersection = torch.minimum(predicted, target).sum(dim=-1)
    union = predicted.sum(dim=-1) + target.sum(dim=-1) - intersection
    loss = 1 - intersection / union.clamp(min=_EPS)
    if kind == "iou":
        return loss
    enclosing = torch.maximum(predicted, target).sum(dim=-1)
    if kind == "giou":
        return loss + (enclosing - union) / enclosing.clamp(min=_EPS)
    difference = predicted - target
    shift = 0.5 * (difference[..., 1] - difference[..., 0])
    return loss + (shift / enclosing.clamp(min=_EPS)) ** 2


@dataclass(slots=True)
class LossNormaliser:
    """Running mean of positive points per batch, one per task.

    Published initial values; ``state_dict`` belongs into a training checkpoint, so that a
    resumed run goes on where it was.
    """

    values: dict[Task, float] = field(
        default_factory=lambda: {Task.TAL: 400.0, Task.AVEL: 300.0, Task.SED: 400.0}
    )
    momentum: float = 0.9

    def update(self, task: Task, positives: int) -> float:
        """Take in one batch and give the value by which its losses are divided."""
        self.values[task] = self.momentum * self.values[task] + (1 - self.momentum) * max(
            positives, 1
        )
        return self.values[task]

    def state_dict(self) -> dict[str, float]:
        return {str(task): value for task, value in self.values.items()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        self.values = {Task(task): float(value) for task, value in state.items()}


@dataclass(frozen=True, slots=True)
class Losses:
    """Scalars: the two parts, already normalised, and what is to be minimised."""

    classification: Float[Tensor, ""]
    regression: Float[Tensor, ""]
    total: Float[Tensor, ""]


@dataclass(slots=True)
class Criterion:
    """The published loss; ``regression_loss`` "diou" is the authors' code, "giou" their paper."""

    normaliser: LossNormaliser = field(default_factory=LossNormaliser)
    label_smoothing: Mapping[Task, float] = field(default_factory=lambda: {Task.TAL: 0.1})
    regression_loss: RegressionLoss = "diou"
    regression_weight: float = 1.0
    alpha: float = 0.25
    gamma: float = 2.0
    # With several processes: this one's positive points -> those of the whole batch.
    count_all: Callable[[int], int] = int

    def __call__(self, raw: RawOutput, targets: Targets, task: Task) -> Losses:
        """Losses of one batch, in fp32 whatever the output's type; updates the normaliser.

        ``targets`` are (batch, points of all levels, ...), finest level first.
        """
        valid = torch.cat(raw.masks, dim=1)
        logits = torch.cat(raw.logits, dim=1).float()
        offsets = torch.cat(raw.offsets, dim=1).float()
        positives = self.count_all(int((targets.positive & valid).sum()))
        divisor = self.normaliser.update(task, positives)
        classification = self._classification(logits, targets, valid, task) / divisor
        regression = self._regression(offsets, targets, valid) / divisor
        return Losses(
            classification, regression, classification + self.regression_weight * regression
        )

    def _classification(
        self,
        logits: Float[Tensor, "batch points classes"],
        targets: Targets,
        valid: Bool[Tensor, "batch points"],
        task: Task,
    ) -> Float[Tensor, ""]:
        wanted = smooth_labels(targets.classes, self.label_smoothing.get(task, 0.0))
        loss = sigmoid_focal_loss(logits, wanted, alpha=self.alpha, gamma=self.gamma)
        return (loss * valid.unsqueeze(-1)).sum()

    def _regression(
        self,
        offsets: Float[Tensor, "batch points *classes 2"],
        targets: Targets,
        valid: Bool[Tensor, "batch points"],
    ) -> Float[Tensor, ""]:
        """Zero, but still connected to the offsets, where nothing is positive."""
        wanted = (targets.offsets > 0).any(dim=-1)
        wanted &= valid.reshape(*valid.shape, *[1] * (wanted.ndim - 2))
        chosen, target = offsets[wanted], targets.offsets[wanted]
        return interval_iou_loss(chosen, target, self.regression_loss).sum()
