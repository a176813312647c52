"""Append-only arrays kept at several resolutions, so that any zoom is drawn in bounded time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
GROUP = 4
# Enough for hours, because the expected length may be unknown or wrong.
LEAST_LEVELS = 8


class _GrowingArray:
    """Rows (n, width) appended at the end into memory that grows by half when it is full."""

    def __init__(self, width: int, dtype: npt.DTypeLike, capacity: int) -> None:
        self._rows = np.empty((max(capacity, 1), width), dtype)
        self.count = 0

    @property
    def values(self) -> Array:
        return self._rows[: self.count]

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def put(self, first: int, rows: Array) -> None:
        """Write ``rows`` from index ``first`` (at most ``count``) on; they become the end."""
        needed = first + len(rows)
        if needed > len(self._rows):
            grown = np.empty((max(needed, len(self._rows) * 3 // 2), rows.shape[1]), rows.dtype)
            grown[: self.count] = self.values
            self._rows = grown
        self._rows[first:needed] = rows
        self.count = needed


class Pyramid:
    """Entries (n, width) and, for each level above, the maximum or minimum of ``GROUP`` of them.

    ``extreme`` is ``np.maximum`` or ``np.minimum``. ``expected_entries`` sets aside memory; more
    may come. All levels together take a third more than the entries alone.
    """

    def __init__(
        self, width: int, dtype: npt.DTypeLike, extreme: np.ufunc, expected_entries: int
    ) -> None:
        self._extreme = extreme
        self._levels: list[_GrowingArray] = []
        entries = expected_entries
        while len(self._levels) < LEAST_LEVELS or entries > GROUP:
            self._levels.append(_GrowingArray(width, dtype, entries))
            entries = -(-entries // GROUP)

    @property
    def count(self) -> int:
        """Entries appended so far."""
        return self._levels[0].count

    @property
    def nbytes(self) -> int:
        """Bytes set aside for all levels."""
        return sum(level.nbytes for level in self._levels)

    def append(self, rows: Array) -> None:
        """Append entries (n, width) and bring every level up to date."""
        if not len(rows):
            return
        first = self.count
        self._levels[0].put(first, rows)
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            first //= GROUP
            source = below.values[first * GROUP :]
            groups = np.arange(0, len(source), GROUP)
            level.put(first, self._extreme.reduceat(source, groups, axis=0))

    def columns(self, first: float, per_column: float, count: int) -> npt.NDArray[np.float32]:
        """Picture columns (count, width): column ``i`` stands for the entries of
        ``[first + i * per_column, first + (i + 1) * per_column)``.

        With several entries to a column the extreme of them; with less than one the values
        between the centres of entries. NaN where there are no entries (yet).
        """
        if self.count == 0:
            width = self._levels[0].values.shape[1]
            return np.full((count, width), np.nan, np.float32)
        if per_column < 1:
            return self._between(first + (np.arange(count) + 0.5) * per_column - 0.5)
        return self._extremes(first, per_column, count)

    def _between(self, position: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        values = self._levels[0].values
        inside = (position >= -0.5) & (position < self.count - 0.5)
        position = np.clip(position, 0, self.count - 1)
        left = position.astype(np.intp)
        right = np.minimum(left + 1, self.count - 1)
        share = (position - left).astype(np.float32)[:, None]
        mixed = values[left] * (1 - share) + values[right] * share
        mixed[~inside] = np.nan
        return mixed.astype(np.float32, copy=False)

    def _extremes(self, first: float, per_column: float, count: int) -> npt.NDArray[np.float32]:
        level, size = 0, 1
        while level + 1 < len(self._levels) and size * GROUP <= per_column:
            level, size = level + 1, size * GROUP
        values = self._levels[level].values
        bounds = np.floor((first + np.arange(count + 1) * per_column) / size).astype(np.intp)
        has_entries = (bounds[1:] > 0) & (bounds[:-1] < len(values))
        picture = np.full((count, values.shape[1]), np.nan, np.float32)
        begins = np.maximum(bounds[:-1][has_entries], 0)
        lasts = np.minimum(bounds[1:][has_entries], len(values)) - 1
        if len(begins):
            # A few entries to a column: taking them one after the other is several times as fast
            # as a reduction over ranges.
            extremes = values[begins]
            for step in range(1, int(np.max(lasts - begins)) + 1):
                others = values[np.minimum(begins + step, lasts)]
                self._extreme(extremes, others, out=extremes)
            picture[has_entries] = extremes
        return picture
