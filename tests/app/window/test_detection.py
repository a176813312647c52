"""What the window says about detection, response by response."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from app.jobs.requests import DetectFailure, DetectProgress, ModelReady
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.event_list import EventList
from app.session import Session
from app.theme import DARK
from app.window.detection import DetectionPresenter
from app.window.status_line import PROGRESS_STEPS, StatusLine
from core_model.media.probe import MediaInfo
from core_model.timeline import Detection, Task

FOUND = (
    Detection(Task.SED, "dog", 0, 1_000_000, 0.9),
    Detection(Task.SED, "speech", 5_000_000, 6_000_000, 0.1),
)


class Parts:
    """A presenter with real parts, whose worker never gets a request."""

    def __init__(self, qtbot: QtBot) -> None:
        self.host = QWidget()
        qtbot.addWidget(self.host)
        self.session = Session()
        self.session.set_media(MediaInfo(Path("a.mp4"), 0, 10_000_000, None, None))
        self.runner = JobRunner()
        self.status = StatusLine()
        self.events = EventList(self.session, DARK)
        qtbot.addWidget(self.status)
        qtbot.addWidget(self.events)
        self.messages = MessageBar(self.host, DARK)
        self.host.show()
        self.presenter = DetectionPresenter(
            self.session, self.runner, self.status, self.events, self.messages
        )

    def progress(self, analysed_us: int, *, speed: float, done: bool, cached: bool = False) -> None:
        response = DetectProgress(1, FOUND, analysed_us, 0, 10_000_000, speed, cached, done)
        self.runner.responded.emit(response)


@pytest.fixture
def parts(qtbot: QtBot) -> Parts:
    return Parts(qtbot)


def test_the_model_and_its_thresholds_are_taken_on(parts: Parts) -> None:
    parts.runner.responded.emit(ModelReady(1, "starter 1.0", "CPU", {Task.SED: 0.05}))
    assert parts.status.model_text == "starter 1.0 · CPU"
    assert parts.session.threshold(Task.SED) == 0.05


def test_progress_says_how_far_and_how_long(parts: Parts) -> None:
    parts.runner.responded.emit(ModelReady(1, "starter 1.0", "CPU", {}))
    parts.progress(4_300_000, speed=0.5, done=False)
    assert parts.status.work_text == "Finding events 43 % · 0:12 left"
    assert parts.status.findChild(QProgressBar).value() == round(0.43 * PROGRESS_STEPS)
    parts.progress(5_000_000, speed=24.2, done=False)
    assert parts.status.model_text == "starter 1.0 · CPU · 24× real time"
    assert parts.session.detections == FOUND


def test_the_end_says_how_many_are_shown_and_where_they_came_from(parts: Parts) -> None:
    parts.progress(10_000_000, speed=20.0, done=True)
    assert parts.status.work_text == "1 of 2 events shown"
    parts.session.set_threshold(Task.SED, 0.05)
    assert parts.status.work_text == "2 of 2 events shown"
    parts.progress(10_000_000, speed=20.0, done=True, cached=True)
    assert parts.status.work_text == "2 of 2 events shown · read from the cache"


def test_moving_a_threshold_says_nothing_of_a_file_that_is_closed(parts: Parts) -> None:
    parts.progress(10_000_000, speed=20.0, done=True)
    parts.presenter.forget()
    parts.session.set_threshold(Task.SED, 0.05)
    assert parts.status.work_text == ""


def test_the_speed_is_that_of_the_model_not_of_the_cache(parts: Parts) -> None:
    parts.runner.responded.emit(ModelReady(1, "starter 1.0", "CPU", {}))
    parts.progress(1_000_000, speed=900.0, done=False, cached=True)
    assert parts.status.model_text == "starter 1.0 · CPU"
    parts.progress(2_000_000, speed=0.44, done=False)
    assert parts.status.model_text == "starter 1.0 · CPU · 0.4× real time"


def test_a_failure_is_a_message_with_its_reason(parts: Parts) -> None:
    parts.runner.responded.emit(DetectFailure(1, "a.mp4: file: no such file"))
    assert parts.messages.text == "a.mp4: file: no such file"
    assert parts.status.work_text == "Detection failed"
