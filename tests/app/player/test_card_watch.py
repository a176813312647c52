"""What becomes of a card that falls silent: waited for, taken back, or opened anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.player import sound_output
from app.player.card_watch import CARD_SILENT_S, CardWatch
from app.player.pacer import Pacer, SoundState
from app.player.route import Route
from app.player.sound_card import CardError
from tests.media_factory import Audio, write_media

BUFFER_S = 0.02


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def at() -> Time:
    return Time()


def started(at: Time) -> CardWatch:
    watch = CardWatch(at)
    for _ in range(50):
        watch.takes(BUFFER_S)
        at.now_s += BUFFER_S
        assert not watch.is_silent()
    return watch


def looks_until_silent(watch: CardWatch, at: Time, every_s: float) -> int:
    for count in range(1, 1_000):
        at.now_s += every_s
        if watch.is_silent():
            return count
    raise AssertionError("never called silent")


def test_a_card_that_asks_for_nothing_is_silent_after_a_moment(at: Time) -> None:
    count = looks_until_silent(started(at), at, BUFFER_S)
    assert count * BUFFER_S == pytest.approx(CARD_SILENT_S, abs=2 * BUFFER_S)


def test_a_starved_machine_does_not_condemn_a_healthy_card(at: Time) -> None:
    watch = started(at)
    for _ in range(100):
        # Nobody ran for 5 s, and the one who looks wakes before the one who plays.
        at.now_s += 5.0
        assert not watch.is_silent()
        watch.takes(BUFFER_S)
        at.now_s += BUFFER_S
        assert watch.silent_s() == 0.0


def test_a_card_that_starts_may_take_longer(at: Time) -> None:
    watch = CardWatch(at)
    watch.takes(BUFFER_S)
    watch.silent_s()
    assert looks_until_silent(watch, at, BUFFER_S) * BUFFER_S > 2.0


class FakeCard:
    """Takes sound every 20 ms unless it is stalled; cannot be opened while it is unplugged."""

    rate_hz = 48_000
    stalled = threading.Event()
    unplugged = threading.Event()
    blocked = threading.Event()
    opened = 0

    def __init__(self, fill: Callable[..., None]) -> None:
        if self.unplugged.is_set():
            raise CardError("no sound card")
        type(self).opened += 1
        self._fill = fill
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_active(self) -> bool:
        return self._thread is not None and not self.unplugged.is_set()

    def start(self) -> None:
        while self.blocked.is_set():
            time.sleep(BUFFER_S)
        self._ends.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def silence(self) -> None:
        if self._thread is not None:
            self._ends.set()
            self._thread.join()
            self._thread = None

    lose = close = silence

    def _run(self) -> None:
        out = np.empty((round(BUFFER_S * self.rate_hz), 2), np.float32)
        while not self._ends.wait(BUFFER_S):
            if not self.stalled.is_set() and not self.unplugged.is_set():
                self._fill(out, time.monotonic() + 0.1, self)


@pytest.fixture
def pacer(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pacer]:
    """Plays 60 s of beeps on a fake card."""
    FakeCard.stalled.clear()
    FakeCard.unplugged.clear()
    FakeCard.opened = 0
    monkeypatch.setattr(sound_output, "SoundCard", FakeCard)
    sound = Audio(((0.0, 60.0),), codec="pcm_s16le", rate_hz=48_000)
    made = Pacer()
    try:
        made.set_media(write_media(tmp_path / "beeps.wav", audio=sound), has_sound=True)
        made.start(0, Route(0, 60_000_000))
        qtbot.waitUntil(lambda: made.now_us() > 500_000)
        assert made.sound_state is SoundState.PLAYING
        yield made
    finally:
        made.shutdown()


def plays_again(pacer: Pacer, qtbot: QtBot) -> float:
    """Seconds until sound plays and moves the clock."""
    began_s = time.monotonic()
    qtbot.waitUntil(lambda: pacer.sound_state is SoundState.PLAYING, timeout=10_000)
    now_us = pacer.now_us()
    qtbot.waitUntil(lambda: pacer.now_us() > now_us + 20_000)
    return time.monotonic() - began_s


def test_a_card_that_stalls_for_seconds_is_taken_back_at_once(pacer: Pacer, qtbot: QtBot) -> None:
    FakeCard.stalled.set()
    qtbot.waitUntil(lambda: pacer.sound_state is SoundState.NO_CARD)
    lost_us = pacer.now_us()
    qtbot.wait(2_000)
    # Meanwhile the picture went on, on a timer.
    went_us = pacer.now_us() - lost_us
    assert went_us > 1_500_000
    FakeCard.stalled.clear()
    assert plays_again(pacer, qtbot) < 1.0
    assert pacer.now_us() >= lost_us + went_us
    assert FakeCard.opened == 1


def test_a_card_that_comes_back_is_opened_within_a_second(pacer: Pacer, qtbot: QtBot) -> None:
    FakeCard.unplugged.set()
    qtbot.waitUntil(lambda: pacer.sound_state is SoundState.NO_CARD)
    qtbot.wait(1_500)
    FakeCard.unplugged.clear()
    assert plays_again(pacer, qtbot) < 1.5
    assert FakeCard.opened == 2


def test_a_card_that_stays_silent_is_opened_anew(
    pacer: Pacer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_output, "CARD_RETURNS_S", 0.3)
    FakeCard.stalled.set()
    qtbot.waitUntil(lambda: FakeCard.opened == 2)
    FakeCard.stalled.clear()
    plays_again(pacer, qtbot)


def test_the_picture_does_not_wait_for_a_card_that_blocks(pacer: Pacer, qtbot: QtBot) -> None:
    pacer.stop(0)
    FakeCard.blocked.set()
    try:
        pacer.start(1_000_000, Route(0, 60_000_000))
        qtbot.waitUntil(lambda: pacer.now_us() > 1_200_000)
        assert pacer.sound_state is SoundState.NO_CARD
    finally:
        FakeCard.blocked.clear()
    plays_again(pacer, qtbot)


def test_stopping_ends_the_search(pacer: Pacer, qtbot: QtBot) -> None:
    FakeCard.unplugged.set()
    qtbot.waitUntil(lambda: pacer.sound_state is SoundState.NO_CARD)
    pacer.stop(0)
    FakeCard.unplugged.clear()
    qtbot.wait(1_000)
    assert FakeCard.opened == 1
    pacer.start(0, Route(0, 60_000_000))
    plays_again(pacer, qtbot)


def test_a_card_that_was_never_there_is_not_looked_for(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def refuse(fill: object) -> None:
        looked.append(fill)
        raise CardError("no sound card")

    monkeypatch.setattr(sound_output, "SoundCard", refuse)
    pacer = Pacer()
    try:
        pacer.set_media(tmp_path / "beeps.wav", has_sound=True)
        pacer.start(0, Route(0, 60_000_000))
        qtbot.waitUntil(lambda: pacer.now_us() > 1_500_000)
        assert len(looked) == 1
        assert pacer.sound_state is SoundState.NO_CARD
    finally:
        pacer.shutdown()
