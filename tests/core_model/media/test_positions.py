import random
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core_model.media import decoding
from core_model.media import index as index_module
from core_model.media.decoding import decoded_frames
from core_model.media.index import index_frames
from core_model.media.positions import KeyPositions, positions_of, remember
from core_model.media.video import frames
from tests.media_factory import Video, paint_number, read_number, regular_ticks, write_media

COUNT = 110
BARE = {
    "film.h264": ("libx264", {"bf": "3", "g": "25", "preset": "ultrafast"}),
    "film.hevc": (
        "libx265",
        {"x265-params": "keyint=25:bframes=3:log-level=none", "preset": "ultrafast"},
    ),
    "film.m2v": ("mpeg2video", {"bf": "2", "g": "25", "b": "4000000"}),
    "film.mpg": ("mpeg2video", {"bf": "2", "g": "25", "b": "4000000"}),
    "film.vob": ("mpeg2video", {"bf": "2", "g": "25", "b": "4000000"}),
}


def _large_number(number: int) -> np.ndarray:
    return paint_number(number).repeat(2, 0).repeat(2, 1)


def _write(folder: Path, name: str) -> Path:
    codec, options = BARE[name]
    # So large that no two pictures share a packet of a program stream, as in real ones.
    grain = np.random.default_rng(1).integers(0, 90, (96, 128, 3), np.uint8)
    pictures = [
        np.roll(grain, 5 * number, 1) + np.uint8(165) * (_large_number(number) > 0)
        for number in range(COUNT)
    ]
    video = Video(regular_ticks(COUNT), codec=codec, options=options, pictures=pictures)
    return write_media(folder / name, video)


@pytest.mark.parametrize("name", BARE)
def test_an_indexed_file_is_not_read_from_its_start(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path, name)
    index = index_frames(path)
    positions = positions_of(path)
    assert positions is not None
    assert positions.times_us.tolist() == index.pts_us[index.keyframes].tolist()
    chance = random.Random(name)
    for number in [109, 100, 99, *(chance.randrange(COUNT) for _ in range(4))]:
        taken = 0

        def count() -> None:
            nonlocal taken
            taken += 1

        with closing(decoded_frames(path, index.time_us(number), on_packet=count)) as found:
            assert next(found).pts_us == index.time_us(number)
        assert taken < 75
        with closing(frames(path, index.time_us(number))) as shown:
            assert read_number(next(shown).image) == number


class EnoughError(Exception):
    """What ``on_progress`` raises."""


def test_reading_where_key_frames_are_may_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, "film.mpg")
    begun = False
    remembering = index_module._remember_positions

    def begin(*asked: object) -> None:
        nonlocal begun
        begun = True
        remembering(*asked)

    def stop(_part: float) -> None:
        if begun:
            raise EnoughError

    monkeypatch.setattr(index_module, "_remember_positions", begin)
    with pytest.raises(EnoughError):
        index_frames(path, stop)
    assert positions_of(path) is None


def test_positions_that_do_not_hold_are_not_used(tmp_path: Path) -> None:
    path = _write(tmp_path, "film.mpg")
    index = index_frames(path)
    positions = positions_of(path)
    assert positions is not None
    remember(path, KeyPositions(positions.times_us, np.roll(positions.bytes, 1)))
    for number in (30, 60, 100):
        with closing(frames(path, index.time_us(number))) as shown:
            assert read_number(next(shown).image) == number


def test_a_changed_file_is_not_known(tmp_path: Path) -> None:
    path = _write(tmp_path, "film.mpg")
    index_frames(path)
    assert positions_of(path) is not None
    path.write_bytes(path.read_bytes()[:-1])
    assert positions_of(path) is None
    assert positions_of(tmp_path / "gone.mpg") is None


def test_few_files_are_remembered(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.mpg" for number in range(12)]
    for path in paths:
        path.write_bytes(b"x")
        remember(path, KeyPositions(np.array([5]), np.array([0])))
    known = [positions_of(path) is not None for path in paths]
    assert not known[0]
    assert known[-1]
    assert sum(known) <= 8


def test_before() -> None:
    positions = KeyPositions(np.array([10, 20]), np.array([0, 700]))
    assert positions.before(9) is None
    assert positions.before(10) == positions.before(19) == (10, 0)
    assert positions.before(99) == (20, 700)


def test_before_the_first_key_frame_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, "film.mpg")
    index = index_frames(path)
    asked = []
    monkeypatch.setattr(decoding, "seek_byte", lambda *given: asked.append(given) or False)
    with closing(decoded_frames(path, index.time_us(90))) as found:
        assert next(found).pts_us == index.time_us(90)
    assert asked
