"""The weights that learn, their average over steps, and the optimiser's memory of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from training.corrections.learner_settings import LearnerSettings
from training.corrections.trainee import Trainee


class Weights:
    """``trainee`` learns; ``averaged``, which starts the same, follows it."""

    def __init__(self, trainee: Trainee, averaged: Trainee, settings: LearnerSettings) -> None:
        self.trainee, self.averaged = trainee, averaged
        self._settings = settings
        self._optimizer = torch.optim.AdamW(self._groups(), weight_decay=0.0)
        pairs = zip(averaged.parameters(), trainee.parameters(), strict=True)
        self._averages = [(mean.data, each) for mean, each in pairs if each.requires_grad]

    def set_rate(self, share: float) -> None:
        """Learn at this share of the settings' rates."""
        for group in self._optimizer.param_groups:
            group["lr"] = group["base"] * share

    def learn(self, loss: Tensor) -> None:
        """One optimiser step down a loss."""
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([each for _, each in self._averages], self._settings.clip_norm)
        self._optimizer.step()
        for mean, learned in self._averages:
            mean.lerp_(learned.detach(), 1 - self._settings.average)

    def tensors(self) -> dict[str, Tensor]:
        """Everything by name, for :meth:`restore`, with torch's random state."""
        found = {"random": torch.get_rng_state()}
        for number, (mean, learned) in enumerate(self._averages):
            found[f"average.{number}"] = mean
            found[f"learned.{number}"] = learned.detach()
        for number, memory in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": value for name, value in memory.items()}
        return found

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Be what :meth:`tensors` gave. Raises KeyError, ValueError or RuntimeError where these
        are of other weights."""
        for number, (mean, learned) in enumerate(self._averages):
            mean.copy_(tensors[f"average.{number}"])
            learned.copy_(tensors[f"learned.{number}"])
        memory: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            part, *rest = name.split(".")
            if part == "optimizer":
                memory.setdefault(int(rest[0]), {})[rest[1]] = value
        whole = self._optimizer.state_dict()
        self._optimizer.load_state_dict({**whole, "state": memory})
        torch.set_rng_state(tensors["random"])

    def _groups(self) -> list[dict[str, Any]]:
        weights = [p for p in self.trainee.head.parameters() if p.requires_grad]
        shifts = list(self.trainee.shifts.values())
        groups = [{"params": shifts, "base": self._settings.row_learning_rate, "lr": 0.0}]
        if weights:
            groups.append({"params": weights, "base": self._settings.learning_rate, "lr": 0.0})
        return groups
