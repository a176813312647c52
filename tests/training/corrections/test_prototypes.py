"""Rows made of examples point away from what their videos have in common."""

from __future__ import annotations

import torch
from torch.nn import functional

from training.corrections.prototypes import _distinct

DIM = 8


def noisy(centre: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return functional.normalize(centre + 0.05 * torch.randn(count, DIM, generator=random), dim=-1)


def test_a_hum_under_everything_does_not_get_into_the_row():
    sound, hum = torch.eye(DIM)[0], torch.eye(DIM)[1]
    others = torch.cat([noisy(hum, 50, 1), noisy(torch.eye(DIM)[2], 50, 2)])
    examples = noisy(sound + hum, 5, 3)
    row, mean = _distinct(examples, others), functional.normalize(examples.mean(0), dim=-1)
    assert torch.allclose(row.norm(), torch.tensor(1.0), atol=1e-5)
    assert row @ sound > mean @ sound + 0.1
    assert row @ hum < mean @ hum - 0.1


def test_without_anything_beside_them_the_examples_speak_alone():
    examples = noisy(torch.eye(DIM)[0], 4, 1)
    mean = functional.normalize(examples.mean(0), dim=-1)
    alike = examples[:1].expand(5, -1)
    for others in (torch.empty(0, DIM), examples[:1], alike):
        assert torch.equal(_distinct(examples, others), mean)
