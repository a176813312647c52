"""Writing a version into a file, and taking one in from a file, in a thread of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.models.shelf import ModelShelf, ModelVersion
from core_model.bundle_description import BundleError

BUNDLE_NAME = "model"


class ArchiveThread(QThread):
    """``told`` carries one line that says what became of it."""

    told = Signal(str)

    def __init__(
        self, shelf: ModelShelf, version: ModelVersion | None, file: Path, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.setObjectName("model archive")
        self._shelf = shelf
        self._version = version
        self._file = file

    def run(self) -> None:
        try:
            if self._version is None:
                self.told.emit(take_in_file(self._shelf, self._file))
            else:
                write_file(self._version, self._file)
                self.told.emit(f"{self._version.name} is in {self._file.name} now.")
        except BundleError as error:
            self.told.emit(str(error))


# What checks a bundle needs the model's library, which takes seconds to load: it is imported by
# the thread, and not with the window.


def write_file(version: ModelVersion, file: Path) -> None:
    """Write a version into a .zip file, in place of what is there. Raises BundleError."""
    from core_model.bundle_archive import export_bundle

    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        export_bundle(version.folder, part)
        part.replace(file)
    except OSError as error:
        raise BundleError(f"{file}: {error.strerror or error}") from error


def take_in_file(shelf: ModelShelf, file: Path) -> str:
    """Put what a .zip file holds on the shelf; says under which name. Raises BundleError."""
    from core_model.bundle_archive import import_bundle

    with shelf.draft() as draft:
        folder = draft / BUNDLE_NAME
        import_bundle(file, folder)
        version = shelf.take_in(folder)
    return f"{version.name} is here now. It is used when you say so."
