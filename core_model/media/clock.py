"""Time stamps of streams as integer microseconds, rounded in one way everywhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from core_model.timeline import US_PER_S


def to_us(pts: int, time_base: Fraction) -> int:
    """A time stamp in ticks of ``time_base`` seconds as the nearest microsecond (halves go up)."""
    numerator = time_base.numerator * US_PER_S
    denominator = time_base.denominator
    return (2 * pts * numerator + denominator) // (2 * denominator)


def to_us_array(pts: np.ndarray, time_base: Fraction) -> np.ndarray:
    """:func:`to_us` of an int64 array (n,): equal numbers, to the microsecond."""
    largest = int(np.abs(pts).max(initial=0))
    if 2 * largest * time_base.numerator * US_PER_S < 2**62:
        scaled = 2 * pts * (time_base.numerator * US_PER_S) + time_base.denominator
        return scaled // (2 * time_base.denominator)
    return np.array([to_us(int(tick), time_base) for tick in pts], dtype=np.int64)


def from_us(time_us: int, time_base: Fraction) -> int:
    """The last tick at or before a time in microseconds."""
    return time_us * time_base.denominator // (US_PER_S * time_base.numerator)
