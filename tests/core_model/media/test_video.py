import itertools
import random
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.media import video
from core_model.media.decoding import decoded_frames
from core_model.media.errors import MediaError
from core_model.media.video import Painter, frames, frames_at_rate, shown_at_rate
from tests.core_model.media.kinds import VIDEO_KINDS, Kind, written_times_us
from tests.media_factory import (
    Audio,
    Video,
    paint_number,
    read_number,
    regular_ticks,
    write_media,
)


def _read(path: Path, start_us: int | None = None, count: int | None = None) -> list[tuple]:
    with closing(frames(path, start_us, pixel_format="gray")) as read:
        return [(frame.pts_us, read_number(frame.image)) for frame in itertools.islice(read, count)]


@pytest.mark.parametrize("name", VIDEO_KINDS)
def test_all_frames_in_order_at_their_times(kind: Kind, name: str) -> None:
    times_us = written_times_us(name)
    assert _read(kind(name)) == list(zip(times_us, itertools.count(), strict=False))


@pytest.mark.parametrize("name", VIDEO_KINDS)
def test_seeks_are_exact(kind: Kind, name: str) -> None:
    times_us = written_times_us(name)
    chance = random.Random(name)
    span = (times_us[0] - 300_000, times_us[-1] + 300_000)
    moments = [chance.randint(*span) for _ in range(18)] + chance.sample(times_us, 10)
    for moment_us in moments:
        number = max(0, sum(time_us <= moment_us for time_us in times_us) - 1)
        expected = list(zip(times_us, itertools.count(), strict=False))[number : number + 2]
        assert _read(kind(name), moment_us, 2) == expected, f"at {moment_us} us"


def test_long_gaps_between_frames_are_no_reason_to_miss_one(tmp_path: Path) -> None:
    # A frame that no other refers to, shown for long: what a seek leaves out to be fast.
    ticks = (0, 1, 2, 3, 4, 5, 6, 7, 500, 501, 502)
    slides = Video(ticks, options={"bf": "3", "g": "250"})
    path = write_media(tmp_path / "slides.mp4", slides)
    for tick in range(10, 500, 70):
        assert _read(path, tick * 40_000, 1) == [(7 * 40_000, 7)]


def test_frames_before_the_beginning_of_an_edit_are_not_shown(tmp_path: Path) -> None:
    path = write_media(tmp_path / "cut.mp4", Video(regular_ticks(50, 1, -10), options={"bf": "3"}))
    assert [number for _, number in _read(path)] == list(range(10, 50))


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_pictures_are_turned_as_displayed(
    tmp_path: Path, rotation_deg: int, mirrored: bool
) -> None:
    displayed = paint_number(0b0001_0011_0111)
    # Undone in reverse: players turn the stored picture, then mirror what they see.
    unmirrored = displayed[:, ::-1] if mirrored else displayed
    stored = np.ascontiguousarray(np.rot90(unmirrored, -rotation_deg // 90))
    turned = Video((0, 1), pictures=[stored] * 2, rotation_deg=rotation_deg, mirrored=mirrored)
    path = write_media(tmp_path / "turned.mp4", turned)
    for frame in frames(path):
        assert frame.image.shape == (48, 64, 3)
        assert read_number(frame.image) == 0b0001_0011_0111


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = write_media(tmp_path / "wide.mp4", Video(pixel_aspect=Fraction(4, 3)))
    assert next(frames(path)).image.shape == (48, 85, 3)


@pytest.mark.parametrize(
    ("pixel_format", "shape"),
    [("rgb24", (20, 30, 3)), ("bgra", (20, 30, 4)), ("rgba", (20, 30, 4)), ("gray", (20, 30))],
)
def test_size_and_pixel_format(kind: Kind, pixel_format: str, shape: tuple[int, ...]) -> None:
    image = next(frames(kind("constant.mp4"), size_px=(30, 20), pixel_format=pixel_format)).image
    assert image.shape == shape
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous


@pytest.mark.parametrize(("height_px", "matrix"), [(96, "bt601"), (720, "bt709")])
def test_colours_are_right_when_the_file_says_nothing_about_them(
    tmp_path: Path, height_px: int, matrix: str
) -> None:
    red_weight, blue_weight = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    red = 1.0
    luma = red_weight * red
    u, v = -luma / (2 * (1 - blue_weight)), (red - luma) / (2 * (1 - red_weight))
    planes = [16 + 219 * luma, 128 + 224 * u, 128 + 224 * v]
    width_px = height_px
    stored = np.concatenate(
        [
            np.full((height_px, width_px), round(planes[0]), np.uint8),
            np.full((height_px // 2, width_px), 0, np.uint8),
        ]
    )
    chroma = stored[height_px:].reshape(2, -1)
    chroma[0], chroma[1] = round(planes[1]), round(planes[2])
    path = write_media(tmp_path / "red.mkv", Video((0,), stored_pictures=[stored]))
    middle = next(frames(path)).image[height_px // 2, width_px // 2].astype(int)
    assert np.abs(middle - [255, 0, 0]).max() <= 6


@pytest.mark.parametrize("colours", range(1, 18))
def test_no_statement_about_colours_is_too_odd(tmp_path: Path, colours: int) -> None:
    path = write_media(tmp_path / "odd.mkv", Video((0,), pictures=[paint_number(1365)]))
    first = next(decoded_frames(path))
    first.picture.colorspace = colours
    image = Painter(path, first, None, "rgb24").paint(first.picture)
    assert read_number(image) == 1365


def test_at_a_rate_each_moment_has_the_frame_shown_then(kind: Kind) -> None:
    for name in ("ragged.mp4", "starts_late.ts", "open_groups.mkv", "long_groups.mp4"):
        times_us = written_times_us(name)
        for origin_us, rate_hz in ((times_us[0], 16), (times_us[0] - 500_000, 10), (5_100_000, 7)):
            pictures = frames_at_rate(kind(name), origin_us, rate_hz, (64, 48))
            shown = [read_number(picture) for picture in pictures]
            last_us = times_us[-1] + 40_000
            moments_us = itertools.takewhile(
                lambda moment_us, end_us=last_us: moment_us < end_us,
                (origin_us + round(k * 1e6 / rate_hz) for k in itertools.count()),
            )
            assert shown == [
                max(0, sum(time_us <= moment_us for time_us in times_us) - 1)
                for moment_us in moments_us
            ], (name, origin_us)


class Thing(NamedTuple):
    pts_us: int
    duration_us: int


@given(
    st.lists(st.integers(0, 400_000), min_size=1, max_size=12, unique=True),
    st.integers(0, 90_000),
    st.integers(-200_000, 500_000),
    st.floats(1, 60),
)
def test_what_is_shown_when(
    starts_us: list[int], duration_us: int, origin_us: int, rate_hz: float
) -> None:
    things = [Thing(start_us, duration_us) for start_us in sorted(starts_us)]
    shown = list(shown_at_rate(things, origin_us, rate_hz))
    for k, thing in enumerate(shown):
        moment_us = origin_us + round(k * 1e6 / rate_hz)
        assert thing == ([x for x in things if x.pts_us <= moment_us] or things[:1])[-1]
    after_us = origin_us + round(len(shown) * 1e6 / rate_hz)
    usual_us = things[-1].pts_us - things[-2].pts_us if len(things) > 1 else 40_000
    assert after_us >= things[-1].pts_us + (duration_us or usual_us)


def test_only_pictures_that_are_shown_are_painted(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = []
    paint: Callable = video.Painter.paint
    monkeypatch.setattr(
        video.Painter, "paint", lambda self, frame: painted.append(1) or paint(self, frame)
    )
    assert len(list(frames_at_rate(kind("long_groups.mp4"), 0, 5, (32, 24)))) == 60
    assert len(painted) == 60


def test_the_file_is_closed_with_the_generator(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    path.write_bytes(kind("constant.mp4").read_bytes())
    reading = frames(path)
    next(reading)
    reading.close()
    path.unlink()
    assert list(reading) == []


def test_no_video_is_said(tmp_path: Path) -> None:
    path = write_media(tmp_path / "sound.wav", audio=Audio(codec="pcm_s16le"))
    with pytest.raises(MediaError) as caught:
        next(frames(path))
    assert str(caught.value) == "sound.wav: video: the file has no video stream"
