"""Detections as arrays, so that a threshold that moves does not look at each of them in Python."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.limits import LabelKey, Limits
from core_model.timeline import Detection, Task

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DetectionTable:
    """Arrays (n,) in the order of ``detections``: times (int64), ``scores`` (float64 in [0, 1])
    and ``groups``, indexes into ``keys``, the kinds and labels that occur.
    """

    detections: tuple[Detection, ...]
    onset_us: npt.NDArray[np.int64]
    offset_us: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    groups: npt.NDArray[np.intp]
    keys: tuple[LabelKey, ...]

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
        return cls(
            detections,
            np.fromiter((each.onset_us for each in detections), np.int64, count),
            np.fromiter((each.offset_us for each in detections), np.int64, count),
            np.fromiter((each.score for each in detections), np.float64, count),
            groups,
            tuple(numbers),
        )

    def shown(self, limits: Limits) -> Booleans:
        """Which reach the limit of their label (n,)."""
        per_group = np.array([limits.of(*key) for key in self.keys] or [0.0])
        return self.scores >= per_group[self.groups]

    def is_of(self, kind: Task) -> Booleans:
        """Which are of a kind (n,)."""
        return np.array([task is kind for task, _ in self.keys] or [False])[self.groups]

    def scores_of(self, key: LabelKey) -> npt.NDArray[np.float64]:
        """The scores of a label's detections (k,)."""
        if key not in self.keys:
            return np.empty(0)
        return self.scores[self.groups == self.keys.index(key)]
