"""A dialog that asks threads: only the answer to its newest question counts."""

from __future__ import annotations

from PySide6.QtCore import QThread
from PySide6.QtWidgets import QWidget

from app.dialogs.form import Form


class AskingForm(Form):
    """Keeps the threads until they end. Call :meth:`shutdown` before it goes."""

    def __init__(self, parent: QWidget, title: str, size_px: tuple[int, int]) -> None:
        super().__init__(parent, title, size_px)
        self._number = 0
        self._threads: list[QThread] = []

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self.let_go()
        for thread in self._threads:
            thread.wait()

    def let_go(self) -> None:
        """No answer that is still to come counts any more."""
        self._number += 1
        for thread in self._threads:
            thread.requestInterruption()

    def done(self, result: int) -> None:
        """However it is closed, it waits for nothing any more."""
        self.let_go()
        super().done(result)

    def _run(self, thread: QThread) -> None:
        thread.finished.connect(self._forget_finished)
        self._threads.append(thread)
        thread.start(QThread.Priority.LowPriority)

    def _forget_finished(self) -> None:
        for thread in [each for each in self._threads if each.isFinished()]:
            self._threads.remove(thread)
            thread.deleteLater()
