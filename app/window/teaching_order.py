"""Which undecided finds of the open video teach most, asked of the worker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs.requests import ReviewOrder
from app.jobs.runner import JobRunner
from app.window.triage_queue import Undecided

EXPLAINED = "Finds of which the model is unsure and that are unlike each other come first"
ASKED = "Comparing the finds with each other: until then the most uncertain come first"
UNKNOWN = "This video is not encoded yet, so the most uncertain finds come first"


class TeachingOrder(QObject):
    """Asks when told to and keeps the newest answer; ``changed`` when there is one."""

    changed = Signal()

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._asked: tuple[Path, frozenset[int]] | None = None
        self._awaited: int | None = None
        self._ids: np.ndarray | None = None
        runner.review_ordered.connect(self._on_answer)

    @property
    def ids(self) -> np.ndarray | None:
        """Ids of finds, those that teach most in front; None where nothing is known."""
        return self._ids

    @property
    def about(self) -> str:
        """One line for people: how finds are ordered now."""
        if self._awaited is not None:
            return ASKED
        return EXPLAINED if self._asked is None or self._ids is not None else UNKNOWN

    def ask(self, path: Path, finds: Undecided) -> None:
        """Ask for the order of these finds of a file, unless it is known, or nearly: finds that
        were decided meanwhile change nothing."""
        ids = frozenset(finds.ids.tolist())
        is_known = self._awaited is not None or self._ids is not None
        if is_known and self._asked and self._asked[0] == path and ids <= self._asked[1]:
            return
        self._asked, self._ids = (path, ids), None
        self._awaited = self._runner.ask_review_order(
            path, finds.ids, finds.kinds, finds.label_ids, finds.spans_us, finds.doubts
        )

    def _on_answer(self, answer: object) -> None:
        if self._awaited is None or getattr(answer, "id", None) != self._awaited:
            return
        self._awaited = None
        self._ids = answer.ids if isinstance(answer, ReviewOrder) else None
        self.changed.emit()
