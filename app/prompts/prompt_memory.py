"""What is remembered of prompts between two starts: the list, the kinds, the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.prompts.prompt_book import Prompt
from app.prompts.prompt_set import PromptSetError, prompt_from_json, prompt_to_json
from core_model.prompt_spec import MOST_PROMPTS, PromptError, PromptSpec
from core_model.timeline import Task

FIRST_KINDS = frozenset({Task.TAL, Task.SED})


@dataclass(frozen=True, slots=True)
class PromptMemory:
    """``kinds`` are those that new prompts are for, ``templates`` the sentences of kinds where
    somebody wrote their own.
    """

    kinds: frozenset[Task] = FIRST_KINDS
    templates: Mapping[Task, str] = field(default_factory=dict)
    prompts: tuple[Prompt, ...] = ()

    def stored(self) -> dict[str, Any]:
        """JSON types; :meth:`from_stored` gives an equal memory back."""
        return {
            "kinds": sorted(self.kinds),
            "templates": {task.value: text for task, text in self.templates.items()},
            "prompts": [prompt_to_json(each) for each in self.prompts],
        }

    @classmethod
    def from_stored(cls, raw: Mapping[str, Any]) -> PromptMemory:
        """As settings are read: what makes no sense is left at its default."""
        kinds = raw.get("kinds")
        known = frozenset(Task(each) for each in _texts(kinds) if each in set(Task))
        templates = raw.get("templates")
        sentences = templates.items() if isinstance(templates, dict) else ()
        prompts = raw.get("prompts")
        rows = prompts[:MOST_PROMPTS] if isinstance(prompts, list) else []
        read = {each.spec: each for each in map(_prompt, rows) if each is not None}
        return cls(
            known or FIRST_KINDS,
            {Task(task): text for task, text in sentences if _is_template(task, text)},
            tuple(read.values()),
        )


def is_template(text: str) -> bool:
    """Whether a sentence can stand around wordings."""
    try:
        PromptSpec(Task.SED, ("word",), template=text)
    except PromptError:
        return False
    return True


def _is_template(task: object, text: object) -> bool:
    is_known = isinstance(task, str) and task in set(Task)
    return is_known and isinstance(text, str) and bool(text) and is_template(text)


def _prompt(raw: object) -> Prompt | None:
    try:
        return prompt_from_json(raw, "prompt")
    except PromptSetError:
        return None


def _texts(raw: object) -> list[str]:
    return [each for each in raw if isinstance(each, str)] if isinstance(raw, list) else []
