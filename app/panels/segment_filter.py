"""Which segments a table shows, and in which order: arrays in, row numbers out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from app.limits import SegmentLimits
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, STATES, Label
from core_model.timeline import Task
from training.annotations.model import Origin, State


class Column(IntEnum):
    """The columns of the table, from left to right."""

    KIND = 0
    LABEL = 1
    STATE = 2
    ONSET = 3
    OFFSET = 4
    LENGTH = 5
    SCORE = 6
    ANNOTATOR = 7
    NOTE = 8


@dataclass(frozen=True, slots=True)
class SegmentFilter:
    """What a segment must be to be shown; None and the whole range let everything pass.

    ``text`` is looked for in label, note and annotator, in any case. Scores lie in [0, 1], both
    ends count; a segment without a score passes only the whole range. Lengths are microseconds.
    Of finds below ``limits`` see :func:`is_below`; None lets them pass.
    """

    text: str = ""
    kind: Task | None = None
    label_id: int | None = None
    state: State | None = None
    annotator: str | None = None
    score_from: float = 0.0
    score_to: float = 1.0
    length_from_us: int = 0
    length_to_us: int | None = None
    limits: SegmentLimits | None = None

    def rows(self, columns: SegmentColumns, labels: Mapping[int, Label]) -> np.ndarray:
        """int64 row numbers of the segments that pass, in the order of time."""
        keep = np.ones(len(columns), bool)
        if self.kind is not None:
            keep &= columns.kinds == KINDS.index(self.kind)
        if self.label_id is not None:
            keep &= columns.label_ids == self.label_id
        if self.state is not None:
            keep &= columns.states == STATES.index(self.state)
        if self.annotator is not None:
            keep &= columns.annotators == columns.texts.number(self.annotator)
        if (self.score_from, self.score_to) != (0.0, 1.0):
            keep &= (columns.scores >= self.score_from) & (columns.scores <= self.score_to)
        if self.limits is not None:
            keep &= ~is_below(columns, self.limits)
        keep &= self._has_length(columns)
        if self.text.strip():
            keep &= self._holds_text(columns, labels)
        return np.flatnonzero(keep)

    def _has_length(self, columns: SegmentColumns) -> np.ndarray:
        length_us = columns.offset_us - columns.onset_us
        keep = length_us >= self.length_from_us
        return keep if self.length_to_us is None else keep & (length_us <= self.length_to_us)

    def _holds_text(self, columns: SegmentColumns, labels: Mapping[int, Label]) -> np.ndarray:
        wanted = self.text.strip().casefold()
        named = [each.id for each in labels.values() if wanted in each.name.casefold()]
        keep = np.isin(columns.label_ids, np.array(named, np.int64))
        for numbers in (columns.notes, columns.annotators):
            # Each text is looked at once, however many segments share it.
            holding = [n for n in np.unique(numbers) if wanted in columns.texts.text(n).casefold()]
            keep |= np.isin(numbers, np.array(holding, np.int32))
        return keep


def is_below(columns: SegmentColumns, limits: SegmentLimits) -> np.ndarray:
    """bool per segment: a model's find that nobody has decided on, scored below its limit.
    The timeline does not show these either.
    """
    is_open = columns.states == STATES.index(State.UNDECIDED)
    is_open &= columns.origins == ORIGINS.index(Origin.MODEL)
    return is_open & (np.nan_to_num(columns.scores, nan=1.0) < limits.of(columns))


def ordered(
    columns: SegmentColumns,
    rows: np.ndarray,
    column: Column,
    descending: bool,
    labels: Mapping[int, Label],
) -> np.ndarray:
    """The rows by a column; equal ones stay in the order of time."""
    if column is Column.ONSET and not descending:
        return rows
    keys = _KEYS[column](columns, labels)[rows]
    if descending:
        # Negated and not turned round, so that equal ones keep their order here too.
        keys = -keys
    return rows[np.argsort(keys, kind="stable")]


def annotators_in(columns: SegmentColumns) -> list[str]:
    """Who made or decided segments of the video, in alphabetical order."""
    found = {columns.texts.text(number) for number in np.unique(columns.annotators)}
    return sorted(found - {""}, key=str.casefold)


def _label_ranks(columns: SegmentColumns, labels: Mapping[int, Label]) -> np.ndarray:
    present = np.unique(columns.label_ids)
    ranks = _ranks(labels[int(each)].name for each in present)
    return ranks[np.searchsorted(present, columns.label_ids)]


def _text_ranks(columns: SegmentColumns, numbers: np.ndarray) -> np.ndarray:
    present = np.unique(numbers)
    ranks = _ranks(columns.texts.text(number) for number in present)
    return ranks[np.searchsorted(present, numbers)]


def _ranks(texts: Iterable[str]) -> np.ndarray:
    """int64 place of each text in alphabetical order, equal for what differs in case only."""
    folded = [text.casefold() for text in texts]
    places = {text: place for place, text in enumerate(sorted(set(folded)))}
    return np.array([places[text] for text in folded], np.int64)


def _scores(columns: SegmentColumns, labels: Mapping[int, Label]) -> np.ndarray:
    # Without a score is below the lowest one.
    return np.nan_to_num(columns.scores, nan=-1.0)


_KEYS: dict[Column, Callable[[SegmentColumns, Mapping[int, Label]], np.ndarray]] = {
    Column.KIND: lambda columns, labels: columns.kinds.astype(np.int64),
    Column.LABEL: _label_ranks,
    Column.STATE: lambda columns, labels: columns.states.astype(np.int64),
    Column.ONSET: lambda columns, labels: columns.onset_us,
    Column.OFFSET: lambda columns, labels: columns.offset_us,
    Column.LENGTH: lambda columns, labels: columns.offset_us - columns.onset_us,
    Column.SCORE: _scores,
    Column.ANNOTATOR: lambda columns, labels: _text_ranks(columns, columns.annotators),
    Column.NOTE: lambda columns, labels: _text_ranks(columns, columns.notes),
}
