"""Cuts are found to the frame; pans, flashes, shaking and changes of light are not cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core_model.media import shots as shots_module
from core_model.media.errors import MediaError
from core_model.media.shots import (
    Progress,
    ShotDetector,
    difference_of,
    is_same_view,
    shot_changes,
    to_hsv,
)
from tests.media_factory import Audio, Video, regular_ticks, write_media

FRAME_US = 40_000
HEIGHT_PX, WIDTH_PX = 27, 48
Movie = Iterator[np.ndarray]


def texture(seed: int, width_px: int = WIDTH_PX) -> np.ndarray:
    """float (27, width, 3) in [0, 255]: colours laid out as in photographs (amplitude 1 / f)."""
    random = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(HEIGHT_PX)[:, None], np.fft.rfftfreq(width_px)[None, :]
    spectrum = 1 / np.maximum(np.hypot(rows, columns), 1 / width_px)
    light = np.fft.irfft2(np.fft.rfft2(random.normal(size=(HEIGHT_PX, width_px))) * spectrum)
    light = light[:, : width_px // 2 * 2]
    tint = random.uniform(0.4, 1.0, 3)
    bright = 120 + 50 * (light - light.mean()) / light.std()
    return np.clip(bright[..., None] * tint, 0, 255)


def still(seed: int, count: int) -> Movie:
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield texture(seed) + random.normal(0, 3, (HEIGHT_PX, WIDTH_PX, 3))


def pan(seed: int, count: int, step_px: int) -> Movie:
    """A camera that sweeps by ``step_px`` of 48 a frame."""
    wide = texture(seed, WIDTH_PX + 2 * (count * step_px // 2 + 1))
    for number in range(count):
        yield wide[:, number * step_px :][:, :WIDTH_PX]


def shaken(seed: int, count: int) -> Movie:
    random = np.random.default_rng(seed)
    wide = texture(seed, WIDTH_PX + 16)
    for _ in range(count):
        yield wide[:, random.integers(0, 16) :][:, :WIDTH_PX]


def faded(movie: Movie, lights: np.ndarray) -> Movie:
    for picture, light in zip(movie, lights, strict=True):
        yield picture * light


def flashed(movie: Movie, *numbers: int) -> Movie:
    for number, picture in enumerate(movie):
        yield picture * 0.1 + 230 if number in numbers else picture


def found_in(*movies: Movie) -> list[int]:
    """The numbers of the frames at which shots begin."""
    detector = ShotDetector()
    found: list[int] = []
    number = 0
    for movie in movies:
        for picture in movie:
            rgb = np.clip(picture, 0, 255).astype(np.uint8)
            found += detector.push(number * FRAME_US, rgb)
            number += 1
    return [time_us // FRAME_US for time_us in found + detector.finish()]


def test_cuts_are_found_at_their_first_frame() -> None:
    assert found_in(still(1, 20), still(2, 9), pan(3, 30, 2), still(4, 20)) == [20, 29, 59]


DOWN, UP = np.linspace(1, 0, 15), np.linspace(0, 1, 15)
DARK_HALF_SECOND = np.zeros(12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: still(5, 60),
        lambda: pan(6, 60, 1),
        lambda: pan(7, 60, 6),
        lambda: pan(8, 40, 12),
        lambda: shaken(9, 60),
        lambda: flashed(still(10, 60), 30),
        lambda: flashed(pan(11, 60, 2), 20, 21, 40),
        lambda: faded(still(12, 60), np.repeat([1.0, 0.6], 30)),
        lambda: faded(still(13, 60), np.linspace(1, 0.2, 60)),
        lambda: faded(still(14, 42), np.concatenate([np.ones(20), [0, 0], np.ones(20)])),
        lambda: (np.zeros((HEIGHT_PX, WIDTH_PX, 3)) for _ in range(40)),
    ],
    ids=[
        "still", "slow pan", "fast pan", "whip pan", "shaking", "flash", "flashes in a pan",
        "exposure", "getting dark", "blink", "black",
    ],
)  # fmt: skip
def test_what_is_no_cut_is_not_taken_for_one(make: Callable[[], Movie]) -> None:
    assert found_in(make()) == []


def test_a_picture_that_comes_up_from_black_begins_a_shot() -> None:
    black = np.concatenate([DOWN, DARK_HALF_SECOND, UP])
    first = faded(still(15, 20 + 15), np.concatenate([np.ones(20), DOWN]))
    second = faded(still(16, 12 + 15 + 20), np.concatenate([black[15:], np.ones(20)]))
    (found,) = found_in(first, second)
    assert 20 + 15 + 12 <= found <= 20 + 15 + 12 + 4


def test_precision_and_recall_over_many_shots() -> None:
    random = np.random.default_rng(17)
    movies: list[Movie] = []
    cuts: list[int] = []
    at = 0
    for seed in range(100, 140):
        count = int(random.integers(8, 40))
        kind = seed % 4
        if kind == 0:
            movies.append(still(seed, count))
        elif kind == 1:
            movies.append(pan(seed, count, int(random.integers(1, 5))))
        elif kind == 2:
            movies.append(flashed(still(seed, count), count // 2))
        else:
            movies.append(faded(still(seed, count), np.linspace(1, 0.7, count)))
        at += count
        cuts.append(at)
    found, expected = set(found_in(*movies)), set(cuts[:-1])
    precision, recall = len(found & expected) / len(found), len(found & expected) / len(expected)
    assert precision >= 0.95
    assert recall >= 0.95


@pytest.fixture
def cut_film(tmp_path: Path) -> Path:
    pictures = [
        np.kron(np.clip(picture, 0, 255).astype(np.uint8), np.ones((2, 2, 1), np.uint8))[:48]
        for movie in (still(1, 30), still(2, 30), still(3, 30))
        for picture in movie
    ]
    video = Video(
        ticks=regular_ticks(90, 40, first=700), time_base=Fraction(1, 1000), pictures=pictures
    )
    return write_media(tmp_path / "cuts.mkv", video)


def test_times_are_those_of_the_file(cut_film: Path) -> None:
    said = list(shot_changes(cut_film, cancelled=lambda: False))
    shots = [time_us for time_us in said if isinstance(time_us, int)]
    assert shots == [1_900_000, 3_100_000]
    parts = [report.part_done for report in said if isinstance(report, Progress)]
    assert parts == sorted(parts)
    assert parts
    assert 0 <= min(parts) <= max(parts) <= 1


def test_the_search_ends_when_it_is_cancelled(cut_film: Path) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    said = list(shot_changes(cut_film, cancelled=cancelled))
    assert len(asked) == 4
    assert not [time_us for time_us in said if isinstance(time_us, int)]


def test_sound_alone_has_no_shots(tmp_path: Path) -> None:
    path = write_media(tmp_path / "sound.wav", audio=Audio(codec="pcm_s16le"))
    with pytest.raises(MediaError, match=r"sound\.wav.*video"):
        next(shot_changes(path, cancelled=lambda: False))


def test_colours_become_hue_saturation_and_brightness() -> None:
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90], [0, 0, 0]]], np.uint8)
    hsv = to_hsv(rgb)[0]
    assert hsv[:, 0].tolist() == pytest.approx([0, 85, 170, 0, 0])
    assert hsv[:, 1].tolist() == pytest.approx([255, 255, 255, 0, 0])
    assert hsv[:, 2].tolist() == [255, 255, 255, 90, 0]


def test_hue_goes_round_and_counts_only_where_there_is_colour() -> None:
    def flat(hue: float, saturation: float, value: float) -> np.ndarray:
        return np.full((4, 4, 3), [hue, saturation, value], np.float32)

    near = difference_of(flat(250, 255, 255), flat(5, 255, 255))
    assert near == pytest.approx(difference_of(flat(100, 255, 255), flat(110, 255, 255)))
    assert difference_of(flat(0, 0, 200), flat(120, 0, 200)) == 0
    assert difference_of(flat(0, 255, 0), flat(120, 0, 0)) == 0


def test_the_same_view_in_another_light_is_the_same() -> None:
    first, other = to_hsv(texture(1).astype(np.uint8)), to_hsv(texture(2).astype(np.uint8))
    darker = to_hsv((texture(1) * 0.5).astype(np.uint8))
    assert is_same_view(first, darker)
    assert not is_same_view(first, other)
    assert not is_same_view(first, np.zeros_like(first))


def test_nothing_is_decoded_once_it_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **_more: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(shots_module, "frames", never)
    path = write_media(tmp_path / "film.mp4", Video())
    assert list(shot_changes(path, cancelled=lambda: True)) == []
