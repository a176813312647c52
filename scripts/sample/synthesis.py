"""Sound from numbers: noise in bands, decaying modes, harmonics, rooms.

Sounds are float32 mono at ``RATE_HZ``; 1.0 is full scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

RATE_HZ = 44_100
Numbers = Sequence[float] | np.ndarray


def times(duration_s: float) -> np.ndarray:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def noise(duration_s: float, seed: int) -> np.ndarray:
    """White noise of unit power."""
    return np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))


def band(sound: np.ndarray, low_hz: float, high_hz: float, order: int = 2) -> np.ndarray:
    """Butterworth band-pass."""
    nyquist = RATE_HZ / 2
    sections = butter(
        order, [low_hz, min(high_hz, 0.98 * nyquist)], "band", fs=RATE_HZ, output="sos"
    )
    return np.asarray(sosfilt(sections, sound))


def level(sound: np.ndarray, peak: float) -> np.ndarray:
    """Scaled so that its largest sample is ``peak``."""
    return sound * (peak / max(float(np.abs(sound).max()), 1e-9))


def fade(sound: np.ndarray, rise_s: float, fall_s: float) -> np.ndarray:
    """Raised-cosine ends."""
    result = sound.copy()
    for length, part in (
        (round(rise_s * RATE_HZ), slice(None)),
        (round(fall_s * RATE_HZ), slice(None, None, -1)),
    ):
        ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, length))
        result[part][:length] *= ramp
    return result


def modes(
    duration_s: float,
    frequencies_hz: Numbers,
    strengths: Numbers,
    decays_s: Numbers,
    seed: int = 0,
) -> np.ndarray:
    """What a struck body says: sines that die away (``decays_s`` to 1/e), at chance phases."""
    t = times(duration_s)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(frequencies_hz))
    total = np.zeros_like(t)
    for frequency, strength, decay, phase in zip(
        frequencies_hz, strengths, decays_s, phases, strict=True
    ):
        total += strength * np.sin(2 * np.pi * frequency * t + phase) * np.exp(-t / decay)
    return total


def harmonics(pitch_hz: np.ndarray, strengths: Numbers) -> np.ndarray:
    """A tone whose pitch follows ``pitch_hz`` sample by sample, partial by partial."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    total = np.zeros_like(phase)
    for number, strength in enumerate(strengths, start=1):
        audible = number * pitch_hz < 0.45 * RATE_HZ
        total += strength * np.sin(number * phase) * audible
    return total


def room(
    sound: np.ndarray, decay_s: float, share: float, seed: int, size_s: float = 0.012
) -> np.ndarray:
    """Early reflections and a tail of noise that loses its highs first."""
    generator = np.random.default_rng(seed)
    t = times(decay_s * 1.5)
    tail = generator.standard_normal(len(t)) * np.exp(-6.9 * t / decay_s)
    dull = band(tail, 90, 2_200) * 1.6 + band(tail, 2_200, 7_500) * np.exp(-9 * t / decay_s)
    dull[: round(size_s * RATE_HZ)] = 0
    for echo in range(6):
        at = round(size_s * (1 + echo * generator.uniform(0.6, 1.1)) * RATE_HZ)
        if at < len(dull):
            dull[at] += generator.choice([-1, 1]) * 3.0 * 0.7**echo
    dull /= np.sqrt(np.sum(dull**2))
    wet = fftconvolve(sound, dull)
    return np.append(sound, np.zeros(len(wet) - len(sound))) * (1 - share) + wet * share


def add(track: np.ndarray, sound: np.ndarray, at_s: float, gain: float = 1.0) -> None:
    """Mix a sound into the track from ``at_s`` on; what runs past the end is cut."""
    first = round(at_s * RATE_HZ)
    last = min(first + len(sound), len(track))
    track[first:last] += gain * sound[: last - first]
