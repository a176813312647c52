"""Writing a project's annotations for other programs, in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.headless.export_annotations import annotations_of
from app.project.errors import EditError, ProjectError
from training.annotations.errors import AnnotationError
from training.annotations.interchange import FORMATS, Loss, encode, write_all
from training.annotations.model import AnnotationSet, State


@dataclass(frozen=True, slots=True)
class ExportQuestion:
    """What of a project is to be written, and where; ``out`` None only asks what would be lost.

    ``video`` is a path as the project has it, ``annotator`` a name; None for all of them.
    """

    number: int
    project: Path
    format_name: str
    video: str | None = None
    annotator: str | None = None
    with_undecided: bool = True
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class ExportAnswer:
    """How much there is, who annotated, what the format does not keep, and the files written; or
    in ``problem`` why nothing was.
    """

    question: ExportQuestion
    events: int = 0
    videos: int = 0
    people: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    files: tuple[Path, ...] = ()
    problem: str = ""


class ExportThread(QThread):
    """Answers one question; ``answered(ExportAnswer)``."""

    answered = Signal(object)

    def __init__(self, question: ExportQuestion, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self._question = question

    def run(self) -> None:
        self.answered.emit(export(self._question))


def export(question: ExportQuestion) -> ExportAnswer:
    """Read the project through a connection of its own; write, or see what would be lost."""
    try:
        document = annotations_of(question.project)
        people = tuple(sorted({each.annotator for each in document.segments} - {""}))
        document = chosen(document, question)
        if question.out is None:
            losses, files = _losses(document, question.format_name), ()
        else:
            written = write_all(document, question.format_name, question.out)
            losses, files = _summed(list(written.values())), tuple(written)
    except (ProjectError, EditError, AnnotationError) as error:
        return ExportAnswer(question, problem=str(error))
    events, videos = len(document.segments), len(document.videos)
    return ExportAnswer(question, events, videos, people, losses, files)


def chosen(document: AnnotationSet, question: ExportQuestion) -> AnnotationSet:
    """The part of the annotations that is asked for."""
    if question.video is not None:
        document = document.of_video(question.video)
    segments = tuple(
        each
        for each in document.segments
        if question.annotator in (None, each.annotator)
        and (question.with_undecided or each.state is not State.UNDECIDED)
    )
    return replace(document, segments=segments)


def _losses(document: AnnotationSet, format_name: str) -> tuple[Loss, ...]:
    if not FORMATS[format_name].single or len(document.videos) == 1:
        return encode(document, format_name)[1]
    parts = [document.of_video(video.name) for video in document.videos]
    return _summed([encode(part, format_name)[1] for part in parts])


def _summed(of_files: list[tuple[Loss, ...]]) -> tuple[Loss, ...]:
    total: dict[str, Loss] = {}
    for loss in (each for losses in of_files for each in losses):
        before = total.get(loss.what)
        total[loss.what] = (
            loss if before is None else replace(before, count=before.count + loss.count)
        )
    return tuple(total.values())
