"""The queue of detections on a real project, with a worker that answers when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.jobs import engine
from app.jobs.patient_runner import PatientRunner
from app.jobs.requests import DetectFailure, DetectProgress, ModelReady
from app.project.backups import backups_of
from app.project.edits import Decide, RemoveVideos
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.runs.run_queue import MISSING, RunQueue
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds
from training.annotations.model import State

__all__ = ["tiny_kinds"]

NAMES = ("a.wav", "b.wav", "c.wav")
FOUND = (Detection(Task.SED, "dog", 0, 500_000, 0.9),)


class SlowWorker(PatientRunner):
    """Takes requests and does nothing until told to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def detect(self, path: Path) -> int:
        self.asked.append(path.name)
        return 0

    def ready(self, name: str = "tiny 0.1") -> None:
        self.responded.emit(ModelReady(0, name, "CPU", {}))

    def progress(self, analysed_us: int = 1_000_000, *, done: bool = False) -> None:
        found = FOUND if done else ()
        self.responded.emit(DetectProgress(0, found, analysed_us, 0, 1_000_000, 9.0, False, done))

    def finish(self) -> None:
        self.ready()
        self.progress(done=True)

    def fail(self, reason: str) -> None:
        self.responded.emit(DetectFailure(0, reason))


class Parts:
    def __init__(self, path: Path, qtbot: QtBot, runner: PatientRunner) -> None:
        self.path, self.qtbot = path, qtbot
        self.owner = QObject()
        self.projects = ProjectSession("anna", self.owner)
        self.worker = runner
        self.queue = RunQueue(self.projects, lambda: None, self.owner, runner)
        self.lines: list[str] = []
        self.queue.noticed.connect(self.lines.append)
        self.open()

    def open(self) -> None:
        self.projects.open(self.path)
        self.qtbot.waitUntil(lambda: self.projects.project is not None)

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.projects.is_busy)

    def runs(self) -> list[tuple[int, str, str]]:
        document = self.projects.document
        assert document is not None
        return [(run.video_id, run.model, run.version) for run in document.runs.values()]

    def close(self) -> None:
        self.queue.shutdown()
        self.projects.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = Project.create(tmp_path / "study.avscope", "anna")
    for length, name in enumerate(NAMES):
        write_media(tmp_path / name, audio=Audio(((0.0, 1.0 + length / 5),)))
        made.add_video(tmp_path / name, duration_us=1_000_000)
    made.close()
    return made.path


@pytest.fixture
def worker() -> SlowWorker:
    return SlowWorker()


@pytest.fixture
def parts(project: Path, qtbot: QtBot, worker: SlowWorker) -> Iterator[Parts]:
    made = Parts(project, qtbot, worker)
    yield made
    made.close()


def test_one_video_after_the_other_through_the_same_door(parts: Parts, worker: SlowWorker) -> None:
    assert parts.queue.add((1, 2, 3)) == 3
    assert worker.asked == ["a.wav"] and parts.queue.at_work == 1
    worker.ready()
    worker.progress(430_000)
    texts = parts.queue.texts()
    assert texts[1].startswith("43 %")
    assert texts[2] == "next in the queue"
    assert texts[3] == "2 in the queue"
    assert parts.queue.part_done == pytest.approx(0.43 / 3)
    worker.finish()
    worker.fail("b.wav: file: torn")
    worker.finish()
    parts.settle()
    assert worker.asked == list(NAMES) and parts.queue.at_work is None
    assert parts.runs() == [(1, "tiny", "0.1"), (3, "tiny", "0.1")]
    assert parts.queue.waiting.order == () and parts.queue.waiting.finished == 3
    assert parts.queue.texts() == {2: "no events found: b.wav: file: torn"}
    # One backup before all of them, not one for each.
    assert [each.reason for each in backups_of(parts.path)].count("detection") == 1


def test_what_people_decided_stays(parts: Parts, worker: SlowWorker) -> None:
    parts.queue.add((1,))
    worker.finish()
    parts.settle()
    segment_id = int(parts.projects.columns(1).ids[0])
    parts.projects.perform(Decide((segment_id,), State.REJECTED))
    parts.queue.add((1,))
    worker.finish()
    parts.settle()
    assert parts.projects.columns(1).ids.tolist() == [segment_id]


def test_the_open_video_comes_first_and_what_is_raised_next(
    parts: Parts, worker: SlowWorker
) -> None:
    parts.queue.pause(True)
    parts.queue.add((1, 2, 3))
    assert worker.asked == []
    parts.queue.raise_first({2})
    parts.queue.set_open(3)
    parts.queue.pause(False)
    for _ in range(3):
        worker.finish()
    parts.settle()
    assert worker.asked == ["c.wav", "b.wav", "a.wav"]


def test_an_order_that_was_made_by_hand_survives_a_restart(
    parts: Parts, worker: SlowWorker
) -> None:
    parts.queue.add((1, 2, 3))
    assert parts.queue.at_work == 1
    parts.queue.move({3}, 2)
    assert parts.queue.order == (1, 3, 2) and parts.queue.texts()[3] == "next in the queue"
    # What is at work goes on, wherever others are put.
    parts.queue.move({2}, 1)
    assert parts.queue.order == (1, 2, 3) and parts.queue.at_work == 1
    parts.queue.move({2}, None)
    parts.projects.close()
    parts.open()
    assert parts.queue.order == (1, 3, 2)
    for _ in range(3):
        worker.finish()
    parts.settle()
    assert worker.asked[-3:] == ["a.wav", "c.wav", "b.wav"]


def test_detection_of_the_open_video_goes_before_the_queue(
    parts: Parts, worker: SlowWorker
) -> None:
    parts.queue.set_open(2)
    parts.queue.set_urgent_work(True)
    parts.queue.add((1, 2))
    assert worker.asked == [] and worker.is_held
    parts.queue.done_elsewhere(2)
    parts.queue.set_urgent_work(False)
    assert worker.asked == ["a.wav"] and not worker.is_held
    parts.queue.set_urgent_work(True)
    assert parts.queue.at_work == 1 and worker.is_held
    assert parts.queue.texts()[1] == "0 %, waiting"
    # What the window begins to look at itself is not looked at twice.
    parts.queue.set_open(1)
    parts.queue.set_urgent_work(True)
    assert parts.queue.at_work is None and parts.queue.waiting.order == (1,)


def test_a_pause_and_what_waits_survive_a_restart(
    project: Path, qtbot: QtBot, parts: Parts, worker: SlowWorker
) -> None:
    parts.queue.add((1, 2, 3))
    worker.finish()
    parts.queue.raise_first({3})
    parts.queue.pause(True)
    assert worker.is_held
    parts.settle()
    parts.close()
    again = Parts(project, qtbot, SlowWorker())
    assert again.queue.waiting.order == (3, 2) and again.queue.waiting.is_paused
    assert again.worker.asked == []
    again.queue.pause(False)
    assert again.worker.asked == ["c.wav"]
    again.close()
    # Without a pause it goes on by itself, with what was at work from its beginning.
    once_more = Parts(project, qtbot, SlowWorker())
    assert once_more.worker.asked == ["c.wav"]
    assert once_more.projects.undo_name is not None and "tiny" in once_more.projects.undo_name
    once_more.close()


def test_a_missing_file_is_told_and_the_next_one_taken(
    project: Path, parts: Parts, worker: SlowWorker
) -> None:
    (project.parent / "a.wav").unlink()
    parts.queue.add((1, 2))
    assert worker.asked == ["b.wav"]
    assert parts.queue.texts()[1] == f"no events found: {MISSING}"


def test_leaving_out_what_is_at_work_takes_the_next(parts: Parts, worker: SlowWorker) -> None:
    parts.queue.add((1, 2, 3))
    parts.queue.drop({1, 3})
    assert worker.asked == ["a.wav", "b.wav"]
    parts.queue.clear()
    assert parts.queue.at_work is None and parts.queue.texts() == {}


def test_others_may_ask_before_the_queue_hears_that_a_video_went(
    project: Path, qtbot: QtBot
) -> None:
    owner, worker = QObject(), SlowWorker()
    projects = ProjectSession("anna", owner)
    told: list[tuple[object, ...]] = []

    def ask(_ids: object) -> None:
        queue.set_open(None)
        told.append((queue.texts(), queue.seconds_left))

    projects.videos_changed.connect(ask)
    queue = RunQueue(projects, lambda: None, owner, worker)
    projects.open(project)
    qtbot.waitUntil(lambda: projects.project is not None)
    queue.add((1, 2))
    worker.ready()
    for done_us in (100_000, 200_000):
        worker.progress(done_us)
    assert queue.seconds_left is not None
    projects.perform(RemoveVideos((1, 2)))
    qtbot.waitUntil(lambda: not projects.is_busy)
    assert told and queue.waiting.order == () and not queue.waiting.failed
    queue.shutdown()
    projects.close()


def test_a_late_answer_after_closing_changes_nothing(parts: Parts, worker: SlowWorker) -> None:
    parts.queue.add((1, 2))
    parts.projects.close()
    worker.finish()
    assert parts.queue.add((1,)) == 0
    parts.open()
    assert parts.runs() == [] and parts.queue.waiting.order == (1, 2)


def test_a_real_worker_stands_still_and_goes_on(
    project: Path, qtbot: QtBot, tmp_path: Path, tiny_kinds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    monkeypatch.setattr(engine, "starter_folder", lambda: bundle)
    parts = Parts(project, qtbot, PatientRunner())
    parts.queue.set_urgent_work(True)
    parts.queue.add((1, 2, 3))
    parts.queue.set_urgent_work(False)
    parts.queue.set_urgent_work(True)
    assert parts.queue.at_work == 1
    qtbot.wait(500)
    assert parts.runs() == []
    parts.queue.set_urgent_work(False)
    qtbot.waitUntil(lambda: not parts.queue.waiting.order, timeout=60_000)
    parts.settle()
    assert parts.runs() == [(each, "tiny", "0.1") for each in (1, 2, 3)]
    parts.close()
