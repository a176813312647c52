"""Times as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.time_code import short_time_code, time_code, time_left


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "00:00:00.000"),
        (12_480_999, "00:00:12.480"),
        (3_661_001_000, "01:01:01.001"),
        (-1, "-00:00:00.001"),
        (-21_333, "-00:00:00.022"),
        (400_000_000_000, "111:06:40.000"),
    ],
)
def test_time_code(time_us: int, text: str) -> None:
    assert time_code(time_us) == text


@given(st.integers(-(10**12), 10**12))
def test_time_code_names_the_millisecond_that_has_begun(time_us: int) -> None:
    found = re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)\.(\d\d\d)", time_code(time_us))
    assert found is not None
    sign, hours, minutes, seconds, ms = found.groups()
    total_ms = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)
    read_us = (-total_ms if sign else total_ms) * 1000
    assert read_us <= time_us < read_us + 1000


@pytest.mark.parametrize(
    ("time_us", "text"),
    [(12_480_000, "00:12.480"), (3_612_000_000, "01:00:12.000"), (-1_000, "-00:00.001")],
)
def test_short_time_code_leaves_out_hours_that_are_not_there(time_us: int, text: str) -> None:
    assert short_time_code(time_us) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0:00"), (11.2, "0:12"), (60.0, "1:00"), (3599.5, "1:00:00"), (-3.0, "0:00")],
)
def test_time_left_rounds_up(seconds: float, text: str) -> None:
    assert time_left(seconds) == text
