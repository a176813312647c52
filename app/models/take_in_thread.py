"""Putting what a training made on the shelf, in a thread: its files are read whole for its name."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.models.shelf import ModelShelf
from core_model.bundle_description import BundleError


class TakeInThread(QThread):
    """``taken`` carries the ModelVersion, or in one line the reason why it is none."""

    taken = Signal(object)

    def __init__(self, shelf: ModelShelf, draft: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("model shelf")
        self._shelf = shelf
        self._draft = draft

    def run(self) -> None:
        try:
            self.taken.emit(self._shelf.take_in(self._draft))
        except BundleError as error:
            self.taken.emit(str(error))
