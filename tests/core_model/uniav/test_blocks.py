"""Each block against PyTorch's own layers, or against the formula written out."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav.backbone import PositionEmbedding, sinusoid_table
from core_model.uniav.blocks import (
    AffineDropPath,
    Block,
    CrossAttention,
    DepthwiseConv,
    TemporalConv,
    level_neighbours,
    neighbours,
)
from core_model.uniav.config import PositionAtEvaluation
from tests.core_model.uniav.small import small_config


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(1)


@pytest.mark.parametrize("bias", [None, 0.7])
def test_temporal_conv_is_a_masked_convolution(bias):
    conv = TemporalConv(3, 5, initial_bias=bias)
    x = torch.randn(2, 9, 3)
    mask = torch.arange(9) < torch.tensor([[9], [4]])
    weight = conv.weight.unflatten(1, (3, 3)).transpose(1, 2)
    expected = functional.conv1d(x.transpose(1, 2), weight, conv.bias, padding=1).transpose(1, 2)
    torch.testing.assert_close(conv(neighbours(x), mask), expected * mask[..., None])
    assert (conv(neighbours(x), mask)[1, 4:] == 0).all()


def test_levels_do_not_see_each_other():
    conv = TemporalConv(3, 5)
    levels = [torch.randn(2, length, 3) for length in (8, 4, 1)]
    mask = torch.ones(2, 13, dtype=torch.bool)
    together = conv(level_neighbours(levels), mask).split([8, 4, 1], dim=1)
    for level, found in zip(levels, together, strict=True):
        alone = conv(neighbours(level), torch.ones(level.shape[:2], dtype=torch.bool))
        torch.testing.assert_close(found, alone)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_depthwise_conv_is_grouped_convolution(stride, length):
    conv = DepthwiseConv(6, stride)
    x = torch.randn(2, length, 6)
    expected = functional.conv1d(
        x.transpose(1, 2), conv.weight, stride=stride, padding=1, groups=6
    ).transpose(1, 2)
    torch.testing.assert_close(conv(x), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_attention_is_the_written_out_formula(stride):
    dim, heads, length = 8, 2, 10
    attention = CrossAttention(dim, heads, stride)
    key_value, query = torch.randn(2, length, dim), torch.randn(2, length, dim)
    mask = (torch.arange(length) < torch.tensor([[10], [5]]))[:, ::stride]
    gate = mask[..., None]
    q = attention.query(attention.query_norm(attention.query_conv(query) * gate))
    k = attention.key(attention.key_norm(attention.key_conv(key_value) * gate))
    v = attention.value(attention.value_norm(attention.value_conv(key_value) * gate))
    parts = []
    for head in range(heads):
        channels = slice(head * dim // heads, (head + 1) * dim // heads)
        scores = q[..., channels] @ k[..., channels].transpose(1, 2) / math.sqrt(dim / heads)
        weights = scores.masked_fill(~mask[:, None, :], -torch.inf).softmax(dim=-1)
        parts.append(weights @ v[..., channels])
    expected = attention.projection(torch.cat(parts, dim=-1)) * gate
    torch.testing.assert_close(attention(key_value, query, mask), expected)


def make_block(stride=1, tasks=(Task.TAL, Task.SED)):
    return Block(8, 2, 4, expert_tasks=tasks, stride=stride, drop_path=0.0, layer_scale=0.5)


@pytest.mark.parametrize("length", [7, 8])
def test_block_keeps_the_residual_of_the_key_value_stream(length):
    block = make_block(stride=2)
    nn.init.zeros_(block.attention_path.scale)
    nn.init.zeros_(block.expert_path.scale)
    key_value, query = torch.randn(1, length, 8), torch.randn(1, length, 8)
    mask = torch.ones(1, length, dtype=torch.bool)[:, ::2]
    pooled = functional.max_pool1d(key_value.transpose(1, 2), 3, stride=2, padding=1)
    torch.testing.assert_close(block(key_value, query, mask, Task.TAL), pooled.transpose(1, 2))


def test_block_normalises_both_streams_and_adds_scaled_branches():
    block = make_block()
    for norm in (block.key_value_norm, block.query_norm, block.experts["tal"].norm):
        nn.init.normal_(norm.weight)
    key_value, query = torch.randn(1, 6, 8), torch.randn(1, 6, 8)
    mask = torch.ones(1, 6, dtype=torch.bool)
    attended = block.attention(block.key_value_norm(key_value), block.query_norm(query), mask)
    x = key_value + 0.5 * attended
    expert = block.experts["tal"]
    hidden = functional.gelu(expert.expand(expert.norm(x)))
    expected = x + 0.5 * expert.contract(hidden)
    torch.testing.assert_close(block(key_value, query, mask, Task.TAL), expected)


def test_the_batch_task_chooses_the_expert():
    block = make_block()
    x, mask = torch.randn(1, 6, 8), torch.ones(1, 6, dtype=torch.bool)
    assert not torch.equal(block(x, x, mask, Task.TAL), block(x, x, mask, Task.SED))
    block(x, x, mask, Task.SED).sum().backward()
    assert all(value.grad is None for value in block.experts["tal"].parameters())
    assert all(value.grad is not None for value in block.experts["sed"].parameters())


def test_without_expert_tasks_all_share_one():
    block = make_block(tasks=())
    x, mask = torch.randn(1, 6, 8), torch.ones(1, 6, dtype=torch.bool)
    assert list(block.experts) == ["shared"]
    torch.testing.assert_close(block(x, x, mask, Task.TAL), block(x, x, mask, Task.AVEL))


def test_drop_path_drops_whole_samples_and_keeps_the_mean():
    path = AffineDropPath(4, 0.25, 2.0).train()
    x = torch.ones(4000, 3, 4)
    y = path(x)
    per_sample = y.flatten(1)
    assert (per_sample == per_sample[:, :1]).all()
    assert per_sample[:, 0].unique().tolist() == [0.0, pytest.approx(2 / 0.75)]
    assert per_sample.mean().item() == pytest.approx(2.0, abs=0.1)
    torch.testing.assert_close(path.eval()(x), 2 * x)


def test_sinusoid_values():
    table = sinusoid_table(5, 8) * math.sqrt(8)
    for position in range(5):
        for pair in range(4):
            angle = position / 10_000 ** (2 * pair / 8)
            assert table[position, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_official_positions_squeeze_the_table_only_at_evaluation():
    position = PositionEmbedding(small_config(pe_eval=PositionAtEvaluation.OFFICIAL))
    table = sinusoid_table(16, 8)
    position.train()
    torch.testing.assert_close(position(8, Task.SED), table[:8])
    position.eval()
    torch.testing.assert_close(position(7, Task.SED), table[:7])
    torch.testing.assert_close(position(16, Task.TAL), table)
    # Half as many rows: each is the mean of two of the sixteen.
    torch.testing.assert_close(position(8, Task.SED), (table[::2] + table[1::2]) / 2)


def test_consistent_positions_go_on_beyond_the_table():
    position = PositionEmbedding(small_config()).eval()
    torch.testing.assert_close(position(8, Task.SED), sinusoid_table(16, 8)[:8])
    torch.testing.assert_close(position(40, Task.SED), sinusoid_table(40, 8))
