"""A model is improved in the real window: plan, training, result, use, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.improve.improvement import Stage
from app.jobs import engine
from app.main_window import MainWindow
from app.models import shelf
from app.models.shelf import STARTER_ID
from app.panels.improve.dialog import ImproveDialog
from app.project.edits import AddSegment
from app.project.project import Project
from app.theme import LIGHT
from app.window import detection
from core_model.timeline import Detection, Task
from tests.app.improve.scripted_child import DONE, USUAL, scripted, step
from tests.media_factory import Audio, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]

MODEL_WAIT_MS = 60_000


@pytest.fixture
def window(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    tiny_kinds: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    for module in (engine, detection, shelf):
        monkeypatch.setattr(module, "starter_folder", lambda: bundle)
    made = make_window(qapp)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    return make_tiny_bundle(tmp_path / "trained", seed=5, name="study r4")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = Project.create(tmp_path / "study.avscope", "anna")
    for name in ("a.wav", "b.wav"):
        write_media(tmp_path / name, audio=Audio(((0.0, 4.0 + (name == "b.wav")),)))
        video, _ = made.add_video(tmp_path / name, duration_us=4_000_000)
        for onset_us in (0, 2_000_000):
            made.perform(AddSegment(video.id, Task.SED, "kettle", onset_us, onset_us + 900_000))
    made.close()
    return made.path


def opened(window: MainWindow, qtbot: QtBot, project: Path) -> None:
    window.projects.files.open(project)
    qtbot.waitUntil(lambda: window.session.media is not None)
    looked(window, qtbot)


def looked(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until events have been found and are in the project."""
    projects = window.annotation.projects
    qtbot.waitUntil(lambda: not window.detection.is_running, timeout=MODEL_WAIT_MS)
    qtbot.waitUntil(lambda: not projects.is_busy)


def improving(window: MainWindow, qtbot: QtBot) -> ImproveDialog:
    window.actions_by_id["improve_model"].trigger()
    improvement = window.models.improvement
    qtbot.waitUntil(lambda: improvement.stage is Stage.PLANNED, timeout=MODEL_WAIT_MS)
    assert window.models.improve is not None
    return window.models.improve


def model_events(window: MainWindow) -> list[tuple[int, int, int, float | None, str]]:
    """What the newest run found in the open video, with its model."""
    columns, document = window.annotation.columns, window.annotation.projects.document
    assert columns is not None and document is not None
    segments = [columns.segment(row) for row in range(len(columns))]
    return [
        (s.label_id, s.onset_us, s.offset_us, s.score, document.runs[s.run_id].model)
        for s in segments
        if s.run_id is not None
    ]


def test_from_corrections_to_a_model_in_use_and_back(
    window: MainWindow, qtbot: QtBot, project: Path, trained: Path
) -> None:
    room = window.models
    room.improvement._command = scripted(*USUAL, DONE, source=trained)
    opened(window, qtbot, project)
    by_starter = model_events(window)
    assert by_starter and {each[-1] for each in by_starter} == {"tiny"}
    dialog = improving(window, qtbot)
    assert "kettle" in dialog.plan_page.text and dialog.start.isVisible()
    dialog.start.click()
    assert dialog.cancel.isVisible() and not dialog.start.isVisible()
    qtbot.waitUntil(lambda: room.improvement.stage is Stage.DONE, timeout=MODEL_WAIT_MS)
    assert dialog.result_page.figures.rowCount() == 2
    qtbot.waitUntil(lambda: not room.comparison.is_running, timeout=MODEL_WAIT_MS)
    assert room.comparison.found is not None and room.comparison.problem == ""
    assert room.active.version.id == STARTER_ID
    window.looks.set_theme(LIGHT)
    dialog.use.click()
    assert not dialog.isVisible()
    looked(window, qtbot)
    assert room.active.version.name == "study r4"
    assert window.status.model_text.startswith("study r4")
    by_trained = model_events(window)
    assert by_trained != by_starter and {each[-1] for each in by_trained} == {"study"}
    # All videos are offered to be looked at again, and what was drawn is still there.
    assert "study r4 is used from now on." in window.messages.text
    # Rolling back gives the very same events.
    window.actions_by_id["models"].trigger()
    versions = room.models
    assert versions is not None
    assert versions.table.rowCount() == 2 and not versions.use.isEnabled()
    versions.table.selectRow(0)
    versions.use.click()
    looked(window, qtbot)
    assert model_events(window) == by_starter
    columns = window.annotation.columns
    assert columns is not None
    drawn = [columns.segment(row) for row in range(len(columns)) if columns.origins[row] == 0]
    assert len(drawn) == 2
    versions.table.selectRow(1)
    versions.delete.click()
    assert versions.table.rowCount() == 1 and "was deleted" in versions.note


def test_a_training_goes_on_while_its_window_is_closed_and_is_told_when_done(
    window: MainWindow, qtbot: QtBot, project: Path, trained: Path
) -> None:
    room = window.models
    room.improvement._command = scripted(*USUAL, DONE, source=trained, then="time.sleep(1)")
    opened(window, qtbot, project)
    dialog = improving(window, qtbot)
    dialog.start.click()
    dialog.close()
    qtbot.waitUntil(lambda: room.improvement.stage is Stage.DONE, timeout=MODEL_WAIT_MS)
    assert window.messages.text == "study r4 is trained."
    window.actions_by_id["improve_model"].trigger()
    assert dialog.isVisible() and dialog.use.isVisible()
    dialog.discard.click()
    assert room.shelf.versions()[1:] == []


def test_closing_the_window_ends_a_training_without_a_question(
    window: MainWindow, qtbot: QtBot, project: Path, trained: Path
) -> None:
    room = window.models
    room.improvement._command = scripted(step(1), source=trained, then="time.sleep(60)")
    opened(window, qtbot, project)
    improving(window, qtbot).start.click()
    qtbot.waitUntil(lambda: bool(room.improvement.steps), timeout=MODEL_WAIT_MS)
    window.close()
    assert window.shutdown()
    assert list(room.shelf.folder.iterdir()) == []


def test_a_model_that_went_bad_is_told_and_the_starter_looks(
    window: MainWindow, qtbot: QtBot, project: Path, trained: Path
) -> None:
    room = window.models
    with room.shelf.draft() as draft:
        (draft / "model").mkdir()
        make_tiny_bundle(draft / "model", seed=5, name="study r4")
        version = room.shelf.take_in(draft / "model")
    assert room.use(version.id)
    (version.folder / "head.safetensors").write_bytes(b"torn")
    found: list[Detection] = []
    window.detection.found.connect(lambda got: found.extend(got.detections))
    opened(window, qtbot, project)
    assert "head.safetensors" in window.messages.text
    assert window.status.model_text.startswith("tiny 0.1")
    assert found
