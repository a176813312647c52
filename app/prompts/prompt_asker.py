"""Asks the worker for what the prompts find in the open file."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.jobs.requests import PromptFailure, PromptProgress, PromptResponse
from app.jobs.runner import JobRunner
from app.prompts.prompt_book import Answer, PromptBook
from app.session import Session
from app.view_state import ViewState
from core_model.media.probe import MediaInfo
from core_model.prompt_spec import PromptSpec


class Stage(Enum):
    """How far the newest question has come."""

    IDLE = "idle"
    ASKING = "asking"
    LOADING = "loading"
    READING = "reading"
    FAILED = "failed"


class PromptAsker(QObject):
    """Everything that has no whole answer is asked together: the worker serves the newest only.

    ``stage_changed``: see :attr:`stage` and, for a failure, :attr:`problem`.
    """

    stage_changed = Signal()

    def __init__(
        self, book: PromptBook, runner: JobRunner, session: Session, view_state: ViewState
    ) -> None:
        super().__init__(book)
        self._book = book
        self._runner = runner
        self._session = session
        self._view_state = view_state
        self._compared: tuple[PromptSpec, ...] = ()
        self._asked: frozenset[PromptSpec] = frozenset()
        self._id: int | None = None
        self.stage = Stage.IDLE
        self.problem = ""
        runner.prompted.connect(self._on_response)
        book.prompts_changed.connect(self._ask_missing)
        session.media_changed.connect(self._on_media)

    def compare_with(self, specs: Iterable[PromptSpec]) -> None:
        """Have these answered, too, although they are not in the list."""
        self._compared = tuple(specs)
        self._ask_missing()

    def ask_again(self) -> None:
        """Ask everything anew: another model is in use, or somebody wants another try."""
        self._book.forget_answers()
        self._asked = frozenset()
        self._ask_missing()

    def _on_media(self, media: MediaInfo | None) -> None:
        if self._id is not None:
            self._runner.cancel_prompts()
        self._id = None
        self.ask_again()

    def _ask_missing(self) -> None:
        media = self._session.media
        wanted = (*(each.spec for each in self._book.prompts), *self._compared)
        missing = [spec for spec in dict.fromkeys(wanted) if not self._book.answer(spec).is_done]
        if media is None or not missing:
            if self._id is not None:
                self._runner.cancel_prompts()
            self._id, self._asked = None, frozenset()
            self._set_stage(Stage.IDLE)
        elif not self._asked.issuperset(missing):
            # Asked before the id is known to be the newest: no answer comes within this call.
            state = self._view_state
            visible_us = (state.visible_start_us, state.visible_end_us)
            self._asked = frozenset(missing)
            self._id = self._runner.ask_prompts(media.path, missing, visible_us)
            self._set_stage(Stage.ASKING)

    def _on_response(self, response: PromptResponse) -> None:
        if response.id != self._id:
            return
        if isinstance(response, PromptFailure):
            self.problem = response.reason
            self._id, self._asked = None, frozenset()
            self._set_stage(Stage.FAILED)
        elif isinstance(response, PromptProgress):
            self._take(response)
        else:
            self._set_stage(Stage.LOADING)

    def _take(self, progress: PromptProgress) -> None:
        answer = Answer(progress.detections, progress.curve, progress.covered_us, progress.done)
        if progress.done:
            self._asked -= {progress.spec}
        self._set_stage(Stage.READING if self._asked else Stage.IDLE)
        if not self._asked:
            self._id = None
        self._book.take(progress.spec, answer)

    def _set_stage(self, stage: Stage) -> None:
        if stage is not Stage.FAILED:
            self.problem = ""
        if stage is not self.stage or stage is Stage.FAILED:
            self.stage = stage
            self.stage_changed.emit()
