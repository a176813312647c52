"""A steady tone as a WAV file: no codec moves or colours it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

TONE_HZ = 1_000.0


def write_tone(path: Path, duration_s: float, rate_hz: int) -> Path:
    """A mono tone of half the full scale."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    tone = 0.5 * np.sin(2 * np.pi * TONE_HZ * time_s)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes((tone * 32_767).astype("<i2").tobytes())
    return path
