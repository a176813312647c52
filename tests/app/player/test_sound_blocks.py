"""Sound on its way to the card: exact places, silence where there is none."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from app.player.sound_blocks import blocks_from
from app.player.sound_queue import SoundQueue
from core_model.media.errors import MediaError
from tests.media_factory import Audio, Video, write_media

RATE_HZ = 48_000


def first_samples(path: Path, start_us: int, count: int, speed: float = 1.0) -> np.ndarray:
    got: list[np.ndarray] = []
    blocks = blocks_from(path, start_us, RATE_HZ, speed)
    while sum(len(block) for block in got) < count:
        got.append(next(blocks))
    blocks.close()
    return np.concatenate(got)[:count]


def loud(samples: np.ndarray) -> np.ndarray:
    """Where, in seconds, the sound is louder than a quarter."""
    return np.flatnonzero(np.abs(samples[:, 0]) > 0.25) / RATE_HZ


@pytest.fixture
def beeping(tmp_path: Path) -> Path:
    return write_media(tmp_path / "beeps.mkv", audio=Audio(((0.0, 3.0),), codec="flac"))


@pytest.mark.parametrize("start_us", [0, 300_000, 1_950_000])
def test_the_first_sample_is_the_one_asked_for(beeping: Path, start_us: int) -> None:
    places_s = loud(first_samples(beeping, start_us, RATE_HZ)) + start_us / 1e6
    inside = places_s[places_s < 3.0] % 1.0
    assert len(inside) > 0
    assert inside.max() < 0.102
    assert inside.min() < 0.001 or inside.min() == pytest.approx(start_us / 1e6 % 1.0, abs=0.001)


def test_silence_before_the_sound_and_without_end_after_it(tmp_path: Path) -> None:
    late = write_media(
        tmp_path / "late.mkv", Video(), Audio(((1.0, 0.5),), codec="flac", rate_hz=RATE_HZ)
    )
    samples = first_samples(late, 0, 4 * RATE_HZ)
    places_s = loud(samples)
    assert places_s.min() == pytest.approx(1.0, abs=0.002)
    assert places_s.max() < 1.102
    assert not samples[2 * RATE_HZ :].any()


def test_at_double_speed_beeps_come_twice_as_often(beeping: Path) -> None:
    samples = first_samples(beeping, 0, int(1.4 * RATE_HZ), speed=2.0)
    starts_s = [place for place in loud(samples) if place > 0.3]
    assert starts_s[0] == pytest.approx(0.5, abs=0.03)


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    silent = write_media(tmp_path / "silent.mp4", Video())
    with pytest.raises(MediaError, match="audio"):
        next(blocks_from(silent, 0, RATE_HZ, 1.0))


def test_the_queue_knows_which_part_of_the_media_was_taken() -> None:
    queue = SoundQueue(run=1, start_us=5_000_000, speed=2.0, rate_hz=1_000)
    queue.put(np.full((100, 2), 0.5, np.float32))
    queue.put(np.full((50, 2), 0.25, np.float32))
    assert queue.waiting_s == pytest.approx(0.15)
    out = np.ones((120, 2), np.float32)
    taken = queue.take(out)
    assert (taken.count, taken.start_us, taken.end_us) == (120, 5_000_000, 5_240_000)
    assert (out[:100] == 0.5).all() and (out[100:] == 0.25).all()
    taken = queue.take(out)
    assert (taken.count, taken.start_us, taken.end_us) == (30, 5_240_000, 5_300_000)
    assert (out[:30] == 0.25).all() and not out[30:].any()
    assert queue.take(out).count == 0


def test_blocks_are_bounded(beeping: Path) -> None:
    with_sound = blocks_from(beeping, 0, RATE_HZ, 1.0)
    assert all(len(block) <= 2 * RATE_HZ for block in islice(with_sound, 20))
    with_sound.close()
