"""The thread that looks for shot changes, behind everything else that the program does."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.precedence import Rank, give_way
from app.timeline.shot_store import ShotStore
from app.view_state import ViewState
from app.worker import CancellableThread, Worker
from core_model.cache import content_hash
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo
from core_model.media.shots import shot_changes

# The first frame, its neighbours and the sound come first.
BEGIN_AFTER_MS = 1_000
# How long the search stands still after playback has run short of frames.
STAND_ASIDE_MS = 2_000


@dataclass(frozen=True, slots=True)
class ShotsFound:
    """All shot changes of ``path`` found so far, in microseconds, ascending."""

    path: Path
    times_us: tuple[int, ...]


class ShotThread(CancellableThread):
    """Searches one file; tells the shots that it has whenever there are more."""

    found = Signal(object)

    def __init__(self, path: Path, store: ShotStore, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("shot finder")
        self._path = path
        self._store = store
        self._cancelled = threading.Event()
        self._may_run = threading.Event()
        self._may_run.set()

    def cancel(self) -> None:
        """Stop at the next picture; returns at once."""
        self._cancelled.set()
        self._may_run.set()

    def stand_aside(self) -> None:
        """Stand still from the next picture on until :meth:`go_on`."""
        if not self._cancelled.is_set():
            self._may_run.clear()

    def go_on(self) -> None:
        """Search again."""
        self._may_run.set()

    def run(self) -> None:
        give_way(Rank.BACKGROUND)
        try:
            media_hash = content_hash(self._path)
            times_us = self._store.load(media_hash)
            if times_us is None:
                times_us = self._search()
                if not self._cancelled.is_set():
                    self._store.store(media_hash, times_us)
        except (MediaError, OSError):
            # A file without readable pictures has no shots; the player says what is wrong.
            return
        self.found.emit(ShotsFound(self._path, times_us))

    def _search(self) -> tuple[int, ...]:
        times_us: list[int] = []
        told = 0
        for news in shot_changes(self._path, cancelled=self._is_over):
            if isinstance(news, int):
                times_us.append(news)
            elif len(times_us) > told:
                told = len(times_us)
                self.found.emit(ShotsFound(self._path, tuple(times_us)))
        return tuple(times_us)

    def _is_over(self) -> bool:
        """Asked before each picture; answers once the search may go on."""
        self._may_run.wait()
        return self._cancelled.is_set()


class ShotFinder(QObject):
    """Keeps the view state's shot changes (``snap_times("shots")``) those of the open media."""

    def __init__(
        self,
        view_state: ViewState,
        parent: QObject | None = None,
        store: ShotStore | None = None,
    ) -> None:
        super().__init__(parent)
        self._view_state = view_state
        self._store = store or ShotStore()
        self._path: Path | None = None
        self._worker: Worker[ShotThread] = Worker(self)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(BEGIN_AFTER_MS)
        self._delay.timeout.connect(self._begin)
        self._aside = QTimer(self)
        self._aside.setSingleShot(True)
        self._aside.setInterval(STAND_ASIDE_MS)
        self._aside.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether a search waits or runs."""
        return self._delay.isActive() or self._worker.is_busy

    def set_media(self, info: MediaInfo | None) -> None:
        """Search this file soon; None and files without pictures are not searched."""
        self._worker.retire()
        self._path = info.path if info is not None and info.video is not None else None
        if self._path is None:
            self._delay.stop()
        else:
            self._delay.start()

    def stand_aside(self) -> None:
        """Playback runs short of frames: it gets the processor to itself for a while."""
        thread = self._worker.thread_now
        if thread is not None:
            thread.stand_aside()
            self._aside.start()

    def shutdown(self) -> None:
        """Cancel the search and wait until it has ended (a picture's time)."""
        self._delay.stop()
        self._aside.stop()
        self._worker.wait()

    def _begin(self) -> None:
        if self._path is None:
            return
        thread = ShotThread(self._path, self._store, self)
        thread.found.connect(self._take)
        self._worker.begin(thread, QThread.Priority.LowestPriority)

    def _go_on(self) -> None:
        if self._worker.thread_now is not None:
            self._worker.thread_now.go_on()

    def _take(self, found: ShotsFound) -> None:
        if found.path == self._path:
            self._view_state.set_snap_times("shots", found.times_us)
