"""Rows kept at several resolutions, so that any zoom is drawn in bounded time.

Level 0 holds the rows themselves, every level above the largest of ``GROUP`` rows below it.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Known = npt.NDArray[np.bool_]
GROUP = 4


class Levels(Protocol):
    """Where rows of a pyramid are read from."""

    @property
    def level_count(self) -> int:
        """Levels there are; the coarsest is ``level_count - 1``."""
        ...

    def read(self, level: int, first: int, end: int) -> tuple[Array, Known]:
        """Rows ``first .. end - 1`` (n, width) of a level, and which of them are known.

        Any indices may be asked for. Unknown rows hold the least value there is.
        """
        ...


def build_levels(rows: Array) -> list[Array]:
    """All levels of ``rows`` (n, width), ``n`` a power of ``GROUP``: the last has one row."""
    levels = [rows]
    while len(levels[-1]) > 1:
        below = levels[-1]
        groups = below.reshape(len(below) // GROUP, GROUP, -1)
        levels.append(_largest_of_narrow(groups) if rows.shape[1] < GROUP else groups.max(axis=1))
    return levels


def _largest_of_narrow(groups: Array) -> Array:
    """The largest (n, width) of each group (n, GROUP, width), column by column: a reduction has
    some work for each group, however few values are in it.
    """
    above = groups[:, 0].copy()
    for column in range(groups.shape[2]):
        for place in range(1, GROUP):
            np.maximum(above[:, column], groups[:, place, column], out=above[:, column])
    return above


def largest(
    source: Levels, origin: float, per_column: float, count: int, first: int = 0
) -> tuple[Array, Known]:
    """Columns ``first .. first + count - 1`` (count, width), each the largest of the rows that it
    stands for, and which are known at all.

    Column ``i`` stands for rows ``[origin + i * per_column, origin + (i + 1) * per_column)`` of
    level 0, at least one of them: the same ones whichever columns are asked for along with it.
    """
    level, size = 0, 1
    while level + 1 < source.level_count and size * GROUP <= per_column:
        level, size = level + 1, size * GROUP
    numbers = np.arange(first, first + count + 1)
    bounds = np.floor((origin + numbers * per_column) / size).astype(np.intp)
    begins = bounds[:-1] - bounds[0]
    lasts = np.maximum(bounds[1:] - bounds[0] - 1, begins)
    rows, known_rows = source.read(level, int(bounds[0]), int(bounds[0] + lasts[-1] + 1))
    columns, known = rows.take(begins, axis=0), known_rows[begins]
    # A few rows to a column: taking them one after the other is several times as fast as a
    # reduction over ranges.
    for step in range(1, int(np.max(lasts - begins)) + 1):
        places = np.minimum(begins + step, lasts)
        np.maximum(columns, rows.take(places, axis=0), out=columns)
        known |= known_rows[places]
    return columns, known


def between(
    rows: Array, known: Known, position: npt.NDArray[np.floating[Any]]
) -> tuple[npt.NDArray[np.float32], Known]:
    """Values (m, width) at positions (m,) between rows (n, width), where 0 is the centre of the
    first row; they run straight from one known row to the next.
    """
    left, right, share, seen = neighbours(known, position)
    share = share[:, None]
    mixed = rows[left] * (1 - share) + rows[right] * share
    return mixed.astype(np.float32, copy=False), seen


def neighbours(
    known: Known, position: npt.NDArray[np.floating[Any]]
) -> tuple[
    npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.floating[Any]], npt.NDArray[np.bool_]
]:
    """For positions (m,) among rows (n,): the known rows on either side, the share in [0, 1] that
    the right one has, and whether the nearest one is known.
    """
    position = np.clip(position, 0, len(known) - 1)
    nearest = np.rint(position).astype(np.intp)
    left = position.astype(np.intp)
    share = (position - left).astype(np.float32)
    right = np.minimum(left + 1, len(known) - 1)
    left = np.where(known[left], left, nearest)
    right = np.where(known[right], right, nearest)
    return left, right, share, known[nearest]
