"""The actions for looking and listening closely, with the real player."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.actions import make_actions
from app.messages import MessageBar
from app.player.player import Player
from app.session import Session
from app.theme import DARK
from app.view_state import ViewState
from app.window.listening import NO_EVENTS, ROLL_US, ListeningCommands
from app.window.memory import WindowMemory
from core_model.timeline import Detection, Task
from tests.media_factory import Video, regular_ticks, write_media

VIDEO = Video(ticks=regular_ticks(100))
END_US = 4_000_000
EVENTS = (
    Detection(Task.SED, "dog", 1_000_000, 1_200_000, 0.9),
    Detection(Task.TAL, "run", 3_000_000, 3_400_000, 0.9),
)


class Parts:
    """A window's worth of state without the window."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.owner = QObject()
        self.actions = make_actions(self.owner)
        self.state = ViewState()
        self.session = Session()
        self.player = Player(self.state)
        page = QWidget()
        qtbot.addWidget(page)
        self.messages = MessageBar(page, DARK)
        self.memory = WindowMemory(folder / "settings.json")
        self.commands = ListeningCommands(
            self.player, self.session, self.state, self.messages, self.memory, self.actions
        )
        self.player.media_opened.connect(self.session.set_media)
        for name, slot in self.commands.slots().items():
            action = self.actions[name]
            (action.toggled if action.isCheckable() else action.triggered).connect(slot)
        with qtbot.waitSignal(self.player.media_opened):
            self.player.open(write_media(folder / "video.mp4", VIDEO))


@pytest.fixture
def parts(qtbot: QtBot, tmp_path: Path) -> Iterator[Parts]:
    made = Parts(qtbot, tmp_path)
    yield made
    made.messages.dismiss()
    made.player.shutdown()


@pytest.mark.parametrize(
    ("action", "span_us"),
    [
        ("pre_roll", (2_000_000 - ROLL_US, 2_000_000)),
        ("post_roll", (2_200_000, 2_200_000 + ROLL_US)),
        ("play_selection", (2_000_000, 2_200_000)),
    ],
)
def test_stretches_about_the_selection(
    parts: Parts, qtbot: QtBot, action: str, span_us: tuple[int, int]
) -> None:
    parts.state.set_selection(2_000_000, 2_200_000)
    parts.actions[action].trigger()
    assert parts.player.position_us == span_us[0]
    qtbot.waitUntil(lambda: not parts.player.is_playing)
    assert parts.player.position_us == span_us[1] - 1


def test_without_a_selection_the_rolls_are_about_the_playhead(parts: Parts, qtbot: QtBot) -> None:
    parts.player.seek(3_000_000)
    parts.actions["pre_roll"].trigger()
    assert parts.player.position_us == 3_000_000 - ROLL_US
    qtbot.waitUntil(lambda: not parts.player.is_playing)
    parts.player.seek(0)
    parts.actions["pre_roll"].trigger()
    assert not parts.player.is_playing, "nothing lies before the start"


def test_the_loop_switch_and_the_player_agree(parts: Parts) -> None:
    parts.actions["loop"].setChecked(True)
    assert parts.player.loops
    parts.player.set_loop(False)
    assert not parts.actions["loop"].isChecked()


def test_one_review_at_a_time_and_none_for_the_next_file(parts: Parts) -> None:
    parts.session.set_detections(EVENTS)
    parts.actions["review_events"].setChecked(True)
    assert parts.player.review_mode == "events" and parts.player.is_playing
    parts.actions["review_gaps"].setChecked(True)
    assert parts.player.review_mode == "gaps"
    assert not parts.actions["review_events"].isChecked()
    parts.actions["review_gaps"].setChecked(False)
    assert parts.player.review_mode is None
    parts.actions["review_events"].setChecked(True)
    parts.player.close_media()
    assert parts.player.review_mode is None
    assert not parts.actions["review_events"].isChecked()


def test_without_events_there_is_nothing_to_review(parts: Parts) -> None:
    parts.actions["review_events"].setChecked(True)
    assert not parts.actions["review_events"].isChecked()
    assert not parts.player.is_playing
    assert parts.messages.text == NO_EVENTS


def test_a_review_follows_the_events_that_are_shown(parts: Parts, qtbot: QtBot) -> None:
    parts.session.set_detections(EVENTS)
    parts.actions["review_gaps"].setChecked(True)
    parts.session.set_detections((Detection(Task.SED, "dog", 0, END_US, 0.9),))
    # All of it is passed over now: four seconds go by in less than half a one.
    qtbot.waitUntil(lambda: not parts.player.is_playing)
    assert parts.player.position_us == END_US


def test_sound_while_scrubbing_is_remembered(parts: Parts) -> None:
    parts.commands.restore()
    assert parts.actions["scrub_sound"].isChecked()
    assert parts.player.pacer.grains_heard
    parts.actions["scrub_sound"].setChecked(False)
    assert not parts.player.pacer.grains_heard
    assert not parts.memory.settings.scrub_sound
    parts.commands.restore()
    assert not parts.actions["scrub_sound"].isChecked()
