"""Comparing two annotators of a project, in a thread of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from app.project.errors import ProjectError
from app.project.project import Project
from core_model.timeline import US_PER_S
from training.annotations.agreement import (
    Agreement,
    Disagreement,
    agreement,
    disagreements,
    of_annotator,
)
from training.annotations.model import AnnotationSet

# One decision of Cohen's kappa, and one cell of segment F1.
UNIT_US = 100_000
SEGMENT_US = US_PER_S
TOO_FEW = "Two people must have annotated before they can be compared."


@dataclass(frozen=True, slots=True)
class Question:
    """Who is to be compared, how exactly; without names ``author`` and who did most beside."""

    number: int
    project: Path
    names: tuple[str, str] | None
    collar_us: int
    author: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer: who there is, with their numbers of events, who was compared, and either
    ``figures`` with all ``differences`` and both ``sides`` or, in one line, the ``reason`` why
    there are none.
    """

    question: Question
    people: tuple[tuple[str, int], ...] = ()
    names: tuple[str, str] | None = None
    figures: Agreement | None = None
    differences: tuple[Disagreement, ...] = ()
    reason: str = ""
    sides: tuple[AnnotationSet, AnnotationSet] | None = None


class CompareThread(QThread):
    """Answers one question; ``compared`` carries the Comparison."""

    compared = Signal(object)

    def __init__(self, question: Question, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("agreement")
        self._question = question

    def run(self) -> None:
        self.compared.emit(compare(self._question))


def compare(question: Question) -> Comparison:
    """Read the project through a connection of its own, and compare."""
    try:
        project = Project.open(question.project, "", read_only=True)
        try:
            annotations = project.annotations()
        finally:
            project.close()
    except ProjectError as error:
        return Comparison(question, reason=str(error))
    people = tuple(_people(annotations))
    known = [name for name, _count in people]
    names = question.names
    if names is None or not set(names) <= set(known):
        if len(known) < 2:
            return Comparison(question, people, reason=TOO_FEW)
        # Stable: the author first, the others as busy as they are.
        first_name, second_name, *_ = sorted(known, key=lambda name: name != question.author)
        names = (first_name, second_name)
    first, second = (of_annotator(annotations, name) for name in names)
    try:
        figures = agreement(
            first,
            second,
            collar_us=question.collar_us,
            unit_us=UNIT_US,
            segment_us=SEGMENT_US,
        )
    except ValueError as error:
        return Comparison(question, people, names, reason=f"Not to be compared: {error}.")
    differences = disagreements(first, second, collar_us=question.collar_us)
    return Comparison(question, people, names, figures, differences, sides=(first, second))


def _people(annotations: AnnotationSet) -> list[tuple[str, int]]:
    """Everybody who made or decided an event, the busiest first."""
    return Counter(each.annotator for each in annotations.segments if each.annotator).most_common()
