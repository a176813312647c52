"""What is asked for in words, and what comes back of it: values without torch, for the window too.

A prompt names one kind of events. Its wordings say the same thing in several ways and are averaged
(Radford et al., arXiv 2103.00020, section 3.1.4, do so with templates); its negatives say what it
is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core_model.media.errors import printable
from core_model.timeline import Task

LONGEST_WORDING = 300
MOST_WORDINGS = 32
MOST_PROMPTS = 100
LABEL_FIELD = "{label}"
WORDING_MARK = "|"
NEGATIVE_MARK = "!"
_KEYS = frozenset({"task", "wordings", "negatives", "template"})


class PromptError(ValueError):
    """Words that cannot be asked for; one line that says why."""


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """One prompt: find events of ``task`` that are like the ``wordings`` and not ``negatives``.

    ``template`` is the sentence around each of them and holds ``{label}``; "" stands for the
    sentence that the model was trained with. Wordings are plain text in one line, 1 to 300
    characters without blanks at the ends, each different from the others but for case.

    Raises:
        PromptError: a value is none of that.
    """

    task: Task
    wordings: tuple[str, ...]
    negatives: tuple[str, ...] = ()
    template: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.task, Task):
            raise PromptError(f"prompt: unknown kind of events {printable(repr(self.task)[:40])}")
        if not self.wordings:
            raise PromptError("prompt: there is no word in it")
        _check_wordings((*self.wordings, *self.negatives))
        if self.template:
            _check_template(self.template)

    @property
    def name(self) -> str:
        """What the events found are called: "dog barking / hound, not music"."""
        negatives = " or ".join(self.negatives)
        return " / ".join(self.wordings) + (f", not {negatives}" if negatives else "")

    def sentences(self, template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Wordings and negatives inside the prompt's own template, or else inside ``template``."""
        chosen = self.template or template
        wordings = tuple(chosen.replace(LABEL_FIELD, each) for each in self.wordings)
        return wordings, tuple(chosen.replace(LABEL_FIELD, each) for each in self.negatives)

    def to_dict(self) -> dict[str, Any]:
        """JSON types; :meth:`from_dict` gives an equal prompt back."""
        return {
            "task": str(self.task),
            "wordings": list(self.wordings),
            "negatives": list(self.negatives),
            "template": self.template,
        }

    @classmethod
    def from_dict(cls, raw: object, source: str = "prompt") -> PromptSpec:
        """The prompt of parsed JSON; errors begin with ``source``. Raises PromptError."""
        if not isinstance(raw, Mapping):
            raise PromptError(f"{source}: must be an object")
        if unknown := sorted(map(str, set(raw) - _KEYS)):
            raise PromptError(f"{source}: unknown key {printable(repr(unknown[0])[:60])}")
        task, template = raw.get("task"), raw.get("template", "")
        if not isinstance(task, str) or task not in set(Task):
            raise PromptError(f"{source}: 'task' must be one of {', '.join(Task)}")
        if not isinstance(template, str):
            raise PromptError(f"{source}: 'template' must be a text")
        wordings = _texts(raw, "wordings", source)
        negatives = _texts(raw, "negatives", source)
        try:
            return cls(Task(task), wordings, negatives, template)
        except PromptError as error:
            raise PromptError(f"{source}: {str(error).removeprefix('prompt: ')}") from None


def parse_prompt(text: str, task: Task, template: str = "") -> PromptSpec:
    """One prompt as people type it: ``dog barking | hound ! cat``.

    ``|`` stands between wordings, ``!`` before each thing that is not meant. Commas belong to the
    wording. Raises PromptError.
    """
    positive, *negatives = text.split(NEGATIVE_MARK)
    wordings = _distinct(positive.split(WORDING_MARK))
    return PromptSpec(task, wordings, _distinct(negatives), template)


def parse_prompts(text: str, tasks: Iterable[Task], template: str = "") -> tuple[PromptSpec, ...]:
    """Several prompts, parted by commas or line ends, each for every one of ``tasks``.

    Empty parts are left out and repetitions come once. Raises PromptError, also where no prompt
    is left or more than :data:`MOST_PROMPTS`.
    """
    wanted = tuple(tasks)
    parts = [part for line in text.splitlines() for part in line.split(",") if part.strip()]
    if len(parts) > MOST_PROMPTS:
        raise PromptError(f"prompt: {len(parts)} prompts are more than {MOST_PROMPTS}")
    specs = [parse_prompt(part, task, template) for part in parts for task in wanted]
    if not specs:
        raise PromptError("prompt: there is no word in it")
    return tuple(dict.fromkeys(specs))


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCurve:
    """How much each snippet is like a prompt.

    ``values`` (n,) are float32 in [0, 1] and not writable; value ``i`` belongs to the presentation
    time ``start_us + i * stride_us``, which is the centre of its snippet.
    """

    start_us: int
    stride_us: int
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Example:
    """What to look for is what can be seen or heard in ``span_us`` of a file."""

    path: Path
    span_us: tuple[int, int]
    task: Task


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a video that is like what was searched for; ``score`` in [0, 1]."""

    path: Path
    task: Task
    onset_us: int
    offset_us: int
    score: float


def _distinct(parts: Iterable[str]) -> tuple[str, ...]:
    """Each wording once, blanks tidied, empty ones left out."""
    tidy = (" ".join(part.split()) for part in parts)
    distinct: dict[str, str] = {}
    for wording in tidy:
        if wording:
            distinct.setdefault(wording.casefold(), wording)
    return tuple(distinct.values())


def _check_wordings(wordings: tuple[str, ...]) -> None:
    if len(wordings) > MOST_WORDINGS:
        raise PromptError(f"prompt: {len(wordings)} wordings are more than {MOST_WORDINGS}")
    for wording in wordings:
        if not isinstance(wording, str) or not wording.strip():
            raise PromptError("prompt: there is no word in it")
        if len(wording) > LONGEST_WORDING:
            raise PromptError(
                f"prompt: {len(wording)} characters are more than {LONGEST_WORDING}:"
                f" {printable(wording[:30])}…"
            )
        if not wording.isprintable():
            raise PromptError(f"prompt: holds a control character: {printable(wording[:60])}")
        if wording != wording.strip():
            raise PromptError(f"prompt: blanks around {wording.strip()!r}")
        if not any(map(str.isalnum, wording)):
            raise PromptError(f"prompt: there is no word in {wording[:30]!r}")
    plain = [wording.casefold() for wording in wordings]
    if len(set(plain)) < len(plain):
        twice = next(each for each in wordings if plain.count(each.casefold()) > 1)
        raise PromptError(f"prompt: {twice!r} occurs twice")


def _check_template(template: str) -> None:
    shown = printable(repr(template[:60]))
    if len(template) > LONGEST_WORDING or not template.isprintable():
        raise PromptError(f"prompt: not a template: {shown}")
    if template.count(LABEL_FIELD) != 1 or set(template.replace(LABEL_FIELD, "")) & set("{}"):
        raise PromptError(
            f"prompt: a template holds {LABEL_FIELD} once and no other braces: {shown}"
        )


def _texts(raw: Mapping[str, Any], key: str, source: str) -> tuple[str, ...]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise PromptError(f"{source}: {key!r} must be a list of texts")
    return tuple(found)
