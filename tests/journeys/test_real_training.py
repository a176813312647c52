"""A real training in a real child process, from the window's side, on a tiny model."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from app.improve.comparison import Comparison
from app.improve.improvement import Improvement, Stage
from app.jobs import engine
from app.jobs.training_process import training_command
from app.models import shelf as shelf_module
from app.models.active import ActiveModel
from app.models.shelf import ModelShelf
from app.project.edits import AddSegment
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.settings import settings_file
from app.window.memory import WindowMemory
from core_model.timeline import Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import LABELS, make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_MS = 200_000
# The child knows the encoders of the tiny bundle, and is the program otherwise.
CHILD = """
import importlib.util, sys
sys.path.insert(0, {root!r})
spec = importlib.util.spec_from_file_location("tiny", {tiny!r})
tiny = importlib.util.module_from_spec(spec)
sys.modules["tiny"] = tiny
spec.loader.exec_module(tiny)
from core_model import bundle
bundle.VISUAL_ENCODERS["tiny"] = tiny.TinyVisualEncoder.load
bundle.AUDIO_ENCODERS["tiny"] = tiny.TinyAudioEncoder.load
from main import main
sys.exit(main(sys.argv[1:]))
"""


def tiny_command(project: Path, out: Path, init: Path, seed: int, state: Path) -> list[str]:
    program, _script, *arguments = training_command(project, out, init, seed, state)
    child = CHILD.format(root=str(ROOT), tiny=str(ROOT / "tests" / "tiny_bundle.py"))
    return [program, "-c", child, *arguments]


class Parts:
    def __init__(self) -> None:
        self.owner = QObject()
        self.shelf = ModelShelf()
        self.projects = ProjectSession("anna", self.owner)
        memory = WindowMemory(settings_file())
        self.active = ActiveModel(self.shelf, self.projects, memory, self.owner)
        self.improvement = Improvement(
            self.shelf, self.active, self.projects, self.owner, tiny_command
        )
        self.comparison = Comparison(self.owner)


@pytest.fixture
def parts(
    qtbot: QtBot, tmp_path: Path, tiny_kinds: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Parts]:
    starter = make_tiny_bundle(tmp_path / "starter")
    for module in (engine, shelf_module):
        monkeypatch.setattr(module, "starter_folder", lambda: starter)
    made = Parts()
    yield made
    made.improvement.shutdown()
    made.comparison.shutdown()
    made.projects.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tmp_path / "0.mp4"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three videos of 20 s that beep, with the beeps drawn as events of two labels."""
    made = Project.create(tmp_path / "study.avscope", "anna")
    for number in range(3):
        onsets_s = (2.0 + number / 2, 8.0, 14.0)
        beeps = Audio(tuple((onset_s, 2.0) for onset_s in onsets_s))
        file = write_media(tmp_path / f"{number}.mp4", Video(ticks=regular_ticks(500)), beeps)
        video, _ = made.add_video(file, duration_us=20_000_000)
        for place, onset_s in enumerate(onsets_s):
            label = LABELS[Task.SED][place % 2]
            onset_us = round(onset_s * 1_000_000)
            made.perform(AddSegment(video.id, Task.SED, label, onset_us, onset_us + 2_000_000))
    made.close()
    return made.path


def planned(parts: Parts, qtbot: QtBot, project: Path) -> None:
    parts.projects.open(project)
    qtbot.waitUntil(lambda: parts.projects.project is not None)
    parts.improvement.make_plan()
    qtbot.waitUntil(lambda: parts.improvement.stage is Stage.PLANNED, timeout=PATIENCE_MS)


def test_a_child_trains_and_the_window_stays_there(
    parts: Parts, qtbot: QtBot, project: Path, clip: Path
) -> None:
    planned(parts, qtbot, project)
    gaps_s: list[float] = []
    last_s = [time.perf_counter()]

    def beat() -> None:
        now_s = time.perf_counter()
        gaps_s.append(now_s - last_s[0])
        last_s[0] = now_s

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(10)
    parts.improvement.start()
    qtbot.waitUntil(lambda: not parts.improvement.is_training, timeout=PATIENCE_MS)
    timer.stop()
    improvement = parts.improvement
    assert improvement.stage is Stage.DONE, improvement.problem
    assert improvement.steps and improvement.evaluations and improvement.done is not None
    assert improvement.steps[-1].step == improvement.steps[-1].of
    # Single beats are late on a busy machine; a window that waits has hardly any.
    assert sorted(gaps_s)[len(gaps_s) // 2] < 0.1
    version = improvement.version
    assert version is not None and version.provenance is not None
    assert version.provenance.project == "study.avscope"
    assert version.provenance.data_revision == improvement.done.revision
    assert version.provenance.parent_name == "tiny 0.1"
    parts.comparison.start(clip, improvement.parent_version.folder, version.folder)
    qtbot.waitUntil(lambda: not parts.comparison.is_running, timeout=PATIENCE_MS)
    assert parts.comparison.problem == "" and parts.comparison.found is not None


def test_a_real_training_can_be_cancelled(parts: Parts, qtbot: QtBot, project: Path) -> None:
    planned(parts, qtbot, project)
    parts.improvement.start()
    began = parts.improvement
    qtbot.waitUntil(
        lambda: began.encoding is not None or not began.is_training, timeout=PATIENCE_MS
    )
    assert began.is_training, began.problem
    began.cancel()
    qtbot.waitUntil(lambda: not began.is_training, timeout=PATIENCE_MS)
    assert began.stage is Stage.STOPPED and began.headline == "Training was stopped"
    assert [path for path in parts.shelf.folder.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_training_leaves_the_old_model(parts: Parts, qtbot: QtBot, project: Path) -> None:
    planned(parts, qtbot, project)
    parts.improvement.start()
    began, process = parts.improvement, parts.improvement._process
    assert process is not None
    qtbot.waitUntil(lambda: began.encoding is not None, timeout=PATIENCE_MS)
    process._process.kill()
    qtbot.waitUntil(lambda: not began.is_training, timeout=PATIENCE_MS)
    assert "crashed" in began.problem and parts.active.version.is_starter
    assert [path for path in parts.shelf.folder.rglob("*") if path.is_file()] == []
