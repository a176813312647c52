"""Levels in decibels where the signal is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.sound_features import (
    CODES_PER_DB,
    FULL_SCALE,
    SEGMENT_FRAMES,
    Analyser,
    level_of,
    level_range,
)
from app.timeline.sound_settings import WINDOWS, SoundPlan

PLAN = SoundPlan(16_000, 512, 160, "hann", None, 16)
SLOW = SoundPlan(8_000, 64, 21, "hann", None, 4)


def stretch_of(plan: SoundPlan, samples: np.ndarray) -> np.ndarray:
    """``samples`` from the beginning of a segment on, silence before and after."""
    stretch = np.zeros(Analyser(plan).stretch_samples, np.float32)
    half = plan.window_samples // 2
    stretch[half : half + len(samples)] = samples[: len(stretch) - half]
    return stretch


def time_s(plan: SoundPlan, length_s: float) -> np.ndarray:
    return np.arange(round(length_s * plan.rate_hz)) / plan.rate_hz


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("peak_db", [0.0, -70.0])
def test_a_sine_reads_its_level_in_its_bin(window: str, peak_db: float) -> None:
    plan = SoundPlan(16_000, 512, 160, window, None, 16)
    for place in (3, 40, 100, 250):
        tone = 10 ** (peak_db / 20) * np.sin(2 * np.pi * place * plan.bin_hz * time_s(plan, 1.0))
        codes = Analyser(plan).segment(stretch_of(plan, tone)).codes
        assert abs(int(np.argmax(codes[50])) - place) <= (window != "hann")
        assert level_of(int(codes[50, place])) == pytest.approx(peak_db, abs=0.5)


@pytest.mark.parametrize("plan", [PLAN, SLOW, SoundPlan(48_000, 1_536, 480, "hann", None, 16)])
def test_the_ridge_of_a_chirp_lies_within_a_bin_and_a_hop(plan: SoundPlan) -> None:
    length_s, highest_hz = 2.0, plan.rate_hz / 3
    slope = (highest_hz - 500) / length_s
    moment_s = time_s(plan, length_s)
    chirp = np.sin(2 * np.pi * (500 * moment_s + slope / 2 * moment_s**2))
    codes = Analyser(plan).segment(stretch_of(plan, 0.5 * chirp)).codes
    hop_s = plan.hop_samples / plan.rate_hz
    for frame in range(10, int(length_s / hop_s) - 10, 7):
        ridge_hz = int(np.argmax(codes[frame])) * plan.bin_hz
        earliest_hz = 500 + slope * (frame - 1) * hop_s
        assert earliest_hz - plan.bin_hz <= ridge_hz
        assert ridge_hz <= earliest_hz + slope * 2 * hop_s + plan.bin_hz


def test_a_click_lies_in_the_frame_of_its_sample() -> None:
    samples = np.zeros(8_000, np.float32)
    samples[25 * PLAN.hop_samples] = 1.0
    energy = Analyser(PLAN).segment(stretch_of(PLAN, samples)).codes.astype(int).sum(axis=1)
    assert int(np.argmax(energy)) == 25


def test_segments_meet_without_a_seam() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, 400_000).astype(np.float32)
    analyser = Analyser(PLAN)
    first = analyser.segment(noise[: analyser.stretch_samples])
    second = analyser.segment(noise[analyser.segment_samples :][: analyser.stretch_samples])
    shifted = analyser.segment(noise[512 * PLAN.hop_samples :][: analyser.stretch_samples])
    joined = np.concatenate([first.codes[512:], second.codes[:512]])
    # Transforms in other groups may round a half decibel to the other side.
    assert np.abs(joined.astype(int) - shifted.codes).max() <= 1


@pytest.mark.parametrize("plan", [PLAN, SLOW])
def test_the_envelope_is_the_reach_of_every_step(plan: SoundPlan) -> None:
    analyser = Analyser(plan)
    noise = np.random.default_rng(2).uniform(-1, 1, analyser.segment_samples).astype(np.float32)
    reach = analyser.segment(stretch_of(plan, noise)).reach
    steps = SEGMENT_FRAMES * plan.envelope_steps
    assert reach.shape == (steps, 2)
    bounds = np.arange(steps + 1) * len(noise) // steps
    for step in (0, 1, 77, steps - 1):
        part = noise[bounds[step] : bounds[step + 1]]
        expected = np.array([-part.min(), part.max()]) * FULL_SCALE
        np.testing.assert_allclose(reach[step], expected, atol=0.51)


def test_the_envelope_does_not_wrap_around() -> None:
    loud = np.tile(np.array([1.7, -1.2], np.float32), 10_000)
    reach = Analyser(PLAN).segment(stretch_of(PLAN, loud)).reach
    assert reach[5].tolist() == [FULL_SCALE, FULL_SCALE]


@given(st.lists(st.integers(0, 255), max_size=50))
def test_the_level_range_is_wide_and_inside(codes: list[int]) -> None:
    low, high = level_range(np.bincount(np.array(codes, int), minlength=256))
    assert low >= 0
    assert 45 * CODES_PER_DB <= high - low <= 85 * CODES_PER_DB
