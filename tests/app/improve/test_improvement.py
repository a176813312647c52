"""From the plan to a new version on the shelf, and every way in which that can end otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from app.improve.improvement import CAN_GO_ON, NO_PROJECT, SEED, Improvement, Stage
from app.models import shelf as shelf_module
from app.models.active import ActiveModel
from app.models.shelf import STARTER_ID, ModelShelf
from app.project.backups import backups_of
from app.project.edits import AddSegment
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.project.training_data import training_data
from app.settings import settings_file
from app.window.memory import WindowMemory
from core_model.timeline import Task
from tests.app.improve.scripted_child import DONE, PLAN, USUAL, Command, scripted, step
from tests.media_factory import Audio, write_media
from tests.tiny_bundle import make_tiny_bundle
from training.corrections.events import TrainingFailed, event_line
from training.corrections.unfinished import HEADER_KEY, DrawState, Progress, fingerprint


class Parts:
    def __init__(self, command: Command) -> None:
        self.owner = QObject()
        self.shelf = ModelShelf()
        self.projects = ProjectSession("anna", self.owner)
        memory = WindowMemory(settings_file())
        self.active = ActiveModel(self.shelf, self.projects, memory, self.owner)
        self.improvement = Improvement(
            self.shelf, self.active, self.projects, self.owner, lambda *told: self.command(*told)
        )
        self.command = command

    def left(self) -> list[str]:
        return sorted(path.name for path in self.shelf.folder.glob("*"))


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    return make_tiny_bundle(tmp_path / "trained", seed=5, name="tiny 0.2")


@pytest.fixture
def parts(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    starter = make_tiny_bundle(tmp_path / "starter")
    monkeypatch.setattr(shelf_module, "starter_folder", lambda: starter)
    made = Parts(scripted())
    yield made
    made.improvement.shutdown()
    made.projects.close()


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


def planned(parts: Parts, qtbot: QtBot, project: Path) -> None:
    parts.projects.open(project)
    qtbot.waitUntil(lambda: parts.projects.project is not None)
    parts.improvement.make_plan()
    qtbot.waitUntil(lambda: parts.improvement.stage is not Stage.PLANNING, timeout=30_000)


def ended(parts: Parts, qtbot: QtBot) -> Stage:
    qtbot.waitUntil(lambda: not parts.improvement.is_training, timeout=60_000)
    return parts.improvement.stage


def test_the_plan_says_what_will_be_used(parts: Parts, qtbot: QtBot, project: Path) -> None:
    planned(parts, qtbot, project)
    plan = parts.improvement.plan
    assert parts.improvement.stage is Stage.PLANNED and plan is not None
    assert [(each.label, each.human, each.is_new) for each in plan.labels] == [("kettle", 4, True)]
    assert {each.name for each in plan.videos} == {"a.wav", "b.wav"}


def test_without_a_project_or_decisions_there_is_one_line(
    parts: Parts, qtbot: QtBot, tmp_path: Path
) -> None:
    parts.improvement.make_plan()
    assert (parts.improvement.stage, parts.improvement.problem) == (Stage.STOPPED, NO_PROJECT)
    Project.create(tmp_path / "empty.avscope", "anna").close()
    planned(parts, qtbot, tmp_path / "empty.avscope")
    assert parts.improvement.stage is Stage.STOPPED
    assert "no corrections to learn from" in parts.improvement.problem
    parts.improvement.start()
    assert not parts.improvement.is_training


def test_a_trained_model_is_on_the_shelf_and_used_only_when_asked(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path
) -> None:
    parts.command = scripted(*USUAL, DONE, source=trained)
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert ended(parts, qtbot) is Stage.DONE, parts.improvement.problem
    improvement = parts.improvement
    assert len(improvement.steps) == 20 and len(improvement.evaluations) == 3
    assert improvement.done == DONE and improvement.plan == PLAN
    assert improvement.remarks == ["b.wav: shorter than its header says"]
    version = improvement.version
    assert version is not None and version.name == "tiny 0.2"
    assert parts.active.version.id == STARTER_ID
    assert parts.left() == [version.id]
    qtbot.waitUntil(lambda: "training" in [each.reason for each in backups_of(project)])
    assert improvement.use()
    assert parts.active.version.id == version.id
    # What is in use is not deleted by a late "discard".
    improvement.discard()
    assert parts.left() == [version.id] and improvement.stage is Stage.STOPPED
    assert not improvement.use()


def test_what_is_in_use_by_another_way_is_not_discarded(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path
) -> None:
    parts.command = scripted(DONE, source=trained)
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert ended(parts, qtbot) is Stage.DONE and parts.improvement.version is not None
    parts.active.choose(parts.improvement.version.id)
    parts.improvement.discard()
    assert "cannot be deleted" in parts.improvement.problem
    assert parts.left() == [parts.active.version.id]


def test_a_model_can_be_discarded(parts: Parts, qtbot: QtBot, project: Path, trained: Path) -> None:
    parts.command = scripted(DONE, source=trained)
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert ended(parts, qtbot) is Stage.DONE
    parts.improvement.discard()
    assert parts.left() == [] and parts.improvement.stage is Stage.STOPPED


def test_cancel_leaves_the_old_model_and_nothing_else(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path
) -> None:
    parts.command = scripted(*USUAL, source=trained, then="time.sleep(60)")
    planned(parts, qtbot, project)
    parts.improvement.start()
    qtbot.waitUntil(lambda: len(parts.improvement.steps) == 20, timeout=30_000)
    parts.improvement.cancel()
    assert ended(parts, qtbot) is Stage.STOPPED
    assert parts.improvement.headline == "Training was stopped"
    assert parts.improvement.problem == "tiny 0.1 stays in use."
    assert parts.left() == [] and parts.active.version.id == STARTER_ID


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (scripted(step(1), TrainingFailed("the loss is not a number at step 2")), "not a number"),
        (scripted(step(1), then="raise MemoryError('no room')"), "no room"),
        (scripted(step(1), then="os.kill(os.getpid(), 9)"), "crashed"),
        # It says that it is done, and there is nothing.
        (scripted(DONE), "bundle.json"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_nothing(
    parts: Parts, qtbot: QtBot, project: Path, command: Command, line: str
) -> None:
    parts.command = command
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert ended(parts, qtbot) is Stage.STOPPED
    assert line in parts.improvement.problem and "\n" not in parts.improvement.problem
    assert parts.left() == [] and parts.active.version.id == STARTER_ID
    parts.improvement.make_plan()
    qtbot.waitUntil(lambda: parts.improvement.stage is Stage.PLANNED, timeout=30_000)


def test_half_a_bundle_is_not_taken(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path
) -> None:
    (trained / "labels.safetensors").unlink()
    parts.command = scripted(DONE, source=trained)
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert ended(parts, qtbot) is Stage.STOPPED
    assert "labels.safetensors: is missing" in parts.improvement.problem
    assert parts.left() == []


def test_closing_in_the_middle_leaves_nothing_half_written(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path
) -> None:
    parts.command = scripted(step(1), source=trained, then="time.sleep(60)")
    planned(parts, qtbot, project)
    parts.improvement.start()
    qtbot.waitUntil(lambda: bool(parts.improvement.steps), timeout=30_000)
    parts.improvement.shutdown()
    assert parts.left() == []


@pytest.fixture
def cut_off(parts: Parts, project: Path, tmp_path: Path) -> Path:
    """The state of a training on the project after its third step."""
    opened = Project.open(project, "", read_only=True)
    own = fingerprint(training_data(opened), parts.shelf.starter().folder, SEED)
    opened.close()
    draw = DrawState.of(np.random.default_rng())
    progress = Progress(own, "", 3, 8, 61.0, {}, {}, draw, ())
    save_file({}, tmp_path / "state", metadata={HEADER_KEY: progress.to_text()})
    return tmp_path / "state"


def test_a_training_that_was_killed_can_go_on(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path, cut_off: Path
) -> None:
    improvement, state = parts.improvement, parts.shelf.state_file(project)
    keeps = f"shutil.copyfile({str(cut_off)!r}, state)"
    parts.command = scripted(step(1), then=f"{keeps}; os.kill(os.getpid(), 9)")
    planned(parts, qtbot, project)
    assert improvement.unfinished is None
    improvement.start()
    assert ended(parts, qtbot) is Stage.STOPPED
    assert improvement.problem.endswith(CAN_GO_ON) and parts.left() == [state.name]
    improvement.make_plan()
    qtbot.waitUntil(lambda: improvement.stage is Stage.PLANNED, timeout=30_000)
    assert improvement.unfinished is not None and improvement.unfinished.step == 3
    parts.command = scripted(step(4), then="assert os.path.exists(state); time.sleep(60)")
    improvement.start()
    qtbot.waitUntil(lambda: bool(improvement.steps), timeout=30_000)
    # Who cancels does not want it any more.
    improvement.cancel()
    assert ended(parts, qtbot) is Stage.STOPPED
    assert improvement.headline == "Training was stopped" and parts.left() == []


def test_a_training_goes_on_after_the_window_was_closed_or_begins_anew(
    parts: Parts, qtbot: QtBot, project: Path, trained: Path, cut_off: Path
) -> None:
    improvement, state = parts.improvement, parts.shelf.state_file(project)
    keeps = f"shutil.copyfile({str(cut_off)!r}, state); print({event_line(step(1))!r}, flush=True)"
    parts.command = scripted(then=f"{keeps}; time.sleep(60)")
    planned(parts, qtbot, project)
    improvement.start()
    qtbot.waitUntil(lambda: bool(improvement.steps), timeout=30_000)
    improvement.shutdown()
    assert parts.left() == [state.name]
    other = Improvement(parts.shelf, parts.active, parts.projects, parts.owner, parts.command)
    other.make_plan()
    qtbot.waitUntil(lambda: other.stage is Stage.PLANNED, timeout=30_000)
    assert other.unfinished is not None
    other._command = scripted(then="assert not os.path.exists(state); sys.exit('it is anew')")
    other.start_anew()
    qtbot.waitUntil(lambda: not other.is_training, timeout=60_000)
    assert "it is anew" in other.problem
    # Other corrections are another training.
    shutil.copyfile(cut_off, state)
    videos = parts.projects.document
    assert videos is not None
    first = next(iter(videos.videos))
    parts.projects.perform(AddSegment(first, Task.SED, "kettle", 3_000_000, 3_500_000))
    other.make_plan()
    qtbot.waitUntil(lambda: other.stage is Stage.PLANNED, timeout=30_000)
    assert other.unfinished is None
    other.shutdown()


def test_a_shelf_that_is_full_is_one_line(
    parts: Parts, qtbot: QtBot, project: Path, own_folders: Path
) -> None:
    (own_folders / "data").mkdir()
    (own_folders / "data" / "models").write_text("in the way", encoding="utf-8")
    planned(parts, qtbot, project)
    parts.improvement.start()
    assert parts.improvement.stage is Stage.STOPPED
    assert "models: File exists" in parts.improvement.problem
