"""Reading files of annotations for the import, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.headless.export_annotations import annotations_of
from app.headless.import_annotations import with_names_of
from app.project.errors import ProjectError
from app.project.project import SUFFIX
from training.annotations.errors import AnnotationError
from training.annotations.interchange import FORMATS, Loss, Options, read
from training.annotations.model import AnnotationSet

PROJECT_TITLE = "AVScope project"


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """Which files, read as what. ``folder`` is where the project's videos lie, ``known`` are
    their names in the project.
    """

    number: int
    files: tuple[Path, ...]
    format_name: str | None
    options: Options
    folder: Path | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file holds, or in ``problem`` why it cannot be read."""

    path: Path
    annotations: AnnotationSet = field(default_factory=AnnotationSet)
    losses: tuple[Loss, ...] = ()
    format_title: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """All files of a question; ``missing`` are the videos that are neither in the project nor
    beside it.
    """

    question: ImportQuestion
    files: tuple[FileReading, ...]
    missing: tuple[str, ...]


class ReadThread(QThread):
    """Reads file by file. ``progressed(number, done)``, then ``answered(ImportAnswer)``."""

    progressed = Signal(int, int)
    answered = Signal(object)

    def __init__(self, question: ImportQuestion, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self._question = question

    def run(self) -> None:
        answer = read_files(self._question, self.isInterruptionRequested, self._tell)
        if answer is not None:
            self.answered.emit(answer)

    def _tell(self, done: int) -> None:
        self.progressed.emit(self._question.number, done)


def read_files(
    question: ImportQuestion, cancelled: Callable[[], bool], tell: Callable[[int], None]
) -> ImportAnswer | None:
    """The answer, or None once ``cancelled``; ``tell`` is called with the number of files read."""
    files: list[FileReading] = []
    for path in question.files:
        if cancelled():
            return None
        files.append(_read(path, question))
        tell(len(files))
    known = set(question.known)
    names = {video.name for file in files for video in file.annotations.videos} - known
    missing = sorted(name for name in names if not _is_there(question.folder, name))
    return ImportAnswer(question, tuple(files), tuple(missing))


def _read(path: Path, question: ImportQuestion) -> FileReading:
    try:
        if path.suffix == SUFFIX:
            document, losses, title = annotations_of(path), (), PROJECT_TITLE
        else:
            reading = read(path, question.format_name, question.options)
            document, losses = reading.annotations, reading.losses
            title = FORMATS[reading.format].title
    except (AnnotationError, ProjectError) as error:
        return FileReading(path, problem=str(error))
    return FileReading(path, with_names_of(document, question.known), losses, title)


def _is_there(folder: Path | None, name: str) -> bool:
    return folder is not None and (folder / name).is_file()
