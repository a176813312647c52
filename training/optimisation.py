"""What every training loop here shares: which weights decay, and weights averaged over steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """For AdamW: only matrices and kernels decay; biases, norms and scales do not."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def average_into(averaged: nn.Module, model: nn.Module, keep: float) -> None:
    """averaged <- keep averaged + (1 - keep) model, buffers too; whole numbers are copied."""
    for mean, value in zip(
        averaged.state_dict().values(), model.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)
