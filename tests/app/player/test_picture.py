"""The picture beyond seeking: damage, all its pixels when it stands, frames that come too late."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.picture import Picture
from core_model.media.errors import MediaError
from core_model.media.probe import probe
from tests.media_factory import Video, paint_number, read_number, regular_ticks, write_media

STEP_US = 40_000
LONG_GOP = Video(ticks=regular_ticks(120), options={"bf": "2", "g": "120"})


@pytest.fixture
def picture(qtbot: QtBot) -> Iterator[Picture]:
    made = Picture()
    made.set_view_size(QSize(64, 48))
    yield made
    made.shutdown()


def opened(picture: Picture, qtbot: QtBot, path: Path) -> None:
    video = probe(path).video
    assert video is not None
    picture.set_media(path, video)
    picture.show_at(video.start_us)
    qtbot.waitUntil(lambda: picture.numbers.index is not None)


def shown_number(picture: Picture) -> int | None:
    return None if picture.shown is None else read_number(picture.shown.image)


def large(size_px: tuple[int, int]) -> Video:
    """Numbered pictures of other sizes."""
    width_px, height_px = size_px
    pictures = [
        paint_number(number).repeat(height_px // 48, 0).repeat(width_px // 64, 1)
        for number in range(20)
    ]
    return Video(ticks=regular_ticks(20), pictures=pictures)


def write_broken(folder: Path, broken: range, count: int = 90) -> Path:
    """A file in which some packets hold noise."""
    video = Video(ticks=regular_ticks(count), options={"bf": "0", "g": "30"})
    whole = write_media(folder / "whole.mp4", video)
    path = folder / "broken.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for place, packet in enumerate(source.demux(video=0)):
            if not packet.size:
                continue
            if place in broken:
                noise = av.Packet(random.Random(place).randbytes(packet.size))
                noise.pts, noise.dts, noise.duration = packet.pts, packet.dts, packet.duration
                noise.time_base = packet.time_base
                packet = noise
            packet.stream = copy
            target.mux(packet)
    return path


def test_broken_packets_are_skipped_and_told_of(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    told: list[tuple[tuple[int, int], ...]] = []
    picture.broken_spans_changed.connect(told.append)
    opened(picture, qtbot, write_broken(tmp_path, range(40, 44)))
    picture.show_at(70 * STEP_US)
    qtbot.waitUntil(lambda: shown_number(picture) == 70)
    picture.show_at(35 * STEP_US)
    qtbot.waitUntil(lambda: shown_number(picture) == 35)
    for _ in range(30):
        picture.step(1)
    qtbot.waitUntil(lambda: picture.shown is not None and picture.shown.pts_us >= 60 * STEP_US)
    qtbot.waitUntil(lambda: bool(told))
    ((start_us, end_us),) = picture.broken_spans
    assert 39 * STEP_US <= start_us <= 40 * STEP_US
    assert 44 * STEP_US <= end_us <= 60 * STEP_US, "trusted again from the next key frame on"
    picture.set_media(None, None)
    assert told[-1] == ()


def test_a_picture_that_stands_gets_all_pixels_the_zoomed_view_can_show(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", large((2560, 1440))))
    picture.set_view_size(QSize(640, 480))
    qtbot.waitUntil(lambda: picture.shown is not None and picture.shown.image.shape[1] == 640)
    assert picture.full_resolution
    picture.set_zoom(4.0)
    assert not picture.full_resolution
    picture.show_at(7 * STEP_US)
    qtbot.waitUntil(lambda: picture.full_resolution)
    assert picture.shown is not None
    assert picture.shown.image.shape == (1440, 2560, 4)
    assert shown_number(picture) == picture.frame_number == 7
    picture.step(1)
    qtbot.waitUntil(lambda: shown_number(picture) == 8 and picture.full_resolution)


def test_playing_on_from_a_standing_picture_keeps_its_pixels_until_the_next_one(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", large((2560, 1440))))
    picture.set_zoom(40.0)
    qtbot.waitUntil(lambda: picture.full_resolution)
    standing = picture.shown
    picture.follow(1)
    assert picture.shown is standing
    picture.follow(STEP_US)
    qtbot.waitUntil(lambda: picture.frame_number == 1)
    assert not picture.full_resolution


def test_running_short_of_frames_is_told_while_playing(
    picture: Picture, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", LONG_GOP))
    told: list[int] = []
    picture.ran_short.connect(lambda: told.append(1))
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    picture.follow(STEP_US)
    assert told == []
    monkeypatch.setattr(picture._cache, "runs_short", lambda: True)
    picture.follow(2 * STEP_US)
    assert told == [1]


def test_frames_that_playing_passes_over_are_counted(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", LONG_GOP))
    counts: list[int] = []
    picture.dropped_changed.connect(counts.append)
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    picture.follow(STEP_US)
    assert picture.dropped_frames == 0
    picture.follow(5 * STEP_US)
    assert picture.frame_number == 5
    assert picture.dropped_frames == 3
    assert counts == [3]
    picture.show_at(40 * STEP_US)
    assert picture.dropped_frames == 3, "who seeks drops nothing"


def test_the_next_frame_is_known_before_it_is_due(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", LONG_GOP))
    qtbot.waitUntil(lambda: picture.next_us == STEP_US)


def test_frames_behind_the_playhead_are_there_before_they_are_asked_for(
    qtbot: QtBot, tmp_path: Path
) -> None:
    picture = Picture(cache_bytes=40 * 64 * 48 * 4)
    picture.set_view_size(QSize(64, 48))
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", LONG_GOP))
    picture.show_at(80 * STEP_US)
    qtbot.waitUntil(lambda: picture.frame_number == 80)
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    for number in range(79, 69, -1):
        picture.step(-1)
        assert shown_number(picture) == number, "at once, without decoding"
    picture.shutdown()


def test_a_place_at_hand_is_shown_at_once_though_another_was_being_sought(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", LONG_GOP))
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    # Other sizes than those at hand have to be decoded anew.
    picture.set_view_size(QSize(128, 96))
    picture.show_at(100 * STEP_US)
    picture.show_at(3 * STEP_US)
    qtbot.waitUntil(lambda: shown_number(picture) == 3)
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    assert picture.shown is not None and picture.shown.image.shape == (96, 128, 4)
    picture.step(1)
    qtbot.waitUntil(lambda: shown_number(picture) == 4)


def test_a_new_file_never_begins_with_a_frame_of_the_last_one(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "last.mp4", large((128, 96))))
    path = write_media(tmp_path / "next.mp4", Video(ticks=regular_ticks(30, first=5)))
    # The decode thread has no time yet for what it is told.
    with picture.reader._condition:
        picture.set_media(path, probe(path).video)
        picture.show_at(5 * STEP_US)
        assert picture.shown is None
    qtbot.waitUntil(lambda: shown_number(picture) == 0)
    assert picture.shown is not None
    assert picture.shown.pts_us == probe(path).start_us


def test_an_error_of_the_last_file_is_not_told_over_the_next_one(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "next.mp4", Video(ticks=regular_ticks(5))))
    late = MediaError(tmp_path / "last.mp4", "video", "is gone")
    with qtbot.assertNotEmitted(picture.failed):
        picture.reader.failed.emit(late)
    own = MediaError(tmp_path / "next.mp4", "video", "is gone")
    with qtbot.waitSignal(picture.failed) as told:
        picture.reader.failed.emit(own)
    assert told.args == [own]


def test_after_late_frames_were_left_out_every_frame_is_still_the_right_one(
    qtbot: QtBot, tmp_path: Path
) -> None:
    video = Video(ticks=regular_ticks(400), options={"bf": "3", "g": "400"})
    picture = Picture(cache_bytes=30 * 64 * 48 * 4)
    picture.set_view_size(QSize(64, 48))
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    for place in (100, 200, 300):
        # A playhead that runs away faster than any decoder.
        for number in range(place - 60, place, 20):
            picture.follow(number * STEP_US)
        qtbot.waitUntil(lambda place=place: _reaches(picture, place - 20))
        picture.show_at(place * STEP_US)
        qtbot.waitUntil(lambda place=place: shown_number(picture) == place)
        for back in range(1, 12):
            picture.step(-1)
            qtbot.waitUntil(lambda wanted=place - back: shown_number(picture) == wanted)
        assert picture.frame_number == place - 11
    assert picture.dropped_frames > 0
    picture.shutdown()


def _reaches(picture: Picture, number: int) -> bool:
    """Whether playback that stands at a frame shows one nearly as late."""
    picture.follow(number * STEP_US)
    return (picture.frame_number or 0) >= number - 10


def test_a_hand_that_drags_sees_frames_on_the_way_and_then_the_exact_one(
    qtbot: QtBot, tmp_path: Path
) -> None:
    video = Video(ticks=regular_ticks(400), options={"bf": "3", "g": "400"})
    picture = Picture(cache_bytes=30 * 64 * 48 * 4)
    picture.set_view_size(QSize(64, 48))
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    picture.show_at(380 * STEP_US)
    qtbot.waitUntil(lambda: picture.frame_number == 380)
    shown: list[tuple[int | None, int | None]] = []
    picture.frame_shown.connect(
        lambda _frame: shown.append((picture.frame_number, shown_number(picture)))
    )
    for wanted in (340, 290, 370):
        shown.clear()
        picture.show_at(wanted * STEP_US, preview=True)
        assert shown, "something near is known from the way there and shown at once"
        qtbot.waitUntil(lambda wanted=wanted: picture.frame_number == wanted)
        numbers = [number for number, _ in shown]
        assert wanted - 10 < (numbers[0] or 0) <= wanted
        assert numbers == sorted(numbers, key=lambda number: number or 0)
        assert all(number == painted for number, painted in shown)
    picture.shutdown()


def test_dragging_on_in_a_long_group_of_pictures_reads_on_instead_of_going_back(
    qtbot: QtBot, tmp_path: Path
) -> None:
    video = Video(ticks=regular_ticks(400), options={"bf": "3", "g": "400"})
    picture = Picture(cache_bytes=30 * 64 * 48 * 4)
    picture.set_view_size(QSize(64, 48))
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", video))
    picture.show_at(150 * STEP_US)
    qtbot.waitUntil(lambda: picture.frame_number == 150)
    qtbot.waitUntil(lambda: picture.reader.is_idle)
    numbers: list[int] = []
    picture.frame_shown.connect(lambda _frame: numbers.append(picture.frame_number or 0))
    for wanted in range(160, 250, 10):
        picture.show_at(wanted * STEP_US, preview=True)
    qtbot.waitUntil(lambda: shown_number(picture) == 240)
    assert min(numbers) >= 150, "no frame from before the hand moved on"
    picture.shutdown()


def test_a_glimpse_gives_way_to_the_same_frame_with_more_pixels(
    picture: Picture, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(picture, qtbot, write_media(tmp_path / "video.mp4", large((2560, 1440))))
    picture.set_view_size(QSize(640, 480))
    qtbot.waitUntil(lambda: picture.shown is not None and picture.shown.image.shape[1] == 640)
    for number in (19, 0, 7):
        picture.show_at(number * STEP_US, preview=True)
    qtbot.waitUntil(lambda: picture.full_resolution and picture.frame_number == 7)
