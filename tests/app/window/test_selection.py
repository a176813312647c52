"""Marking a stretch of time with keys."""

from __future__ import annotations

import numpy as np
import pytest

from app.actions import ACTIONS
from app.view_state import ViewState
from app.window.selection import NUDGE_WITHOUT_FRAMES_US, SelectionCommands

END_US = 10_000_000
FRAME_US = 40_000


@pytest.fixture
def state() -> ViewState:
    made = ViewState()
    made.set_media_range(0, END_US)
    made.set_frame_times(np.arange(0, END_US, FRAME_US))
    return made


@pytest.fixture
def commands(state: ViewState) -> SelectionCommands:
    return SelectionCommands(state)


def do(commands: SelectionCommands, *names: str) -> None:
    for name in names:
        commands.slots()[name]()


def test_every_command_is_an_action(commands: SelectionCommands) -> None:
    assert set(commands.slots()) <= {spec.id for spec in ACTIONS}


def test_start_and_end_are_set_at_the_playhead(
    state: ViewState, commands: SelectionCommands
) -> None:
    state.set_playhead(2_000_000)
    do(commands, "select_start")
    assert state.selection == (2_000_000, END_US)
    state.set_playhead(5_000_000)
    do(commands, "select_end")
    assert state.selection == (2_000_000, 5_000_000)
    state.set_playhead(1_000_000)
    do(commands, "select_end")
    assert state.selection == (0, 1_000_000)
    state.set_playhead(7_000_000)
    do(commands, "select_start")
    assert state.selection == (7_000_000, END_US)


def test_everything_and_nothing(state: ViewState, commands: SelectionCommands) -> None:
    do(commands, "select_all")
    assert state.selection == (0, END_US)
    do(commands, "select_none")
    assert state.selection is None


def test_edges_move_from_frame_to_frame_and_show_it(
    state: ViewState, commands: SelectionCommands
) -> None:
    asked: list[int] = []
    state.seek_requested.connect(asked.append)
    state.set_selection(1_010_000, 1_090_000)
    do(commands, "select_start_earlier", "select_end_later")
    assert state.selection == (1_000_000, 1_120_000)
    do(commands, "select_start_later", "select_end_earlier")
    assert state.selection == (1_040_000, 1_080_000)
    do(commands, "select_start_later", "select_end_earlier")
    assert state.selection == (1_040_000, 1_080_000), "edges never meet"
    assert asked == [1_000_000, 1_120_000, 1_040_000, 1_080_000]


def test_edges_stop_at_the_ends_of_the_media(state: ViewState, commands: SelectionCommands) -> None:
    state.set_selection(20_000, END_US - 30_000)
    do(commands, "select_start_earlier", "select_start_earlier")
    do(commands, "select_end_later", "select_end_later")
    assert state.selection == (0, END_US)


def test_edges_move_without_frames_and_not_without_a_selection(
    state: ViewState, commands: SelectionCommands
) -> None:
    do(commands, "select_start_earlier", "to_select_start")
    assert state.selection is None
    state.set_frame_times(np.empty(0, np.int64))
    state.set_selection(1_000_000, 2_000_000)
    do(commands, "select_end_later")
    assert state.selection == (1_000_000, 2_000_000 + NUDGE_WITHOUT_FRAMES_US)


def test_going_to_and_showing_the_selection(state: ViewState, commands: SelectionCommands) -> None:
    asked: list[int] = []
    state.seek_requested.connect(asked.append)
    state.set_selection(2_000_000, 3_000_000)
    do(commands, "to_select_start", "to_select_end", "zoom_selection")
    assert asked == [2_000_000, 3_000_000]
    assert (state.visible_start_us, state.visible_end_us) == (1_900_000, 3_100_000)
    state.clear_selection()
    do(commands, "zoom_selection")
    assert (state.visible_start_us, state.visible_end_us) == (0, END_US)
