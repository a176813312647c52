"""Sound at another speed: as long as it should be, at the pitch it had, onsets in their places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.player.onsets import Onsets
from app.player.tempo import Tempo

RATE_HZ = 48_000
TONE_HZ = 1_000.0
SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.25, 1.5, 2.0, 3.0, 4.0)


class Sound:
    """Stereo in memory, silent before and after."""

    def __init__(self, mono: np.ndarray) -> None:
        self._stereo = np.repeat(mono.astype(np.float32), 2).reshape(-1, 2)

    def read(self, first: int, count: int) -> np.ndarray:
        out = np.zeros((count, 2), np.float32)
        low, high = max(first, 0), min(first + count, len(self._stereo))
        if low < high:
            out[low - first : high - first] = self._stereo[low:high]
        return out


def tone(duration_s: float, frequency_hz: float = TONE_HZ) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)


def beeping(duration_s: float, every_s: float = 1.0) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return tone(duration_s) * (time_s % every_s < 0.1)


def played(mono: np.ndarray, speed: float, first: int = 0) -> np.ndarray:
    """One channel of all that is heard from sample ``first`` on."""
    tempo = Tempo(Sound(mono).read, first, speed, RATE_HZ)
    count = round((len(mono) - first) / speed)
    blocks = [tempo.read(min(1_024, count - done)) for done in range(0, count, 1_024)]
    return np.concatenate(blocks)[:, 0]


def starts_s(samples: np.ndarray, pause_s: float) -> np.ndarray:
    """Where sound begins after at least so long a pause."""
    loud = np.flatnonzero(np.abs(samples) > 0.25) / RATE_HZ
    return loud[np.diff(loud, prepend=-9.0) > pause_s]


def test_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Tempo(Sound(tone(1)).read, 0, 0.0, RATE_HZ)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("frequency_hz", [110.0, TONE_HZ, 5_000.0])
def test_pitch_and_loudness_stay(speed: float, frequency_hz: float) -> None:
    out = played(tone(2.0 * speed, frequency_hz), speed)
    middle = out[len(out) // 4 : -len(out) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    peak_hz = np.argmax(spectrum) * RATE_HZ / len(middle)
    assert peak_hz == pytest.approx(frequency_hz, rel=0.01)
    loudness = np.abs(middle[: len(middle) // 1_024 * 1_024]).reshape(-1, 1_024).max(axis=1)
    assert loudness.min() > 0.45 and loudness.max() < 0.55


@pytest.mark.parametrize("speed", SPEEDS)
def test_every_beep_begins_where_it_belongs(speed: float) -> None:
    count = 2 if speed < 0.5 else 6
    begun_s = starts_s(played(beeping(count), speed), 0.2 / speed)
    assert begun_s * speed == pytest.approx(np.arange(count), abs=0.001)


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0])
def test_noise_in_the_pauses_moves_no_beep(speed: float) -> None:
    count = 4
    mono = beeping(count)
    mono += 0.01 * np.random.default_rng(0).standard_normal(len(mono))
    begun_s = starts_s(played(mono, speed), 0.2 / speed)
    assert begun_s * speed == pytest.approx(np.arange(count), abs=0.001)


@given(speed=st.sampled_from(SPEEDS), first=st.integers(0, RATE_HZ))
@settings(max_examples=10)
def test_it_can_begin_anywhere(speed: float, first: int) -> None:
    begun_s = starts_s(played(beeping(3.0), speed, first), 0.2 / speed)
    places_s = begun_s * speed + first / RATE_HZ
    inside = places_s[places_s > first / RATE_HZ + 0.001]
    assert inside == pytest.approx(np.arange(3)[-len(inside) :], abs=0.001)


def test_blocks_of_any_length_make_the_same_sound() -> None:
    read = Sound(beeping(1.0, every_s=0.3)).read
    whole = Tempo(read, 0, 0.5, RATE_HZ).read(20_000)
    in_parts = Tempo(read, 0, 0.5, RATE_HZ)
    assert np.array_equal(whole, np.concatenate([in_parts.read(n) for n in (7, 993, 19_000)]))


def test_channels_of_opposite_phase_keep_their_loudness() -> None:
    stereo = np.stack([tone(2.0), -tone(2.0)], axis=1).astype(np.float32)
    tempo = Tempo(lambda first, count: stereo[max(first, 0) :][:count], 4_800, 0.5, RATE_HZ)
    out = tempo.read(RATE_HZ)[4_800:]
    assert np.abs(out[: 40 * 1_024, 0]).reshape(-1, 1_024).max(axis=1).min() > 0.45


def test_onsets_are_found_to_the_millisecond_and_pulses_of_a_voice_are_none() -> None:
    found = Onsets(Sound(beeping(5.0)).read, 0, RATE_HZ, RATE_HZ // 10)
    assert np.array(found.near(0, 4 * RATE_HZ + 100)) == pytest.approx(
        np.arange(5) * RATE_HZ, abs=RATE_HZ // 1_000
    )
    pulses = np.zeros(2 * RATE_HZ)
    pulses[:: RATE_HZ // 90] = 0.5
    assert len(Onsets(Sound(pulses).read, 0, RATE_HZ, 100).near(0, RATE_HZ)) <= 1


def test_onsets_keep_their_distance() -> None:
    apart = RATE_HZ // 2
    found = Onsets(Sound(beeping(5.0, every_s=0.2)).read, 0, RATE_HZ, apart).near(0, 4 * RATE_HZ)
    assert len(found) > 5
    assert np.diff(found).min() >= apart
