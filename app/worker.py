"""One thread at work, and those before it that were told to stop and have not ended yet."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThread


class CancellableThread(QThread):
    """A thread that can be told to stop."""

    def cancel(self) -> None:
        """Ask it to stop soon; returns at once."""
        raise NotImplementedError


ThreadT = TypeVar("ThreadT", bound=CancellableThread)


class Worker(QObject, Generic[ThreadT]):
    """Owns threads of one sort, of which only the last one begun is of interest.

    No Qt thread may go while it runs: those that are retired are kept until they have ended.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.thread_now: ThreadT | None = None
        self.is_busy = False
        self._retired: list[ThreadT] = []

    def begin(self, thread: ThreadT, priority: QThread.Priority) -> None:
        """Retire what is at work and start this."""
        self.retire()
        self.thread_now = thread
        self.is_busy = True
        thread.finished.connect(self._on_finished)
        thread.start(priority)

    def retire(self) -> ThreadT | None:
        """Cancel what is at work; returns it, if there was any, finished or not."""
        thread, self.thread_now = self.thread_now, None
        self.is_busy = False
        if thread is not None:
            thread.cancel()
            self._retired.append(thread)
            self._let_go()
        return thread

    def wait(self) -> list[ThreadT]:
        """Cancel and wait until every thread has ended; returns those that had not before."""
        self.retire()
        ended, self._retired = self._retired, []
        for thread in ended:
            thread.wait()
        return ended

    def _on_finished(self) -> None:
        if self.thread_now is not None and self.thread_now.isFinished():
            self.is_busy = False
        self._let_go()

    def _let_go(self) -> None:
        for thread in [each for each in self._retired if each.isFinished()]:
            self._retired.remove(thread)
            thread.deleteLater()
