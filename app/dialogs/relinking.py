"""Looking for videos that are not where they were, in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.project.edits import VideoFile
from app.project.errors import ProjectError
from app.project.places import Sought, describe, find_moved


@dataclass(frozen=True, slots=True)
class Found:
    """Missing videos that were found: (id, file as the project keeps it, path); how many are
    missing still.
    """

    files: tuple[tuple[int, VideoFile, Path], ...]
    missing: int
    problem: str = ""


class RelinkThread(QThread):
    """Searches ``place``, a folder, or takes it for the one video sought; ``found(Found)``."""

    found = Signal(object)

    def __init__(
        self, sought: tuple[Sought, ...], folder: Path, place: Path, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.setObjectName("relink")
        self._sought = sought
        self._folder = folder
        self._place = place

    def run(self) -> None:
        self.found.emit(self._search())

    def _search(self) -> Found:
        """The videos are looked at here, too: whether a file is there may take a network's time."""
        if self._place.is_file():
            pairs = [(self._sought[0].video.id, self._place)]
            return self._described(pairs, 1)
        missing = [each.video for each in self._sought if each.found() is None]
        pairs = list(find_moved(missing, self._place, self.isInterruptionRequested))
        return self._described(pairs, len(missing))

    def _described(self, pairs: list[tuple[int, Path]], missing: int) -> Found:
        try:
            files = tuple((i, describe(path, self._folder), path) for i, path in pairs)
        except ProjectError as error:
            return Found((), missing, str(error))
        return Found(files, missing - len(files))
