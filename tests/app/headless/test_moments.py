"""How people may write times."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.headless.moments import Moment, edge_us, moment
from app.player.time_code import time_code
from core_model.media.probe import probe
from tests.media_factory import Video, write_media


@pytest.mark.parametrize(
    ("text", "time_us", "width_us"),
    [
        ("12", 12_000_000, 1000),
        ("12.48", 12_480_000, 1000),
        ("12.480123", 12_480_123, 1),
        ("12.4801239", 12_480_123, 1),
        ("1:05.2", 65_200_000, 1000),
        ("01:02:03.004", 3_723_004_000, 1000),
        ("-0.5", -500_000, 1000),
        ("0.", 0, 1000),
    ],
)
def test_seconds_and_time_codes(text: str, time_us: int, width_us: int) -> None:
    assert moment(text) == Moment(time_us, width_us)


@pytest.mark.parametrize("text", ["", "abc", "1:2:3:4", "1,5", "1e3", "nan", "--1", "1.2.3"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        moment(text)


@given(st.integers(0, 10**11))
def test_the_time_code_of_a_moment_leads_back_to_it(time_us: int) -> None:
    named = moment(time_code(time_us))
    assert named.time_us <= time_us <= named.last_us


def test_a_clip_is_cut_at_the_frame_whose_time_code_was_named(tmp_path: Path) -> None:
    video = Video(tuple(1001 * k for k in range(30)), time_base=Fraction(1, 30_000))
    info = probe(write_media(tmp_path / "a.mp4", video))
    for time_us in video.times_us:
        assert edge_us(info, moment(time_code(time_us))) == time_us
    assert edge_us(info, moment("0.0500")) == 50_000
    assert edge_us(info, moment("0.050")) == 50_000
