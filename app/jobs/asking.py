"""A second worker thread: questions about files are answered while a detection runs.

Questions of each kind are served one at a time, the newest only; those of different kinds take
turns, so that a search through many files does not hold up a prompt.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.jobs.requests import (
    LabelCurves,
    MomentsFound,
    PromptFailure,
    PromptProgress,
    PromptRequest,
    Question,
    ReviewOrder,
    WhyAnswer,
)

if TYPE_CHECKING:
    from app.jobs.engine import QuestionEngine


class Questions(QObject):
    """Takes questions in the main thread, has them answered, and hands the answers on there.

    ``answered`` carries the question and a response to it, as long as it is the newest of its
    kind and was not cancelled.
    """

    answered = Signal(object, object)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._condition = threading.Condition()
        self._newest_id = 0
        self._waiting: dict[type, Question] = {}
        self._wanted: dict[type, Question] = {}
        self._left: dict[type, int] = {}
        self._engine: QuestionEngine | None = None
        self._closing = False
        self._thread: threading.Thread | None = None
        self._arrived.connect(self._on_arrived)

    def next_id(self) -> int:
        """A number for a question, greater than all before."""
        self._newest_id += 1
        return self._newest_id

    def ask(self, question: Question) -> None:
        """Have a question answered in the place of any other of its kind."""
        kind = type(question)
        with self._condition:
            self._waiting[kind] = self._wanted[kind] = question
            self._left[kind] = len(question.specs) if isinstance(question, PromptRequest) else 1
            self._condition.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="questions")
            self._thread.start()

    def is_asked(self, kind: type) -> bool:
        """Whether a question of a kind is neither answered nor cancelled."""
        return kind in self._wanted

    def cancel(self, kind: type) -> None:
        """Want no more answers to questions of a kind."""
        with self._condition:
            self._waiting.pop(kind, None)
            self._wanted.pop(kind, None)

    def begin(self, engine: QuestionEngine) -> None:
        """The model is there. Called by the thread that loaded it."""
        with self._condition:
            self._engine = engine
            self._condition.notify_all()

    def stop(self) -> None:
        """Cancel everything and let the thread end by itself."""
        with self._condition:
            self._closing = True
            self._waiting.clear()
            self._wanted.clear()
            self._condition.notify_all()

    def join(self, patience_s: float | None = None) -> bool:
        """Wait for the thread after :meth:`stop`; False if it still runs after ``patience_s``."""
        if self._thread is not None:
            self._thread.join(patience_s)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        running: dict[type, tuple[Question, Generator[Any, None, None]]] = {}
        while (engine := self._await_work(idle=not running)) is not None:
            for question in self._take_waiting():
                responses = engine.serve(question, lambda asked=question: self._is_stale(asked))
                if (older := running.pop(type(question), None)) is not None:
                    older[1].close()
                running[type(question)] = (question, responses)
            for kind, (question, responses) in list(running.items()):
                try:
                    response = next(responses)
                except StopIteration:
                    del running[kind]
                    continue
                if response is not None:
                    self._arrived.emit(question, response)
        for _, responses in running.values():
            responses.close()

    def _await_work(self, *, idle: bool) -> QuestionEngine | None:
        """The engine once there is something to do; None when the thread has to end."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._closing or (self._engine and (self._waiting or not idle))
            )
            return None if self._closing else self._engine

    def _take_waiting(self) -> list[Question]:
        with self._condition:
            taken = list(self._waiting.values())
            self._waiting.clear()
            return taken

    def _is_stale(self, question: Question) -> bool:
        return self._wanted.get(type(question)) is not question

    def _on_arrived(self, question: Question, response: object) -> None:
        if self._is_stale(question):
            return
        kind = type(question)
        if isinstance(response, PromptFailure):
            self._left[kind] = 0
        elif isinstance(response, MomentsFound | ReviewOrder | WhyAnswer | LabelCurves) or (
            isinstance(response, PromptProgress) and response.done
        ):
            self._left[kind] -= 1
        if self._left[kind] == 0:
            self._wanted.pop(kind)
        self.answered.emit(question, response)
