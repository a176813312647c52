"""Frequencies on the vertical axis, and which bins a row of the picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt

_OCTAVES_HZ = tuple(15.625 * 2**step for step in range(14))
_BETWEEN_OCTAVES_HZ = (750.0, 1_500.0, 3_000.0, 6_000.0, 12_000.0, 24_000.0, 48_000.0)
_STEPS_HZ = tuple(step * 10.0**power for power in range(6) for step in (1, 2, 5))
_LEAST_OCTAVES = 3
MIX_ONE = np.uint16(256)
_PIECE = 128


@dataclass(frozen=True, slots=True)
class FrequencyAxis:
    """``kind`` is "mel", "log" or "linear"; ``lowest_hz`` lies at the bottom.

    Raises ValueError for a range that does not rise, or a logarithmic one from zero.
    """

    kind: str
    lowest_hz: float
    highest_hz: float

    def __post_init__(self) -> None:
        least_hz = 1e-3 if self.kind == "log" else 0.0
        if not least_hz <= self.lowest_hz < self.highest_hz:
            raise ValueError(f"frequency range {self.lowest_hz} .. {self.highest_hz} Hz")

    def height_of(self, frequency_hz: float) -> float:
        """Height in [0, 1], 0 for ``lowest_hz``."""
        low, high = self._warped(self.lowest_hz), self._warped(self.highest_hz)
        return float((self._warped(frequency_hz) - low) / (high - low))

    def frequency_at(self, height: float) -> float:
        """Frequency in Hz at a height in [0, 1]: the inverse of :meth:`height_of`."""
        low, high = self._warped(self.lowest_hz), self._warped(self.highest_hz)
        value = low + height * (high - low)
        if self.kind == "mel":
            return 700.0 * (10 ** (value / 2595.0) - 1)
        return float(np.exp(value)) if self.kind == "log" else value

    def labels(self, height_px: int, apart_px: int) -> list[tuple[float, int]]:
        """Round frequencies with their y in a pane of this height, low ones first; whole inside
        the pane and ``apart_px`` from each other.
        """
        chosen: list[tuple[float, int]] = []
        for frequency_hz in self._round_frequencies(height_px // apart_px):
            y_px = round((1 - self.height_of(frequency_hz)) * height_px)
            inside = apart_px // 2 <= y_px <= height_px - apart_px // 2
            if inside and all(abs(other_px - y_px) >= apart_px for _, other_px in chosen):
                chosen.append((frequency_hz, y_px))
        return sorted(chosen)

    def _round_frequencies(self, most: int) -> list[float]:
        """Those in the range, the more welcome ones first."""
        low_hz, high_hz = self.lowest_hz, self.highest_hz
        octaves = [hz for hz in _OCTAVES_HZ if hz > 50 and low_hz <= hz <= high_hz]
        if self.kind != "linear" and len(octaves) >= _LEAST_OCTAVES:
            return octaves + [hz for hz in _BETWEEN_OCTAVES_HZ if low_hz < hz < high_hz]
        least_hz = (high_hz - low_hz) / max(most, 1)
        step_hz = next((hz for hz in _STEPS_HZ if hz >= least_hz), high_hz)
        return [k * step_hz for k in range(ceil(low_hz / step_hz), int(high_hz // step_hz) + 1)]

    def _warped(self, frequency_hz: float) -> float:
        # Mel scale of O'Shaughnessy (1987).
        if self.kind == "mel":
            return 2595.0 * float(np.log10(1 + frequency_hz / 700.0))
        return float(np.log(max(frequency_hz, 1e-3))) if self.kind == "log" else frequency_hz


def frequency_text(frequency_hz: float) -> str:
    """A round frequency as people write it: "250 Hz", "1.5 kHz"."""
    if frequency_hz < 1_000:
        return f"{frequency_hz:.0f} Hz"
    return f"{frequency_hz / 1_000:.3f}".rstrip("0").rstrip(".") + " kHz"


class RowMap:
    """Which bins each row of a picture shows, top row and high frequency first.

    A row that covers several bins shows the loudest of them, so that no thin line gets lost; one
    that covers less than a bin lies on the straight line between two.
    """

    def __init__(self, axis: FrequencyAxis, rows: int, bins: int, bin_hz: float) -> None:
        heights = 1 - np.arange(rows + 1) / rows
        edges = np.array([axis.frequency_at(height) for height in heights]) / bin_hz
        centres = np.array([axis.frequency_at(h) for h in (heights[1:] + heights[:-1]) / 2])
        centres = np.clip(centres / bin_hz, 0, bins - 1)
        # A wide row shows the bins whose centres lie in it.
        cuts = np.clip(np.ceil(edges).astype(np.intp), 0, bins)
        first = np.minimum(cuts[1:], bins - 1)
        end = np.maximum(cuts[:-1], first + 1)
        is_wide = edges[:-1] - edges[1:] >= 1
        self._wide = np.nonzero(is_wide)[0]
        self._first, self._last = first[self._wide], end[self._wide] - 1
        self._most = int(np.max(self._last - self._first, initial=0))
        self._narrow = np.nonzero(~is_wide)[0]
        self._left = np.minimum(centres.astype(np.intp), max(bins - 2, 0))[self._narrow]
        share = centres[self._narrow] - self._left
        self._share = np.rint(share * MIX_ONE).astype(np.uint16)[:, None]
        self._rows = rows

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, axis: FrequencyAxis, rows: int, bins: int, bin_hz: float) -> RowMap:
        """The same as making one, kept for the next tile."""
        return cls(axis, rows, bins, bin_hz)

    def rows(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture (rows, columns) of codes (columns, bins)."""
        by_bin = _turned(codes)
        picture = np.empty((self._rows, len(codes)), np.uint8)
        if len(self._wide):
            # A few bins to a row: one after the other is faster than a reduction over ranges.
            loudest = by_bin[self._first]
            for step in range(1, self._most + 1):
                others = by_bin[np.minimum(self._first + step, self._last)]
                np.maximum(loudest, others, out=loudest)
            picture[self._wide] = loudest
        if len(self._narrow):
            low, high = by_bin[self._left], by_bin[self._left + 1]
            picture[self._narrow] = mixed(low, high, self._share)
        return picture


def mixed(
    low: npt.NDArray[np.uint8], high: npt.NDArray[np.uint8], share: npt.NDArray[np.uint16]
) -> npt.NDArray[np.uint8]:
    """Codes between two of one shape: ``share`` in 0 .. MIX_ONE says how near to ``high``.

    In whole numbers, which takes a tenth of the time that it takes in floats.
    """
    total = low * (MIX_ONE - share)
    total += high * share
    total += MIX_ONE // 2
    total >>= 8
    return total.astype(np.uint8)


def _turned(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The transposed array (bins, columns), made of pieces that the processor's cache holds."""
    columns, bins = codes.shape
    turned = np.empty((bins, columns), codes.dtype)
    for begin in range(0, columns, _PIECE):
        piece = slice(begin, begin + _PIECE)
        turned[:, piece] = codes[piece].T
    return turned
