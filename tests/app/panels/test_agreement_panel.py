"""Two annotators of a real project, compared in the panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from app.panels.agreement_panel import STALE, AgreementPanel
from app.panels.agreement_work import TOO_FEW
from app.project.edits import AddSegment, ImportAnnotations
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.window.annotation import Annotation
from core_model.timeline import Task
from training.annotations import model
from training.annotations.agreement import Disagreement
from training.annotations.agreement.disagreements import Difference

S = 1_000_000
ANNA = (("dog", 1 * S, 2 * S), ("dog", 5 * S, 6 * S), ("speech", 8 * S, 9 * S))
BEN = (("dog", 1 * S + 200_000, 2 * S), ("dog", 5 * S + 800_000, 7 * S))


def events(who: str, rows: tuple[tuple[str, int, int], ...]) -> model.AnnotationSet:
    segments = tuple(model.Segment("clip.mp4", Task.SED, *row, annotator=who) for row in rows)
    return model.AnnotationSet((model.Video("clip.mp4", 10 * S),), (), segments)


@pytest.fixture
def annotation(tmp_path: Path, qtbot: QtBot) -> Iterator[Annotation]:
    project = Project.create(tmp_path / "study.avscope", "ben")
    project.perform(ImportAnnotations(events("anna", ANNA), "anna.json"))
    project.perform(ImportAnnotations(events("ben", BEN), "ben.json"))
    project.close()
    projects = ProjectSession("ben")
    projects.open(tmp_path / "study.avscope")
    qtbot.waitUntil(lambda: projects.project is not None)
    made = Annotation(projects)
    made.set_video(1)
    yield made
    projects.close()


@pytest.fixture
def panel(annotation: Annotation, qtbot: QtBot) -> Iterator[AgreementPanel]:
    made = AgreementPanel(annotation)
    qtbot.addWidget(made)
    made.resize(480, 500)
    made.show()
    qtbot.waitUntil(lambda: made.figures.rowCount() > 0)
    yield made
    made.shutdown()


def figures(panel: AgreementPanel) -> list[tuple[str, ...]]:
    return [panel.figures.cells(row) for row in range(panel.figures.rowCount())]


def test_the_author_is_compared_with_the_other(panel: AgreementPanel) -> None:
    assert [box.currentData() for box in panel._people] == ["ben", "anna"]
    overall, *labels = figures(panel)
    assert overall[:5] == ("All labels", "", "2", "3", "1")
    assert {row[0]: row[6] for row in labels} == {"dog": "0.50", "speech": "0.00"}
    assert "within 0.5 s" in panel._note.text()


def test_a_wider_collar_matches_more(panel: AgreementPanel, qtbot: QtBot) -> None:
    panel._collar.setValue(1.0)
    qtbot.waitUntil(lambda: figures(panel)[0][4] == "2")
    assert "within 1 s" in panel._note.text()


def test_the_sides_can_be_changed(panel: AgreementPanel, qtbot: QtBot) -> None:
    for box, name in zip(panel._people, ("anna", "ben"), strict=True):
        box.setCurrentIndex(box.findData(name))
    panel._people[0].activated.emit(0)
    qtbot.waitUntil(lambda: figures(panel)[0][2:4] == ("3", "2"))


def test_a_label_filters_the_disagreements_and_a_click_plays_one(
    panel: AgreementPanel, qtbot: QtBot
) -> None:
    assert panel.differences.rowCount() == 2
    labels = [row[0] for row in figures(panel)]
    panel._figure_view.selectRow(labels.index("speech"))
    assert panel.differences.rowCount() == 1
    view = next(v for v in panel.findChildren(QTableView) if v.model() is panel.differences)
    place = view.visualRect(panel.differences.index(0, 1)).center()
    with qtbot.waitSignal(panel.play_asked) as asked:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args is not None
    found = asked.args[0]
    assert isinstance(found, Disagreement)
    assert (found.what, found.onset_us) == (Difference.ONLY_SECOND, 8 * S)
    assert panel.differences.cells(0)[1:4] == ("only B", "", "speech")


def test_after_an_edit_it_says_that_it_is_old(
    panel: AgreementPanel, annotation: Annotation, qtbot: QtBot
) -> None:
    annotation.perform(AddSegment(1, Task.SED, "speech", 8 * S, 9 * S))
    assert panel._note.text() == STALE
    panel.compare()
    qtbot.waitUntil(lambda: figures(panel)[0][4] == "2")


def test_one_annotator_alone_is_told_so(tmp_path: Path, qtbot: QtBot) -> None:
    projects = ProjectSession("anna")
    assert projects.create(tmp_path / "alone.avscope")
    panel = AgreementPanel(Annotation(projects))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel._hint.text() == TOO_FEW)
    panel.shutdown()
    projects.close()
