"""Events of one kind laid out in rows, as sorted arrays that any view of time cuts quickly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection_table import DetectionTable
from app.kind_style import score_text
from core_model.timeline import Detection

# Looks 0 .. SCORE_STEPS are those of undecided finds by their score; then come the others.
SCORE_STEPS = 16
HUMAN, ACCEPTED, UNSURE, REJECTED = range(SCORE_STEPS + 1, SCORE_STEPS + 5)
LOOK_COUNT = SCORE_STEPS + 5

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TimeRow(ABC):
    """Spans of one row: no two overlap, so onsets and offsets both rise.

    The arrays (n,) are onsets and offsets (us). ``knots_us`` (2n,) are both interleaved and
    ``covered_us`` (2n,) the covered time up to each of them, from which the coverage of any span
    follows by interpolation.
    """

    onset_us: Times
    offset_us: Times
    knots_us: Times
    covered_us: Times

    @abstractmethod
    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        """How the spans ``first .. last`` are drawn, as numbers of ``LOOK_COUNT`` looks (k,)."""

    @abstractmethod
    def texts(self, index: int) -> tuple[str, str]:
        """Label and score as they are written on a span; "" for no score."""

    @property
    def has_styles(self) -> bool:
        """Whether any span may have a style of its own."""
        return False

    def style(self, index: int) -> tuple[str, str]:
        """Colour and pattern that a span has instead of its kind's; "" for the kind's."""
        return "", ""

    def span(self, start_us: int, end_us: int) -> tuple[int, int]:
        """Index range of the spans that touch ``[start_us, end_us)``."""
        first = int(self.offset_us.searchsorted(start_us, side="right"))
        return first, int(self.onset_us.searchsorted(end_us, side="left"))

    def index_at(self, time_us: int) -> int | None:
        """Which span has ``onset_us <= time_us < offset_us``."""
        index = int(np.searchsorted(self.onset_us, time_us, side="right")) - 1
        return index if index >= 0 and time_us < self.offset_us[index] else None

    def coverage(self, bounds_us: Floats) -> Floats:
        """Covered share (n,) in [0, 1] of each span between neighbouring ``bounds_us`` (n + 1,).

        A span that an event only touches gets at least a little, so that no event vanishes.
        """
        # A point that lies on the first bound is in the first column.
        first = int(np.searchsorted(self.offset_us, bounds_us[0], side="left"))
        last = int(np.searchsorted(self.onset_us, bounds_us[-1], side="left"))
        if first == last:
            return np.zeros(len(bounds_us) - 1)
        inside = slice(2 * first, 2 * last)
        covered_us = np.interp(bounds_us, self.knots_us[inside], self.covered_us[inside])
        share = np.diff(covered_us) / np.diff(bounds_us)
        # Searched for among the bounds, of which there may be far more than events.
        begins = np.searchsorted(bounds_us, self.onset_us[first:last], side="right") - 1
        touched = share > 0
        touched[begins[(begins >= 0) & (begins < len(share))]] = True
        return np.where(touched, np.clip(share, 0.3, 1.0), 0.0)


@dataclass(frozen=True, slots=True)
class Row(TimeRow):
    """Detections of one row in their order, with their scores (n,)."""

    events: tuple[Detection, ...]
    score: npt.NDArray[np.float64]

    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        return np.rint(self.score[first:last] * SCORE_STEPS).astype(np.intp)

    def texts(self, index: int) -> tuple[str, str]:
        event = self.events[index]
        return event.label, score_text(event.score)

    def at(self, time_us: int) -> Detection | None:
        """The event with ``onset_us <= time_us < offset_us``."""
        index = self.index_at(time_us)
        return None if index is None else self.events[index]


@dataclass
class LabelOrder:
    """Numbers labels in the order in which they were first met.

    Kept while media is open, so that rows stay where they are as results stream in.
    """

    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, label: str) -> int:
        return self._numbers.setdefault(label, len(self._numbers))


def rows_of(events: Iterable[Detection], order: LabelOrder) -> tuple[Row, ...]:
    """Lay events out in rows so that a label keeps to one row wherever its events allow it.

    Labels come in ``order``; each goes whole into the first row that has room for all its events,
    else into a new row. Where events of one label overlap, they are first split into layers.
    """
    table = DetectionTable.of(tuple(events))
    return rows_in(table, np.arange(len(table.detections)), order)


def rows_in(table: DetectionTable, places: Places, order: LabelOrder) -> tuple[Row, ...]:
    """Like :func:`rows_of`, of the events at ``places`` (n,) of a table."""
    groups = table.groups[places]
    met, first = np.unique(groups, return_index=True)
    by_label: dict[int, list[int]] = {}
    for group in met[np.argsort(first)].tolist():
        by_label.setdefault(order.number(table.keys[group][1]), []).append(group)
    rows: list[_OpenRow] = []
    for number in sorted(by_label):
        own = places[np.isin(groups, by_label[number])]
        for layer in _layers(table, own):
            row = next((row for row in rows if row.has_room(layer)), None)
            if row is None:
                rows.append(_OpenRow(layer))
            else:
                row.add(layer)
    return tuple(row.closed(table) for row in rows)


class _Layer:
    """Events that do not overlap, in order."""

    def __init__(self, table: DetectionTable, places: Places) -> None:
        self.places = places
        self.onset_us, self.offset_us = table.onset_us[places], table.offset_us[places]
        self.covered_us = int(np.sum(self.offset_us - self.onset_us))


class _OpenRow:
    """A row that still takes layers."""

    def __init__(self, layer: _Layer) -> None:
        self._places = layer.places
        self._onset_us, self._offset_us = layer.onset_us, layer.offset_us
        self._covered_us = layer.covered_us

    def has_room(self, layer: _Layer) -> bool:
        extent_us = max(self._offset_us[-1], layer.offset_us[-1]) - min(
            self._onset_us[0], layer.onset_us[0]
        )
        if self._covered_us + layer.covered_us > extent_us:
            return False  # Cheaper than the search, and often enough.
        ended = np.searchsorted(self._offset_us, layer.onset_us, side="right")
        begun = np.searchsorted(self._onset_us, layer.offset_us, side="left")
        return not np.any(begun > ended)

    def add(self, layer: _Layer) -> None:
        onset_us = np.concatenate([self._onset_us, layer.onset_us])
        order = np.argsort(onset_us, kind="stable")
        self._covered_us += layer.covered_us
        self._places = np.concatenate([self._places, layer.places])[order]
        self._onset_us = onset_us[order]
        self._offset_us = np.concatenate([self._offset_us, layer.offset_us])[order]

    def closed(self, table: DetectionTable) -> Row:
        events = tuple(map(table.detections.__getitem__, self._places.tolist()))
        knots_us, covered_us = knots_of(self._onset_us, self._offset_us)
        score = table.scores[self._places]
        return Row(self._onset_us, self._offset_us, knots_us, covered_us, events, score)


def knots_of(onset_us: Times, offset_us: Times) -> tuple[Times, Times]:
    """``knots_us`` and ``covered_us`` (2n,) of a row with these onsets and offsets (n,)."""
    knots_us = np.stack([onset_us, offset_us], axis=1).ravel()
    lengths_us = offset_us - onset_us
    after_us = np.cumsum(lengths_us)
    return knots_us, np.stack([after_us - lengths_us, after_us], axis=1).ravel()


def _layers(table: DetectionTable, places: Places) -> list[_Layer]:
    """Split events of one label into as few layers without overlap as there can be."""
    places = places[np.lexsort((table.offset_us[places], table.onset_us[places]))]
    whole = _Layer(table, places)
    if not np.any(whole.onset_us[1:] < whole.offset_us[:-1]):
        return [whole]
    numbers: list[int] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for onset_us, offset_us in zip(whole.onset_us.tolist(), whole.offset_us.tolist(), strict=True):
        while busy and busy[0][0] <= onset_us:
            heappush(free, heappop(busy)[1])
        # All that there are by now are busy, unless one is free.
        number = heappop(free) if free else len(busy)
        numbers.append(number)
        heappush(busy, (offset_us, number))
    layer_of = np.array(numbers)
    return [_Layer(table, places[layer_of == number]) for number in range(max(numbers) + 1)]
