"""Five hundred seeks and five hundred steps: the number painted into the picture is the number
that is shown to people and the one by which export addresses the frame, every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.picture import Picture
from core_model.media.index import FrameIndex, index_frames
from core_model.media.probe import probe
from tests.media_factory import Video, read_number, regular_ticks, write_media

FRAMES = 300
SEEKS_EACH = STEPS_EACH = 125
UNEVEN = tuple(sorted(random.Random(7).sample(range(0, 15_000, 7), FRAMES)))
KINDS = {
    "constant": Video(ticks=regular_ticks(FRAMES), options={"bf": "0", "g": "30"}),
    "b_frames": Video(ticks=regular_ticks(FRAMES), options={"bf": "3", "g": "250"}),
    "variable": Video(ticks=UNEVEN, time_base=Fraction(1, 1_000), options={"g": "60"}),
    "offset": Video(ticks=regular_ticks(FRAMES, first=90), options={"bf": "2", "g": "100"}),
}


@pytest.fixture
def picture(qtbot: QtBot) -> Iterator[Picture]:
    # Room for a few frames only, so that most places have to be sought in the file.
    made = Picture(cache_bytes=40 * 64 * 48 * 4)
    made.set_view_size(QSize(64, 48))
    yield made
    made.shutdown()


def opened(picture: Picture, qtbot: QtBot, path: Path) -> FrameIndex:
    """Show the first frame and wait for the numbers; returns the index that export uses."""
    video = probe(path).video
    assert video is not None
    picture.set_media(path, video)
    picture.show_at(video.start_us)
    qtbot.waitUntil(lambda: picture.numbers.index is not None)
    return index_frames(path)


def numbers(picture: Picture, export: FrameIndex) -> set[int | None]:
    """The numbers by which the frame on screen goes: one, when all is well."""
    assert picture.shown is not None
    return {
        read_number(picture.shown.image),
        picture.frame_number,
        export.number_at(picture.shown.pts_us),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_seek_shows_the_frame_by_its_one_number(
    kind: str, picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    video = KINDS[kind]
    export = opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    shown: list[set[int | None]] = []
    picture.frame_shown.connect(lambda _frame: shown.append(numbers(picture, export)))
    chance = random.Random(kind)
    for _ in range(SEEKS_EACH):
        time_us = chance.randrange(video.times_us[0], video.times_us[-1] + 1)
        wanted = max(n for n, pts_us in enumerate(video.times_us) if pts_us <= time_us)
        picture.show_at(time_us)
        qtbot.waitUntil(lambda wanted=wanted: numbers(picture, export) == {wanted})
    assert all(len(each) == 1 for each in shown), "no frame on the way was called wrongly"


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_leads_to_the_neighbour(
    kind: str, picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    video = KINDS[kind]
    export = opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    chance = random.Random(kind)
    place = 150
    picture.show_at(video.times_us[place])
    qtbot.waitUntil(lambda: numbers(picture, export) == {150})
    direction = 1
    for count in range(STEPS_EACH):
        if count % 25 == 0:
            direction = chance.choice((1, -1))
        place += direction
        picture.step(direction)
        qtbot.waitUntil(lambda wanted=place: numbers(picture, export) == {wanted})


@pytest.mark.parametrize("kind", KINDS)
def test_scrubbing_calls_each_frame_it_passes_by_its_number(
    kind: str, picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    video = KINDS[kind]
    export = opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    shown: list[set[int | None]] = []
    picture.frame_shown.connect(lambda _frame: shown.append(numbers(picture, export)))
    chance = random.Random(kind)
    for _ in range(20):
        wanted = chance.randrange(FRAMES)
        for shaking in (-3, 2, 0):
            number = min(max(wanted + shaking, 0), FRAMES - 1)
            picture.show_at(video.times_us[number], preview=True)
        qtbot.waitUntil(lambda wanted=wanted: numbers(picture, export) == {wanted})
    assert all(len(each) == 1 for each in shown)
