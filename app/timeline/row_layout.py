"""Which row each of many spans lies in: none overlap, and a label keeps to one wherever it can."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]


def layers_of(onset_us: Times, offset_us: Times, places: Places) -> list[Places]:
    """Split spans, given by their ``places`` in the arrays in the order of onsets, into as few
    layers without overlap as there can be.
    """
    onsets_us, offsets_us = onset_us[places], offset_us[places]
    if not np.any(onsets_us[1:] < offsets_us[:-1]):
        return [places]
    numbers: list[int] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for start_us, end_us in zip(onsets_us.tolist(), offsets_us.tolist(), strict=True):
        while busy and busy[0][0] <= start_us:
            heappush(free, heappop(busy)[1])
        # All that there are by now are busy, unless one is free.
        number = heappop(free) if free else len(busy)
        numbers.append(number)
        heappush(busy, (end_us, number))
    layer_of = np.array(numbers)
    return [places[layer_of == number] for number in range(max(numbers) + 1)]


class RowLayout:
    """Rows that take layers, each whole into the first one that has room for all of it."""

    def __init__(self, onset_us: Times, offset_us: Times) -> None:
        self._onset_us, self._offset_us = onset_us, offset_us
        self._rows: list[_OpenRow] = []
        # Of every row: how much time is covered, where it begins, where it ends.
        self._extents = np.zeros((3, 64), np.int64)

    @property
    def rows(self) -> list[Places]:
        """Places in the arrays, row by row in the order of time."""
        return [row.places for row in self._rows]

    def add(self, layers: Iterable[Places], *, apart: bool = False) -> None:
        """Put each into the first row with room, else into a new one; ``apart``: always that."""
        for places in layers:
            layer = _OpenRow(places, self._onset_us[places], self._offset_us[places])
            number = None if apart else self._first_with_room(layer)
            if number is None:
                number = len(self._rows)
                self._rows.append(layer)
            else:
                self._rows[number].add(layer)
            self._note(number)

    def _first_with_room(self, layer: _OpenRow) -> int | None:
        covered_us, begin_us, end_us = self._extents[:, : len(self._rows)]
        extent_us = np.maximum(end_us, layer.end_us) - np.minimum(begin_us, layer.begin_us)
        # Cheaper than the search, for all rows at once, and often enough.
        possible = np.flatnonzero(covered_us + layer.covered_us <= extent_us)
        return next((n for n in possible.tolist() if self._rows[n].has_room(layer)), None)

    def _note(self, number: int) -> None:
        if number == self._extents.shape[1]:
            self._extents = np.concatenate((self._extents, np.zeros_like(self._extents)), axis=1)
        row = self._rows[number]
        self._extents[:, number] = row.covered_us, row.begin_us, row.end_us


class _OpenRow:
    """Places of spans that do not overlap, in the order of time."""

    def __init__(self, places: Places, onset_us: Times, offset_us: Times) -> None:
        self.places = places
        self._onset_us, self._offset_us = onset_us, offset_us
        self.covered_us = int(np.sum(offset_us - onset_us))

    @property
    def begin_us(self) -> int:
        return int(self._onset_us[0])

    @property
    def end_us(self) -> int:
        return int(self._offset_us[-1])

    def has_room(self, other: _OpenRow) -> bool:
        ended = np.searchsorted(self._offset_us, other._onset_us, side="right")
        begun = np.searchsorted(self._onset_us, other._offset_us, side="left")
        return not np.any(begun > ended)

    def add(self, other: _OpenRow) -> None:
        onset_us = np.concatenate([self._onset_us, other._onset_us])
        offset_us = np.concatenate([self._offset_us, other._offset_us])
        # A point shares its time with what ends or starts there.
        order = np.lexsort((offset_us, onset_us))
        self.places = np.concatenate([self.places, other.places])[order]
        self._onset_us, self._offset_us = onset_us[order], offset_us[order]
        self.covered_us += other.covered_us
