"""Which threshold the decisions of people speak for, and how often it would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.limits import LabelKey
from app.project.values import Label
from core_model.timeline import Task
from training.annotations.model import State

FEWEST_DECIDED = 10
# With fewer right or wrong ones there is nothing to part.
FEWEST_OF_EACH = 2
# A threshold is a whole number of hundredths: what a slider can stand at.
STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """Finds that people accepted or rejected: ``scores`` in [0, 1] and ``is_right``, both (n,)."""

    scores: npt.NDArray[np.float64]
    is_right: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Advice:
    """``threshold`` (None: too few decisions) with the expected ``precision`` of ``decided``
    finds, both in [0, 1].
    """

    threshold: float | None
    precision: float
    decided: int

    @property
    def text(self) -> str:
        """For people: "0.62 · 90 % right of 41 decided"."""
        if self.decided == 0:
            return "No decisions yet"
        if self.threshold is None:
            return f"{self.decided} decided: too few to suggest a threshold"
        share = f"{self.precision * 100:.0f} % right"
        return f"{self.threshold:.2f} · {share} of {self.decided} decided"


def advise(decided: Decided) -> Advice:
    """The threshold with the best F1 among the decided finds; of equal ones the middle one.

    The precision is that of the finds at or above it by the rule of succession, (right + 1) /
    (all + 2): ten right out of ten do not promise that every one will be. Too few are less than
    10 decisions, or less than 2 of either kind.
    """
    right = int(decided.is_right.sum())
    if len(decided) < FEWEST_DECIDED or min(right, len(decided) - right) < FEWEST_OF_EACH:
        return Advice(None, 0.0, len(decided))
    thresholds = np.arange(STEPS + 1) / STEPS
    all_above = _above(decided.scores, thresholds)
    right_above = _above(decided.scores[decided.is_right], thresholds)
    f1 = 2 * right_above / (all_above + right)
    equals = np.flatnonzero(f1 == f1.max())
    best = int(equals[len(equals) // 2])
    precision = float((right_above[best] + 1) / (all_above[best] + 2))
    return Advice(float(thresholds[best]), precision, len(decided))


def decisions(
    scores: Iterable[tuple[int, float, State]], labels: Mapping[int, Label]
) -> dict[LabelKey, Decided]:
    """By label, from ``Project.decided_scores``.

    What a person corrected counts as right: the event is there.
    """
    by_label: dict[int, list[tuple[float, bool]]] = {}
    for label_id, score, state in scores:
        by_label.setdefault(label_id, []).append((score, state is State.ACCEPTED))
    return {
        (labels[number].kind, labels[number].name): Decided(
            np.array([score for score, _ in found]), np.array([right for _, right in found])
        )
        for number, found in by_label.items()
        if number in labels
    }


def of_kind(by_label: Mapping[LabelKey, Decided], kind: Task) -> Decided:
    """All decisions of a kind."""
    chosen = [each for (task, _), each in by_label.items() if task is kind]
    return Decided(
        np.concatenate([each.scores for each in chosen] or [np.empty(0)]),
        np.concatenate([each.is_right for each in chosen] or [np.empty(0, bool)]),
    )


def _above(
    scores: npt.NDArray[np.float64], thresholds: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, "left")
