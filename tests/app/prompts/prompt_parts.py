"""Prompts, answers and a worker that says what a test wants it to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs.requests import PromptProgress
from app.prompts.prompt_book import Answer
from core_model.prompt_spec import Example, PromptSpec, ScoreCurve
from core_model.timeline import Detection, Task

S = 1_000_000
DOG = PromptSpec(Task.SED, ("dog barking",))
HOUND = PromptSpec(Task.SED, ("hound",))
RUN = PromptSpec(Task.TAL, ("running",), ("walking",))


def hits(spec: PromptSpec, *rows: tuple[float, float, float]) -> tuple[Detection, ...]:
    """Detections of a prompt from (onset, offset, score), times in seconds."""
    return tuple(
        Detection(spec.task, spec.name, round(onset * S), round(offset * S), score)
        for onset, offset, score in rows
    )


def curve(*values: float) -> ScoreCurve:
    return ScoreCurve(S // 2, S // 4, np.array(values, np.float32))


def answer(spec: PromptSpec, *rows: tuple[float, float, float], done: bool = True) -> Answer:
    return Answer(hits(spec, *rows), curve(0.1, 0.9, 0.4), (0, 10 * S), done)


class SilentRunner(QObject):
    """Takes questions and lets the test answer them."""

    prompted = Signal(object)
    moments_answered = Signal(object)
    why_answered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Path, tuple[PromptSpec, ...], tuple[int, int] | None]] = []
        self.searched: list[tuple[tuple[Path, ...], PromptSpec | Example, int]] = []
        self.questioned: list[tuple[Path, Detection, PromptSpec | None]] = []
        self.cancelled = 0
        self.id = 0

    def ask_prompts(
        self,
        path: Path,
        specs: Sequence[PromptSpec],
        visible_us: tuple[int, int] | None = None,
    ) -> int:
        self.asked.append((path, tuple(specs), visible_us))
        self.id += 1
        return self.id

    def cancel_prompts(self) -> None:
        self.cancelled += 1

    def ask_moments(
        self,
        paths: Sequence[Path],
        query: PromptSpec | Example,
        top: int,
        _sought: Sequence[object] = (),
    ) -> int:
        self.searched.append((tuple(paths), query, top))
        self.id += 1
        return self.id

    def ask_why(self, path: Path, detection: Detection, spec: PromptSpec | None = None) -> int:
        self.questioned.append((path, detection, spec))
        self.id += 1
        return self.id

    def say(self, spec: PromptSpec, *rows: tuple[float, float, float], done: bool = True) -> None:
        """Answer the newest question."""
        said = answer(spec, *rows, done=done)
        self.prompted.emit(
            PromptProgress(
                self.id, spec, said.detections, said.curve, said.covered_us, said.is_done
            )
        )
