"""The thread that counts a file's frames, so that each can be called by its number."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.precedence import Rank, give_way
from core_model.media.errors import MediaError
from core_model.media.index import FrameIndex, index_frames


class _SupersededError(Exception):
    """Another file is wanted, or none."""


class FrameNumbers(QObject):
    """Reads the frame index of one file at a time; ``index`` is None until it is known.

    ``index_ready`` carries the FrameIndex of the newest file asked for.
    """

    index_ready = Signal(object)
    _found = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.index: FrameIndex | None = None
        self._serial = 0
        self._threads: list[threading.Thread] = []
        self._found.connect(self._on_found)

    def read(self, path: Path | None) -> None:
        """Forget the last index and read that of ``path``; None reads nothing."""
        self._serial += 1
        self.index = None
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if path is not None:
            thread = threading.Thread(
                target=self._work, args=(self._serial, path), name="frame numbers"
            )
            self._threads.append(thread)
            thread.start()

    def number_at(self, time_us: int) -> int | None:
        """The number of the frame shown at a moment; None while frames are not counted."""
        return None if self.index is None else self.index.number_at(time_us)

    def began_us(self, time_us: int) -> int | None:
        """When the frame shown at a moment begins; None while frames are not counted."""
        return None if self.index is None else self.index.time_us(self.index.number_at(time_us))

    def key_us(self, time_us: int) -> int | None:
        """When the key frame before a moment is shown; None while frames are not counted."""
        if self.index is None:
            return None
        return self.index.time_us(self.index.keyframe_before(self.index.number_at(time_us)))

    def shutdown(self) -> None:
        """Give up reading and join the threads."""
        self.read(None)
        for thread in self._threads:
            thread.join()

    def _work(self, serial: int, path: Path) -> None:
        def give_up_if_superseded(_part_done: float) -> None:
            if serial != self._serial:
                raise _SupersededError

        give_way(Rank.PLAYBACK)
        try:
            index = index_frames(path, give_up_if_superseded)
        except (_SupersededError, MediaError):
            # A file that plays without an index plays without frame numbers.
            return
        self._found.emit(serial, index)

    def _on_found(self, serial: int, index: FrameIndex) -> None:
        if serial == self._serial:
            self.index = index
            self.index_ready.emit(index)
