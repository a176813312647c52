"""What is looked at comes first, everything comes once, and the end is where the sound ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.timeline.sound_features import SEGMENT_FRAMES
from app.timeline.sound_order import SegmentOrder
from app.timeline.sound_settings import SoundPlan

PLAN = SoundPlan(16_000, 512, 160, "hann", None, 16)
SEGMENT_US = SEGMENT_FRAMES * 10_000


def order_of(segments: int) -> SegmentOrder:
    return SegmentOrder(PLAN, 0, segments * SEGMENT_US)


def walk(
    order: SegmentOrder, sounding: int, looks: dict[int, tuple[int, int]] | None = None
) -> list[int]:
    """Segments as they are read from a file of ``sounding`` segments; ``looks`` says at which
    step somebody looks where."""
    taken: list[int] = []
    number = order.take()
    while number is not None and len(taken) < 500:
        taken.append(number)
        if looks and len(taken) in looks:
            first, last = looks[len(taken)]
            order.look_at(first * SEGMENT_US, (last + 1) * SEGMENT_US)
        number = order.take(after=number, is_last=number >= sounding - 1)
    return taken


def test_it_goes_from_start_to_end() -> None:
    assert walk(order_of(5), 5) == [0, 1, 2, 3, 4]


def test_what_is_looked_at_comes_first() -> None:
    assert walk(order_of(10), 10, {2: (6, 7)}) == [0, 1, 6, 7, 8, 9, 2, 3, 4, 5]


def test_without_jumps_it_goes_on() -> None:
    order = order_of(6)
    order.may_jump = False
    assert walk(order, 6, {2: (4, 5)}) == [0, 1, 2, 3, 4, 5]


def test_more_sound_than_stated_is_read() -> None:
    assert walk(order_of(3), 7) == [0, 1, 2, 3, 4, 5, 6]
    assert walk(order_of(0), 2) == [0, 1]


def test_more_sound_than_stated_is_not_forgotten_by_looking_back() -> None:
    assert walk(order_of(3), 4, {1: (2, 2), 2: (0, 1)}) == [0, 2, 1, 3]


def test_less_sound_than_stated_ends_early() -> None:
    assert walk(order_of(9), 4) == [0, 1, 2, 3]


@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.dictionaries(st.integers(1, 40), st.tuples(st.integers(-3, 35), st.integers(-3, 35))),
    st.booleans(),
)
def test_everything_comes_once_wherever_one_looks(
    stated: int, sounding: int, looks: dict[int, tuple[int, int]], may_jump: bool
) -> None:
    order = order_of(stated)
    order.may_jump = may_jump
    taken = walk(order, sounding, looks)
    assert len(taken) == len(set(taken))
    assert set(range(sounding)) <= set(taken)
