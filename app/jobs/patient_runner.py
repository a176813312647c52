"""A runner for work that can wait: it stands still whenever something more urgent is under way."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject

from app.jobs.runner import JobRunner

# How soon a worker that stands still notices that nobody wants its work any more.
LOOK_EVERY_S = 0.1


class PatientRunner(JobRunner):
    """Has a thread and a model of its own, so that it can be held in the middle of a file.

    The worker asks before each layer of a network whether to go on. While it is held, it is not
    answered: what it has done so far is kept, and takes no processor time.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    @property
    def is_held(self) -> bool:
        return not self._may_go_on.is_set()

    def hold(self, on: bool) -> None:
        """Stand still, or go on."""
        if on:
            self._may_go_on.clear()
        else:
            self._may_go_on.set()

    def _must_stop(self, request_id: int) -> bool:
        while not super()._must_stop(request_id):
            if self._may_go_on.wait(LOOK_EVERY_S):
                return super()._must_stop(request_id)
        return True
