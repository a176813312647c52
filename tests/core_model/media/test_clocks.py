"""Where clocks are set anew, told from their time stamps alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core_model.media.joints.clocks import (
    LONGEST,
    MOST_AHEAD,
    TICKS_PER_S,
    Break,
    ClockWatch,
    Stamp,
    Stamps,
    are_suspect,
    goes_on,
    ticks_between,
)

TURN = 2**33
STEP = TICKS_PER_S // 10
tick = st.integers(0, TURN - 1)


def stamps_of(*each: Stamp) -> Stamps:
    return Stamps(*np.array(each, np.int64).reshape(-1, 3).T)


def run(start: int, count: int, place: int = 0, streams: tuple[int, ...] = (1, 2)) -> list[Stamp]:
    """A recording: a stamp of each stream every tenth of a second, one byte after the other."""
    return [
        Stamp(place + len(streams) * number + which, stream, (start + number * STEP) % TURN)
        for number in range(count)
        for which, stream in enumerate(streams)
    ]


def breaks(stamps: list[Stamp], at_once: int = 10_000) -> list[Break]:
    watch = ClockWatch()
    for first in range(0, len(stamps), at_once):
        watch.watch(stamps_of(*stamps[first : first + at_once]))
    return watch.breaks


@given(tick, st.integers(-(TURN // 2), TURN // 2 - 1))
def test_the_way_between_times_is_signed_and_wraps(earlier: int, way: int) -> None:
    assert ticks_between(earlier, (earlier + way) % TURN) == way


@given(tick, st.integers(2, 60), st.integers(1, 50))
def test_a_clock_that_runs_has_no_break(start: int, count: int, at_once: int) -> None:
    assert breaks(run(start, count), at_once) == []


@given(tick, tick, st.integers(2, 40), st.integers(3, 40), st.integers(1, 50))
@example(0, 0, 13, 3, 1)
def test_a_clock_set_anew_is_found_whatever_is_read_at_once(
    first: int, second: int, before: int, after: int, at_once: int
) -> None:
    stamps = [*run(first, before), *run(second, after, 2 * before)]
    last = stamps[2 * before - 1].tick
    # A step back that its second stamp has nearly made good is taken for reordering or damage.
    assume(goes_on(last, second) or not goes_on(last, (second + STEP) % TURN))
    found = breaks(stamps, at_once)
    if goes_on(last, second):
        assert found == []
    else:
        assert found == [Break(2 * before - 1, 2 * before)]


@given(st.lists(tick, min_size=1, max_size=5), st.integers(0, 10), st.integers(1, 3))
def test_a_damaged_stamp_is_no_break(damaged: list[int], at: int, streams: int) -> None:
    stamps = run(0, 120, streams=tuple(range(streams)))
    for number, odd in enumerate(damaged):
        place = at + 20 * number
        stamps[place] = stamps[place]._replace(tick=odd)
    assert breaks(stamps) == []


def test_other_streams_begin_another_recording() -> None:
    stamps = [*run(0, 20), *run(20 * STEP, 30, 40, (7, 8))]
    assert breaks(stamps) == [Break(39, 40)]


def test_a_stream_that_comes_late_is_no_recording_of_its_own() -> None:
    late = [stamp for stamp in run(0, 40, 0, (1, 2, 3)) if stamp.stream < 3 or stamp.place > 60]
    assert breaks(late) == []


def test_a_stream_that_comes_back_after_long_is_no_break() -> None:
    count = 2 * MOST_AHEAD // STEP
    sparse = [
        stamp
        for stamp in run(0, count)
        if stamp.stream == 1 or not 20 < stamp.place < 2 * count - 90
    ]
    assert breaks(sparse) == []


@pytest.mark.parametrize(("start", "at_once"), [(0, 1), (12_345, 300), (TURN - 10 * STEP, 37)])
def test_a_recording_is_broken_before_its_clock_comes_round(start: int, at_once: int) -> None:
    wide = MOST_AHEAD - 1
    count = 2 * LONGEST // wide + 10
    stamps = [Stamp(number, 1, (start + number * wide) % TURN) for number in range(count)]
    most = -(-LONGEST // wide)
    assert breaks(stamps, at_once) == [
        Break(place - 1, place) for place in range(most, count, most)
    ]


def test_samples_of_a_recording_longer_than_its_clock_are_suspect() -> None:
    hour = 3600 * TICKS_PER_S
    for hours, is_long in ((24, False), (28, True)):
        places = range(0, hours + 1, 2)
        samples = [[Stamp(10**9 * at, 1, (at * hour + 5) % TURN)] for at in places]
        assert are_suspect(samples) == is_long


def test_samples_of_one_recording_are_not_suspect() -> None:
    places = run(TURN - 5000 * STEP, 40_000)
    samples = [places[number : number + 2] for number in range(0, len(places), 4000)]
    assert not are_suspect(samples)
    assert not are_suspect([])
    back = [*samples, [Stamp(10**6, 1, samples[2][0].tick)]]
    assert are_suspect(back)
    assert are_suspect([*samples, [Stamp(10**6, 9, 5)]])
    assert are_suspect([*samples, [Stamp(40_001, 1, samples[-1][0].tick + 2 * MOST_AHEAD)]])
