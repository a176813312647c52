"""Which point of the pyramid answers for which event (Geng et al., arXiv 2404.03179).

A point is positive for an event that it lies strictly inside of, if the larger of its distances
to the two ends is in the range of its level. There is no centre sampling. Segments are (onset,
offset) in grid coordinates; target offsets are in strides of the point's level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from core_model.uniav.points import Points

_SAME_LENGTH_CELLS = 1e-3


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of one item, or of a batch with one more leading axis.

    ``classes`` are 0 or 1, (points, classes); ``offsets`` are (points, 2) or, class-aware,
    (points, classes, 2), and zero where nothing is to be found.
    """

    classes: Float[Tensor, "*batch points classes"]
    offsets: Float[Tensor, "... 2"]

    @property
    def positive(self) -> Bool[Tensor, "*batch points"]:
        """Points that answer for at least one event."""
        return (self.classes > 0).any(dim=-1)

    def to(self, device: torch.device) -> "Targets":
        return Targets(self.classes.to(device), self.offsets.to(device))


def assign_targets(
    points: Points,
    segments: Float[Tensor, "events 2"],
    labels: Int64[Tensor, " events"],
    num_classes: int,
    *,
    class_aware: bool,
) -> Targets:
    """Targets of one item; ``labels`` are class indices in [0, ``num_classes``).

    Class-agnostic: the shortest matching event gives the offsets, and the classes of all matching
    events as short as it (within 0.001 cells) are set. Class-aware: every matching event sets its
    class and that class's offsets; of two events of one class the later in the list wins.
    """
    left = points.positions[:, None] - segments[None, :, 0]
    right = segments[None, :, 1] - points.positions[:, None]
    distances = torch.stack((left, right), dim=-1)
    reach = torch.maximum(left, right)
    low, high = points.ranges[:, :1], points.ranges[:, 1:]
    matches = (torch.minimum(left, right) > 0) & (reach >= low) & (reach <= high)
    assign = _class_aware if class_aware else _class_agnostic
    targets = assign(matches, distances, segments, labels, num_classes)
    strides = points.strides.reshape(-1, *[1] * (targets.offsets.ndim - 1))
    return Targets(targets.classes, targets.offsets / strides)


def batch_targets(
    points: Points,
    segments: Sequence[Float[Tensor, "_ 2"]],
    labels: Sequence[Int64[Tensor, " _"]],
    num_classes: int,
    *,
    class_aware: bool,
) -> Targets:
    """:func:`assign_targets` of every item of a batch, stacked."""
    items = [
        assign_targets(points, item, classes, num_classes, class_aware=class_aware)
        for item, classes in zip(segments, labels, strict=True)
    ]
    return Targets(
        torch.stack([item.classes for item in items]), torch.stack([item.offsets for item in items])
    )


def _class_agnostic(
    matches: Bool[Tensor, "points events"],
    distances: Float[Tensor, "points events 2"],
    segments: Float[Tensor, "events 2"],
    labels: Int64[Tensor, " events"],
    num_classes: int,
) -> Targets:
    if segments.shape[0] == 0:
        empty = distances.new_zeros(matches.shape[0], num_classes)
        return Targets(empty, distances.new_zeros(matches.shape[0], 2))
    lengths = (segments[:, 1] - segments[:, 0]).expand_as(matches)
    lengths = lengths.masked_fill(~matches, torch.inf)
    shortest, index = lengths.min(dim=1, keepdim=True)
    chosen = matches & (lengths <= shortest + _SAME_LENGTH_CELLS)
    one_hot = torch.nn.functional.one_hot(labels, num_classes).to(distances.dtype)
    classes = (chosen.to(distances.dtype) @ one_hot).clamp(max=1)
    offsets = distances.take_along_dim(index[..., None], dim=1).squeeze(1)
    return Targets(classes, offsets * matches.any(dim=1, keepdim=True))


def _class_aware(
    matches: Bool[Tensor, "points events"],
    distances: Float[Tensor, "points events 2"],
    segments: Float[Tensor, "events 2"],
    labels: Int64[Tensor, " events"],
    num_classes: int,
) -> Targets:
    # One beyond the index of the last matching event of each class; 0 where there is none.
    rank = torch.arange(1, segments.shape[0] + 1, device=labels.device) * matches
    winner = rank.new_zeros(matches.shape[0], num_classes)
    winner = winner.scatter_reduce(1, labels.expand_as(rank), rank, reduce="amax")
    found = winner > 0
    none = distances.new_zeros(matches.shape[0], 1, 2)
    offsets = torch.cat((none, distances), dim=1).take_along_dim(winner[..., None], dim=1)
    return Targets(found.to(distances.dtype), offsets)
