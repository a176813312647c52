"""The panel of thresholds: sliders of kinds, the list of labels, advice from decisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.panels.label_thresholds import LabelRow, bar_rect
from app.panels.threshold_panel import ThresholdPanel
from app.project.edits import AddVideos, ApplyRun, Decide, VideoFile
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import DARK, LIGHT
from app.window.annotation import Annotation
from core_model.timeline import Detection, Task
from training.annotations.model import State

FOUND = (
    Detection(Task.SED, "dog", 0, 1_000_000, 0.4),
    Detection(Task.SED, "bell", 1_000_000, 2_000_000, 0.6),
    Detection(Task.TAL, "archery", 2_000_000, 3_000_000, 0.9),
)
DOG = (Task.SED, "dog")


@pytest.fixture
def projects() -> Iterator[ProjectSession]:
    made = ProjectSession("anna")
    yield made
    made.close()


@pytest.fixture
def panel(qtbot: QtBot, projects: ProjectSession) -> Iterator[ThresholdPanel]:
    session, annotation = Session(), Annotation(projects)
    made = ThresholdPanel(session, annotation, DARK)
    made.session, made.annotation = session, annotation
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show()
    session.set_detections(FOUND)
    yield made
    made.shutdown()


def rows(panel: ThresholdPanel) -> list[LabelRow]:
    listed = panel.labels.rows
    return [listed.row_at(place) for place in range(listed.rowCount())]


def names(panel: ThresholdPanel) -> list[str]:
    return [row.key[1] for row in rows(panel)]


def chosen(panel: ThresholdPanel, qtbot: QtBot, label: str) -> None:
    qtbot.waitUntil(lambda: label in names(panel))
    panel.labels.setCurrentIndex(panel.labels.rows.index(names(panel).index(label)))


def test_labels_are_listed_by_name_and_can_be_searched(panel: ThresholdPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: names(panel) == ["archery", "bell", "dog"])
    panel.search.setText("BE")
    assert names(panel) == ["bell"]
    panel.search.setText("cat")
    assert not panel.labels.isVisible()
    panel.search.clear()
    assert names(panel) == ["archery", "bell", "dog"]
    panel.set_theme(LIGHT)
    panel.grab()


def test_keys_move_the_threshold_of_a_label_and_give_it_back(
    panel: ThresholdPanel, qtbot: QtBot
) -> None:
    chosen(panel, qtbot, "dog")
    qtbot.keyClick(panel.labels, Qt.Key.Key_Left)
    qtbot.keyClick(panel.labels, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert panel.session.label_threshold(DOG) == pytest.approx(0.39)
    assert "dog" in [found.label for found in panel.session.shown_detections()]
    assert panel.reset.isEnabled()
    qtbot.keyClick(panel.labels, Qt.Key.Key_Backspace)
    assert not panel.session.has_own_threshold(DOG)
    assert not panel.reset.isEnabled()


def test_a_drag_in_the_histogram_moves_the_threshold(panel: ThresholdPanel, qtbot: QtBot) -> None:
    chosen(panel, qtbot, "dog")
    view = panel.labels
    bars = bar_rect(view.visualRect(view.currentIndex()))
    view_port, y_px = view.viewport(), round(bars.center().y())
    start = QPoint(round(bars.left() + bars.width() * 0.8), y_px)
    qtbot.mousePress(view_port, Qt.MouseButton.LeftButton, pos=start)
    assert panel.session.label_threshold(DOG) == pytest.approx(0.8, abs=0.02)
    qtbot.mouseMove(view_port, QPoint(round(bars.left() + bars.width() * 0.25), y_px))
    assert panel.session.label_threshold(DOG) == pytest.approx(0.25, abs=0.02)
    qtbot.mouseMove(view_port, QPoint(round(bars.right()) + 200, y_px))
    assert panel.session.label_threshold(DOG) == 1.0
    qtbot.mouseRelease(view_port, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseDClick(view_port, Qt.MouseButton.LeftButton, pos=start)
    assert not panel.session.has_own_threshold(DOG)


def test_everything_goes_back_with_one_button(panel: ThresholdPanel, qtbot: QtBot) -> None:
    panel.session.set_threshold(Task.TAL, 0.1)
    panel.session.set_label_threshold(DOG, 0.9)
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.session.threshold(Task.TAL) == panel.session.suggested_threshold(Task.TAL)
    assert not panel.session.has_own_threshold(DOG)


def test_decisions_of_the_project_suggest_a_threshold(
    panel: ThresholdPanel, projects: ProjectSession, qtbot: QtBot, tmp_path: Path
) -> None:
    finds = tuple(
        Detection(Task.SED, "dog", place * 10, place * 10 + 5, place / 20) for place in range(20)
    )
    projects.create(tmp_path / "study.avscope")
    projects.perform(AddVideos((VideoFile("video.mp4"),)))
    projects.perform(ApplyRun(1, "starter", "1", finds))
    qtbot.waitUntil(lambda: not projects.is_busy)
    panel.annotation.set_video(1)
    columns = panel.annotation.columns
    assert columns is not None
    for state, is_meant in (
        (State.ACCEPTED, columns.scores >= 0.6),
        (State.REJECTED, columns.scores < 0.4),
    ):
        panel.annotation.perform(Decide(tuple(columns.ids[is_meant].tolist()), state))
    expected = "0.48 · 90 % right of 16 decided"
    qtbot.waitUntil(lambda: expected in [row.advice.text for row in rows(panel)])
    use = [b for b in panel.findChildren(QPushButton) if b.text() == "Use" and b.isVisible()]
    qtbot.mouseClick(use[0], Qt.MouseButton.LeftButton)
    assert panel.session.threshold(Task.SED) == 0.48
    panel.labels.setCurrentIndex(panel.labels.rows.index(0))
    qtbot.keyClick(panel.labels, Qt.Key.Key_S)
    assert panel.session.has_own_threshold(DOG)
