"""Sudden beginnings of sound, found while it is read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

import numpy as np

STEP_S = 0.002
# Longer than a period of a deep voice, whose every pulse would be an onset otherwise.
QUIET_STEPS = 10
# A step counts when its power is this many times the greatest of the steps before (9 dB) ...
RISE = 8.0
# ... and above -60 dB of full scale.
LEAST_POWER = 1e-6
_READ_S = 0.25


class Onsets:
    """The onsets of ``read_sound`` from sample ``first`` on, at least ``apart`` samples apart.

    ``read_sound(first, count)`` gives float32 (count, 2). Places are samples.
    """

    def __init__(
        self, read_sound: Callable[[int, int], np.ndarray], first: int, rate_hz: int, apart: int
    ) -> None:
        self._read_sound = read_sound
        self._step = round(STEP_S * rate_hz)
        self._steps_at_once = round(_READ_S / STEP_S)
        self._apart = apart
        self._known_to = first
        self._found: list[int] = []

    def near(self, place: int, ahead: int) -> list[int]:
        """The onset last before ``place`` and all up to ``ahead`` samples after it, ascending."""
        while self._known_to <= place + ahead:
            self._look_on()
        start = max(bisect_left(self._found, place) - 2, 0)
        return [onset for onset in self._found[start:] if onset <= place + ahead]

    def _look_on(self) -> None:
        before = QUIET_STEPS * self._step
        count = self._steps_at_once * self._step
        sound = self._read_sound(self._known_to - before, before + count)
        powers = np.square(sound).max(axis=1).reshape(-1, self._step).mean(axis=1)
        history = np.lib.stride_tricks.sliding_window_view(powers, QUIET_STEPS)[:-1].max(axis=1)
        now = powers[QUIET_STEPS:]
        for number in np.flatnonzero((now > RISE * history) & (now > LEAST_POWER)):
            begun = (QUIET_STEPS + int(number) - 1) * self._step
            place = self._known_to - before + begun + _rise_in(sound[begun:][: 2 * self._step])
            if not self._found or place >= self._found[-1] + self._apart:
                self._found.append(place)
        self._known_to += count


def _rise_in(sound: np.ndarray) -> int:
    """The first sample, of float32 (n, 2), that reaches a tenth of the loudest."""
    loudness = np.abs(sound).max(axis=1)
    return int(np.argmax(loudness >= 0.1 * loudness.max()))
