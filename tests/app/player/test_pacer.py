"""What keeps the pace when the card goes and comes back; real sound is tried elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player import pacer as pacer_module
from app.player.pacer import Pacer, SoundState
from app.player.route import Route
from app.player.sound_output import PlayRequest, SoundFailure, SoundOutput


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[PlayRequest]:
    """What the card was asked to play; nobody answers."""
    requests: list[PlayRequest] = []
    monkeypatch.setattr(SoundOutput, "play", lambda _self, request: requests.append(request))
    monkeypatch.setattr(pacer_module, "LOOK_AGAIN_MS", (10, 20))
    return requests


def lose_card(pacer: Pacer, request: PlayRequest) -> None:
    pacer._sound.failed.emit(SoundFailure(request.run, "the sound card is gone", no_card=True))


def test_a_card_lost_while_playing_is_looked_for_again(
    qtbot: QtBot, asked: list[PlayRequest]
) -> None:
    pacer = Pacer()
    try:
        pacer.set_media(Path("beeps.wav"), has_sound=True)
        pacer.start(500_000, Route(0, 60_000_000))
        pacer._sound.started.emit(asked[0].run)
        assert pacer.sound_state is SoundState.PLAYING
        lose_card(pacer, asked[0])
        assert pacer.sound_state is SoundState.NO_CARD
        qtbot.waitUntil(lambda: len(asked) == 2)
        assert asked[1].start_us >= 500_000 and asked[1].route == asked[0].route
        pacer._sound.started.emit(asked[1].run)
        assert pacer.sound_state is SoundState.PLAYING
        lose_card(pacer, asked[1])
        for number in (3, 4):
            qtbot.waitUntil(lambda wanted=number: len(asked) == wanted)
            lose_card(pacer, asked[-1])
        # It has been looked for often enough: the timer goes on by itself.
        now_us = pacer.now_us()
        qtbot.waitUntil(lambda: pacer.now_us() > now_us + 100_000)
        assert len(asked) == 4
    finally:
        pacer.shutdown()


def test_a_card_that_was_never_there_is_not_looked_for(
    qtbot: QtBot, asked: list[PlayRequest]
) -> None:
    pacer = Pacer()
    try:
        pacer.set_media(Path("beeps.wav"), has_sound=True)
        pacer.start(0, Route(0, 60_000_000))
        lose_card(pacer, asked[0])
        qtbot.waitUntil(lambda: pacer.now_us() > 100_000)
        assert len(asked) == 1
    finally:
        pacer.shutdown()


def test_who_stands_still_looks_for_nothing(qtbot: QtBot, asked: list[PlayRequest]) -> None:
    pacer = Pacer()
    try:
        pacer.set_media(Path("beeps.wav"), has_sound=True)
        pacer.start(0, Route(0, 60_000_000))
        pacer._sound.started.emit(asked[0].run)
        lose_card(pacer, asked[0])
        pacer.stop(10_000)
        qtbot.wait(60)
        assert len(asked) == 1
        assert pacer.now_us() == 10_000
    finally:
        pacer.shutdown()
