"""Faster and slower sound at the same pitch, with every onset where it belongs.

The sound is cut into short grains that overlap at another distance than they were taken at; each
is shifted a little, so that its waves go on where those of the grain before would have (WSOLA,
Verhelst and Roelands, ICASSP 1993). FFmpeg's atempo does the same, but its shifts displace a
beep by 20 ms of the media and more (measured: half speed 12-19 ms, double speed 10-31 ms, always
early), which is too much for people who judge onsets by ear. Here no grain lies further than
``SEARCH_S`` from its place, and the grains around an onset lie exactly there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.player.onsets import Onsets

# Two periods of a deep voice: shorter grains would change its pitch.
HOP_S = 0.0125
SEARCH_S = 0.0065
# Of two places that fit alike the one nearer to where the grain belongs is taken.
NEARNESS = 0.05
# Beneath this power (-100 dB) nothing is compared.
_SILENT_POWER = 1e-10

ReadSound = Callable[[int, int], np.ndarray]


class Tempo:
    """Sound from sample ``first`` on, ``speed`` times as fast.

    ``read_sound(first, count)`` gives float32 (count, 2) of the media from any sample on. Output
    sample ``k`` belongs to sample ``first + k * speed`` of the media. Raises ValueError for a
    speed that is not positive.
    """

    def __init__(self, read_sound: ReadSound, first: int, speed: float, rate_hz: int) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive: {speed}")
        self._read_sound = read_sound
        self._first = first
        self._speed = speed
        self._hop = round(HOP_S * rate_hz)
        self._search = round(SEARCH_S * rate_hz)
        # Between onsets that are kept in place there is room for the grains of either side.
        apart = round(3 * self._hop * max(speed, 1.0))
        self._onsets = Onsets(read_sound, first, rate_hz, apart)
        self._rise = (0.5 - 0.5 * np.cos(np.pi * np.arange(self._hop) / self._hop))[:, None]
        self._rise = self._rise.astype(np.float32)
        self._number = 0
        self._place = self._place_of(0, None)
        self._ready = np.empty((0, 2), np.float32)

    def read(self, count: int) -> np.ndarray:
        """The next float32 (count, 2)."""
        parts, have = [self._ready], len(self._ready)
        while have < count:
            parts.append(self._next_hop())
            have += self._hop
        out = np.concatenate(parts)
        self._ready = out[count:]
        return out[:count]

    def _next_hop(self) -> np.ndarray:
        """One grain fades out while the next one fades in."""
        leaving = self._read_sound(self._place, self._hop)
        self._number += 1
        self._place = self._place_of(self._number, leaving)
        coming = self._read_sound(self._place - self._hop, self._hop)
        return leaving * (1 - self._rise) + coming * self._rise

    def _place_of(self, number: int, before: np.ndarray | None) -> int:
        """Where in the media the middle of a grain is taken from.

        ``before`` is what follows the middle of the grain before it, float32 (hop, 2).
        """
        ideal = self._first + round(number * self._hop * self._speed)
        ahead = round(self._hop * max(self._speed, 1.0)) + self._search
        lowest = highest = None
        for onset in self._onsets.near(ideal, ahead):
            heard_at = round((onset - self._first) / self._speed)
            turn = number - heard_at // self._hop
            if turn in (0, 1):
                return onset - heard_at + number * self._hop
            if turn > 1:
                lowest = onset + self._hop
            elif highest is None:
                highest = onset - self._hop
        if before is None:
            return ideal
        return self._best_place(ideal, before, lowest, highest)

    def _best_place(
        self, ideal: int, before: np.ndarray, lowest: int | None, highest: int | None
    ) -> int:
        """Where the waves fit best to ``before``, never with an onset heard twice or too early."""
        low, high = ideal - self._search, ideal + self._search
        if lowest is not None and lowest > low:
            low, high = lowest, max(high, lowest + self._search)
        if highest is not None and highest < high:
            low, high = min(low, highest - self._search), highest
            low = max(low, lowest) if lowest is not None else low
        wanted = _mixed(before)
        around = _mixed(self._read_sound(low - self._hop, high - low + self._hop))
        fit = _likeness(around, wanted)
        places = np.arange(low, low + len(fit))
        fit -= NEARNESS * np.abs(places - ideal) / self._search
        return int(places[np.argmax(fit)])


def _mixed(stereo: np.ndarray) -> np.ndarray:
    """float64 (n,) of (n, 2); uneven, so that channels of opposite phase do not cancel."""
    return stereo[:, 0].astype(np.float64) + 0.7 * stereo[:, 1]


def _likeness(around: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Normalised correlation in [-1, 1] of ``wanted`` with every stretch of ``around``.

    float64 (len(around) - len(wanted) + 1,); 0 where one of them is silent.
    """
    count = len(around) - len(wanted) + 1
    size = 1 << (len(around) - 1).bit_length()
    spectrum = np.fft.rfft(around, size) * np.conj(np.fft.rfft(wanted, size))
    products = np.fft.irfft(spectrum, size)[:count]
    sums = np.concatenate([[0.0], np.cumsum(around * around)])
    powers = (sums[len(wanted) :] - sums[: -len(wanted)]) * np.sum(wanted * wanted)
    floor = (_SILENT_POWER * len(wanted)) ** 2
    return np.where(powers > floor, products / np.sqrt(np.maximum(powers, floor)), 0.0)
