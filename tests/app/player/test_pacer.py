"""What keeps the pace when the card goes and comes back; real sound is tried elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player.pacer import Pacer, SoundState
from app.player.route import Route
from app.player.sound_output import SoundOutput
from app.player.sound_requests import PlayRequest, SoundFailure


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[PlayRequest]:
    """What the card was asked to play; nobody answers."""
    requests: list[PlayRequest] = []
    monkeypatch.setattr(SoundOutput, "play", lambda _self, request: requests.append(request))
    return requests


def lose_card(pacer: Pacer, request: PlayRequest) -> None:
    pacer._sound.failed.emit(SoundFailure(request.run, "the sound card is gone", no_card=True))


def test_a_card_that_is_found_again_plays_on(qtbot: QtBot, asked: list[PlayRequest]) -> None:
    pacer = Pacer()
    try:
        pacer.set_media(Path("beeps.wav"), has_sound=True)
        pacer.start(500_000, Route(0, 60_000_000))
        pacer._sound.started.emit(asked[0].run)
        assert pacer.sound_state is SoundState.PLAYING
        lose_card(pacer, asked[0])
        assert pacer.sound_state is SoundState.NO_CARD
        qtbot.waitUntil(lambda: pacer.now_us() > 550_000)
        pacer.change(Route(0, 60_000_000, 2.0))
        pacer._sound.found.emit(asked[0].run)
        assert asked[1].start_us >= 550_000 and asked[1].route.speed == 2.0
        pacer._sound.started.emit(asked[1].run)
        assert pacer.sound_state is SoundState.PLAYING
        # It is found once for each time that it was lost.
        pacer._sound.found.emit(asked[1].run)
        assert len(asked) == 2
    finally:
        pacer.shutdown()


def test_who_stands_still_does_not_begin_to_play(asked: list[PlayRequest]) -> None:
    pacer = Pacer()
    try:
        pacer.set_media(Path("beeps.wav"), has_sound=True)
        pacer.start(0, Route(0, 60_000_000))
        pacer._sound.started.emit(asked[0].run)
        lose_card(pacer, asked[0])
        pacer.stop(10_000)
        pacer._sound.found.emit(asked[0].run)
        assert len(asked) == 1
        assert pacer.now_us() == 10_000
    finally:
        pacer.shutdown()
