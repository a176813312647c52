"""Ruler: labels have room, lines between divide them evenly."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.ticks import FINE_LABEL_PX, LABEL_PX, ruler_time, step_us, tick_places, tick_times
from app.timeline.time_scale import TimeScale


@given(st.floats(10.0, 30_000_000.0))
def test_labels_have_room_and_are_not_lost(us_per_px: float) -> None:
    labelled_us, plain_us = step_us(us_per_px)
    room_px = FINE_LABEL_PX if labelled_us < 1_000_000 else LABEL_PX
    assert labelled_us / us_per_px >= room_px
    assert labelled_us % plain_us == 0
    assert labelled_us / us_per_px < 6 * FINE_LABEL_PX or labelled_us == 1_000


@given(st.integers(-10_000_000, 10_000_000_000), st.integers(20_000, 10_000_000_000))
def test_ticks_cover_what_is_visible(start_us: int, span_us: int) -> None:
    us_per_px = span_us / 1_500
    times = tick_times(start_us, start_us + span_us, us_per_px).tolist()
    labelled_us, plain_us = step_us(us_per_px)
    assert times[0] <= start_us
    assert times[-1] > start_us + span_us - plain_us
    assert {second - first for first, second in pairwise(times)} == {plain_us}
    assert any(time_us % labelled_us == 0 for time_us in times)
    assert len(times) < 600


@given(st.integers(0, 10_000_000_000), st.integers(20_000, 10_000_000_000))
def test_ticks_stand_at_their_times(start_us: int, span_us: int) -> None:
    scale = TimeScale(start_us, start_us + span_us, 100, 1_500)
    places = tick_places(scale)
    times = tick_times(start_us, start_us + span_us, scale.us_per_px).tolist()
    expected = sorted(scale.whole_px(time_us) for time_us in times)
    assert sorted([*places.plain_px, *(x_px for x_px, _ in places.labelled)]) == expected
    labelled_us, _ = step_us(scale.us_per_px)
    labels = {
        ruler_time(us, with_ms=labelled_us < 1_000_000) for us in times if us % labelled_us == 0
    }
    assert {label for _, label in places.labelled} == labels


@pytest.mark.parametrize(
    ("time_us", "with_ms", "text"),
    [
        (0, False, "00:00:00"),
        (3_725_000_000, False, "01:02:05"),
        (12_480_000, True, "00:00:12.480"),
        (-2_000_000, False, "-00:00:02"),
    ],
)
def test_ruler_times(time_us: int, with_ms: bool, text: str) -> None:
    assert ruler_time(time_us, with_ms=with_ms) == text
