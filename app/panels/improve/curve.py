"""What a curve of a training is made of."""

from __future__ import annotations

from dataclasses import dataclass

from core_model.timeline import Task


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one kind, (step, value); with ``marks`` a symbol at each, hollow or not."""

    task: Task
    points: tuple[tuple[int, float], ...]
    marks: tuple[bool, ...] = ()
