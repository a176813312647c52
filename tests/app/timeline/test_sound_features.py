"""Levels in decibels where the signal is, the same however the samples came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.timeline.sound_features import (
    CODES_PER_DB,
    LOWEST_LEVEL_DB,
    EnvelopeStream,
    SpectrogramSettings,
    SpectrogramStream,
    level_range,
)

RATE_HZ = 16_000
MEL = SpectrogramSettings()
LINEAR = SpectrogramSettings(axis="linear", lowest_hz=0.0)
AXES = pytest.mark.parametrize("axis", [MEL, LINEAR], ids=["mel", "linear"])


def band_hz(band: int, axis: SpectrogramSettings) -> float:
    return axis.frequency_at((band + 0.5) / axis.bands)


def sine(frequency_hz: float, length_s: float = 0.3, peak: float = 1.0) -> np.ndarray:
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return (peak * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def level_db(codes: np.ndarray) -> np.ndarray:
    return LOWEST_LEVEL_DB + codes / CODES_PER_DB


def codes_of(samples: np.ndarray, axis: SpectrogramSettings = MEL) -> np.ndarray:
    stream = SpectrogramStream(axis)
    return np.concatenate([stream.push(samples), stream.finish()])


@AXES
@pytest.mark.parametrize("peak_db", [0.0, -70.0])
def test_a_sine_reads_its_level_in_its_band(axis: SpectrogramSettings, peak_db: float) -> None:
    for band in (3, 20, 50, 78):
        codes = codes_of(sine(band_hz(band, axis), peak=10 ** (peak_db / 20)), axis)
        middle = codes[len(codes) // 2]
        assert abs(int(np.argmax(middle)) - band) <= 1
        assert level_db(middle)[band] == pytest.approx(peak_db, abs=1.0)


def test_a_quiet_tone_is_above_the_ground_of_the_range() -> None:
    codes = codes_of(sine(1_000, 1.0, peak=10 ** (-70 / 20)))
    low, high = level_range(np.bincount(codes.ravel(), minlength=256))
    band = int(np.argmax(codes[50]))
    assert low < codes[50, band] <= high


@AXES
def test_the_ridge_of_a_chirp_lies_within_a_band_and_a_hop(axis: SpectrogramSettings) -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    chirp = np.sin(2 * np.pi * (500 * time_s + 1_500 * time_s**2)).astype(np.float32)
    codes = codes_of(0.5 * chirp, axis)
    hop_s = axis.hop_samples / RATE_HZ
    for frame in range(10, 190, 12):
        band = int(np.argmax(codes[frame]))
        within_hop = 500 + 3_000 * (frame + np.array([-1, 1])) * hop_s
        assert band_hz(band - 1, axis) <= within_hop[1]
        assert band_hz(band + 1, axis) >= within_hop[0]


def test_a_click_lies_in_the_frame_of_its_sample() -> None:
    samples = np.zeros(8_000, np.float32)
    samples[25 * MEL.hop_samples] = 1.0
    energy = codes_of(samples).astype(int).sum(axis=1)
    assert int(np.argmax(energy)) == 25


@settings(max_examples=20)
@given(st.lists(st.integers(0, 3_000), max_size=5))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 5_000).astype(np.float32)
    pieces = np.split(samples, np.minimum(np.cumsum(cuts), len(samples)).astype(int))
    spectrogram, envelope = SpectrogramStream(MEL), EnvelopeStream(16)
    codes = [spectrogram.push(piece) for piece in pieces] + [spectrogram.finish()]
    pairs = [envelope.push(piece) for piece in pieces] + [envelope.finish()]
    whole = codes_of(samples)
    # Sums in another order may round a half decibel to the other side.
    difference = np.concatenate(codes).astype(int) - whole
    assert np.abs(difference).max() <= 1
    assert len(whole) == 5_000 // MEL.hop_samples + 1
    scaled = np.rint(samples * 32_767)
    expected = [(b.min(), b.max()) for b in np.split(scaled, range(16, 5_000, 16))]
    np.testing.assert_array_equal(np.concatenate(pairs), expected)


def test_the_envelope_does_not_wrap_around() -> None:
    pairs = EnvelopeStream(2).push(np.array([1.7, -1.2], np.float32))
    np.testing.assert_array_equal(pairs, [[-32_767, 32_767]])


@AXES
@given(height=st.floats(0, 1))
def test_heights_and_frequencies_are_inverse(axis: SpectrogramSettings, height: float) -> None:
    assert axis.height_of(axis.frequency_at(height)) == pytest.approx(height, abs=1e-9)


@given(st.lists(st.integers(0, 255), max_size=50))
def test_the_level_range_is_wide_and_inside(codes: list[int]) -> None:
    low, high = level_range(np.bincount(np.array(codes, int), minlength=256))
    assert low >= 0
    assert 45 * CODES_PER_DB <= high - low <= 85 * CODES_PER_DB


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"axis": "bark"}, "frequency axis"), ({"highest_hz": 9_000.0}, "frequency range")],
)
def test_nonsense_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpectrogramSettings(**changes)  # pyright: ignore[reportArgumentType]
