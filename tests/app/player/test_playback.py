"""Loops, stretches, reviews and changes of speed on the real player."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.player.route import Route
from app.view_state import ViewState
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media

VIDEO = Video(ticks=regular_ticks(100), options={"g": "20"})
FRAME_US = 40_000
END_US = 4_000_000


@pytest.fixture
def state(qtbot: QtBot) -> ViewState:
    return ViewState()


@pytest.fixture
def player(state: ViewState, qtbot: QtBot, tmp_path: Path) -> Iterator[Player]:
    made = Player(state)
    made.set_view_size(QSize(128, 96))
    with qtbot.waitSignal(made.media_opened):
        made.open(write_media(tmp_path / "video.mp4", VIDEO))
    qtbot.waitUntil(lambda: made.picture.shown is not None)
    yield made
    made.shutdown()


def positions(state: ViewState) -> list[int]:
    """Where the playhead comes by from now on."""
    seen: list[int] = []
    state.playhead_changed.connect(seen.append)
    return seen


def number_shown(player: Player) -> int | None:
    shown = player.picture.shown
    return None if shown is None else read_number(shown.image)


@pytest.mark.parametrize("end_us", [1_200_000, 1_210_000])
def test_a_stretch_ends_on_the_last_frame_within(player: Player, qtbot: QtBot, end_us: int) -> None:
    player.play_range(1_000_000, end_us)
    assert player.is_playing
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.position_us == end_us - 1
    qtbot.waitUntil(lambda: number_shown(player) == (end_us - 1) // FRAME_US)


def test_a_stretch_is_cut_to_the_media(player: Player, qtbot: QtBot) -> None:
    player.play_range(END_US - 100_000, END_US + 900_000)
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.position_us == END_US
    player.play_range(END_US, END_US + 900_000)
    assert not player.is_playing


def test_a_stretch_has_a_speed_of_its_own(player: Player, qtbot: QtBot) -> None:
    routes: list[Route] = []
    start = player.pacer.start
    player.pacer.start = lambda at_us, route: (routes.append(route), start(at_us, route))[1]  # type: ignore[method-assign]
    player.play_range(1_000_000, 1_100_000, speed=0.5, loop=True)
    assert routes == [Route(1_000_000, 1_100_000, 0.5, loops=True)]
    assert player.speed == 1.0


@pytest.mark.parametrize("leave", ["pause", "seek", "step"])
def test_whoever_leaves_a_stretch_plays_on_beyond_it(
    player: Player, qtbot: QtBot, leave: str
) -> None:
    player.play_range(1_000_000, 1_200_000, loop=True)
    if leave == "pause":
        player.pause()
    elif leave == "seek":
        player.seek(1_100_000)
    else:
        player.step_forward()
    player.play()
    qtbot.waitUntil(lambda: player.position_us > 1_300_000)


def test_a_loop_stays_in_the_selection(player: Player, state: ViewState, qtbot: QtBot) -> None:
    state.set_selection(1_000_000, 1_200_000)
    player.set_loop(True)
    player.play()
    seen = positions(state)
    qtbot.waitUntil(lambda: sum(b < a for a, b in pairwise(seen)) >= 3)
    assert all(1_000_000 <= place <= 1_200_000 for place in seen)
    assert player.is_playing
    number = number_shown(player)
    assert number is not None and 25 <= number < 30


def test_a_loop_follows_the_selection_while_it_plays(
    player: Player, state: ViewState, qtbot: QtBot
) -> None:
    player.set_loop(True)
    state.set_selection(1_000_000, 1_200_000)
    player.play()
    state.set_selection(2_000_000, 2_200_000)
    assert 2_000_000 <= player.position_us < 2_200_000
    seen = positions(state)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(seen)))
    assert all(2_000_000 <= place <= 2_200_000 for place in seen)
    player.set_loop(False)
    qtbot.waitUntil(lambda: player.position_us > 2_300_000)


def test_without_a_selection_everything_loops(
    player: Player, state: ViewState, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(player.loop_changed):
        player.set_loop(True)
    player.seek(END_US - 100_000)
    player.play()
    seen = positions(state)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(seen)))
    assert player.is_playing


def test_play_selection_plays_it_once_or_in_the_loop(
    player: Player, state: ViewState, qtbot: QtBot
) -> None:
    state.set_selection(1_000_000, 1_100_000)
    player.seek(3_000_000)
    player.play_selection()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.position_us == 1_100_000 - 1
    player.set_loop(True)
    player.play_selection()
    seen = positions(state)
    qtbot.waitUntil(lambda: any(b < a for a, b in pairwise(seen)))
    state.clear_selection()
    player.pause()
    player.seek(500_000)
    player.play_selection()
    assert player.is_playing and player.position_us == 500_000


def test_a_review_rushes_over_what_is_left_out(
    player: Player, state: ViewState, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(player.review_changed) as changed:
        player.review("events", ((2_000_000, 2_100_000),))
    assert changed.args == ["events"]
    player.play()
    # The clock at hand shows how fast time goes by.
    qtbot.waitUntil(lambda: player.position_us > 100_000)
    assert player.pacer.seconds_until(player.pacer.now_us() + 1_000_000) == pytest.approx(
        0.1, abs=0.01
    )
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.position_us == END_US
    player.review(None)
    assert player.review_mode is None


def test_the_speed_changes_where_it_stands(player: Player, state: ViewState, qtbot: QtBot) -> None:
    player.play()
    qtbot.waitUntil(lambda: player.position_us > 200_000)
    seen = positions(state)
    for speed in (2.0, 0.5, 4.0):
        player.set_speed(speed)
        assert player.is_playing
        place_us = player.position_us
        qtbot.waitUntil(lambda place_us=place_us: player.position_us > place_us + 50_000)
    assert seen == sorted(seen), "never back"


def test_scrubbing_and_stepping_let_moments_be_heard(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    heard: list[int] = []
    player.pacer.play_grain = heard.append  # type: ignore[method-assign]
    player.seek(1_000_000)
    assert heard == []
    player.set_scrubbing(True)
    player.seek(2_000_000)
    player.set_scrubbing(False)
    assert heard == [2_000_000]
    player.step_forward()
    qtbot.waitUntil(lambda: heard == [2_000_000, 2_000_000 + FRAME_US])


def test_dropped_frames_are_told(player: Player, qtbot: QtBot) -> None:
    told: list[int] = []
    player.dropped_changed.connect(told.append)
    player.picture.dropped_changed.emit(3)
    assert told == [3]


def test_sound_and_picture_loop_together(qtbot: QtBot, tmp_path: Path) -> None:
    state = ViewState()
    player = Player(state)
    try:
        with qtbot.waitSignal(player.media_opened):
            player.open(write_media(tmp_path / "both.mp4", VIDEO, Audio(((0.0, 4.0),))))
        state.set_selection(1_000_000, 1_200_000)
        player.set_loop(True)
        player.play()
        seen = positions(state)
        qtbot.waitUntil(lambda: sum(b < a for a, b in pairwise(seen)) >= 2)
        assert all(1_000_000 <= place <= 1_200_000 for place in seen)
    finally:
        player.shutdown()
