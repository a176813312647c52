"""Embedding, uni-modal stages and the cross-modal pyramid."""

import math
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.blocks import Block, TemporalConv, neighbours
from core_model.uniav.config import (
    ExpertPlacement,
    FeatureNorm,
    PositionAtEvaluation,
    UniAVConfig,
)

_NORM_EPS = 1e-5


def sinusoid_table(length: int, dim: int) -> Float[Tensor, "length dim"]:
    """Sine on even and cosine on odd channels (base 10000), divided by sqrt(dim).

    On the CPU also where a model is laid out on the meta device: there ``arange`` alone would
    import torch's compiler, which takes longer than reading the weights.
    """
    position = torch.arange(length, dtype=torch.float64, device="cpu")[:, None]
    frequency = 10_000.0 ** (-torch.arange(0, dim, 2, dtype=torch.float64, device="cpu") / dim)
    angle = position * frequency
    table = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
    return (table / math.sqrt(dim)).float()


class PositionEmbedding(nn.Module):
    """The fixed sinusoid, in one of two ways at evaluation.

    ``official``: a sequence at least as long as the task's training length gets the whole table
    interpolated to it, as the published code does; for a task shorter than the longest one this
    is not what training saw. ``consistent``: cell t always gets row t, beyond the table too.
    """

    table: Tensor

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.mode = config.pe_eval
        self.task_lengths = {task: settings.max_length for task, settings in config.tasks.items()}
        self.register_buffer("table", sinusoid_table(config.max_length, config.dim), False)

    def forward(self, length: int, task: Task) -> Float[Tensor, "length dim"]:
        rows, dim = self.table.shape
        official = self.mode is PositionAtEvaluation.OFFICIAL and not self.training
        if official and length >= self.task_lengths[task]:
            squeezed = functional.interpolate(self.table.t()[None], length, mode="linear")
            return squeezed[0].t()
        if length <= rows:
            return self.table[:length]
        return sinusoid_table(length, dim).to(self.table)


class InputEmbedding(nn.Module):
    """Encoder features of one modality -> model width: masked convolutions, norm, ReLU."""

    def __init__(self, dim_in: int, config: UniAVConfig, feature_norm: FeatureNorm) -> None:
        super().__init__()
        self.normalise = feature_norm is FeatureNorm.L2
        dims = [dim_in] + [config.dim] * config.embedding_convs
        self.convs = nn.ModuleList(TemporalConv(before, after) for before, after in pairwise(dims))
        self.norms = nn.ModuleList(nn.LayerNorm(config.dim, _NORM_EPS) for _ in self.convs)

    def forward(
        self, features: Float[Tensor, "batch time dim_in"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time dim"]:
        x = features * mask.unsqueeze(-1)
        if self.normalise:
            x = functional.normalize(x, dim=-1)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = functional.relu(norm(conv(neighbours(x), mask)))
        return x


class CrossStage(nn.Module):
    """Two blocks, each stream questioned by the other; both read the stage before."""

    def __init__(self, visual: Block, audio: Block) -> None:
        super().__init__()
        self.visual = visual
        self.audio = audio

    def forward(
        self,
        visual: Float[Tensor, "batch time dim"],
        audio: Float[Tensor, "batch time dim"],
        mask: Bool[Tensor, "batch half"],
        task: Task,
    ) -> tuple[Float[Tensor, "batch half dim"], Float[Tensor, "batch half dim"]]:
        return self.visual(visual, audio, mask, task), self.audio(audio, visual, mask, task)


class Backbone(nn.Module):
    """Two feature sequences -> one pyramid, visual and audio channels side by side.

    Level ``l`` is (batch, ceil(time / 2 ** l), 2 * dim) and comes with its mask. No neck and no
    final norm.
    """

    def __init__(self, config: UniAVConfig) -> None:
        super().__init__()
        self.visual_embedding = InputEmbedding(
            config.visual_dim, config, config.feat_norm["visual"]
        )
        self.audio_embedding = InputEmbedding(config.audio_dim, config, config.feat_norm["audio"])
        self.positions = PositionEmbedding(config)
        in_self = config.experts in (ExpertPlacement.BOTH, ExpertPlacement.UNI_MODAL)
        in_cross = config.experts in (ExpertPlacement.BOTH, ExpertPlacement.CROSS_MODAL)
        self.visual_stages = nn.ModuleList(
            _block(config, experts=in_self) for _ in range(config.self_stages)
        )
        self.audio_stages = nn.ModuleList(
            _block(config, experts=in_self) for _ in range(config.self_stages)
        )
        strides = [1] * config.cross_stages + [2] * config.down_stages
        self.cross_stages = nn.ModuleList(
            CrossStage(
                _block(config, experts=in_cross, stride=stride),
                _block(config, experts=in_cross, stride=stride),
            )
            for stride in strides
        )
        self.full_rate_stages = config.cross_stages

    def forward(
        self,
        visual: Float[Tensor, "batch time visual_dim"],
        audio: Float[Tensor, "batch time audio_dim"],
        mask: Bool[Tensor, "batch time"],
        task: Task,
    ) -> tuple[list[Float[Tensor, "batch _ two_dim"]], list[Bool[Tensor, "batch _"]]]:
        position = self.positions(mask.shape[1], task) * mask.unsqueeze(-1)
        v = self.visual_embedding(visual, mask) + position
        a = self.audio_embedding(audio, mask) + position
        for visual_block, audio_block in zip(self.visual_stages, self.audio_stages, strict=True):
            v, a = visual_block(v, v, mask, task), audio_block(a, a, mask, task)
        levels, masks = [], []
        for index, stage in enumerate(self.cross_stages):
            if index >= self.full_rate_stages:
                mask = mask[:, ::2]
            v, a = stage(v, a, mask, task)
            if index >= self.full_rate_stages - 1:
                levels.append(torch.cat((v, a), dim=-1))
                masks.append(mask)
        return levels, masks


def _block(config: UniAVConfig, *, experts: bool, stride: int = 1) -> Block:
    return Block(
        config.dim,
        config.heads,
        config.ffn_ratio,
        expert_tasks=tuple(config.tasks) if experts else (),
        stride=stride,
        drop_path=config.drop_path,
        layer_scale=config.layer_scale,
    )
