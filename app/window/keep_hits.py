"""Takes hits of prompts over into the project, as finds of a model with their prompt."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from app.messages import MessageBar
from app.project.edits import ApplyRun, Edit, Together
from app.prompts.prompt_book import Prompt, PromptBook
from app.session import Session
from app.window.annotation import Annotation


class KeepHits:
    """One action, one step of undo, however many prompts."""

    def __init__(
        self,
        book: PromptBook,
        annotation: Annotation,
        session: Session,
        messages: MessageBar,
        model: Callable[[], tuple[str, str]],
    ) -> None:
        self._book = book
        self._annotation = annotation
        self._session = session
        self._messages = messages
        self._model = model

    def keep(self, prompts: Sequence[Prompt]) -> None:
        """Keep what is shown of these. They stay visible: their labels get the thresholds that
        the prompts have.
        """
        kept = [prompt for prompt in prompts if self._book.hits(prompt)]
        if not kept:
            self._messages.show_notice("There are no hits to keep. Move a slider left to see more.")
            return
        name, version = self._model()

        def edit(video_id: int) -> Edit:
            runs = tuple(self._run(video_id, prompt, name, version) for prompt in kept)
            return Together(_title(len(kept), kept[0], self._count(kept)), runs)

        if self._annotation.propose(edit) or self._annotation.projects.project is None:
            for prompt in kept:
                key = (prompt.spec.task, prompt.spec.name)
                self._session.set_label_threshold(key, prompt.threshold)

    def _run(self, video_id: int, prompt: Prompt, name: str, version: str) -> ApplyRun:
        spec = prompt.spec
        return ApplyRun(
            video_id,
            name,
            version,
            self._book.hits(prompt),
            frozenset({spec.task}),
            frozenset({spec.name}),
            prompts=((spec.name, spec.name),),
            settings=json.dumps(
                {"prompt": spec.to_dict(), "threshold": prompt.threshold}, ensure_ascii=False
            ),
        )

    def _count(self, prompts: Sequence[Prompt]) -> int:
        return sum(len(self._book.hits(prompt)) for prompt in prompts)


def _title(prompts: int, first: Prompt, hits: int) -> str:
    noun = "1 hit" if hits == 1 else f"{hits:,} hits"
    return f"Keep {noun} of {first.spec.name if prompts == 1 else f'{prompts} prompts'}"
