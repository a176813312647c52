"""What the timeline is told about the open media."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.session import Session
from app.timeline.marks import JOINTS
from app.view_state import ViewState
from app.window.navigation import Navigation
from app.window.status_line import StatusLine
from core_model.timeline import Detection, Task
from tests.joined_media import three_parts
from tests.media_factory import Video, regular_ticks, write_media


class Parts:
    """A window's worth of state without the window."""

    def __init__(self, qtbot: QtBot) -> None:
        self.state = ViewState()
        self.session = Session()
        self.player = Player(self.state)
        self.status = StatusLine()
        qtbot.addWidget(self.status)
        self.navigation = Navigation(self.player, self.session, self.state, self.status)
        self.player.media_opened.connect(self.session.set_media)


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    made = Parts(qtbot)
    yield made
    made.navigation.shutdown()
    made.player.shutdown()
    # With its child: left to Python's last collection, which takes them in any order, it crashes.
    shiboken6.delete(made.state)


def test_frames_of_the_open_video_are_known(parts: Parts, qtbot: QtBot, tmp_path: Path) -> None:
    video = Video(ticks=regular_ticks(50))
    parts.player.open(write_media(tmp_path / "clip.mp4", video))
    qtbot.waitUntil(lambda: len(parts.state.frame_times) == 50)
    assert parts.state.frame_times.tolist() == video.times_us
    assert parts.navigation.shots.is_busy
    parts.player.close_media()
    assert len(parts.state.frame_times) == 0
    assert not parts.navigation.shots.is_busy


def test_joints_of_the_open_file_are_known(parts: Parts, qtbot: QtBot, tmp_path: Path) -> None:
    parts.player.open(three_parts(tmp_path / "three.ts"))
    qtbot.waitUntil(lambda: len(parts.state.snap_times(JOINTS)) == 2)
    assert parts.player.media is not None
    assert parts.state.snap_times(JOINTS) == parts.player.media.joints_us
    parts.player.close_media()
    assert parts.state.snap_times(JOINTS) == ()


def test_edges_of_shown_events_are_offered(parts: Parts, qtbot: QtBot) -> None:
    parts.state.set_media_range(0, 1_000)
    parts.session.set_detections(
        (Detection(Task.SED, "dog", 10, 30, 0.9), Detection(Task.TAL, "run", 30, 70, 0.6))
    )
    assert parts.state.snap_times("events") == (10, 30, 70)
    parts.session.set_threshold(Task.TAL, 0.8)
    qtbot.waitUntil(lambda: parts.state.snap_times("events") == (10, 30))


def test_broken_spans_and_dropped_frames_are_passed_on(parts: Parts) -> None:
    parts.player.picture.broken_spans_changed.emit(((5, 9),))
    assert parts.state.broken_spans == ((5, 9),)
    parts.player.picture.dropped_changed.emit(1)
    assert parts.status.dropped_text == "1 frame dropped"
    parts.player.picture.dropped_changed.emit(12)
    assert parts.status.dropped_text == "12 frames dropped"
    parts.player.picture.dropped_changed.emit(0)
    assert parts.status.dropped_text == ""


def test_the_length_of_the_selection_is_told(parts: Parts) -> None:
    parts.state.set_media_range(0, 100_000_000)
    parts.state.set_selection(1_000_000, 2_240_000)
    assert parts.status.selection_text == "1.240 s selected"
    parts.player.loop_changed.emit(True)
    assert parts.status.selection_text == "1.240 s looped"
    parts.player.loop_changed.emit(False)
    parts.state.clear_selection()
    assert parts.status.selection_text == ""
