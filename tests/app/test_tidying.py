"""Free memory is given back while nothing is played."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.tidying import Tidying
from app.view_state import ViewState


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player(ViewState())
    yield made
    made.shutdown()


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which memory was given back."""
    names: list[str] = []

    def note() -> bool:
        names.append(threading.current_thread().name)
        return True

    monkeypatch.setattr("app.tidying.give_back_free", note)
    return names


def test_now_and_then_outside_the_windows_thread(
    player: Player, given_back: list[str], qtbot: QtBot
) -> None:
    tidying = Tidying(player, every_s=0.02)
    tidying.start()
    qtbot.waitUntil(lambda: len(given_back) >= 2)
    tidying.shutdown()
    assert set(given_back) == {"free memory"}
    done = len(given_back)
    qtbot.wait(60)
    assert len(given_back) == done


def test_not_while_a_video_is_played(player: Player, given_back: list[str], qtbot: QtBot) -> None:
    player.is_playing = True
    tidying = Tidying(player, every_s=0.01)
    tidying.start()
    qtbot.wait(80)
    assert given_back == []
    player.is_playing = False
    qtbot.waitUntil(lambda: bool(given_back))
    tidying.shutdown()
