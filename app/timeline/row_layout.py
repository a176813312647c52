"""Which row each of many spans lies in: none overlap, and a label keeps to one wherever it can."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain

import numpy as np
import numpy.typing as npt

# Into so many stretches of equal length time is cut to compare rows.
CELLS = 4_096
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
        self._first_us = int(onset_us.min(initial=0))
        length_us = int(offset_us.max(initial=0)) - self._first_us
        self._cell_us = max(length_us // CELLS, 1)
        self._rows: list[_OpenRow] = []

    @property
    def rows(self) -> list[Places]:
        """Places in the arrays, row by row in the order of time."""
        return [np.array(row.places, np.intp) for row in self._rows]

    def add(self, layers: Iterable[Places], *, apart: bool = False) -> None:
        """Put each into the first row with room, else into a new one; ``apart``: always that."""
        for places in layers:
            layer = self._opened(places)
            cells = layer.cells
            fits = None
            if not apart:
                likely = (row for row in self._rows if not row.cells & cells)
                fits = next((row for row in likely if row.has_room(layer)), None)
            if fits is None:
                self._rows.append(layer)
            else:
                fits.add(layer)

    def _opened(self, places: Places) -> _OpenRow:
        onsets_us = self._onset_us[places].tolist()
        offsets_us = self._offset_us[places].tolist()
        first_us, cell_us, cells = self._first_us, self._cell_us, 0
        for onset_us, offset_us in zip(onsets_us, offsets_us, strict=True):
            begin, end = (onset_us - first_us - 1) // cell_us + 1, (offset_us - first_us) // cell_us
            if end > begin:
                cells |= ((1 << end - begin) - 1) << begin
        return _OpenRow(onsets_us, offsets_us, places.tolist(), cells)


@dataclass(slots=True)
class _OpenRow:
    """Spans that do not overlap, in the order of time.

    As lists: most layers have few spans, and most rows have no room for the first of them. Bits of
    ``cells`` are stretches of time that a span covers whole: rows that share one have no room for
    each other, and that is found out in one step.
    """

    onsets_us: list[int]
    offsets_us: list[int]
    places: list[int]
    cells: int

    def has_room(self, other: _OpenRow) -> bool:
        """Whether no span of another one overlaps any here."""
        onsets_us, offsets_us, count = self.onsets_us, self.offsets_us, len(self.places)
        for start_us, end_us in zip(other.onsets_us, other.offsets_us, strict=True):
            after = bisect_right(offsets_us, start_us)
            if after < count and onsets_us[after] < end_us:
                return False
        return True

    def add(self, other: _OpenRow) -> None:
        """Take in the spans of another one that fits."""
        # A point shares its time with what ends or starts there: its offset decides.
        spans = sorted(chain(self._spans(), other._spans()))
        self.onsets_us, self.offsets_us, self.places = map(list, zip(*spans, strict=True))
        self.cells |= other.cells

    def _spans(self) -> Iterable[tuple[int, int, int]]:
        return zip(self.onsets_us, self.offsets_us, self.places, strict=True)
