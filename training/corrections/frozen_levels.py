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
        """The levels of a batch: those that are not remembered are made together."""
        keys = [(batch.task, window) for window in batch.windows]
        missing = [number for number, key in enumerate(keys) if key not in self._kept]
        made: dict[int, list[Tensor]] = {}
        if missing:
            fresh, _ = self._backbone(
                batch.visual[missing], batch.audio[missing], batch.mask[missing], batch.task
            )
            for row, number in enumerate(missing):
                made[number] = [level[row].clone() for level in fresh]
                self._keep(keys[number], made[number])
        items = [made.get(number) or self._kept[key] for number, key in enumerate(keys)]
        levels = [torch.stack(each) for each in zip(*items, strict=True)]
        masks = [batch.mask[:, :: 2**level] for level in range(len(levels))]
        return Levels(levels, masks)

    def _keep(self, key: tuple[Task, Window], levels: list[Tensor]) -> None:
        size = sum(level.numel() * level.element_size() for level in levels)
        if self._kept_bytes + size <= ROOM_BYTES:
            self._kept[key] = levels
            self._kept_bytes += size
