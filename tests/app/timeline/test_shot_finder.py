"""Shots of the open video become times to snap to, in the background, and are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.timeline import shot_finder
from app.timeline.shot_finder import ShotFinder
from app.timeline.shot_store import ShotStore
from app.view_state import ViewState
from core_model.cache import content_hash
from core_model.media.probe import probe
from tests.media_factory import Audio, Video, paint_number, regular_ticks, write_media


@pytest.fixture
def state() -> ViewState:
    return ViewState()


@pytest.fixture
def finder(qapp: object, state: ViewState, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShotFinder]:
    monkeypatch.setattr(shot_finder, "BEGIN_AFTER_MS", 0)
    made = ShotFinder(state)
    yield made
    made.shutdown()


def film(path: Path, *numbers: int) -> Path:
    """One second of each painted number."""
    pictures = [paint_number(number) for number in numbers for _ in range(25)]
    return write_media(path, Video(ticks=regular_ticks(len(pictures)), pictures=pictures))


def test_shots_are_found_and_kept(
    finder: ShotFinder, state: ViewState, qtbot: QtBot, tmp_path: Path
) -> None:
    path = film(tmp_path / "film.mp4", 0b101010, 0b010101001, 0b111000111000)
    info = probe(path)
    state.set_media_range(info.start_us, info.end_us)
    finder.set_media(info)
    assert finder.is_busy
    qtbot.waitUntil(lambda: state.snap_times("shots") == (1_000_000, 2_000_000))
    qtbot.waitUntil(lambda: not finder.is_busy)
    assert ShotStore().load(content_hash(path)) == (1_000_000, 2_000_000)


def test_kept_shots_are_not_searched_for_again(
    finder: ShotFinder, state: ViewState, qtbot: QtBot, tmp_path: Path
) -> None:
    path = film(tmp_path / "film.mp4", 1)
    ShotStore().store(content_hash(path), (400_000,))
    finder.set_media(probe(path))
    qtbot.waitUntil(lambda: state.snap_times("shots") == (400_000,))


def test_another_video_ends_the_search(
    finder: ShotFinder, state: ViewState, qtbot: QtBot, tmp_path: Path
) -> None:
    first = film(tmp_path / "first.mp4", *range(1, 30))
    finder.set_media(probe(first))
    qtbot.waitUntil(lambda: bool(state.snap_times("shots")))
    second = film(tmp_path / "second.mp4", 0b101010, 0b010101001)
    state.set_media_range(0, 2_000_000)
    finder.set_media(probe(second))
    qtbot.waitUntil(lambda: state.snap_times("shots") == (1_000_000,))
    finder.set_media(None)
    assert not finder.is_busy


def test_the_search_stands_aside_while_playback_runs_short(
    finder: ShotFinder,
    state: ViewState,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []
    searched = shot_finder.shot_changes

    def counted(path: Path, *, cancelled: Callable[[], bool]) -> Iterator[object]:
        for news in searched(path, cancelled=cancelled):
            looked_at.append(news)
            yield news

    monkeypatch.setattr(shot_finder, "shot_changes", counted)
    info = probe(film(tmp_path / "film.mp4", *([0b101010, 0b010101001] * 10)))
    state.set_media_range(info.start_us, info.end_us)
    finder.set_media(info)
    qtbot.waitUntil(lambda: len(looked_at) > 0)
    finder.stand_aside()
    qtbot.wait(100)
    so_far = len(looked_at)
    qtbot.wait(200)
    assert len(looked_at) == so_far
    finder._go_on()
    qtbot.waitUntil(lambda: len(state.snap_times("shots")) == 19)


def test_standing_aside_without_a_search_holds_nobody_up(
    finder: ShotFinder, state: ViewState, qtbot: QtBot, tmp_path: Path
) -> None:
    info = probe(film(tmp_path / "film.mp4", 0b101010, 0b010101001))
    state.set_media_range(info.start_us, info.end_us)
    finder.stand_aside()
    finder.set_media(info)
    finder.stand_aside()
    qtbot.waitUntil(lambda: state.snap_times("shots") == (1_000_000,))


def test_closing_ends_the_search_at_once(finder: ShotFinder, qtbot: QtBot, tmp_path: Path) -> None:
    path = film(tmp_path / "first.mp4", *range(1, 30))
    finder.set_media(probe(path))
    qtbot.waitUntil(lambda: not finder._delay.isActive())
    finder.shutdown()
    assert not finder.is_busy
    assert ShotStore().load(content_hash(path)) is None, "half a search is not kept"


def test_sound_alone_is_not_searched(finder: ShotFinder, tmp_path: Path) -> None:
    finder.set_media(probe(write_media(tmp_path / "s.wav", audio=Audio(codec="pcm_s16le"))))
    assert not finder.is_busy


def test_a_file_that_goes_away_is_no_accident(
    finder: ShotFinder, state: ViewState, qtbot: QtBot, tmp_path: Path
) -> None:
    path = film(tmp_path / "film.mp4", 1)
    info = probe(path)
    path.unlink()
    finder.set_media(info)
    qtbot.waitUntil(lambda: not finder.is_busy)
    assert state.snap_times("shots") == ()


def test_damaged_entries_are_left_aside(tmp_path: Path) -> None:
    store = ShotStore(tmp_path)
    store.store("a", (1, 2))
    assert store.load("a") == (1, 2)
    assert store.load("b") is None
    (file,) = tmp_path.iterdir()
    for content in ("", '{"a": 1}', "[1, null]"):
        file.write_text(content, encoding="utf-8")
        assert store.load("a") is None


def test_the_oldest_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.timeline.shot_store.MOST_FILES", 2)
    store = ShotStore(tmp_path)
    for number, name in enumerate("abc"):
        store.store(name, (number,))
        (newest,) = tmp_path.glob(f"{name}-*")
        os.utime(newest, (number, number))
    kept = [name for name in "abc" if store.load(name) is not None]
    assert kept == ["b", "c"]


def test_a_folder_that_takes_nothing_costs_time_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    store = ShotStore(blocked / "shots")
    store.store("a", (1,))
    assert store.load("a") is None
