"""Waveform envelope and spectrogram of a stream of samples, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

# A level code is half a decibel; code 0 is this level or less (dB of a full-scale sine).
LOWEST_LEVEL_DB = -110.0
CODES_PER_DB = 2.0
FRAMES_PER_TRANSFORM = 512


@dataclass(frozen=True, slots=True)
class SpectrogramSettings:
    """How the spectrogram is made; ``axis`` is "mel" or "linear"."""

    rate_hz: int = 16_000
    window_samples: int = 512
    hop_samples: int = 160
    transform_samples: int = 1024
    bands: int = 80
    axis: str = "mel"
    lowest_hz: float = 40.0
    highest_hz: float = 8_000.0

    def __post_init__(self) -> None:
        if self.axis not in ("mel", "linear"):
            raise ValueError(f'frequency axis must be "mel" or "linear", not {self.axis!r}')
        if not 0 <= self.lowest_hz < self.highest_hz <= self.rate_hz / 2:
            raise ValueError(f"frequency range {self.lowest_hz} .. {self.highest_hz} Hz")

    def height_of(self, frequency_hz: float) -> float:
        """Height in [0, 1] on the frequency axis, 0 for ``lowest_hz``."""
        low, high = self._warped(self.lowest_hz), self._warped(self.highest_hz)
        return float((self._warped(frequency_hz) - low) / (high - low))

    def frequency_at(self, height: float) -> float:
        """Frequency in Hz at a height in [0, 1]: the inverse of :meth:`height_of`."""
        low, high = self._warped(self.lowest_hz), self._warped(self.highest_hz)
        value = low + height * (high - low)
        return 700.0 * (10 ** (value / 2595.0) - 1) if self.axis == "mel" else value

    def _warped(self, frequency_hz: float) -> float:
        # Mel scale of O'Shaughnessy (1987).
        if self.axis == "mel":
            return 2595.0 * float(np.log10(1 + frequency_hz / 700.0))
        return frequency_hz


class SpectrogramStream:
    """Turns samples into level codes (frames, bands) uint8; frame ``k`` is centred on sample
    ``k * hop_samples`` of the stream.

    A code of ``c`` means ``LOWEST_LEVEL_DB + c / CODES_PER_DB``, where 0 dB is a full-scale sine
    at the centre of the band.
    """

    def __init__(self, settings: SpectrogramSettings) -> None:
        self._settings = settings
        n = settings.window_samples
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)).astype(np.float32)
        self._weights = _band_weights(settings, self._window)
        self._pending = np.zeros(n // 2, np.float32)

    def push(self, samples: Samples) -> npt.NDArray[np.uint8]:
        """Codes of the frames that ``samples`` (n,) in [-1, 1] complete."""
        n, hop = self._settings.window_samples, self._settings.hop_samples
        self._pending = np.concatenate([self._pending, samples])
        frames = max(0, (len(self._pending) - n) // hop + 1)
        codes = np.empty((frames, self._settings.bands), np.uint8)
        if frames:
            windows = np.lib.stride_tricks.sliding_window_view(self._pending, n)[::hop]
            for first in range(0, frames, FRAMES_PER_TRANSFORM):
                block = windows[first : first + FRAMES_PER_TRANSFORM]
                codes[first : first + len(block)] = self._codes(block)
            self._pending = self._pending[frames * hop :].copy()
        return codes

    def finish(self) -> npt.NDArray[np.uint8]:
        """Codes of the last frames, as if silence followed."""
        return self.push(np.zeros(self._settings.window_samples // 2, np.float32))

    def _codes(self, windows: Samples) -> npt.NDArray[np.uint8]:
        size = self._settings.transform_samples
        spectrum = np.fft.rfft(windows * self._window, size, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2) @ self._weights
        level_db = 10 * np.log10(np.maximum(power, 1e-12))
        codes = np.rint((level_db - LOWEST_LEVEL_DB) * CODES_PER_DB)
        return np.clip(codes, 0, 255).astype(np.uint8)


class EnvelopeStream:
    """Turns samples into the smallest and largest of every ``block_samples``, as int16."""

    def __init__(self, block_samples: int) -> None:
        self._block = block_samples
        self._pending = np.zeros(0, np.int16)

    def push(self, samples: Samples) -> npt.NDArray[np.int16]:
        """Pairs (blocks, 2) of minimum and maximum that ``samples`` (n,) complete."""
        scaled = np.rint(np.clip(samples, -1.0, 1.0) * 32_767).astype(np.int16)
        self._pending = np.concatenate([self._pending, scaled])
        blocks = len(self._pending) // self._block
        whole = self._pending[: blocks * self._block].reshape(blocks, self._block)
        self._pending = self._pending[blocks * self._block :].copy()
        return np.stack([whole.min(axis=1), whole.max(axis=1)], axis=1) if blocks else _no_pairs()

    def finish(self) -> npt.NDArray[np.int16]:
        """The pair (0 or 1, 2) of what is left."""
        if not len(self._pending):
            return _no_pairs()
        left, self._pending = self._pending, np.zeros(0, np.int16)
        return np.array([[left.min(), left.max()]], np.int16)


def level_range(histogram: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Codes (low, high) between which a picture shows most, from the counts (256,) of codes.

    The loudest 0.1 % may clip; quieter than 85 dB below that is ground, and so are the quietest
    5 % of what is not digital silence. At least 45 dB apart.
    """
    heard = histogram.copy()
    heard[0] = 0
    total = int(heard.sum())
    if total == 0:
        return 0, int(45 * CODES_PER_DB)
    share = np.cumsum(heard) / total
    high = int(np.searchsorted(share, 0.999)) + 2
    low = max(int(np.searchsorted(share, 0.05)), high - int(85 * CODES_PER_DB))
    low = max(0, min(low, high - int(45 * CODES_PER_DB)))
    return low, max(high, low + int(45 * CODES_PER_DB))


def _no_pairs() -> npt.NDArray[np.int16]:
    return np.zeros((0, 2), np.int16)


def _band_weights(settings: SpectrogramSettings, window: Samples) -> Samples:
    """Weights (bins, bands) of power spectrum bins: triangles that reach to the neighbours'
    centres, each scaled so that a full-scale sine at its centre gives 1.
    """
    heights = (np.arange(-1, settings.bands + 1) + 0.5) / settings.bands
    corners = np.array([settings.frequency_at(h) for h in heights])
    low, centre, high = corners[:-2], corners[1:-1], corners[2:]
    bin_hz = settings.rate_hz / settings.transform_samples
    bins = (np.arange(settings.transform_samples // 2 + 1) * bin_hz)[:, None]
    # Narrower than two bins a triangle could fall between them.
    rise = (bins - centre) / np.maximum(centre - low, 2 * bin_hz)
    fall = (bins - centre) / np.maximum(high - centre, 2 * bin_hz)
    weights = np.clip(np.minimum(1 + rise, 1 - fall), 0, None)
    times_s = np.arange(settings.window_samples) / settings.rate_hz
    sines = np.sin(2 * np.pi * centre[:, None] * times_s + np.pi / 4) * window
    power = np.abs(np.fft.rfft(sines, settings.transform_samples, axis=1)) ** 2
    return (weights / np.sum(power.T * weights, axis=0)).astype(np.float32)
