"""The learning rate over rounds, and which tasks sit out (Geng et al., arXiv 2404.03179)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WarmUpCosine:
    """Linear from 0 to ``base`` in ``warm_up`` rounds, then a half cosine to ``final``.

    ``base`` is reached in round ``warm_up - 1``, ``final`` in round ``rounds``.
    """

    base: float
    warm_up: int
    rounds: int
    final: float = 1e-8

    def rate(self, round_index: int) -> float:
        """The rate of a round, counted from 0."""
        if round_index < self.warm_up:
            return self.base * round_index / max(1, self.warm_up - 1)
        part = (round_index - self.warm_up) / max(1, self.rounds - self.warm_up)
        return self.final + (self.base - self.final) * (1 + math.cos(math.pi * min(part, 1.0))) / 2


@dataclass(slots=True)
class StopAndGo:
    """Dynamic Stop-and-Go of one task, told its validation metric once per epoch.

    A task whose metric has not risen by ``rise`` for more than ``patience`` epochs stops; a
    stopped one goes on once its metric has fallen by ``fall`` below the best. After either the
    next epoch is not judged. While stopped, the task trains in every ``GAP``-th round only, so
    that it is not forgotten.
    """

    GAP = 4

    rise: float = 0.001
    fall: float = 0.005
    patience: int = 1
    best: float = -math.inf
    stopped: bool = False
    worse_epochs: int = 0
    unjudged: int = 0

    def step(self, metric: float) -> bool:
        """Take in one epoch's metric (higher is better); whether the task is stopped now."""
        if metric > self.best + abs(self.best) * self.rise or self.best == -math.inf:
            self.best, self.worse_epochs = metric, 0
        else:
            self.worse_epochs += 1
        if self.unjudged:
            self.unjudged -= 1
            self.worse_epochs = 0
        if self.worse_epochs > self.patience:
            self._turn(stopped=True)
        elif self.stopped and metric < self.best - abs(self.best) * self.fall:
            self._turn(stopped=False)
        return self.stopped

    def trains_in(self, round_index: int) -> bool:
        """Whether the task takes part in a round, counted over the whole training."""
        return not self.stopped or round_index % self.GAP == 0

    def state_dict(self) -> dict[str, float | int | bool]:
        return {
            "best": self.best,
            "stopped": self.stopped,
            "worse_epochs": self.worse_epochs,
            "unjudged": self.unjudged,
        }

    def load_state_dict(self, state: dict[str, float | int | bool]) -> None:
        self.best = float(state["best"])
        self.stopped = bool(state["stopped"])
        self.worse_epochs = int(state["worse_epochs"])
        self.unjudged = int(state["unjudged"])

    def _turn(self, *, stopped: bool) -> None:
        self.stopped, self.unjudged, self.worse_epochs = stopped, 1, 0
