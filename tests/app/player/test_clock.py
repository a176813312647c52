"""The media clock, driven by hands that the test moves."""

from __future__ import annotations

from app.player.clock import MediaClock


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
    clock.run(1_000_000, 2.0)
    hand.now_s += 1.5
    assert clock.now_us() == 4_000_000


def test_following_clock_reads_the_card_and_not_the_timer() -> None:
    timer, card = Hand(), Hand()
    clock = MediaClock(timer)
    run = clock.hold(0)
    card.now_s = 7.0
    assert clock.follow(run, card, 7.1, (0, 1_000_000), 1.0)
    timer.now_s += 50
    card.now_s = 7.35
    assert clock.now_us() == 250_000


def test_before_the_first_buffer_is_heard_the_clock_stands_at_its_start() -> None:
    card = Hand()
    clock = MediaClock(Hand())
    run = clock.hold(2_000_000)
    clock.follow(run, card, card.now_s + 0.1, (2_000_000, 2_050_000), 1.0)
    assert clock.now_us() == 2_000_000


def test_without_further_sound_the_clock_stops_at_the_end_of_the_last_buffer() -> None:
    card = Hand()
    clock = MediaClock(Hand())
    run = clock.hold(0)
    clock.follow(run, card, card.now_s, (0, 40_000), 1.0)
    card.now_s += 5
    assert clock.now_us() == 40_000


def test_a_late_callback_of_an_older_run_moves_nothing() -> None:
    card = Hand()
    clock = MediaClock(Hand())
    old_run = clock.hold(0)
    clock.hold(9_000_000)
    assert not clock.follow(old_run, card, card.now_s, (0, 1_000_000), 1.0)
    assert clock.now_us() == 9_000_000
