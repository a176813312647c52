"""The segments of a project laid out in rows, and kept so edit by edit without starting anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from app.kind_style import score_text
from app.limits import SegmentLimits
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, STATES
from app.timeline.event_rows import (
    ACCEPTED,
    HUMAN,
    REJECTED,
    SCORE_STEPS,
    UNSURE,
    TimeRow,
    Times,
    knots_of,
)
from core_model.timeline import Task
from training.annotations.model import Origin, State

_HIDDEN = -1
_SIGNS = {ACCEPTED: "✓", UNSURE: "?", REJECTED: "✕"}
Looks = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which segments are shown: undecided finds from their limit on (above 1: nothing of the
    kind at all), and rejected ones only as ghosts if ``ghosts``. ``names`` are the
    labels by id, ``styles`` colour and pattern of those that have their own. Labels of the kinds
    in ``apart`` share no row; ``hidden`` labels are not shown, and none but ``solo`` ones where
    there are any; nothing is shown of annotators in ``hidden_people``.
    """

    limits: SegmentLimits = field(default_factory=SegmentLimits)
    ghosts: bool = False
    names: Mapping[int, str] = field(default_factory=dict)
    styles: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    apart: frozenset[Task] = frozenset()
    hidden: frozenset[int] = frozenset()
    solo: frozenset[int] = frozenset()
    hidden_people: frozenset[str] = frozenset()

    def looks(self, columns: SegmentColumns, rows: npt.NDArray[np.int64] | slice) -> Looks:
        """How each of these rows of the columns is drawn; negative: not at all."""
        states = columns.states[rows]
        is_model = columns.origins[rows] == ORIGINS.index(Origin.MODEL)
        scores = np.nan_to_num(columns.scores[rows], nan=1.0)
        limits = self.limits.of(columns, rows)
        undecided = is_model & (states == STATES.index(State.UNDECIDED))
        looks = np.where(is_model, ACCEPTED, HUMAN).astype(np.int8)
        looks[undecided] = np.rint(scores[undecided] * SCORE_STEPS)
        looks[undecided & (scores < limits)] = _HIDDEN
        looks[states == STATES.index(State.UNSURE)] = UNSURE
        looks[states == STATES.index(State.REJECTED)] = REJECTED if self.ghosts else _HIDDEN
        looks[limits > 1] = _HIDDEN
        if self.hidden:
            looks[np.isin(columns.label_ids[rows], list(self.hidden))] = _HIDDEN
        if self.solo:
            looks[~np.isin(columns.label_ids[rows], list(self.solo))] = _HIDDEN
        if self.hidden_people:
            numbers = list(columns.texts.numbers(sorted(self.hidden_people)))
            looks[np.isin(columns.annotators[rows], numbers)] = _HIDDEN
        return looks


@dataclass(frozen=True, slots=True)
class SegmentRow(TimeRow):
    """Segments of one row: ids, label ids (int64), looks (int8) and scores (NaN: none), (n,)."""

    ids: npt.NDArray[np.int64]
    label_ids: npt.NDArray[np.int64]
    look: Looks
    score: npt.NDArray[np.float64]
    names: Mapping[int, str]
    styles: Mapping[int, tuple[str, str]]

    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        return self.look[first:last].astype(np.intp)

    def texts(self, index: int) -> tuple[str, str]:
        score = float(self.score[index])
        look = int(self.look[index])
        number = "" if look == HUMAN or score != score else score_text(score)
        name = self.names.get(int(self.label_ids[index]), "")
        return name, f"{_SIGNS.get(look, '')} {number}".strip()

    @property
    def has_styles(self) -> bool:
        return bool(self.styles)

    def style(self, index: int) -> tuple[str, str]:
        return self.styles.get(int(self.label_ids[index]), ("", ""))

    def has_room(self, onset_us: int, offset_us: int) -> bool:
        """Whether a span fits in between the others."""
        ended = np.searchsorted(self.offset_us, onset_us, side="right")
        return bool(np.searchsorted(self.onset_us, offset_us, side="left") <= ended)

    def without(self, gone: npt.NDArray[np.int64]) -> SegmentRow:
        """The row without the segments at these places of it."""
        return _row(
            *(np.delete(values, gone) for values in self._values()), self.names, self.styles
        )

    def merged(self, other: SegmentRow) -> SegmentRow:
        """Both rows in one; they must not overlap."""
        pairs = zip(self._values(), other._values(), strict=True)
        joined = [np.concatenate(pair) for pair in pairs]
        # Points share their time with what ends or starts there; the end decides the order.
        order = np.lexsort((joined[1], joined[0]))
        return _row(*(values[order] for values in joined), self.names, self.styles)

    def _values(self) -> tuple[npt.NDArray[np.generic], ...]:
        return self.onset_us, self.offset_us, self.ids, self.label_ids, self.look, self.score


Rows = dict[Task, tuple[SegmentRow, ...]]


def _row(*values: object) -> SegmentRow:
    onset_us, offset_us, *others = values
    knots_us, covered_us = knots_of(onset_us, offset_us)  # type: ignore[arg-type]
    return SegmentRow(onset_us, offset_us, knots_us, covered_us, *others)  # type: ignore[arg-type]


def arranged(columns: SegmentColumns, shown: Shown) -> Rows:
    """All segments that are shown in rows: a label keeps to one row wherever it can."""
    looks = shown.looks(columns, slice(None))
    open_rows: dict[Task, list[_OpenRow]] = {kind: [] for kind in KINDS}
    visible = np.flatnonzero(looks >= 0)
    by_label = visible[np.argsort(columns.label_ids[visible], kind="stable")]
    cuts = np.flatnonzero(np.diff(columns.label_ids[by_label])) + 1
    for places in np.split(by_label, cuts):
        if len(places):
            kind = KINDS[columns.kinds[places[0]]]
            for layer in _layers(columns, places):
                if kind in shown.apart:
                    open_rows[kind].append(_OpenRow(columns, layer))
                else:
                    _place(open_rows[kind], _OpenRow(columns, layer))
    return {
        kind: tuple(_cut(columns, row.places, looks[row.places], shown) for row in each)
        for kind, each in open_rows.items()
    }


def followed(rows: Rows, columns: SegmentColumns, changed: Iterable[int], shown: Shown) -> Rows:
    """The rows after a few segments changed: each stays in its row while there is room."""
    ids = list(changed)
    result = {kind: list(rows.get(kind, ())) for kind in KINDS}
    homes: dict[int, tuple[Task, int]] = {}
    for kind, each in result.items():
        for number, gone in _places_of(each, ids):
            row = each[number]
            homes.update((int(row.ids[place]), (kind, number)) for place in gone)
            each[number] = row.without(gone)
    places = (columns.row_of(each) for each in sorted(ids))
    for place in (found for found in places if found is not None):
        at = np.array([place])
        look = shown.looks(columns, at)
        if look[0] >= 0:
            kind = KINDS[columns.kinds[place]]
            home_kind, number = homes.get(int(columns.ids[place]), (kind, -1))
            fresh = _cut(columns, at, look, shown)
            home = number if home_kind is kind else -1
            _put(result[kind], fresh, home, is_apart=kind in shown.apart)
    return {kind: tuple(row for row in each if len(row.ids)) for kind, each in result.items()}


def _places_of(
    rows: Sequence[SegmentRow], ids: Sequence[int]
) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Which rows have any of these segments, and where; looked for in all rows at once."""
    if not rows:
        return []
    every = np.concatenate([row.ids for row in rows])
    found = np.flatnonzero(every == ids[0] if len(ids) == 1 else np.isin(every, ids))
    counts = np.array([len(row.ids) for row in rows])
    ends = np.cumsum(counts)
    numbers = np.searchsorted(ends, found, side="right")
    places = found - (ends - counts)[numbers]
    return [(int(number), places[numbers == number]) for number in np.unique(numbers)]


def renamed(rows: Rows, shown: Shown) -> Rows:
    """The same rows with other names and styles of labels."""
    return {
        kind: tuple(replace(row, names=shown.names, styles=shown.styles) for row in each)
        for kind, each in rows.items()
    }


def _cut(
    columns: SegmentColumns, places: npt.NDArray[np.int64], look: Looks, shown: Shown
) -> SegmentRow:
    """Rows of the columns as a row of their own."""
    return _row(
        columns.onset_us[places],
        columns.offset_us[places],
        columns.ids[places],
        columns.label_ids[places],
        look,
        columns.scores[places],
        shown.names,
        shown.styles,
    )


def _put(rows: list[SegmentRow], fresh: SegmentRow, home: int, *, is_apart: bool) -> None:
    """One segment into the row where it was, one of its label, the first with room, a new one;
    where labels are apart, into none that has another label.
    """
    span = (int(fresh.onset_us[0]), int(fresh.offset_us[0]))
    label = fresh.label_ids[0]
    if home < 0 or not _takes(rows[home], span, label, is_apart):
        fits = [n for n, row in enumerate(rows) if _takes(row, span, label, is_apart)]
        own = (number for number in fits if (rows[number].label_ids == label).any())
        home = next(own, fits[0] if fits else -1)
    if home < 0:
        rows.append(fresh)
    else:
        rows[home] = rows[home].merged(fresh)


def _takes(row: SegmentRow, span: tuple[int, int], label: np.int64, is_apart: bool) -> bool:
    """Whether a segment may go into a row; one that has become empty takes every label."""
    is_of_others = is_apart and bool((row.label_ids != label).any())
    return not is_of_others and row.has_room(*span)


class _OpenRow:
    """Places in the columns whose spans do not overlap, in the order of time."""

    def __init__(self, columns: SegmentColumns, places: npt.NDArray[np.int64]) -> None:
        self.places = places
        self._onset_us, self._offset_us = columns.onset_us[places], columns.offset_us[places]
        self._covered_us = int(np.sum(self._offset_us - self._onset_us))

    def has_room(self, other: _OpenRow) -> bool:
        extent_us = max(self._offset_us[-1], other._offset_us[-1]) - min(
            self._onset_us[0], other._onset_us[0]
        )
        # Cheaper than the search, and often enough.
        if self._covered_us + other._covered_us > extent_us:
            return False
        ended = np.searchsorted(self._offset_us, other._onset_us, side="right")
        begun = np.searchsorted(self._onset_us, other._offset_us, side="left")
        return not np.any(begun > ended)

    def add(self, other: _OpenRow) -> None:
        self.places = np.concatenate([self.places, other.places])
        onset_us = np.concatenate([self._onset_us, other._onset_us])
        offset_us = np.concatenate([self._offset_us, other._offset_us])
        # A point shares its time with what ends or starts there.
        order = np.lexsort((offset_us, onset_us))
        self.places = self.places[order]
        self._onset_us, self._offset_us = onset_us[order], offset_us[order]
        self._covered_us += other._covered_us


def _place(rows: list[_OpenRow], layer: _OpenRow) -> None:
    row = next((row for row in rows if row.has_room(layer)), None)
    if row is None:
        rows.append(layer)
    else:
        row.add(layer)


def _layers(
    columns: SegmentColumns, places: npt.NDArray[np.int64]
) -> Sequence[npt.NDArray[np.int64]]:
    """Split segments of one label into as few layers without overlap as there can be."""
    onset_us, offset_us = columns.onset_us[places], columns.offset_us[places]
    if not _overlap(onset_us, offset_us):
        return [places]
    layers: list[list[int]] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    spans = zip(places.tolist(), onset_us.tolist(), offset_us.tolist(), strict=True)
    for place, start_us, end_us in spans:
        while busy and busy[0][0] <= start_us:
            heappush(free, heappop(busy)[1])
        if free:
            number = heappop(free)
        else:
            number = len(layers)
            layers.append([])
        layers[number].append(place)
        heappush(busy, (end_us, number))
    return [np.array(layer, np.int64) for layer in layers]


def _overlap(onset_us: Times, offset_us: Times) -> bool:
    return bool(np.any(onset_us[1:] < offset_us[:-1]))
