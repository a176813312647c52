"""Sound at another speed: as long as it should be, at the pitch it had."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.tempo import Tempo, tempo_steps

RATE_HZ = 48_000
TONE_HZ = 1_000.0
BLOCK = 1_024


@given(st.floats(0.05, 8.0))
def test_steps_lie_within_the_filter_and_multiply_to_the_speed(speed: float) -> None:
    steps = tempo_steps(speed)
    assert all(0.5 <= step <= 2.0 for step in steps)
    assert math.prod(steps) == pytest.approx(speed)


def test_speed_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        tempo_steps(0.0)


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_length_changes_and_pitch_stays(speed: float) -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = np.repeat(0.3 * np.sin(2 * np.pi * TONE_HZ * time_s), 2).reshape(-1, 2)
    tempo = Tempo(speed, RATE_HZ)
    out = np.concatenate(
        [
            ready
            for start in range(0, len(tone), BLOCK)
            for ready in tempo.put(tone[start : start + BLOCK])
        ]
    )
    assert len(out) * speed / RATE_HZ == pytest.approx(4.0, abs=0.2)
    middle = out[len(out) // 4 : -len(out) // 4, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    peak_hz = np.argmax(spectrum) * RATE_HZ / len(middle)
    assert peak_hz == pytest.approx(TONE_HZ, rel=0.01)
