"""How many pixels frames get."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from app.player.picture_size import LARGEST_PLAYED_PX, PictureSize


@pytest.mark.parametrize(
    ("own", "view", "zoom", "playing", "standing"),
    [
        ((1920, 1080), (960, 800), 1.0, (960, 540), (960, 540)),
        ((320, 240), (960, 480), 1.0, (640, 480), (640, 480)),
        ((1920, 1080), (960, 540), 1.5, (1440, 810), (1440, 810)),
        ((1920, 1080), (960, 540), 8.0, (1920, 1080), (1920, 1080)),
        ((320, 240), (640, 480), 0.5, (320, 240), (320, 240)),
        ((320, 240), (640, 480), 4.0, (640, 480), (640, 480)),
        ((320, 240), (3840, 2880), 1.0, (320, 240), (320, 240)),
        ((3840, 2160), (960, 540), 4.0, (1920, 1080), (3840, 2160)),
        ((3840, 2160), (3840, 2160), 1.0, (1920, 1080), (3840, 2160)),
        ((3000, 2), (300, 300), 1.0, (300, 16), (300, 16)),
    ],
)
def test_sizes(
    own: tuple[int, int],
    view: tuple[int, int],
    zoom: float,
    playing: tuple[int, int],
    standing: tuple[int, int],
) -> None:
    size = PictureSize(QSize(*own), QSize(*view), zoom)
    assert size.playing_px == playing
    assert size.standing_px == standing
    assert size.playing_px[0] * size.playing_px[1] <= LARGEST_PLAYED_PX
