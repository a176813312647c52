"""Detections as arrays, so that a threshold that moves does not look at each of them in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.limits import LabelKey, Limits
from core_model.timeline import Detection, Task

Booleans = npt.NDArray[np.bool_]
_KINDS = tuple(Task)


@dataclass(frozen=True, slots=True)
class DetectionTable:
    """Arrays (n,) in the order of ``detections``: times (int64), ``scores`` (float64 in [0, 1]),
    ``kinds`` (int8), indexes into ``Task``, and ``groups``, indexes into ``keys``, the kinds and
    labels that occur. ``key_kinds`` are the kinds of those, ``numbers`` the place of each among
    them.
    """

    detections: tuple[Detection, ...]
    onset_us: npt.NDArray[np.int64]
    offset_us: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.int8]
    groups: npt.NDArray[np.intp]
    keys: tuple[LabelKey, ...]
    key_kinds: npt.NDArray[np.intp]
    numbers: Mapping[LabelKey, int]

    @classmethod
    def of(cls, detections: tuple[Detection, ...]) -> DetectionTable:
        """The arrays of a list."""
        numbers: dict[LabelKey, int] = {}
        count = len(detections)
        groups = np.fromiter(
            (numbers.setdefault((each.task, each.label), len(numbers)) for each in detections),
            np.intp,
            count,
        )
        key_kinds = np.array([_KINDS.index(kind) for kind, _ in numbers], np.intp)
        return cls(
            detections,
            np.fromiter((each.onset_us for each in detections), np.int64, count),
            np.fromiter((each.offset_us for each in detections), np.int64, count),
            np.fromiter((each.score for each in detections), np.float64, count),
            key_kinds.astype(np.int8)[groups],
            groups,
            tuple(numbers),
            key_kinds,
            numbers,
        )

    def shown(self, limits: Limits) -> Booleans:
        """Which reach the limit of their label (n,)."""
        per_kind = np.array([limits.kinds.get(kind, 0.0) for kind in _KINDS])
        per_key = per_kind[self.key_kinds]
        for key, limit in limits.labels.items():
            number = self.numbers.get(key)
            # A kind that is hidden hides its labels, too.
            if number is not None and per_key[number] <= 1:
                per_key[number] = limit
        return self.scores >= per_key[self.groups]

    def is_of(self, kind: Task) -> Booleans:
        """Which are of a kind (n,)."""
        return self.kinds == _KINDS.index(kind)

    def scores_of(self, key: LabelKey) -> npt.NDArray[np.float64]:
        """The scores of a label's detections (k,)."""
        number = self.numbers.get(key)
        return np.empty(0) if number is None else self.scores[self.groups == number]
