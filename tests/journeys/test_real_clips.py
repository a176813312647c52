"""Real clips in many containers and codecs play and are addressed by frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.view_state import ViewState


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player(ViewState())
    made.set_view_size(QSize(160, 90))
    yield made
    made.shutdown()


# Some dozen clips, each opened, counted and decoded in several places.
@pytest.mark.timeout(900)
def test_every_clip_opens_seeks_and_steps(player: Player, qtbot: QtBot, shared_data: Path) -> None:
    clips = sorted(path for path in (shared_data / "clips").iterdir() if path.is_file())
    assert clips
    picture = player.picture
    for clip in clips:
        with qtbot.waitSignal(player.media_opened):
            player.open(clip)
        media = player.media
        assert media is not None
        if media.video is None:
            continue
        qtbot.waitUntil(lambda: picture.numbers.index is not None)
        index = picture.numbers.index
        assert index is not None
        for number in (len(index) // 2, len(index) - 1, 0):
            player.seek(index.time_us(number))
            qtbot.waitUntil(lambda wanted=number: picture.frame_number == wanted)
        player.step_forward()
        last = min(1, len(index) - 1)
        qtbot.waitUntil(lambda wanted=last: picture.frame_number == wanted)
        assert picture.shown is not None
        assert player.position_us == max(picture.shown.pts_us, media.start_us)
