"""Carries prompts and what was found for them to the timeline and over the picture."""

from __future__ import annotations

from operator import attrgetter

from PySide6.QtCore import QObject

from app.prompts.prompt_book import Answer, Prompt, PromptBook
from app.session import Session
from app.timeline.prompt_pane import PromptLane, PromptLanesPane


class PromptLanes(QObject):
    """One lane for each prompt that is shown; a lane is made anew only where it differs."""

    def __init__(self, book: PromptBook, session: Session, pane: PromptLanesPane) -> None:
        super().__init__(book)
        self._book = book
        self._session = session
        self._pane = pane
        self._made: dict[Prompt, tuple[Answer, PromptLane]] = {}
        book.prompts_changed.connect(self._show)
        book.looks_changed.connect(self._show)
        book.answer_changed.connect(self._on_answer)
        session.media_changed.connect(self._show)

    def _on_answer(self, _spec: object) -> None:
        self._show()

    def _show(self, _media: object = None) -> None:
        shown = [prompt for prompt in self._book.prompts if prompt.is_shown]
        if self._session.media is None:
            shown = []
        self._made = {prompt: self._lane(prompt) for prompt in shown}
        self._pane.set_lanes([lane for _, lane in self._made.values()])
        hits = [hit for _, lane in self._made.values() for hit in lane.hits]
        self._session.set_hits(tuple(sorted(hits, key=attrgetter("onset_us"))))

    def _lane(self, prompt: Prompt) -> tuple[Answer, PromptLane]:
        answer = self._book.answer(prompt.spec)
        known = self._made.get(prompt)
        if known is not None and known[0] is answer:
            return known
        hits = answer.from_score(prompt.threshold)
        note = _note(answer, len(hits))
        return answer, PromptLane(prompt.spec, answer.curve, hits, note)


def _note(answer: Answer, count: int) -> str:
    if not answer.is_done and not answer.detections:
        return "looking…"
    text = "1 hit" if count == 1 else f"{count:,} hits"
    return text if answer.is_done else f"{text}…"
