"""Routes through media: which stretches, in which order, how fast."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.plan import Plan, Stretch
from app.player.route import REVIEW_SPEED, Leg, Route, between, merged

SPANS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda two: tuple(sorted(two)))
)
MEDIA = (0, 100)


def test_a_route_ends_where_it_should() -> None:
    assert list(Route(10, 50, 2.0).legs_from(20)) == [Leg(20, 50, 2.0)]
    assert list(Route(10, 50).legs_from(50)) == []


def test_a_loop_goes_on_from_its_start_for_ever() -> None:
    legs = list(islice(Route(10, 50, loops=True).legs_from(40), 3))
    assert legs == [Leg(40, 50, 1.0), Leg(10, 50, 1.0), Leg(10, 50, 1.0)]
    assert next(Route(10, 50, loops=True).legs_from(70)) == Leg(10, 50, 1.0)


def test_nothing_is_played_before_the_start() -> None:
    assert list(Route(10, 50).legs_from(0)) == [Leg(10, 50, 1.0)]


def test_a_route_has_a_length() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Route(50, 50)


@given(SPANS, st.integers(0, 99), st.booleans())
def test_legs_leave_no_gap_and_are_fast_where_they_pass_over(
    spans: list[tuple[int, int]], from_us: int, loops: bool
) -> None:
    passed_over = merged(tuple(spans))
    route = Route(*MEDIA, 0.5, loops, passed_over)
    place_us = from_us
    for leg in islice(route.legs_from(from_us), 60):
        assert leg.start_us == place_us < leg.end_us
        inside = any(start <= leg.start_us and leg.end_us <= end for start, end in passed_over)
        assert leg.speed == (REVIEW_SPEED if inside else 0.5)
        place_us = leg.end_us if leg.end_us < MEDIA[1] else MEDIA[0]
    if not loops:
        assert place_us == MEDIA[0]


@given(SPANS)
def test_spans_and_what_lies_between_them_make_the_whole(spans: list[tuple[int, int]]) -> None:
    covered = [any(start <= time < end for start, end in spans) for time in range(100)]
    gaps = between(tuple(spans), *MEDIA)
    assert covered == [not any(start <= time < end for start, end in gaps) for time in range(100)]
    joined = merged(tuple(spans))
    assert covered == [any(start <= time < end for start, end in joined) for time in range(100)]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(joined))


def test_a_plan_loops_the_selection_or_everything() -> None:
    plan = Plan(loops=True)
    assert plan.route(MEDIA, (20, 30)) == Route(20, 30, loops=True)
    assert plan.route(MEDIA, None) == Route(0, 100, loops=True)
    plan.loops = False
    assert plan.route(MEDIA, (20, 30)) == Route(0, 100)


def test_a_stretch_goes_before_everything_and_has_its_own_speed() -> None:
    plan = Plan(speed=2.0, loops=True, stretch=Stretch(5, 6, None, False))
    assert plan.route(MEDIA, (20, 30)) == Route(5, 6, 2.0)
    plan.stretch = Stretch(5, 6, 0.25, True)
    assert plan.route(MEDIA, None) == Route(5, 6, 0.25, loops=True)


def test_review_is_slow_inside_events_or_inside_gaps() -> None:
    plan = Plan()
    plan.set_review("events", ((40, 60), (10, 20)))
    slow = [leg[:2] for leg in plan.route(MEDIA, None).legs_from(0) if leg.speed == 1.0]
    assert slow == [(10, 20), (40, 60)]
    plan.set_review("gaps", ((40, 60), (10, 20)))
    slow = [leg[:2] for leg in plan.route(MEDIA, None).legs_from(0) if leg.speed == 1.0]
    assert slow == [(0, 10), (20, 40), (60, 100)]
    plan.set_review(None, ())
    assert list(plan.route(MEDIA, None).legs_from(0)) == [Leg(0, 100, 1.0)]
