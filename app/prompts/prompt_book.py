"""The prompts of the window and what was found for them in the open file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.limits import checked
from app.scores import Scores
from core_model.prompt_spec import MOST_PROMPTS, PromptError, PromptSpec, ScoreCurve
from core_model.timeline import Detection

# Words that no model was trained with score lower than its own labels do: what people ask for is
# shown earlier than what nobody asked for.
FIRST_THRESHOLD = 0.3
Span = tuple[int, int]
_NO_CURVE = ScoreCurve(0, 1, np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row of the list: what is asked, from which score on hits are shown, and whether."""

    spec: PromptSpec
    threshold: float = FIRST_THRESHOLD
    is_shown: bool = True


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a prompt in the open file: its hits by onset, its curve, and for how much
    of the file. ``is_done`` once nothing more comes.
    """

    detections: tuple[Detection, ...] = ()
    curve: ScoreCurve = field(default_factory=lambda: _NO_CURVE)
    covered_us: Span = (0, 0)
    is_done: bool = False

    @cached_property
    def scores(self) -> Scores:
        return Scores.of([found.score for found in self.detections])

    def from_score(self, threshold: float) -> tuple[Detection, ...]:
        """The hits that reach a threshold."""
        return tuple(found for found in self.detections if found.score >= threshold)


_NOTHING = Answer()


class PromptBook(QObject):
    """Prompts in the order in which they were made; they stay when another file opens.

    ``prompts_changed``: there are others, or others in words. ``looks_changed``: thresholds or
    what is shown. ``answer_changed(PromptSpec)``: more is known of one; None: of all.
    A prompt is known by its spec, which is there once.
    """

    prompts_changed = Signal()
    looks_changed = Signal()
    answer_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prompts: dict[PromptSpec, Prompt] = {}
        self._answers: dict[PromptSpec, Answer] = {}

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        return tuple(self._prompts.values())

    def prompt(self, spec: PromptSpec) -> Prompt | None:
        return self._prompts.get(spec)

    def answer(self, spec: PromptSpec) -> Answer:
        """What is known of a prompt; nothing, while nobody answered."""
        return self._answers.get(spec, _NOTHING)

    def hits(self, prompt: Prompt) -> tuple[Detection, ...]:
        """What is shown of a prompt, by onset; nothing while it is hidden."""
        return self.answer(prompt.spec).from_score(prompt.threshold) if prompt.is_shown else ()

    def all_hits(self) -> tuple[Detection, ...]:
        """What is shown of all prompts, by onset."""
        found = [hit for prompt in self.prompts for hit in self.hits(prompt)]
        return tuple(sorted(found, key=lambda hit: hit.onset_us))

    def add(self, specs: Iterable[PromptSpec]) -> int:
        """Append those that are not there yet; how many.

        Raises PromptError where there would be more than ``MOST_PROMPTS``.
        """
        return self.extend(Prompt(spec) for spec in specs)

    def extend(self, prompts: Iterable[Prompt]) -> int:
        """Append those that are not there yet; how many. Raises PromptError as :meth:`add`."""
        new = {each.spec: each for each in prompts if each.spec not in self._prompts}
        if len(self._prompts) + len(new) > MOST_PROMPTS:
            raise PromptError(f"prompt: more than {MOST_PROMPTS} at a time are too many")
        if new:
            self._prompts.update(new)
            self.prompts_changed.emit()
        return len(new)

    def set_all(self, prompts: Iterable[Prompt]) -> None:
        """Have these and no others, for instance those of a set."""
        self._prompts = {each.spec: each for each in prompts}
        self.prompts_changed.emit()

    def reword(self, old: PromptSpec, new: PromptSpec) -> None:
        """Let a prompt ask something else in its place. Raises PromptError where that is there."""
        if new == old or old not in self._prompts:
            return
        if new in self._prompts:
            raise PromptError(f"prompt: “{new.name}” is in the list already")
        self._prompts = {
            (new if spec == old else spec): replace(each, spec=new) if spec == old else each
            for spec, each in self._prompts.items()
        }
        self.prompts_changed.emit()

    def remove(self, spec: PromptSpec) -> None:
        if self._prompts.pop(spec, None) is not None:
            self.prompts_changed.emit()

    def set_threshold(self, spec: PromptSpec, threshold: float) -> None:
        """Show hits of a prompt from this score on. Raises ValueError outside [0, 1]."""
        self._change(spec, threshold=checked(threshold))

    def set_shown(self, spec: PromptSpec, shown: bool) -> None:
        self._change(spec, is_shown=shown)

    def take(self, spec: PromptSpec, answer: Answer) -> None:
        """More is known of a prompt, or of one that is only compared with."""
        self._answers[spec] = answer
        self.answer_changed.emit(spec)

    def forget_answers(self) -> None:
        """Another file is open, or another model in use."""
        self._answers.clear()
        self.answer_changed.emit(None)

    def _change(self, spec: PromptSpec, **values: Any) -> None:
        old = self._prompts.get(spec)
        if old is not None:
            new = replace(old, **values)
            if new != old:
                self._prompts[spec] = new
                self.looks_changed.emit()
