"""How long and how fast is learned from corrections, by how much of the model learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.corrections.events import Depth


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """Steps and rates. A step is one optimiser step for every task that takes part in it.

    ``memory`` weighs the old model's say, ``likeness`` that of snippets, ``calm`` the size of the
    shifts of rows. ``absent_elsewhere`` is how surely a new label is absent where nobody looked.
    """

    steps: int
    learning_rate: float
    row_learning_rate: float
    batch: int = 8
    memory: float = 3.0
    likeness: float = 0.3
    calm: float = 0.1
    absent_elsewhere: float = 0.2
    clip_norm: float = 1.0
    average: float = 0.97
    warm_up: int = 10
    evaluations: int = 4


SETTINGS: Mapping[Depth, LearnerSettings] = {
    Depth.LABELS: LearnerSettings(steps=60, learning_rate=0.0, row_learning_rate=5e-4),
    Depth.CLASSIFIER: LearnerSettings(steps=200, learning_rate=1e-4, row_learning_rate=1e-3),
    Depth.EXPERTS: LearnerSettings(steps=400, learning_rate=1e-4, row_learning_rate=1e-3),
}
