"""Where the pyramid's points lie and which event lengths each level answers for."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_UNBOUNDED = 10_000.0


class Points(NamedTuple):
    """All points of all levels, finest level first, in grid coordinates.

    ``ranges`` are the smallest and the largest ``max(left, right)`` in cells (both inclusive)
    for which a point is responsible.
    """

    positions: Float[Tensor, " points"]
    strides: Float[Tensor, " points"]
    ranges: Float[Tensor, "points 2"]


def level_lengths(length: int, level_count: int) -> list[int]:
    """Cells per level: every level keeps the even cells of the one before."""
    return [-(-length // 2**level) for level in range(level_count)]


def regression_range(level: int, level_count: int) -> tuple[float, float]:
    """[0, 4], [4, 8], [8, 16], ... and everything longer for the last level."""
    low = 0.0 if level == 0 else 2.0 ** (level + 1)
    high = _UNBOUNDED if level == level_count - 1 else 2.0 ** (level + 2)
    return low, high


def level_positions(
    length: int, level: int, device: torch.device | None = None
) -> Float[Tensor, " points"]:
    """``length`` points at 0, s, 2 s, ... with s = 2 ** level: no half-stride offset."""
    return torch.arange(length, dtype=torch.float32, device=device) * 2**level


def make_points(lengths: Sequence[int], device: torch.device | None = None) -> Points:
    """The points of levels with these many cells, concatenated."""
    count = len(lengths)
    positions = [level_positions(length, level, device) for level, length in enumerate(lengths)]
    sizes = torch.tensor(lengths, device=device)
    strides = torch.tensor([2.0**level for level in range(count)], device=device)
    ranges = torch.tensor([regression_range(level, count) for level in range(count)], device=device)
    return Points(
        torch.cat(positions),
        strides.repeat_interleave(sizes),
        ranges.repeat_interleave(sizes, dim=0),
    )
