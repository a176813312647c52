"""What a training run is told, as one JSON file; an unknown key is an error.

The defaults are the published ones. The file has three parts: ``model`` (a name in
``resources/models`` or sizes), ``recipe`` (this page) and ``data`` (per task, see
:mod:`training.recipe.feature_folder`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Literal, TypeVar, get_args

from core_model.timeline import Task
from training.errors import TrainingError
from training.losses import RegressionLoss

Precision = Literal["auto", "bf16", "fp32"]
_Choice = TypeVar("_Choice", bound=StrEnum)


class Streams(StrEnum):
    """What the model sees: both streams, or one of them and zeros for the other."""

    BOTH = "both"
    VISUAL = "visual"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class RecipeSettings:
    """Rounds, rates and regularisation.

    A round is one optimiser step per task; an epoch has as many rounds as the largest task has
    batches. ``epochs`` come after ``warm_up_epochs``. ``least_crop`` is the least share of a video
    that a crop keeps, ``least_kept`` the share of some event that it must keep, per task.
    ``precision`` is that of the network in training: "auto" is bf16 on a GPU; weights and losses
    are fp32 always. Up to ``keep_mb`` of features are kept in memory after the first reading.
    """

    epochs: int = 5
    warm_up_epochs: int = 2
    batch: int = 16
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-8
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    average: float = 0.999
    label_smoothing: Mapping[Task, float] | None = None
    regression_loss: RegressionLoss = "diou"
    least_crop: float = 0.9
    least_kept: Mapping[Task, float] | None = None
    stop_and_go: bool = True
    streams: Streams = Streams.BOTH
    precision: Precision = "auto"
    keep_mb: int = 4000
    seed: int = 1234567891

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise TrainingError(f"recipe: {problem}")

    @property
    def smoothing(self) -> Mapping[Task, float]:
        """Label smoothing per task; TAL's alone is not zero by default."""
        return {Task.TAL: 0.1} if self.label_smoothing is None else self.label_smoothing

    def kept_share(self, task: Task) -> float:
        """The least part of some event that a training crop must keep."""
        published = 0.3 if task is Task.SED else 0.5
        return published if self.least_kept is None else self.least_kept.get(task, published)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> RecipeSettings:
        """Checked values of parsed JSON. Raises TrainingError."""
        known = {entry.name: entry for entry in fields(cls)}
        if unknown := sorted(set(raw) - set(known)):
            raise TrainingError(f"recipe: unknown key {unknown[0]!r}; known: {', '.join(known)}")
        values = {name: _value(name, value, known[name].default) for name, value in raw.items()}
        return cls(**values)

    def _problems(self) -> list[str]:
        bounds = {
            "epochs": (1, 10_000),
            "warm_up_epochs": (0, 10_000),
            "batch": (1, 100_000),
            "learning_rate": (0.0, 10.0),
            "weight_decay": (0.0, 10.0),
            "average": (0.0, 1.0),
            "least_crop": (0.0, 1.0),
            "keep_mb": (0, 10_000_000),
        }
        return [
            f"{name!r} must lie between {low} and {high}, not {getattr(self, name)}"
            for name, (low, high) in bounds.items()
            if not low <= getattr(self, name) <= high
        ]


_WORDS = {"regression_loss": get_args(RegressionLoss), "precision": get_args(Precision)}


def _value(name: str, value: Any, default: Any) -> Any:
    if name in ("label_smoothing", "least_kept"):
        return _per_task(name, value)
    if name in _WORDS:
        if value not in _WORDS[name]:
            known = ", ".join(_WORDS[name])
            raise TrainingError(f"recipe: {name!r} must be one of {known}, not {value!r}")
        return value
    if name == "streams":
        return _member(Streams, name, value)
    kind = type(default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise TrainingError(f"recipe: {name!r} must be {kind.__name__}, not {value!r}")
    return value


def _per_task(name: str, value: Any) -> dict[Task, float]:
    if not isinstance(value, Mapping):
        raise TrainingError(f"recipe: {name!r} must map tasks to numbers, not {value!r}")
    numbers = {}
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1:
            raise TrainingError(f"recipe: {name!r} of {key!r} must lie in [0, 1), not {number!r}")
        numbers[_member(Task, name, key)] = float(number)
    return numbers


def _member(kind: type[_Choice], name: str, value: Any) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise TrainingError(f"recipe: {name!r} must be one of {known}, not {value!r}") from None
