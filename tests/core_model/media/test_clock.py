from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core_model.media.clock import from_us, to_us, to_us_array

TIME_BASES = st.sampled_from(
    [Fraction(1, 90_000), Fraction(1, 1000), Fraction(1001, 30_000), Fraction(1, 25), Fraction(1)]
)
TICKS = st.integers(-(2**40), 2**40)


@given(TICKS, TIME_BASES)
def test_nearest_microsecond(ticks: int, time_base: Fraction) -> None:
    assert abs(to_us(ticks, time_base) - ticks * time_base * 1_000_000) <= Fraction(1, 2)


@given(st.lists(TICKS, max_size=5), TIME_BASES)
def test_array_is_rounded_as_single_numbers_are(ticks: list[int], time_base: Fraction) -> None:
    together = to_us_array(np.array(ticks, np.int64), time_base)
    assert together.tolist() == [to_us(tick, time_base) for tick in ticks]


@given(st.integers(-(2**40), 2**40), TIME_BASES)
def test_from_us_is_the_last_tick_by_then(time_us: int, time_base: Fraction) -> None:
    tick = from_us(time_us, time_base)
    assert tick * time_base * 1_000_000 <= time_us < (tick + 1) * time_base * 1_000_000
