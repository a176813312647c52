"""What a backbone that does not learn makes of windows, remembered as far as there is room."""

from __future__ import annotations

import torch
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.corrections.trainee import Levels
from training.corrections.windows import Window, WindowBatch

ROOM_BYTES = 500_000_000


class FrozenLevels:
    """The levels of windows out of ``head``'s backbone."""

    def __init__(self, head: UniAV) -> None:
        self._backbone = head.backbone
        self._kept: dict[tuple[Task, Window], list[Tensor]] = {}
        self._kept_bytes = 0

    @torch.no_grad()
    def of(self, batch: WindowBatch) -> Levels:
        """The levels of a batch. They are the same whatever was asked for before."""
        items = [self._levels(batch, number) for number in range(len(batch.windows))]
        levels = [torch.stack(each) for each in zip(*items, strict=True)]
        masks = [batch.mask[:, :: 2**level] for level in range(len(levels))]
        return Levels(levels, masks)

    def _levels(self, batch: WindowBatch, number: int) -> list[Tensor]:
        """One window at a time: the sums of a batch come out otherwise with its size."""
        key = (batch.task, batch.windows[number])
        if (known := self._kept.get(key)) is not None:
            return known
        one = slice(number, number + 1)
        levels, _ = self._backbone(batch.visual[one], batch.audio[one], batch.mask[one], batch.task)
        made = [level[0] for level in levels]
        size = sum(level.numel() * level.element_size() for level in made)
        if self._kept_bytes + size <= ROOM_BYTES:
            self._kept[key] = made
            self._kept_bytes += size
        return made
