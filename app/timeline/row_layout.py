"""Which row each of many spans lies in: none overlap, and a label keeps to one wherever it can."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain
from operator import lt

import numpy as np
import numpy.typing as npt

# Into so many stretches of equal length time is cut to compare rows.
CELLS = 4_096
Times = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]


@dataclass(slots=True)
class Layer:
    """Spans that do not overlap, in the order of time, and their places in arrays.

    As lists: most layers have few spans, and most rows have no room for the first of them.
    """

    onsets_us: list[int]
    offsets_us: list[int]
    places: list[int]

    def has_room(self, other: Layer) -> bool:
        """Whether no span of another one overlaps any here."""
        onsets_us, offsets_us, count = self.onsets_us, self.offsets_us, len(self.places)
        for start_us, end_us in zip(other.onsets_us, other.offsets_us, strict=True):
            after = bisect_right(offsets_us, start_us)
            if after < count and onsets_us[after] < end_us:
                return False
        return True

    def add(self, other: Layer) -> None:
        """Take in the spans of another one that fits."""
        # A point shares its time with what ends or starts there: its offset decides.
        spans = sorted(chain(self._spans(), other._spans()))
        self.onsets_us, self.offsets_us, self.places = map(list, zip(*spans, strict=True))

    def _spans(self) -> Iterable[tuple[int, int, int]]:
        return zip(self.onsets_us, self.offsets_us, self.places, strict=True)


def layers_of(onset_us: Times, offset_us: Times, places: Places) -> list[Layer]:
    """Split spans, given by their ``places`` in the arrays in the order of onsets, into as few
    layers without overlap as there can be.
    """
    whole = Layer(onset_us[places].tolist(), offset_us[places].tolist(), places.tolist())
    if not any(map(lt, whole.onsets_us[1:], whole.offsets_us)):
        return [whole]
    layers: list[Layer] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for start_us, end_us, place in whole._spans():
        while busy and busy[0][0] <= start_us:
            heappush(free, heappop(busy)[1])
        # All that there are by now are busy, unless one is free.
        number = heappop(free) if free else len(busy)
        if number == len(layers):
            layers.append(Layer([], [], []))
        layers[number].onsets_us.append(start_us)
        layers[number].offsets_us.append(end_us)
        layers[number].places.append(place)
        heappush(busy, (end_us, number))
    return layers


class RowLayout:
    """Rows that take layers, each whole into the first one that has room for all of it."""

    def __init__(self, onset_us: Times, offset_us: Times) -> None:
        self._first_us = int(onset_us.min(initial=0))
        length_us = int(offset_us.max(initial=0)) - self._first_us
        self._cell_us = max(length_us // CELLS, 1)
        self._rows: list[Layer] = []
        # Bits are stretches of time that a span of the row covers whole: rows that share one have
        # no room for each other, and that is found out in one step.
        self._cells: list[int] = []

    @property
    def rows(self) -> list[Places]:
        """Places in the arrays, row by row in the order of time."""
        return [np.array(row.places, np.intp) for row in self._rows]

    def add(self, layers: Iterable[Layer], *, apart: bool = False) -> None:
        """Put each into the first row with room, else into a new one; ``apart``: always that."""
        for layer in layers:
            cells = self._cells_of(layer)
            number = None if apart else self._home(layer, cells)
            if number is None:
                self._rows.append(layer)
                self._cells.append(cells)
            else:
                self._rows[number].add(layer)
                self._cells[number] |= cells

    def _home(self, layer: Layer, cells: int) -> int | None:
        for number, taken in enumerate(self._cells):
            if not taken & cells and self._rows[number].has_room(layer):
                return number
        return None

    def _cells_of(self, layer: Layer) -> int:
        first_us, cell_us, cells = self._first_us, self._cell_us, 0
        for onset_us, offset_us in zip(layer.onsets_us, layer.offsets_us, strict=True):
            begin, end = (onset_us - first_us - 1) // cell_us + 1, (offset_us - first_us) // cell_us
            if end > begin:
                cells |= ((1 << end - begin) - 1) << begin
        return cells
