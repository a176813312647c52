"""The open video as two models see it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.improve.changes import Change, changes, visible
from app.jobs.requests import DetectFailure, DetectProgress, DetectResponse, ModelReplaced
from app.jobs.runner import JobRunner
from core_model.bundle_description import BundleError, read_description
from core_model.timeline import Detection


class Comparison(QObject):
    """``changed``: read ``found`` and ``problem`` again. Call :meth:`shutdown` at the end.

    It has a worker of its own, only as long as it compares. What was encoded for one model is
    there for the other where their encoders are the same.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._runner: JobRunner | None = None
        self._ended: list[JobRunner] = []
        self._path = Path()
        self._bundles: tuple[Path, Path] = (Path(), Path())
        self._lists: list[tuple[Detection, ...]] = []
        self.found: tuple[Change, ...] | None = None
        self.problem = ""

    @property
    def is_running(self) -> bool:
        return self._runner is not None

    def start(self, path: Path, before: Path, after: Path) -> None:
        """Look for events in a file with the models in two folders."""
        self._end()
        self._path, self._bundles = path, (before, after)
        self._lists, self.found, self.problem = [], None, ""
        self._runner = JobRunner(self)
        self._runner.responded.connect(self._on_response)
        self._ask()
        self.changed.emit()

    def forget(self) -> None:
        """Stop comparing; nothing is known any more."""
        self._end()
        self.found, self.problem = None, ""
        self.changed.emit()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Join the worker; False if it still runs after ``patience_s``."""
        self._end()
        ended = [runner.shutdown(patience_s) for runner in self._ended]
        return all(ended)

    def _ask(self) -> None:
        if self._runner is not None:
            self._runner.set_bundle(self._bundles[len(self._lists)])
            self._runner.detect(self._path)

    def _on_response(self, response: DetectResponse) -> None:
        if isinstance(response, DetectFailure | ModelReplaced):
            self._finish(response.reason)
        elif isinstance(response, DetectProgress) and response.done:
            self._lists.append(response.detections)
            if len(self._lists) == len(self._bundles):
                self._compare()
            else:
                self._ask()

    def _compare(self) -> None:
        try:
            before, after = (
                visible(found, read_description(folder))
                for found, folder in zip(self._lists, self._bundles, strict=True)
            )
        except BundleError as error:
            self._finish(str(error))
            return
        self.found = changes(before, after)
        self._finish("")

    def _finish(self, problem: str) -> None:
        self.problem = problem
        self._end()
        self.changed.emit()

    def _end(self) -> None:
        """Let the worker end by itself: nobody waits for it before the window closes."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.stop()
            self._ended = [each for each in self._ended if not each.shutdown(0)]
            self._ended.append(runner)
