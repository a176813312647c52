"""Threads stand back behind the window's, each by its rank."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.player.player import Player
from app.precedence import Rank, give_way
from app.view_state import ViewState
from tests.media_factory import Audio, Video, regular_ticks, write_media

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness there")


def niceness(thread: int = 0) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread)


def in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def nicer_by(name: str) -> int:
    """How much nicer than the window's a thread is, by its name."""
    found = next(thread for thread in threading.enumerate() if thread.name == name)
    assert found.native_id is not None
    return niceness(found.native_id) - niceness()


def test_a_thread_stands_back_with_those_that_it_starts() -> None:
    found: list[int] = []

    def work() -> None:
        give_way(Rank.PLAYBACK)
        found.append(niceness())
        in_thread(lambda: found.append(niceness()))

    before = niceness()
    in_thread(work)
    assert found == [before + Rank.PLAYBACK] * 2
    assert niceness() == before


def test_a_thread_never_comes_forward_again() -> None:
    found: list[int] = []

    def work() -> None:
        give_way(Rank.BACKGROUND)
        give_way(Rank.PLAYBACK)
        found.append(niceness())

    in_thread(work)
    assert found == [min(niceness() + Rank.BACKGROUND, 19)]


def test_where_it_is_forbidden_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(which: int, who: int, priority: int) -> None:
        raise PermissionError(which, who, priority)

    monkeypatch.setattr(os, "setpriority", forbidden)
    give_way(Rank.BACKGROUND)


def test_decoding_stands_back_behind_the_window_and_the_sound(qtbot: QtBot, tmp_path: Path) -> None:
    player = Player(ViewState())
    try:
        player.open(write_media(tmp_path / "film.mp4", Video(regular_ticks(50)), Audio()))
        qtbot.waitUntil(lambda: player.picture.shown is not None)
        player.play()
        assert nicer_by("frame reader") == Rank.PLAYBACK
        assert nicer_by("sound output") == nicer_by("ready picture") == 0
    finally:
        player.shutdown()
