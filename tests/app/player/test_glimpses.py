"""Small pictures that are kept of what was decoded before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.player.glimpses import SPACING_US, Glimpses, glimpse_size_px
from core_model.media.video import VideoFrame

FILE, OTHER = Path("a.mp4"), Path("b.mp4")
FRAME_BYTES = 4 * 4 * 4


def frame(pts_us: int) -> VideoFrame:
    return VideoFrame(pts_us, np.zeros((4, 4, 4), np.uint8))


def test_the_last_picture_of_a_span_is_found() -> None:
    glimpses = Glimpses()
    for number in (5, 1, 3):
        glimpses.add(FILE, frame(number * SPACING_US))
    found = glimpses.newest(FILE, SPACING_US, 4 * SPACING_US)
    assert found is not None and found.pts_us == 3 * SPACING_US
    assert glimpses.newest(FILE, 0, SPACING_US - 1) is None


def test_one_picture_is_kept_of_each_stretch() -> None:
    glimpses = Glimpses()
    assert glimpses.lacks(FILE, 10)
    glimpses.add(FILE, frame(10))
    assert not glimpses.lacks(FILE, SPACING_US - 1)
    assert glimpses.lacks(FILE, SPACING_US)
    assert glimpses.lacks(OTHER, 10)


def test_another_file_has_none_of_the_pictures() -> None:
    glimpses = Glimpses()
    glimpses.add(FILE, frame(0))
    assert glimpses.newest(OTHER, 0, 1) is None
    glimpses.add(OTHER, frame(SPACING_US))
    assert glimpses.newest(FILE, 0, 1) is None
    assert glimpses.newest(OTHER, 0, 1) is None


def test_nothing_is_left_of_a_file_that_was_closed() -> None:
    glimpses = Glimpses()
    glimpses.add(FILE, frame(0))
    glimpses.clear()
    assert glimpses.newest(FILE, 0, 1) is None
    assert glimpses.lacks(FILE, 0)


def test_the_oldest_make_room() -> None:
    glimpses = Glimpses(3 * FRAME_BYTES)
    for number in range(4):
        glimpses.add(FILE, frame(number * SPACING_US))
    assert glimpses.lacks(FILE, 0)
    assert not glimpses.lacks(FILE, SPACING_US)


def test_small_pictures_keep_the_shape() -> None:
    assert glimpse_size_px((1920, 1080)) == (320, 180)
    assert glimpse_size_px((540, 960)) == (180, 320)
    assert glimpse_size_px((64, 48)) == (64, 48)
