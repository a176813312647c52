"""Detection in the worker thread, through the whole real path with a tiny bundle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.jobs import engine
from app.jobs.requests import (
    DetectFailure,
    DetectProgress,
    DetectResponse,
    ModelReady,
    ModelReplaced,
)
from app.jobs.runner import JobRunner
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]


@pytest.fixture
def bundle(tmp_path: Path, tiny_kinds: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_tiny_bundle(tmp_path / "bundle")
    monkeypatch.setattr(engine, "starter_folder", lambda: folder)
    return folder


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.shutdown()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_media(tmp_path / "clip.mp4", Video(ticks=regular_ticks(100)), Audio(((0.0, 4.0),)))


def collected(runner: JobRunner, qtbot: QtBot, path: Path) -> list[DetectResponse]:
    responses: list[DetectResponse] = []
    runner.responded.connect(responses.append)
    runner.detect(path)
    qtbot.waitUntil(lambda: not runner.is_busy, timeout=60_000)
    return responses


def test_detection_goes_from_the_model_to_a_last_update(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path
) -> None:
    main_thread = threading.current_thread()
    heard_in: list[threading.Thread] = []

    class Listener(QObject):
        def note(self, _response: object) -> None:
            heard_in.append(threading.current_thread())

    listener = Listener()
    runner.responded.connect(listener.note)
    responses = collected(runner, qtbot, clip)
    ready, *progress = responses
    assert isinstance(ready, ModelReady)
    assert ready.model == "tiny 0.1"
    assert ready.thresholds[Task.SED] == 0.4
    assert progress and all(isinstance(update, DetectProgress) for update in progress)
    last = progress[-1]
    assert isinstance(last, DetectProgress)
    assert last.done and last.part_done == 1.0
    onsets = [found.onset_us for found in last.detections]
    assert onsets and onsets == sorted(onsets)
    assert {response.id for response in responses} == {ready.id}
    assert set(heard_in) == {main_thread}


def test_a_second_time_the_encodings_come_from_the_cache(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path
) -> None:
    first = collected(runner, qtbot, clip)[-1]
    second = collected(runner, qtbot, clip)[-1]
    assert isinstance(first, DetectProgress) and isinstance(second, DetectProgress)
    assert not first.from_cache
    assert second.from_cache
    assert second.detections == first.detections
    assert second.id > first.id


def test_a_broken_file_is_one_clear_line_and_the_worker_lives_on(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\x00" * 500)
    failure = collected(runner, qtbot, broken)[-1]
    assert isinstance(failure, DetectFailure)
    assert failure.reason.startswith("broken.mp4: file: ")
    assert "\n" not in failure.reason
    last = collected(runner, qtbot, clip)[-1]
    assert isinstance(last, DetectProgress) and last.done


def test_a_missing_model_is_one_clear_line(
    runner: JobRunner, qtbot: QtBot, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "starter_folder", lambda: tmp_path / "nowhere")
    (failure,) = collected(runner, qtbot, clip)
    assert isinstance(failure, DetectFailure)
    assert "bundle.json" in failure.reason


def test_after_cancel_nothing_more_is_heard(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path
) -> None:
    responses: list[DetectResponse] = []
    runner.responded.connect(responses.append)
    runner.detect(clip)
    runner.cancel()
    assert not runner.is_busy
    newest = runner.detect(clip)
    qtbot.waitUntil(lambda: not runner.is_busy, timeout=60_000)
    assert {response.id for response in responses} == {newest}


def test_closing_in_the_middle_joins_the_thread(qtbot: QtBot, bundle: Path, clip: Path) -> None:
    runner = JobRunner()
    with qtbot.waitSignal(runner.responded, timeout=60_000):
        runner.detect(clip)
    runner.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name == "detection"]


def test_a_thread_that_does_not_end_is_told(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, clip: Path
) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(JobRunner, "_work", lambda _runner: may_end.wait())
    runner = JobRunner()
    runner.detect(clip)
    assert not runner.shutdown(patience_s=0.01)
    may_end.set()
    assert runner.shutdown()


def test_progress_tells_part_and_time_left() -> None:
    found = (Detection(Task.SED, "dog", 0, 1, 0.5),)
    half = DetectProgress(1, found, 6_000_000, 2_000_000, 10_000_000, 8.0, False, False)
    assert half.part_done == 0.5
    assert half.seconds_left == pytest.approx(0.5)
    unknown = DetectProgress(1, (), 0, 0, 10_000_000, 0.0, False, False)
    assert unknown.seconds_left is None
    assert DetectProgress(1, (), 0, 0, 0, 0.0, False, True).part_done == 1.0


def test_a_warm_model_is_there_before_the_first_file(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = threading.Event()
    prepare = engine.DetectionEngine.prepare

    def noted(self: engine.DetectionEngine, folder: Path | None = None) -> None:
        prepare(self, folder)
        prepared.set()

    monkeypatch.setattr(engine.DetectionEngine, "prepare", noted)
    runner.warm_up()
    assert prepared.wait(60)
    assert not runner.is_busy
    # Whatever is read from the folder from now on would be missing.
    bundle.rename(bundle.with_name("gone"))
    last = collected(runner, qtbot, clip)[-1]
    assert isinstance(last, DetectProgress) and last.done and last.detections


def test_rolling_back_finds_the_very_same_events(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path, tmp_path: Path
) -> None:
    """Encoders with the same weights share what is cached; the head makes the difference."""
    other = make_tiny_bundle(tmp_path / "other", name="tiny 0.2")
    head = make_tiny_bundle(tmp_path / "seed 1", seed=1) / "head.safetensors"
    (other / "head.safetensors").write_bytes(head.read_bytes())
    first = tuple(collected(runner, qtbot, clip))
    runner.set_bundle(other)
    second = tuple(collected(runner, qtbot, clip))
    runner.set_bundle(None)
    again = tuple(collected(runner, qtbot, clip))
    names = [each[0].model for each in (first, second, again) if isinstance(each[0], ModelReady)]
    assert names == ["tiny 0.1", "tiny 0.2", "tiny 0.1"]
    last = [each[-1] for each in (first, second, again)]
    assert all(isinstance(each, DetectProgress) for each in last)
    found = [each.detections for each in last if isinstance(each, DetectProgress)]
    assert found[0] and found[0] == found[2] and found[0] != found[1]
    assert [each.from_cache for each in last if isinstance(each, DetectProgress)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("broken", ["bundle.json", "head.safetensors", "visual.safetensors"])
def test_a_damaged_model_is_replaced_by_the_one_that_comes_along(
    runner: JobRunner, qtbot: QtBot, bundle: Path, clip: Path, tmp_path: Path, broken: str
) -> None:
    other = make_tiny_bundle(tmp_path / "other", name="tiny 0.2", seed=3)
    (other / broken).write_bytes(b"\x00" * 100)
    runner.set_bundle(other)
    responses = collected(runner, qtbot, clip)
    (replaced,) = [each for each in responses if isinstance(each, ModelReplaced)]
    assert broken in replaced.reason and "\n" not in replaced.reason
    after = responses[responses.index(replaced) + 1 :]
    assert isinstance(after[0], ModelReady) and after[0].model == "tiny 0.1"
    assert isinstance(after[-1], DetectProgress) and after[-1].done and after[-1].detections
