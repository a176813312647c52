"""Which undecided find comes next, and how far the deciding has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.limits import SegmentLimits
from app.panels.segment_filter import Column, is_below, ordered
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, STATES, Label
from core_model.timeline import Task
from training.annotations.model import Origin, State

_UNDECIDED = STATES.index(State.UNDECIDED)
_HUMAN = ORIGINS.index(Origin.HUMAN)


class TriageOrder(StrEnum):
    """Which find is looked at first."""

    UNCERTAINTY = "uncertainty"
    LEARNING = "learning"
    TIME = "time"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Progress:
    """Finds that wait for a decision, of all that a model made; ``by_label`` holds
    (label id, number left), the most first, for labels with any left. Finds ``below`` their
    limit are not gone through and count nowhere else.
    """

    left: int
    total: int
    below: int
    by_label: tuple[tuple[int, int], ...]


def waiting(
    columns: SegmentColumns,
    order: TriageOrder,
    label_id: int | None,
    shown_from: SegmentLimits,
    doubted_at: Mapping[Task, float],
    labels: Mapping[int, Label],
    teaching: np.ndarray | None = None,
) -> np.ndarray:
    """int64 ids of the undecided segments of a label (None: of all), in the order wished for;
    of finds only those from the limit ``shown_from`` on.

    Uncertain are scores near ``doubted_at``, the model's own threshold of the kind, where it
    changes its mind; segments without a score come last. ``teaching`` are ids, those that teach
    most in front: they come first where that is wished for, the others by uncertainty.
    """
    is_waiting = _is_waiting(columns, label_id) & ~is_below(columns, shown_from)
    rows = np.flatnonzero(is_waiting)
    if order is TriageOrder.LABEL:
        rows = ordered(columns, rows, Column.LABEL, False, labels)
    elif order is not TriageOrder.TIME:
        distance = np.abs(columns.scores[rows] - _thresholds(columns, rows, doubted_at))
        rows = rows[np.argsort(distance, kind="stable")]
    ids = columns.ids[rows]
    if order is TriageOrder.LEARNING and teaching is not None:
        return np.concatenate((teaching[np.isin(teaching, ids)], ids[~np.isin(ids, teaching)]))
    return ids


@dataclass(frozen=True, slots=True)
class Undecided:
    """What waits in a video, a row per find: ``kinds`` are places in KINDS, ``doubts`` in [0, 1]
    as in :func:`training.review_order.doubt`."""

    ids: np.ndarray
    kinds: np.ndarray
    label_ids: np.ndarray
    spans_us: np.ndarray
    doubts: np.ndarray


def undecided(columns: SegmentColumns, doubted_at: Mapping[Task, float]) -> Undecided:
    """All finds that wait for a decision, whatever their label and score."""
    # What checks shapes in it takes a tenth of the window's start.
    from training.review_order import doubt

    rows = np.flatnonzero(_is_waiting(columns, None))
    return Undecided(
        columns.ids[rows],
        columns.kinds[rows],
        columns.label_ids[rows],
        np.stack((columns.onset_us[rows], columns.offset_us[rows]), axis=1),
        doubt(columns.scores[rows], _thresholds(columns, rows, doubted_at)),
    )


def _thresholds(
    columns: SegmentColumns, rows: np.ndarray, doubted_at: Mapping[Task, float]
) -> np.ndarray:
    return np.array([doubted_at[kind] for kind in KINDS])[columns.kinds[rows]]


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


def progress(columns: SegmentColumns, label_id: int | None, shown_from: SegmentLimits) -> Progress:
    """How many of the finds of a label, or of all, wait."""
    is_hidden = is_below(columns, shown_from) & _has_label(columns, label_id)
    is_waiting = _is_waiting(columns, label_id) & ~is_hidden
    is_find = is_waiting | ((columns.origins != _HUMAN) & _has_label(columns, label_id))
    is_find &= ~is_hidden
    found, counts = np.unique(columns.label_ids[is_waiting], return_counts=True)
    by_label = sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda each: -each[1])
    left, total, below = (int(each.sum()) for each in (is_waiting, is_find, is_hidden))
    return Progress(left, total, below, tuple(by_label))


def _is_waiting(columns: SegmentColumns, label_id: int | None) -> np.ndarray:
    return (columns.states == _UNDECIDED) & _has_label(columns, label_id)


def _has_label(columns: SegmentColumns, label_id: int | None) -> np.ndarray:
    if label_id is None:
        return np.ones(len(columns), bool)
    return columns.label_ids == label_id
