"""Which undecided find comes next, and how far the deciding has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.panels.segment_filter import Column, ordered
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, STATES, Label
from core_model.timeline import Task
from training.annotations.model import Origin, State

_UNDECIDED = STATES.index(State.UNDECIDED)
_HUMAN = ORIGINS.index(Origin.HUMAN)


class TriageOrder(StrEnum):
    """Which find is looked at first."""

    UNCERTAINTY = "uncertainty"
    TIME = "time"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Progress:
    """Finds that wait for a decision, of all that a model made; ``by_label`` holds
    (label id, number left), the most first, for labels with any left.
    """

    left: int
    total: int
    by_label: tuple[tuple[int, int], ...]


def waiting(
    columns: SegmentColumns,
    order: TriageOrder,
    label_id: int | None,
    thresholds: Mapping[Task, float],
    labels: Mapping[int, Label],
) -> np.ndarray:
    """int64 ids of the undecided segments of a label (None: of all), in the order wished for.

    Uncertain are scores near the threshold of their kind, where the model changes its mind;
    segments without a score come last.
    """
    rows = np.flatnonzero(_is_waiting(columns, label_id))
    if order is TriageOrder.LABEL:
        rows = ordered(columns, rows, Column.LABEL, False, labels)
    elif order is TriageOrder.UNCERTAINTY:
        per_kind = np.array([thresholds[kind] for kind in KINDS])
        doubt = np.abs(columns.scores[rows] - per_kind[columns.kinds[rows]])
        rows = rows[np.argsort(doubt, kind="stable")]
    return columns.ids[rows]


def next_after(ids: np.ndarray, queue: np.ndarray, current_id: int | None) -> int | None:
    """The first of ``ids`` that stands behind ``current_id`` in a queue that holds all of them;
    from its start again where none does. None where nothing but the current one is left.
    """
    remaining = queue[np.isin(queue, ids)]
    if current_id is None:
        return int(remaining[0]) if len(remaining) else None
    places = np.flatnonzero(queue == current_id)
    place = int(places[0]) + 1 if len(places) else 0
    turned = np.concatenate((queue[place:], queue[:place]))
    others = turned[np.isin(turned, ids) & (turned != current_id)]
    return int(others[0]) if len(others) else None


def progress(columns: SegmentColumns, label_id: int | None) -> Progress:
    """How many of the finds of a label, or of all, wait."""
    is_waiting = _is_waiting(columns, label_id)
    is_find = is_waiting | ((columns.origins != _HUMAN) & _has_label(columns, label_id))
    found, counts = np.unique(columns.label_ids[is_waiting], return_counts=True)
    by_label = sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda each: -each[1])
    return Progress(int(is_waiting.sum()), int(is_find.sum()), tuple(by_label))


def _is_waiting(columns: SegmentColumns, label_id: int | None) -> np.ndarray:
    return (columns.states == _UNDECIDED) & _has_label(columns, label_id)


def _has_label(columns: SegmentColumns, label_id: int | None) -> np.ndarray:
    if label_id is None:
        return np.ones(len(columns), bool)
    return columns.label_ids == label_id
