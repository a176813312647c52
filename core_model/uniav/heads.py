"""Classification and regression over all pyramid levels at once; weights shared by the levels."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.blocks import TemporalConv, level_neighbours
from core_model.uniav.config import UniAVConfig

_NORM_EPS = 1e-5
_INITIAL_TEMPERATURE = 0.07


class Trunk(nn.Module):
    """Width-3 convolutions, each followed by layer norm and ReLU."""

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        dims = [2 * config.dim] + [config.dim] * config.head_convs
        self.convs = nn.ModuleList(TemporalConv(before, after) for before, after in pairwise(dims))
        self.norms = nn.ModuleList(nn.LayerNorm(config.dim, _NORM_EPS) for _ in self.convs)
        self.dim_out = dims[-1]

    def forward(
        self, levels: Sequence[Float[Tensor, "batch _ dim_in"]], mask: Bool[Tensor, "batch points"]
    ) -> list[Float[Tensor, "batch _ dim"]]:
        lengths = [level.shape[1] for level in levels]
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.relu(norm(conv(level_neighbours(levels), mask)))
            levels = x.split(lengths, dim=1)
        return list(levels)


class TextHead(nn.Module):
    """Language-aware classifier: scaled cosine between a point and each text embedding."""

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.trunk = Trunk(config)
        self.visual_projection = TemporalConv(self.trunk.dim_out, config.dim, initial_bias=0.0)
        self.text_projection = nn.Linear(config.text_dim, config.dim)
        nn.init.xavier_uniform_(self.text_projection.weight)
        nn.init.zeros_(self.text_projection.bias)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / _INITIAL_TEMPERATURE)))

    def embed(
        self, levels: Sequence[Float[Tensor, "batch _ dim_in"]], mask: Bool[Tensor, "batch points"]
    ) -> Float[Tensor, "batch points dim"]:
        """One embedding of unit length per point (zero where padded and the bias is zero)."""
        return functional.normalize(
            self.visual_projection(level_neighbours(self.trunk(levels, mask)), mask), dim=-1
        )

    def logits(
        self, embeddings: Float[Tensor, "batch points dim"], text: Float[Tensor, "classes text_dim"]
    ) -> Float[Tensor, "batch points classes"]:
        """Not masked; the scale is learned, shared by all tasks and not clamped."""
        classes = functional.normalize(self.text_projection(text), dim=-1)
        return functional.linear(embeddings, classes) * self.log_scale.exp()


class ConvolutionHead(nn.Module):
    """One classifying convolution per task, its bias set so that events start out rare."""

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.trunk = Trunk(config)
        self.classifiers = nn.ModuleDict()
        prior = -math.log((1 - config.prior_probability) / config.prior_probability)
        for task, settings in config.tasks.items():
            self.classifiers[str(task)] = TemporalConv(
                self.trunk.dim_out, settings.num_classes or 0, initial_bias=prior
            )

    def embed(
        self, levels: Sequence[Float[Tensor, "batch _ dim_in"]], mask: Bool[Tensor, "batch points"]
    ) -> Float[Tensor, "batch points dim"]:
        """The trunk's output as it is: these embeddings have no common space with text."""
        return torch.cat(self.trunk(levels, mask), dim=1)

    def logits(
        self,
        embeddings: Sequence[Float[Tensor, "batch _ dim"]],
        mask: Bool[Tensor, "batch points"],
        task: Task,
    ) -> Float[Tensor, "batch points classes"]:
        return self.classifiers[str(task)](level_neighbours(embeddings), mask)


class RegressionHead(nn.Module):
    """Distances to onset and offset in units of the level's stride, never negative."""

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.trunk = Trunk(config)
        self.class_counts: Mapping[Task, int | None] = {
            task: settings.num_classes if settings.class_aware else None
            for task, settings in config.tasks.items()
        }
        self.offsets = nn.ModuleDict(
            {
                str(task): TemporalConv(self.trunk.dim_out, 2 * (count or 1), initial_bias=0.0)
                for task, count in self.class_counts.items()
            }
        )
        self.level_scales = nn.Parameter(torch.ones(config.level_count))

    def forward(
        self,
        levels: Sequence[Float[Tensor, "batch _ dim_in"]],
        mask: Bool[Tensor, "batch points"],
        task: Task,
    ) -> Float[Tensor, "batch points *classes 2"]:
        """(batch, points, 2), or (batch, points, classes, 2) where the task is class-aware."""
        scales = [
            scale.expand(level.shape[1], 1)
            for scale, level in zip(self.level_scales, levels, strict=True)
        ]
        raw = self.offsets[str(task)](level_neighbours(self.trunk(levels, mask)), mask)
        distances = functional.relu(raw * torch.cat(scales))
        count = self.class_counts[task]
        return distances if count is None else distances.unflatten(-1, (count, 2))
