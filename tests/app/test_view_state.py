"""The visible range stays inside the media, whatever is asked of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.view_state import MINIMUM_SELECTION_US, MINIMUM_VISIBLE_US, ViewState

HOUR_US = 3_600_000_000
START_US = -40_000

times = st.integers(-2 * HOUR_US, 4 * HOUR_US)
factors = st.floats(0.01, 100.0)


def opened() -> ViewState:
    state = ViewState()
    state.set_media_range(START_US, 3 * HOUR_US)
    return state


def visible(state: ViewState) -> tuple[int, int]:
    return state.visible_start_us, state.visible_end_us


@given(st.lists(st.one_of(st.tuples(times, times), st.tuples(times, factors)), max_size=12))
def test_the_visible_range_stays_in_the_media(
    steps: list[tuple[int, int] | tuple[int, float]],
) -> None:
    state = opened()
    for first, second in steps:
        if isinstance(second, int):
            state.set_visible(first, second)
            state.pan_by(first)
        else:
            state.zoom_about(first, second)
        start_us, end_us = visible(state)
        assert START_US <= start_us < end_us <= 3 * HOUR_US
        assert end_us - start_us >= MINIMUM_VISIBLE_US


@given(st.integers(HOUR_US, HOUR_US + 60_000_000), st.floats(0.5, 20.0))
def test_zoom_leaves_the_time_where_it_is(time_us: int, factor: float) -> None:
    state = opened()
    state.set_visible(HOUR_US, HOUR_US + 60_000_000)
    before = (time_us - state.visible_start_us) / 60_000_000
    state.zoom_about(time_us, factor)
    start_us, end_us = visible(state)
    assert (time_us - start_us) / (end_us - start_us) == pytest.approx(before, abs=1e-6)
    assert end_us - start_us == pytest.approx(60_000_000 / factor, abs=1)


def test_pan_keeps_the_length_at_the_ends() -> None:
    state = opened()
    state.set_visible(0, 10_000_000)
    state.pan_by(-HOUR_US)
    assert visible(state) == (START_US, START_US + 10_000_000)
    state.pan_by(9 * HOUR_US)
    assert visible(state) == (3 * HOUR_US - 10_000_000, 3 * HOUR_US)


def test_media_shorter_than_the_closest_zoom_is_shown_whole() -> None:
    state = ViewState()
    state.set_media_range(0, 8_000)
    state.zoom_about(4_000, 50)
    assert visible(state) == (0, 8_000)


def test_playhead_and_seek_are_clamped_and_wider_than_32_bits() -> None:
    state = opened()
    moved: list[int] = []
    asked: list[int] = []
    state.playhead_changed.connect(moved.append)
    state.seek_requested.connect(asked.append)
    state.set_playhead(2 * HOUR_US)
    state.set_playhead(2 * HOUR_US)
    state.set_playhead(9 * HOUR_US)
    state.request_seek(-HOUR_US)
    assert moved == [2 * HOUR_US, 3 * HOUR_US]
    assert asked == [START_US]
    assert state.playhead_us == 3 * HOUR_US


def test_new_media_is_shown_whole_from_its_start() -> None:
    state = opened()
    state.set_visible(0, 1_000_000)
    state.set_playhead(500_000)
    told: list[tuple[int, int]] = []
    state.media_range_changed.connect(lambda *span: told.append(span))
    state.set_media_range(100, 2_000_100)
    assert told == [(100, 2_000_100)]
    assert visible(state) == (100, 2_000_100)
    assert state.playhead_us == 100


def test_without_media_nothing_moves() -> None:
    state = ViewState()
    asked: list[int] = []
    state.seek_requested.connect(asked.append)
    state.set_visible(0, 1_000_000)
    state.zoom_about(0, 2)
    state.request_seek(5)
    assert not state.has_media
    assert visible(state) == (0, 0)
    assert asked == []


@given(times, times)
def test_a_selection_is_ordered_and_stays_in_the_media(first_us: int, second_us: int) -> None:
    state = opened()
    state.set_selection(first_us, second_us)
    low_us, high_us = sorted(
        min(max(time_us, START_US), 3 * HOUR_US) for time_us in (first_us, second_us)
    )
    expected = (low_us, high_us) if high_us - low_us >= MINIMUM_SELECTION_US else None
    assert state.selection == expected


def test_selection_is_told_once_and_ends_with_the_media() -> None:
    state = opened()
    told: list[object] = []
    state.selection_changed.connect(told.append)
    state.set_selection(5 * HOUR_US // 2, HOUR_US)
    state.set_selection(HOUR_US, 5 * HOUR_US // 2)
    state.set_selection(HOUR_US, HOUR_US + 999)
    state.clear_selection()
    state.set_selection(0, HOUR_US)
    state.set_media_range(0, HOUR_US)
    assert told == [(HOUR_US, 5 * HOUR_US // 2), None, (0, HOUR_US), None]
    assert state.selection is None


@given(
    st.lists(st.integers(0, 1_000_000), max_size=8),
    st.lists(st.integers(0, 1_000_000), max_size=8),
    st.integers(0, 1_000_000),
    st.integers(0, 300_000),
)
def test_snap_takes_the_nearest_within_reach(
    edges_us: list[int], shots_us: list[int], time_us: int, within_us: int
) -> None:
    state = ViewState()
    state.set_media_range(0, 1_000_000)
    state.set_snap_times("events", tuple(edges_us))
    state.set_snap_times("shots", tuple(shots_us))
    everything = [0, 1_000_000, 700_000, *edges_us, *shots_us]
    distance_us = min(abs(candidate_us - time_us) for candidate_us in everything)
    snapped_us = state.snap(time_us, within_us, (700_000,))
    if distance_us > within_us:
        assert snapped_us == time_us
    else:
        assert snapped_us in everything
        assert abs(snapped_us - time_us) == distance_us


def test_snap_times_are_replaced_by_name_and_end_with_the_media() -> None:
    state = opened()
    told: list[int] = []
    state.snap_times_changed.connect(lambda: told.append(1))
    state.set_snap_times("shots", (30, 10, 20))
    state.set_snap_times("shots", (10, 20, 30))
    assert state.snap_times("shots") == (10, 20, 30)
    assert len(told) == 1
    state.set_media_range(0, HOUR_US)
    assert state.snap_times("shots") == ()


def test_frames_are_snapped_to_where_nothing_else_is_near() -> None:
    state = ViewState()
    state.set_media_range(0, 1_000_000)
    state.set_frame_times(np.array([0, 40_000, 80_000, 120_000]))
    state.set_snap_times("shots", (70_000,))
    assert state.snap(77_000, 10_000) == 70_000
    assert state.snap(41_000, 10_000) == 40_000
    assert state.snap(60_000, 5_000) == 60_000
    state.set_media_range(0, 1_000_000)
    assert state.snap(41_000, 10_000) == 41_000


def test_a_hand_on_the_playhead_is_told_once() -> None:
    state = opened()
    told: list[bool] = []
    state.scrubbing_changed.connect(told.append)
    for on in (True, True, False, False):
        state.set_scrubbing(on)
    assert told == [True, False]


def test_nonsense_is_refused() -> None:
    state = opened()
    with pytest.raises(ValueError, match="ends before"):
        state.set_media_range(5, 4)
    with pytest.raises(ValueError, match="positive"):
        state.zoom_about(0, 0.0)
