"""The next picture is made before it is due, and no more than one is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.player.frame_source import FrameSource
from app.player.picture import Picture
from app.player.ready_picture import ReadyPicture
from core_model.media.colour import CompactPicture
from core_model.media.probe import probe
from core_model.media.video import CompactFrame, PaintedFrame, VideoFrame
from tests.media_factory import Video, read_number, regular_ticks, write_media


@pytest.fixture
def ready() -> Iterator[ReadyPicture]:
    made = ReadyPicture()
    yield made
    made.shutdown()


@pytest.fixture
def compact(tmp_path: Path) -> list[CompactFrame]:
    """Some frames as they are kept."""
    path = write_media(tmp_path / "film.mp4", Video(regular_ticks(4)))
    source = FrameSource(lambda: None)
    with closing(source), closing(source.frames(path, 0, (64, 48), 0)) as frames:
        found = list(frames)
    assert all(isinstance(frame, CompactFrame) for frame in found)
    return [frame for frame in found if isinstance(frame, CompactFrame)]


def made_of(qtbot: QtBot, ready: ReadyPicture, frame: CompactFrame) -> PaintedFrame:
    qtbot.waitUntil(lambda: ready.of(frame) is not frame)
    return ready.of(frame)


def test_what_is_expected_is_made(
    qtbot: QtBot, ready: ReadyPicture, compact: list[CompactFrame]
) -> None:
    first, second = compact[:2]
    ready.expect(first)
    made = made_of(qtbot, ready, first)
    assert isinstance(made, VideoFrame) and made.pts_us == first.pts_us
    np.testing.assert_array_equal(made.image, first.image)
    assert ready.of(second) is second, "nobody expected it"


def test_only_one_is_kept(qtbot: QtBot, ready: ReadyPicture, compact: list[CompactFrame]) -> None:
    first, second = compact[:2]
    ready.expect(first)
    made_of(qtbot, ready, first)
    ready.expect(second)
    assert ready.of(first) is first
    made_of(qtbot, ready, second)
    ready.expect(None)
    assert ready.of(second) is second


def test_what_has_its_pixels_is_left_alone(ready: ReadyPicture) -> None:
    frame = VideoFrame(0, np.zeros((48, 64, 4), np.uint8))
    ready.expect(frame)
    assert ready.of(frame) is frame


def test_what_is_half_made_is_waited_for(
    ready: ReadyPicture, compact: list[CompactFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    expand = CompactPicture.expand

    def slowly(picture: CompactPicture) -> np.ndarray:
        begun.set()
        assert may_end.wait(5)
        return expand(picture)

    monkeypatch.setattr(CompactPicture, "expand", slowly)
    ready.expect(compact[0])
    assert begun.wait(5)
    threading.Timer(0.02, may_end.set).start()
    assert isinstance(ready.of(compact[0]), VideoFrame)


def test_playing_makes_the_next_picture_ready(qtbot: QtBot, tmp_path: Path) -> None:
    path = write_media(tmp_path / "film.mp4", Video(regular_ticks(30)))
    shown: list[PaintedFrame] = []
    picture = Picture()
    try:
        picture.frame_shown.connect(shown.append)
        picture.set_media(path, probe(path).video)
        picture.show_at(0)
        qtbot.waitUntil(lambda: picture.reader.is_idle and picture.shown is not None)
        picture.follow(0)
        following = picture._cache.after(0)
        assert following is not None
        qtbot.waitUntil(lambda: picture._ready.of(following) is not following)
        picture.follow(40_000)
        assert isinstance(shown[-1], VideoFrame)
        assert read_number(shown[-1].image) == 1
        assert picture.shown is following, "it is kept as it was"
    finally:
        picture.shutdown()
