"""One process, or several that share every batch (torchrun sets them up)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Processes:
    """Which of how many; every method is plain where there is one only."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """The one that reports and writes files."""
        return self.rank == 0

    def total(self, number: int) -> int:
        """The sum of a whole number over all processes."""
        if self.count == 1:
            return number
        summed = torch.tensor(number, dtype=torch.int64)
        dist.all_reduce(summed)
        return int(summed)

    def sum_of(self, value: Tensor) -> float:
        """The sum of a scalar over all processes."""
        summed = value.detach().double().cpu()
        if self.count > 1:
            dist.all_reduce(summed)
        return float(summed)

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model whose gradients are averaged over all processes.

        Experts of other tasks take no part in a step and keep no gradient, so that the optimiser
        leaves them alone.
        """
        if self.count == 1:
            return model
        return DistributedDataParallel(model, find_unused_parameters=True)


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """The processes that torchrun has started, or just this one.

    They talk through gloo: it moves the few sums from the CPU, and gradients on any device.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes()
        return
    dist.init_process_group("gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
