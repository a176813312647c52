"""Scores of one kind or label: counted at any threshold, and as a small picture of their spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from app.limits import LabelKey
from app.project.columns import SegmentColumns
from app.project.values import KINDS, ORIGINS, Label
from app.session import Session
from training.annotations.model import Origin

BINS = 25
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """``ascending`` (n,) in [0, 1]."""

    ascending: Floats = field(default_factory=partial(np.empty, 0))

    @classmethod
    def of(cls, scores: npt.ArrayLike) -> Scores:
        """In any order; those that are no number are left out."""
        values = np.asarray(scores, np.float64)
        return cls(np.sort(values[~np.isnan(values)]))

    def __len__(self) -> int:
        return len(self.ascending)

    def at_least(self, threshold: float) -> int:
        """How many reach a threshold."""
        return len(self.ascending) - int(np.searchsorted(self.ascending, threshold, "left"))

    @cached_property
    def heights(self) -> Floats:
        """Heights (``BINS``,) in [0, 1] of the bars of a histogram over [0, 1], counted once.

        By the square root of the counts: the few sure ones stay visible beside the many doubtful.
        """
        counts, _ = np.histogram(self.ascending, bins=BINS, range=(0.0, 1.0))
        most = counts.max(initial=0)
        return np.sqrt(counts / most) if most else np.zeros(BINS)


def session_scores(session: Session) -> dict[LabelKey, Scores]:
    """By label, of what was found in the open file."""
    table = session.table
    return _grouped(table.scores, table.groups, dict(enumerate(table.keys)))


def segment_scores(columns: SegmentColumns, labels: Mapping[int, Label]) -> dict[LabelKey, Scores]:
    """By label, of the segments of a video that a model made, whatever became of them."""
    is_model = (columns.origins != ORIGINS.index(Origin.HUMAN)) & ~np.isnan(columns.scores)
    label_ids = columns.label_ids[is_model]
    keys = {
        number: (KINDS[kind], labels[number].name)
        for number, kind in zip(label_ids.tolist(), columns.kinds[is_model].tolist(), strict=True)
        if number in labels
    }
    return _grouped(columns.scores[is_model], label_ids, keys)


def _grouped(
    scores: Floats, groups: npt.NDArray[np.integer], keys: Mapping[int, LabelKey]
) -> dict[LabelKey, Scores]:
    order = np.lexsort((scores, groups))
    numbers, first = np.unique(groups[order], return_index=True)
    parts = np.split(scores[order], first[1:])
    return {
        keys[number]: Scores(part)
        for number, part in zip(numbers.tolist(), parts, strict=False)
        if number in keys
    }
