"""The building blocks of UniAV (Geng et al., arXiv 2404.03179, section 3.2).

Sequences are (batch, time, channels), so that every projection is one matrix product and layer
normalisation runs over the last axis. Masks are (batch, time) and True on valid cells; valid
cells come first. Layer normalisation is not masked: one padded neighbour reaches a valid cell
through the next width-3 convolution, as in the published model.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.timeline import Task

_KERNEL = 3
_NORM_EPS = 1e-5
_SHARED = "shared"


def neighbours(x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time three_dim"]:
    """Each cell with its two neighbours (zero beyond the ends): a width-3 window, unfolded."""
    padded = functional.pad(x, (0, 0, 1, 1))
    return torch.cat((padded[:, :-2], x, padded[:, 2:]), dim=-1)


def level_neighbours(
    levels: Sequence[Float[Tensor, "batch _ dim"]],
) -> Float[Tensor, "batch points three_dim"]:
    """:func:`neighbours` of all levels in a row; a level never sees its neighbour level."""
    return torch.cat([neighbours(level) for level in levels], dim=1)


class TemporalConv(nn.Module):
    """Width-3 convolution over time as one matrix product over :func:`neighbours`, masked.

    ``weight`` is (out, 3 * in): the tap (previous, same, next) varies slower than the channel.
    Without ``initial_bias`` there is no bias.
    """

    def __init__(self, dim_in: int, dim_out: int, *, initial_bias: float | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dim_out, _KERNEL * dim_in))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.bias: nn.Parameter | None = None
        if initial_bias is not None:
            self.bias = nn.Parameter(torch.full((dim_out,), initial_bias))

    def forward(
        self, windows: Float[Tensor, "batch cells three_dim"], mask: Bool[Tensor, "batch cells"]
    ) -> Float[Tensor, "batch cells dim_out"]:
        return functional.linear(windows, self.weight, self.bias) * mask.unsqueeze(-1)


class DepthwiseConv(nn.Module):
    """Width-3 depthwise convolution without bias; ``stride`` 2 keeps the even cells. Not masked."""

    def __init__(self, dim: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        bound = 1 / math.sqrt(_KERNEL)
        self.weight = nn.Parameter(torch.empty(dim, 1, _KERNEL).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch half dim"]:
        # As a picture one pixel high the sequence is already in channels-last order, for which
        # the CPU has a depthwise kernel several times faster than the one-dimensional kind.
        picture = functional.conv2d(
            x.transpose(1, 2).unsqueeze(2),
            self.weight.unsqueeze(2),
            stride=(1, self.stride),
            padding=(0, 1),
            groups=x.shape[-1],
        )
        return picture.squeeze(2).transpose(1, 2)


class CrossAttention(nn.Module):
    """Global multi-head attention: queries of one stream, keys and values of the other.

    A depthwise convolution, a layer norm and a projection make each of q, k and v; with
    ``stride`` 2 the convolutions halve all three.
    """

    def __init__(self, dim: int, heads: int, stride: int) -> None:
        super().__init__()
        self.heads = heads
        self.stride = stride
        self.query_conv = DepthwiseConv(dim, stride)
        self.key_conv = DepthwiseConv(dim, stride)
        self.value_conv = DepthwiseConv(dim, stride)
        self.query_norm = nn.LayerNorm(dim, _NORM_EPS)
        self.key_norm = nn.LayerNorm(dim, _NORM_EPS)
        self.value_norm = nn.LayerNorm(dim, _NORM_EPS)
        self.query = _linear(dim, dim)
        self.key = _linear(dim, dim)
        self.value = _linear(dim, dim)
        self.projection = _linear(dim, dim)

    def forward(
        self,
        key_value: Float[Tensor, "batch time dim"],
        query: Float[Tensor, "batch time dim"],
        mask: Bool[Tensor, "batch half"],
    ) -> Float[Tensor, "batch half dim"]:
        """``mask`` is the output's, already at the lower rate when the stride is 2."""
        gate = mask.unsqueeze(-1)
        q = self.query(self.query_norm(self.query_conv(query) * gate))
        k = self.key(self.key_norm(self.key_conv(key_value) * gate))
        v = self.value(self.value_norm(self.value_conv(key_value) * gate))
        attended = functional.scaled_dot_product_attention(
            self._split(q), self._split(k), self._split(v), attn_mask=mask[:, None, None, :]
        )
        return self.projection(attended.transpose(1, 2).flatten(2)) * gate

    def _split(
        self, x: Float[Tensor, "batch time dim"]
    ) -> Float[Tensor, "batch heads time head_dim"]:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class AffineDropPath(nn.Module):
    """Per-channel scale, then in training the whole branch of a sample dropped at random."""

    def __init__(self, dim: int, drop_probability: float, initial_scale: float) -> None:
        super().__init__()
        self.drop_probability = drop_probability
        self.scale = nn.Parameter(torch.full((dim,), initial_scale))

    def forward(self, x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        x = x * self.scale
        if not self.training or self.drop_probability == 0:
            return x
        keep = 1 - self.drop_probability
        kept = torch.rand(x.shape[0], 1, 1, device=x.device) < keep
        return x * kept / keep


class Expert(nn.Module):
    """Layer norm and feed-forward network: the part of a block that a task owns."""

    def __init__(self, dim: int, ffn_ratio: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, _NORM_EPS)
        self.expand = _linear(dim, ffn_ratio * dim)
        self.contract = _linear(ffn_ratio * dim, dim)

    def forward(self, x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        return self.contract(functional.gelu(self.expand(self.norm(x))))


class Block(nn.Module):
    """Transformer block: attention, then the expert of the batch's task.

    The residual comes from ``key_value``, so the stream keeps its own modality while the other
    one asks the questions. Without ``expert_tasks`` one expert serves every task.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        ffn_ratio: int,
        *,
        expert_tasks: Sequence[Task],
        stride: int = 1,
        drop_path: float,
        layer_scale: float,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.key_value_norm = nn.LayerNorm(dim, _NORM_EPS)
        self.query_norm = nn.LayerNorm(dim, _NORM_EPS)
        self.attention = CrossAttention(dim, heads, stride)
        names = [str(task) for task in expert_tasks] or [_SHARED]
        self.experts = nn.ModuleDict({name: Expert(dim, ffn_ratio) for name in names})
        self.attention_path = AffineDropPath(dim, drop_path, layer_scale)
        self.expert_path = AffineDropPath(dim, drop_path, layer_scale)

    def forward(
        self,
        key_value: Float[Tensor, "batch time dim"],
        query: Float[Tensor, "batch time dim"],
        mask: Bool[Tensor, "batch half"],
        task: Task,
    ) -> Float[Tensor, "batch half dim"]:
        """``mask`` is the output's (every second cell of the input's when the stride is 2)."""
        gate = mask.unsqueeze(-1)
        attended = self.attention(self.key_value_norm(key_value), self.query_norm(query), mask)
        residual = key_value if self.stride == 1 else _max_pool(key_value)
        x = residual * gate + self.attention_path(attended)
        expert = self.experts[_SHARED if _SHARED in self.experts else str(task)]
        return x + self.expert_path(expert(x) * gate)


def _linear(dim_in: int, dim_out: int) -> nn.Linear:
    layer = nn.Linear(dim_in, dim_out)
    nn.init.zeros_(layer.bias)
    return layer


def _max_pool(x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch half dim"]:
    """Largest of each even cell and its neighbours."""
    padded = functional.pad(x, (0, 0, 1, 1), value=-torch.inf)
    length = x.shape[1]
    left, right = padded[:, 0:length:2], padded[:, 2 : length + 2 : 2]
    return torch.maximum(torch.maximum(left, x[:, ::2]), right)
