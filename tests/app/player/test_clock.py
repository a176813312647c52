"""The media clock, driven by hands that the test moves."""

from __future__ import annotations

import pytest

from app.player.clock import MediaClock, Piece
from app.player.route import Leg, Route


class Hand:
    """A reference time that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_held_clock_stands_still() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    clock.hold(5_000_000)
    hand.now_s += 3
    assert clock.now_us() == 5_000_000


def test_running_clock_counts_media_time_at_its_speed() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    clock.run(1_000_000, [Leg(1_000_000, 9_000_000, 2.0)])
    hand.now_s += 1.5
    assert clock.now_us() == 4_000_000


def test_following_clock_goes_on_where_the_sound_is_heard() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    run = clock.hold(0)
    assert clock.follow(run, [Piece(hand.now_s + 7.1, 0, 1_000_000, 1.0, 0)])
    hand.now_s += 7.35
    assert clock.now_us() == 250_000


def test_before_the_first_buffer_is_heard_the_clock_stands_at_its_start() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    run = clock.hold(2_000_000)
    clock.follow(run, [Piece(hand.now_s + 0.1, 2_000_000, 2_050_000, 1.0, 0)])
    assert clock.now_us() == 2_000_000


def test_without_further_sound_the_clock_stops_at_the_end_of_the_last_buffer() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    run = clock.hold(0)
    clock.follow(run, [Piece(hand.now_s, 0, 40_000, 1.0, 0)])
    hand.now_s += 5
    assert clock.now_us() == 40_000


def test_a_late_callback_of_an_older_run_moves_nothing() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    old_run = clock.hold(0)
    clock.hold(9_000_000)
    assert not clock.follow(old_run, [Piece(hand.now_s, 0, 1_000_000, 1.0, 0)])
    assert clock.now_us() == 9_000_000


def test_the_timer_goes_through_legs_of_different_speed_and_stops_at_the_last_end() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    clock.run(0, [Leg(0, 1_000_000, 1.0), Leg(1_000_000, 6_000_000, 10.0)])
    hand.now_s += 1.2
    assert clock.now_us() == 3_000_000
    assert clock.seconds_until(5_000_000) == pytest.approx(0.2)
    hand.now_s += 5
    assert clock.now_us() == 6_000_000


def test_the_timer_goes_round_in_a_loop() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    clock.run(1_100_000, Route(1_000_000, 1_200_000, loops=True).legs_from(1_100_000))
    hand.now_s += 0.15
    assert clock.now_us() == 1_050_000
    hand.now_s += 1_000
    assert clock.now_us() == 1_050_000


def test_pieces_take_over_when_they_are_heard_and_not_before() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    run = clock.hold(0)
    start_s = hand.now_s
    clock.follow(run, [Piece(start_s, 0, 100_000, 1.0, 0)])
    clock.follow(run, [Piece(start_s + 0.1, 100_000, 200_000, 0.5, 1)])
    clock.follow(run, [Piece(start_s + 0.3, 0, 100_000, 1.0, 2)])
    for after_s, expected_us in ((0.05, 50_000), (0.2, 150_000), (0.29, 195_000), (0.35, 50_000)):
        hand.now_s = start_s + after_s
        assert clock.now_us() == pytest.approx(expected_us, abs=1)


def test_time_does_not_run_back_when_the_card_trembles() -> None:
    hand = Hand()
    clock = MediaClock(hand)
    run = clock.hold(0)
    start_s = hand.now_s
    clock.follow(run, [Piece(start_s, 0, 100_000, 1.0, 0)])
    hand.now_s = start_s + 0.0999
    before_us = clock.now_us()
    clock.follow(run, [Piece(start_s + 0.0998, 99_000, 200_000, 1.0, 0)])
    assert clock.now_us() == before_us


def test_a_clock_that_stands_still_reaches_nothing() -> None:
    clock = MediaClock(Hand())
    clock.hold(0)
    assert clock.seconds_until(1_000) is None
