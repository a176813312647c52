"""Files of many kinds in a real player: each opens, plays to its end and steps both ways, and
calls every frame by the number that is painted into it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.player import SOUND_STEP_US, Player
from app.view_state import ViewState
from tests.app.player.test_picture import write_broken
from tests.core_model.media.oddities import ODDITIES
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media

FRAMES = 30
B_FRAMES = {"bf": "2", "g": "12"}
PICTURES = Video(regular_ticks(FRAMES), options=B_FRAMES)
CUT_FRAMES = 10
STEP_US = 40_000


@dataclass(frozen=True)
class Kind:
    """``painted`` are the numbers to be seen in the pictures, in order; ``turned`` by quarters."""

    name: str
    painted: tuple[int, ...] = tuple(range(FRAMES))
    turned: int = 0


def write_interlaced(path: Path) -> Path:
    options = {"bf": "2", "g": "12", "x264-params": "interlaced=1:tff=1"}
    return write_media(path, Video(regular_ticks(FRAMES), options=options))


def write_edited(path: Path) -> Path:
    """Its edit list leaves out the first frames."""
    write_media(path, Video(regular_ticks(FRAMES), options={"bf": "0", "g": "5"}))
    data = bytearray(path.read_bytes())
    entry = data.index(b"elst") + 12
    media_time = struct.unpack_from(">i", data, entry + 4)[0]
    tick = data.index(b"mdhd") + 16
    ticks_per_s = struct.unpack_from(">I", data, tick)[0]
    struct.pack_into(">i", data, entry + 4, media_time + CUT_FRAMES * ticks_per_s // 25)
    path.write_bytes(data)
    return path


def write_growing(path: Path) -> Path:
    ODDITIES["growing.mkv"](path)
    return path


WRITERS = {
    "interlaced.mp4": write_interlaced,
    "edited.mp4": write_edited,
    "turned.mp4": lambda path: write_media(
        path, Video(regular_ticks(FRAMES), options=B_FRAMES, rotation_deg=90)
    ),
    "late_sound.mkv": lambda path: write_media(path, PICTURES, Audio(((0.6, 0.5),))),
    "early_ending_sound.mkv": lambda path: write_media(path, PICTURES, Audio(((0.0, 0.5),))),
    "silent.mkv": lambda path: write_media(path, PICTURES),
    "growing.mkv": write_growing,
}
KINDS = (
    Kind("interlaced.mp4"),
    Kind("edited.mp4", tuple(range(CUT_FRAMES, FRAMES))),
    Kind("turned.mp4", turned=1),
    Kind("late_sound.mkv"),
    Kind("early_ending_sound.mkv"),
    Kind("silent.mkv"),
    Kind("growing.mkv", tuple(range(36))),
)


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player(ViewState())
    made.set_view_size(QSize(128, 96))
    yield made
    made.shutdown()


def open_in(player: Player, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(player.media_opened):
        player.open(path)
    if player.media is not None and player.media.video is not None:
        qtbot.waitUntil(lambda: player.picture.shown is not None)
        qtbot.waitUntil(lambda: player.picture.numbers.index is not None)


def painted(player: Player, kind: Kind) -> int | None:
    shown = player.picture.shown
    return None if shown is None else read_number(np.rot90(shown.image, -kind.turned))


def play_to_the_end(player: Player, qtbot: QtBot) -> None:
    player.seek_start()
    player.set_speed(4.0)
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda playing: not playing):
        player.play()
    assert player.media is not None
    assert player.position_us == player.media.end_us


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_plays_to_its_end_and_steps_both_ways(
    kind: Kind, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    open_in(player, qtbot, WRITERS[kind.name](tmp_path / kind.name))
    last = len(kind.painted) - 1
    play_to_the_end(player, qtbot)
    qtbot.waitUntil(lambda: player.picture.frame_number == last)
    assert painted(player, kind) == kind.painted[last]
    for number in range(last - 1, -1, -1):
        player.step_back()
        qtbot.waitUntil(lambda number=number: player.picture.frame_number == number)
        assert painted(player, kind) == kind.painted[number]
    for number in range(1, last + 1):
        player.step_forward()
        qtbot.waitUntil(lambda number=number: player.picture.frame_number == number)
        assert painted(player, kind) == kind.painted[number]


def test_sound_alone_plays_to_its_end_and_steps(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    open_in(player, qtbot, write_media(tmp_path / "sound.m4a", None, Audio(((0.0, 1.0),))))
    play_to_the_end(player, qtbot)
    assert player.media is not None
    player.step_back()
    assert player.position_us == player.media.end_us - SOUND_STEP_US
    player.step_forward()
    assert player.position_us == player.media.end_us
    assert player.picture.shown is None


def test_a_broken_middle_is_passed_by_playing_and_by_steps(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    kind = Kind("broken.mp4")
    open_in(player, qtbot, write_broken(tmp_path, range(40, 44)))
    play_to_the_end(player, qtbot)
    qtbot.waitUntil(lambda: painted(player, kind) == 89)
    seen: list[int | None] = []
    while player.position_us > 30 * STEP_US:
        before = player.picture.shown
        player.step_back()
        qtbot.waitUntil(lambda before=before: player.picture.shown is not before)
        # What is shown between the damage and the next key frame is no picture to be read.
        if not 40 * STEP_US <= player.position_us < 60 * STEP_US:
            seen.append(painted(player, kind))
    assert seen == [*range(88, 59, -1), *range(39, 29, -1)]
    assert player.picture.broken_spans
