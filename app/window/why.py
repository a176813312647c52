"""Asks the model why something was found, and shows the answer beside it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint

from app.jobs.requests import PromptFailure, TextModelLoading, WhyResponse
from app.jobs.runner import JobRunner
from app.panels.why_popup import WhyPopup
from app.session import Session
from app.window.find_at import Found


class Why(QObject):
    """One question at a time; an answer to an earlier one is not shown."""

    def __init__(self, popup: WhyPopup, runner: JobRunner, session: Session) -> None:
        super().__init__(runner)
        self._popup = popup
        self._runner = runner
        self._session = session
        self._id: int | None = None
        runner.why_answered.connect(self._on_response)

    def ask(self, found: Found, corner: QPoint) -> None:
        """Open the answer at a global point."""
        media = self._session.media
        if media is None:
            return
        self._popup.open_for(found.detection, corner)
        self._id = self._runner.ask_why(media.path, found.detection, found.spec)

    def _on_response(self, response: WhyResponse) -> None:
        if response.id != self._id or isinstance(response, TextModelLoading):
            return
        if isinstance(response, PromptFailure):
            self._popup.show_problem(response.reason)
        else:
            self._popup.show_answer(response)
