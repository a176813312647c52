"""The segments of a project laid out in rows, and kept so edit by edit without starting anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from app.kind_style import score_text
from app.limits import SegmentLimits
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, STATES
from app.timeline.event_rows import (
    ACCEPTED,
    HUMAN,
    KIND_STYLE,
    REJECTED,
    SCORE_STEPS,
    UNSURE,
    Style,
    TimeRow,
)
from app.timeline.row_layout import Places, RowLayout, layers_of
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
    styles: Mapping[int, Style] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True, eq=False)
class SegmentRow(TimeRow):
    """Segments of one row: ids, label ids (int64), looks (int8) and scores (NaN: none), (n,)."""

    ids: npt.NDArray[np.int64]
    label_ids: npt.NDArray[np.int64]
    look: Looks
    score: npt.NDArray[np.float64]
    names: Mapping[int, str]
    styles: Mapping[int, Style]

    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        return self.look[first:last].astype(np.intp)

    def texts(self, indexes: Places) -> list[tuple[str, str]]:
        names = self.names
        return [
            (
                names.get(label_id, ""),
                _sign(look, score) if score == score else _SIGNS.get(look, ""),
            )
            for label_id, look, score in zip(
                self.label_ids[indexes].tolist(),
                self.look[indexes].tolist(),
                self.score[indexes].tolist(),
                strict=True,
            )
        ]

    def styles_of(self, first: int, last: int) -> list[Style] | None:
        if not self.styles:
            return None
        find = self.styles.get
        return [find(label_id, KIND_STYLE) for label_id in self.label_ids[first:last].tolist()]

    def has_room(self, onset_us: int, offset_us: int) -> bool:
        """Whether a span fits in between the others."""
        ended = np.searchsorted(self.offset_us, onset_us, side="right")
        return bool(np.searchsorted(self.onset_us, offset_us, side="left") <= ended)

    def where(self, stays: npt.NDArray[np.bool_]) -> SegmentRow:
        """The row with some of its segments (n,)."""
        return self._with([values[stays] for values in self._values()])

    def merged(self, other: SegmentRow) -> SegmentRow:
        """Both rows in one; they must not overlap."""
        pairs = zip(self._values(), other._values(), strict=True)
        joined = [np.concatenate(pair) for pair in pairs]
        # Points share their time with what ends or starts there; the end decides the order.
        order = np.lexsort((joined[1], joined[0]))
        return self._with([values[order] for values in joined])

    def _with(self, values: Sequence[npt.NDArray[Any]]) -> SegmentRow:
        onset_us, offset_us, ids, label_ids, look, score = values
        return SegmentRow(onset_us, offset_us, ids, label_ids, look, score, self.names, self.styles)

    def _values(self) -> tuple[npt.NDArray[Any], ...]:
        return self.onset_us, self.offset_us, self.ids, self.label_ids, self.look, self.score


Rows = dict[Task, tuple[SegmentRow, ...]]


@lru_cache(maxsize=8_192)
def _sign(look: int, score: float | None) -> str:
    """What became of a find, and its score, if it is not a person's own."""
    number = "" if look == HUMAN or score is None else score_text(score)
    return f"{_SIGNS.get(look, '')} {number}".strip()


def arranged(
    columns: SegmentColumns, shown: Shown, goes_on: Callable[[], bool] = lambda: True
) -> Rows:
    """All segments that are shown in rows: a label keeps to one row wherever it can.

    Ends with what there is by then once ``goes_on`` says no, which it is asked before each label.
    """
    looks = shown.looks(columns, slice(None))
    layouts = {kind: RowLayout(columns.onset_us, columns.offset_us) for kind in KINDS}
    visible = np.flatnonzero(looks >= 0)
    by_label = visible[np.argsort(columns.label_ids[visible], kind="stable")]
    cuts = np.flatnonzero(np.diff(columns.label_ids[by_label])) + 1
    for places in np.split(by_label, cuts):
        if not goes_on():
            break
        if len(places):
            kind = KINDS[columns.kinds[places[0]]]
            layers = layers_of(columns.onset_us, columns.offset_us, places)
            layouts[kind].add(layers, apart=kind in shown.apart)
    return {
        kind: tuple(_cut(columns, row, looks[row], shown) for row in layout.rows)
        for kind, layout in layouts.items()
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
            stays = np.ones(len(row.ids), bool)
            stays[gone] = False
            each[number] = row.where(stays)
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


def limited(rows: Rows, limits: SegmentLimits) -> Rows:
    """The rows without undecided finds below these limits, and without kinds that are not shown
    at all; rows that lose nothing are the very same, those that lose all are gone.
    """
    return {kind: _limited(kind, each, limits) for kind, each in rows.items()}


def _limited(
    kind: Task, rows: tuple[SegmentRow, ...], limits: SegmentLimits
) -> tuple[SegmentRow, ...]:
    if not rows:
        return ()
    label_ids = np.concatenate([row.label_ids for row in rows])
    least = limits.of_labels(np.full(len(label_ids), KINDS.index(kind)), label_ids)
    scores = np.nan_to_num(np.concatenate([row.score for row in rows]), nan=1.0)
    is_decided = np.concatenate([row.look for row in rows]) > SCORE_STEPS
    stays = (is_decided | (scores >= least)) & (least <= 1)
    cuts = np.cumsum([len(row.ids) for row in rows])[:-1]
    pairs = zip(rows, np.split(stays, cuts), strict=True)
    return tuple(row if all_ else row.where(s) for row, s in pairs if (all_ := s.all()) or s.any())


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
    return SegmentRow(
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
