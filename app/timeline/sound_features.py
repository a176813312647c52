"""Waveform envelope and spectrum of a segment of sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.timeline.sound_settings import SoundPlan

Samples = npt.NDArray[np.float32]

# A level code is half a decibel; code 0 is this level or less (dB of a full-scale sine).
LOWEST_LEVEL_DB = -110.0
CODES_PER_DB = 2.0
# What is computed at a time: a power of four, so that all levels of a pyramid end with it.
SEGMENT_FRAMES = 1024
FULL_SCALE = 32_767

_FRAMES_PER_TRANSFORM = 256
_AUTO_RANGE_DB = (45, 85)
# Cosine sums of F. J. Harris, "On the use of windows for harmonic analysis with the discrete
# Fourier transform", 1978.
_WINDOW_TERMS = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "blackman-harris": (0.35875, 0.48829, 0.14128, 0.01168),
    "rectangular": (1.0,),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """``codes`` uint8 (frames, bins) are levels: ``LOWEST_LEVEL_DB + code / CODES_PER_DB``.

    ``reach`` int16 (frames * envelope steps, 2) is how far the samples of a step go down and up
    from zero, each counted positive.
    """

    codes: npt.NDArray[np.uint8]
    reach: npt.NDArray[np.int16]


class Analyser:
    """Turns stretches of samples into segments; may be used by several threads at once."""

    def __init__(self, plan: SoundPlan) -> None:
        self._transform: Callable[[Samples], Any] = np.fft.rfft
        self._plan = plan
        n = plan.window_samples
        phase = 2 * np.pi * np.arange(n) / n
        terms = enumerate(_WINDOW_TERMS[plan.window])
        window = sum((-1) ** k * weight * np.cos(k * phase) for k, weight in terms)
        # So that the power of a full-scale sine on a bin is 1.
        self._window = (window * 2 / np.sum(window)).astype(np.float32)

    @property
    def segment_samples(self) -> int:
        return SEGMENT_FRAMES * self._plan.hop_samples

    @property
    def stretch_samples(self) -> int:
        """A segment and half a window before and after it."""
        return self.segment_samples + self._plan.window_samples

    def quicken(self) -> None:
        """Take a transform that is six times as fast; loading it takes as long as ten minutes of
        sound do without it.
        """
        from scipy import fft

        self._transform = fft.rfft

    def segment(self, stretch: Samples) -> Segment:
        """The segment whose samples lie in the middle of a stretch (stretch_samples,)."""
        hop, n = self._plan.hop_samples, self._plan.window_samples
        windows = np.lib.stride_tricks.sliding_window_view(stretch, n)[::hop][:SEGMENT_FRAMES]
        codes = np.empty((SEGMENT_FRAMES, self._plan.bins), np.uint8)
        for first in range(0, SEGMENT_FRAMES, _FRAMES_PER_TRANSFORM):
            part = slice(first, first + _FRAMES_PER_TRANSFORM)
            codes[part] = self._codes(windows[part])
        return Segment(codes, self._reach(stretch[n // 2 : n // 2 + self.segment_samples]))

    def _codes(self, windows: Samples) -> npt.NDArray[np.uint8]:
        spectrum: npt.NDArray[np.complex64] = np.asarray(self._transform(windows * self._window))
        power = spectrum.real**2 + spectrum.imag**2
        np.maximum(power, np.float32(1e-12), out=power)
        # The natural logarithm takes a quarter of the time of the decimal one.
        codes = np.log(power, out=power)
        codes *= np.float32(10 * CODES_PER_DB / np.log(10))
        codes += np.float32(0.5 - LOWEST_LEVEL_DB * CODES_PER_DB)
        return np.clip(codes, 0, 255, out=codes).astype(np.uint8)

    def _reach(self, samples: Samples) -> npt.NDArray[np.int16]:
        steps = SEGMENT_FRAMES * self._plan.envelope_steps
        if len(samples) % steps == 0:
            # One sample of every step after the other is six times as fast as step by step.
            turned = np.ascontiguousarray(samples.reshape(steps, -1).T)
            down, up = turned.min(axis=0), turned.max(axis=0)
        else:
            # Whole samples to a step, so that steps may differ in length by one.
            starts = np.arange(steps) * len(samples) // steps
            down, up = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
        reach = np.clip(np.stack([-down, up], axis=1), -1, 1) * FULL_SCALE
        return np.rint(reach).astype(np.int16)


def level_range(histogram: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Codes (low, high) between which a picture shows most, from the counts (256,) of codes.

    The loudest 0.1 % may clip; quieter than 85 dB below that is ground, and so are the quietest
    5 % of what is not digital silence. At least 45 dB apart.
    """
    least, most = (round(span_db * CODES_PER_DB) for span_db in _AUTO_RANGE_DB)
    heard = histogram.copy()
    heard[0] = 0
    total = int(heard.sum())
    if total == 0:
        return 0, least
    share = np.cumsum(heard) / total
    high = int(np.searchsorted(share, 0.999)) + 2
    low = max(int(np.searchsorted(share, 0.05)), high - most)
    low = max(0, min(low, high - least))
    return low, max(high, low + least)


def code_of(level_db: float) -> int:
    """The nearest code, which may lie beyond 0..255."""
    return round((level_db - LOWEST_LEVEL_DB) * CODES_PER_DB)


def level_of(code: float) -> float:
    """Decibels of a full-scale sine."""
    return LOWEST_LEVEL_DB + code / CODES_PER_DB
