"""Sound on its way to the card: exact places, silence where there is none, loops without gaps."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from app.player.route import Leg, Route
from app.player.sound_blocks import BEEP_HZ, Block, MediaSound, beep, blocks_along, grain
from app.player.sound_queue import SoundQueue
from core_model.media.errors import MediaError
from tests.media_factory import Audio, Video, write_media
from tests.tone_file import write_tone

RATE_HZ = 48_000
END_US = 3_000_000


def heard(path: Path, route: Route, start_us: int, at_most_s: float = 10.0) -> list[Block]:
    """What is given to the card along a route, up to so many seconds."""
    sound = MediaSound(path, RATE_HZ)
    blocks: list[Block] = []
    count = 0
    for block in blocks_along(sound, route.legs_from(start_us)):
        blocks.append(block)
        count += len(block.samples)
        if count >= at_most_s * RATE_HZ:
            break
    sound.close()
    return blocks


def joined(blocks: list[Block]) -> np.ndarray:
    return np.concatenate([block.samples for block in blocks])


def loud(samples: np.ndarray) -> np.ndarray:
    """Where, in seconds, the sound is louder than a quarter."""
    return np.flatnonzero(np.abs(samples[:, 0]) > 0.25) / RATE_HZ


@pytest.fixture
def beeping(tmp_path: Path) -> Path:
    return write_media(tmp_path / "beeps.mkv", audio=Audio(((0.0, 3.0),), codec="flac"))


@pytest.mark.parametrize("start_us", [0, 300_000, 1_950_000])
def test_the_first_sample_is_the_one_asked_for(beeping: Path, start_us: int) -> None:
    samples = joined(heard(beeping, Route(0, END_US), start_us))
    places_s = loud(samples) + start_us / 1e6
    inside = places_s % 1.0
    assert len(samples) == round((END_US - start_us) * RATE_HZ / 1e6)
    assert inside.max() < 0.102
    assert inside.min() < 0.001


def test_silence_before_the_sound_and_after_it(tmp_path: Path) -> None:
    late = write_media(
        tmp_path / "late.mkv", Video(), Audio(((1.0, 0.5),), codec="flac", rate_hz=RATE_HZ)
    )
    samples = joined(heard(late, Route(0, 4_000_000), 0))
    places_s = loud(samples)
    assert places_s.min() == pytest.approx(1.0, abs=0.002)
    assert places_s.max() < 1.102
    assert len(samples) == 4 * RATE_HZ
    assert not samples[2 * RATE_HZ :].any()


@pytest.mark.parametrize("speed", [0.5, 2.0, 4.0])
def test_at_another_speed_every_block_says_what_is_heard(beeping: Path, speed: float) -> None:
    blocks = heard(beeping, Route(0, END_US, speed), 500_000)
    assert blocks[0].start_us == 500_000 and blocks[-1].end_us == END_US
    starts = []
    for before, block in zip([None, *blocks], blocks, strict=False):
        assert before is None or block.start_us == before.end_us
        length_us = len(block.samples) * 1e6 / RATE_HZ * speed
        assert block.end_us - block.start_us == pytest.approx(length_us, abs=20)
        places = loud(block.samples)
        if len(places) and (before is None or not len(loud(before.samples))):
            starts.append(block.start_us + places[0] * 1e6 * speed)
    assert starts == pytest.approx([1_000_000, 2_000_000], abs=1_000)


def test_a_short_loop_has_no_gap_and_stays_in_step(tmp_path: Path) -> None:
    sound = MediaSound(write_tone(tmp_path / "tone.wav", 1.0, RATE_HZ), RATE_HZ)
    legs = Route(300_000, 500_000, loops=True).legs_from(450_000)
    blocks = list(islice(blocks_along(sound, legs), 400))
    sound.close()
    samples = joined(blocks)
    loudness = np.abs(samples[: len(samples) // 96 * 96, 0]).reshape(-1, 96).max(axis=1)
    quiet = np.flatnonzero(np.diff(np.flatnonzero(loudness > 0.2), prepend=-1) > 5)
    assert len(quiet) == 0, "nowhere is it silent for 10 ms"
    assert np.abs(np.diff(samples[:, 0])).max() < 0.1, "no seam clicks"
    laps = {block.lap: block.start_us for block in reversed(blocks)}
    assert laps.pop(0) == 450_000
    assert set(laps.values()) == {300_000}
    assert len(samples) == pytest.approx(
        (0.05 + 0.2 * (max(laps) - 1)) * RATE_HZ, abs=0.2 * RATE_HZ
    )


def test_what_is_passed_over_is_silent_and_short(beeping: Path) -> None:
    blocks = heard(beeping, Route(0, END_US, passed_over=((0, 1_000_000),)), 0)
    fast = joined([block for block in blocks if block.speed == 10.0])
    assert len(fast) == RATE_HZ // 10
    assert not fast.any()
    assert loud(joined(blocks)).min() == pytest.approx(0.1, abs=0.003)


def test_a_seam_blends_what_would_have_been_heard(beeping: Path) -> None:
    sound = MediaSound(beeping, RATE_HZ)
    tail = np.full((1_000, 2), 0.5, np.float32)
    first = next(blocks_along(sound, Route(0, END_US).legs_from(500_000), lap=4, tail=tail))
    sound.close()
    assert first.lap == 4
    assert first.samples[0, 0] == pytest.approx(0.5)
    assert not first.samples[200:].any()


def test_sound_is_read_from_anywhere_in_any_order(tmp_path: Path) -> None:
    beeping = write_media(
        tmp_path / "beeps.wav", audio=Audio(((0.0, 3.0),), codec="pcm_s16le", rate_hz=RATE_HZ)
    )
    sound = MediaSound(beeping, RATE_HZ)
    for first in (0, 48_000, 47_000, 140_000, 10, -2_000, 96_000, 400_000, 48_100):
        apart = MediaSound(beeping, RATE_HZ)
        assert np.allclose(sound.read(first, 3_000), apart.read(first, 3_000), atol=1e-4)
        apart.close()
    sound.close()


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    silent = write_media(tmp_path / "silent.mp4", Video())
    sound = MediaSound(silent, RATE_HZ)
    with pytest.raises(MediaError, match="audio"):
        sound.read(0, 10)
    sound.close()


def test_sound_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "away.mkv"
    sound = MediaSound(path, RATE_HZ)
    for _ in range(2):
        with pytest.raises(MediaError, match="no such file"):
            sound.read(0, 100)
    write_media(path, audio=Audio(((0.0, 1.0),), codec="flac"))
    assert np.abs(sound.read(0, 100)).max() > 0.25
    sound.close()


def test_a_grain_fades_in_and_out(beeping: Path) -> None:
    sound = MediaSound(beeping, RATE_HZ)
    block = grain(sound, Route(1_010_000, 1_060_000))
    sound.close()
    assert len(block.samples) == RATE_HZ // 20
    assert not block.samples[0].any() and not block.samples[-1].any()
    assert np.abs(block.samples).max() > 0.3


def a_block(count: int, value: float, start_us: int, end_us: int, lap: int = 0) -> Block:
    speed = (end_us - start_us) / count / 1_000
    return Block(np.full((count, 2), value, np.float32), start_us, end_us, speed, lap)


@pytest.fixture
def queue() -> SoundQueue:
    """A hundred samples at double speed, then fifty of another lap; at 1 kHz."""
    made = SoundQueue(run=1, start_us=5_000_000, rate_hz=1_000)
    made.put(a_block(100, 0.5, 5_000_000, 5_200_000))
    made.put(a_block(50, 0.25, 5_000_000, 5_050_000, lap=1))
    return made


def test_the_queue_knows_which_part_of_the_media_was_taken(queue: SoundQueue) -> None:
    assert queue.waiting_s == pytest.approx(0.15)
    out = np.ones((120, 2), np.float32)
    assert queue.take(out) == [
        (0, 5_000_000, 5_200_000, 2.0, 0),
        (100, 5_000_000, 5_020_000, 1.0, 1),
    ]
    assert (out[:100] == 0.5).all() and (out[100:] == 0.25).all()
    assert queue.take(out) == [(0, 5_020_000, 5_050_000, 1.0, 1)]
    assert (out[:30] == 0.25).all() and not out[30:].any()
    assert queue.take(out) == []


def test_a_cut_queue_says_where_it_ends(queue: SoundQueue) -> None:
    cut = queue.cut(60)
    assert (cut.media_us, cut.lap, len(cut.tail)) == (5_120_000, 0, 90)
    out = np.ones((100, 2), np.float32)
    assert queue.take(out) == [(0, 5_000_000, 5_120_000, 2.0, 0)]
    assert not out[60:].any()


def test_a_queue_shorter_than_what_is_kept_stays_whole(queue: SoundQueue) -> None:
    cut = queue.cut(500)
    assert (cut.media_us, cut.lap, len(cut.tail)) == (5_050_000, 1, 0)
    assert queue.waiting_s == pytest.approx(0.15)


def test_an_empty_queue_is_cut_where_it_begins() -> None:
    assert SoundQueue(1, 700, RATE_HZ).cut(10)[:2] == (700, -1)


def test_a_block_takes_the_place_of_others(queue: SoundQueue) -> None:
    queue.put_instead(a_block(40, 1.0, 0, 40_000))
    out = np.ones((60, 2), np.float32)
    queue.take(out)
    assert out[0, 0] == pytest.approx(0.5)
    assert (out[5:40] == 1.0).all() and not out[40:].any()


def test_a_leg_shorter_than_a_sample_is_one_sample(beeping: Path) -> None:
    sound = MediaSound(beeping, RATE_HZ)
    blocks = list(blocks_along(sound, iter([Leg(5, 6, 1.0)])))
    sound.close()
    assert [(block.start_us, block.end_us, len(block.samples)) for block in blocks] == [(5, 6, 1)]


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_a_beep_is_a_short_tone(rate_hz: int) -> None:
    samples = beep(rate_hz).samples
    assert samples.shape == (round(0.08 * rate_hz), 2)
    assert np.abs(samples[[0, -1]]).max() < 1e-3
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert np.argmax(spectrum) * rate_hz / len(samples) == pytest.approx(BEEP_HZ, abs=15)
