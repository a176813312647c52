"""What is known of frames without decoding them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.player.cache_filler import MARGIN_FRAMES
from app.player.frame_cache import FrameCache
from app.player.frame_numbers import FrameNumbers
from app.player.glimpses import Glimpses
from app.player.whereabouts import Whereabouts
from core_model.media.index import FrameIndex
from core_model.media.probe import VideoInfo
from core_model.media.video import VideoFrame

FILE = Path("a.mp4")
STEP_US = 40_000
VIDEO = VideoInfo("h264", 64, 48, 0, 50.0, 0, 100 * STEP_US)


def frame(number: int) -> VideoFrame:
    return VideoFrame(number * STEP_US, np.zeros((4, 4, 4), np.uint8))


@pytest.fixture
def numbers(qtbot: QtBot) -> Iterator[FrameNumbers]:
    made = FrameNumbers()
    made.index = FrameIndex(np.arange(100) * STEP_US, np.array([0, 50]), 1.0)
    yield made
    made.shutdown()


def test_the_newest_of_all_frames_at_hand_since_the_key_frame(numbers: FrameNumbers) -> None:
    cache, glimpses = FrameCache(10**6), Glimpses()
    whereabouts = Whereabouts(cache, numbers, glimpses)
    assert whereabouts.newest_known(FILE, frame(49), 70 * STEP_US) is None
    glimpses.add(FILE, frame(60))
    cache.begin(65 * STEP_US)
    cache.append(frame(65))
    for wanted, shown, known in ((70, 49, 65), (64, 49, 60), (70, 68, 68), (67, 68, 65)):
        found = whereabouts.newest_known(FILE, frame(shown), wanted * STEP_US)
        assert found is not None and found.pts_us == known * STEP_US


def test_frames_between_are_counted_by_number_or_as_far_as_they_are_at_hand(
    numbers: FrameNumbers,
) -> None:
    cache = FrameCache(10**6)
    cache.begin(0)
    for number in (0, 1, 2):
        cache.append(frame(number))
    whereabouts = Whereabouts(cache, numbers, Glimpses())
    assert whereabouts.frames_between(0, 9 * STEP_US) == 8
    numbers.index = None
    assert whereabouts.frames_between(0, 9 * STEP_US) == 2


def test_the_margin_is_exact_once_frames_are_counted(numbers: FrameNumbers) -> None:
    whereabouts = Whereabouts(FrameCache(10**6), numbers, Glimpses())
    assert whereabouts.margin_us(VIDEO, 3 * STEP_US + 7) == 7
    numbers.index = None
    assert whereabouts.margin_us(VIDEO, 3 * STEP_US + 7) == MARGIN_FRAMES * 20_000
