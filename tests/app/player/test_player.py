"""The player on real files: every frame shown is the one that belongs to the playhead."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.player.frame_source import FrameSource
from app.player.pacer import SoundState
from app.player.player import SPEEDS, Player
from app.view_state import ViewState
from core_model.media.joints import scan
from tests.joined_media import three_parts
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media

UNEVEN = tuple(sorted(random.Random(3).sample(range(0, 3_000, 7), 60)))
KINDS = {
    "constant": Video(ticks=regular_ticks(60), options={"bf": "0", "g": "12"}),
    "b_frames": Video(ticks=regular_ticks(60), options={"bf": "3", "g": "30"}),
    "variable": Video(ticks=UNEVEN, time_base=Fraction(1, 1_000), options={"g": "20"}),
    "late": Video(ticks=regular_ticks(60, first=90), options={"bf": "2", "g": "60"}),
}


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player(ViewState())
    made.set_view_size(QSize(128, 96))
    yield made
    made.shutdown()


def opened(player: Player, qtbot: QtBot, path: Path) -> Player:
    with qtbot.waitSignal(player.media_opened):
        player.open(path)
    if player.media is not None and player.media.video is not None:
        qtbot.waitUntil(lambda: player.picture.shown is not None)
        qtbot.waitUntil(lambda: player.picture.numbers.index is not None)
    return player


def number_shown(player: Player) -> int | None:
    shown = player.picture.shown
    return None if shown is None else read_number(shown.image)


def shows(player: Player, number: int) -> Callable[[], bool]:
    return lambda: number_shown(player) == number


def number_at(video: Video, time_us: int) -> int:
    begun = [number for number, pts_us in enumerate(video.times_us) if pts_us <= time_us]
    return begun[-1] if begun else 0


@pytest.mark.parametrize("kind", KINDS)
def test_seeks_show_the_frame_of_that_moment(
    kind: str, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    video = KINDS[kind]
    opened(player, qtbot, write_media(tmp_path / "video.mp4", video))
    assert number_shown(player) == 0
    chance = random.Random(1)
    for _ in range(12):
        time_us = chance.randrange(video.times_us[0], video.times_us[-1])
        player.seek(time_us)
        assert player.position_us == time_us
        qtbot.waitUntil(shows(player, number_at(video, time_us)))
        assert player.picture.frame_number == number_at(video, time_us)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_go_through_every_frame_both_ways(
    kind: str, player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    video = KINDS[kind]
    opened(player, qtbot, write_media(tmp_path / "video.mp4", video))
    for number in range(1, 30):
        player.step_forward()
        qtbot.waitUntil(shows(player, number))
        assert player.position_us == video.times_us[number]
    player.seek(video.times_us[45])
    qtbot.waitUntil(shows(player, 45))
    for number in range(44, 15, -1):
        player.step_back()
        qtbot.waitUntil(shows(player, number))
        assert player.position_us == video.times_us[number]


def test_steps_that_come_faster_than_frames_are_all_taken(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["b_frames"]))
    player.seek(KINDS["b_frames"].times_us[40])
    for _ in range(9):
        player.step_back()
    qtbot.waitUntil(shows(player, 31))
    for _ in range(20):
        player.step_forward()
    qtbot.waitUntil(shows(player, 51))


def test_steps_stop_at_both_ends(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    video = KINDS["constant"]
    opened(player, qtbot, write_media(tmp_path / "video.mp4", video))
    player.step_back()
    player.step_forward()
    qtbot.waitUntil(shows(player, 1))
    player.seek_end()
    qtbot.waitUntil(shows(player, 59))
    player.step_forward()
    player.step_back()
    qtbot.waitUntil(shows(player, 58))


def test_a_step_that_leads_nowhere_takes_no_other_with_it(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    player.seek_end()
    # Asked for before the end is decoded: only then is it known which steps are possible.
    for step in (player.step_forward, player.step_forward, player.step_back, player.step_back):
        step()
    qtbot.waitUntil(shows(player, 57))


def test_the_newest_of_many_seeks_wins(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    video = KINDS["b_frames"]
    opened(player, qtbot, write_media(tmp_path / "video.mp4", video))
    for number in (50, 3, 41, 17, 55, 22):
        player.seek(video.times_us[number])
    qtbot.waitUntil(shows(player, 22))
    assert player.position_us == video.times_us[22]


def test_scrubbing_ends_on_the_exact_frame(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    video = KINDS["late"]
    opened(player, qtbot, write_media(tmp_path / "video.mp4", video))
    player.play()
    player.begin_scrub()
    assert not player.is_playing
    for number in (10, 30, 47):
        player.seek(video.times_us[number])
    qtbot.waitUntil(shows(player, 47))
    player.end_scrub()
    assert player.is_playing


def test_playing_goes_on_to_the_end_and_stops_there(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    numbers: list[int] = []
    player.picture.frame_shown.connect(lambda frame: numbers.append(read_number(frame.image)))
    player.set_speed(4.0)
    player.play()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert player.media is not None
    assert player.position_us == player.media.end_us
    qtbot.waitUntil(shows(player, 59))
    assert len(numbers) > 5
    assert numbers == sorted(numbers), "frames are never shown out of order"
    player.play()
    assert player.position_us < player.media.end_us, "playing at the end begins anew"


def test_pausing_keeps_the_place(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    player.play()
    qtbot.waitUntil(lambda: player.position_us > 200_000)
    player.pause()
    place_us = player.position_us
    qtbot.waitUntil(shows(player, number_at(KINDS["constant"], place_us)))
    qtbot.wait(60)
    assert player.position_us == place_us
    assert number_shown(player) == number_at(KINDS["constant"], place_us)


def test_sound_only_media_play_on(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, write_media(tmp_path / "sound.m4a", audio=Audio(((0.0, 1.0),))))
    assert player.picture.shown is None
    player.play()
    qtbot.waitUntil(lambda: player.position_us > 100_000)
    player.step_forward()
    assert not player.is_playing
    player.seek_end()
    assert player.media is not None and player.position_us == player.media.end_us


def test_picture_only_media_play_on_a_timer(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    assert player.pacer.sound_state is SoundState.SILENT_FILE
    player.play()
    qtbot.waitUntil(lambda: (number_shown(player) or 0) > 3)


def test_media_of_a_single_moment_stand(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_media(tmp_path / "one.mkv", Video(ticks=(0,), time_base=Fraction(1, 1_000)))
    # Without the element that says how long a frame lasts.
    path.write_bytes(path.read_bytes().replace(b"\x23\xe3\x83", b"\x23\xe3\x84"))
    opened(player, qtbot, path)
    assert player.media is not None and player.media.duration_us == 0
    player.play()
    assert not player.is_playing
    assert number_shown(player) == 0


def test_without_a_card_a_timer_keeps_the_pace(
    player: Player, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounddevice = pytest.importorskip("sounddevice", exc_type=OSError)

    def no_card(**_wanted: object) -> None:
        raise sounddevice.PortAudioError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "query_devices", no_card)
    opened(player, qtbot, write_media(tmp_path / "both.mp4", KINDS["constant"], Audio()))
    player.play()
    qtbot.waitUntil(lambda: player.pacer.sound_state is SoundState.NO_CARD)
    qtbot.waitUntil(lambda: (number_shown(player) or 0) > 3)
    assert player.is_playing


def test_a_file_that_cannot_be_read_leaves_the_open_one_alone(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    good = write_media(tmp_path / "good.mp4", KINDS["constant"])
    opened(player, qtbot, good)
    bad = tmp_path / "bad.mp4"
    bad.write_text("this is text", encoding="utf-8")
    with qtbot.waitSignal(player.open_failed) as failed:
        player.open(bad)
    assert failed.args is not None
    assert str(failed.args[0]).startswith("bad.mp4: file: ")
    assert player.media is not None and player.media.path == good
    player.step_forward()
    qtbot.waitUntil(shows(player, 1))


def test_the_newest_of_two_files_is_opened(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    first = write_media(tmp_path / "first.mp4", KINDS["constant"])
    second = write_media(tmp_path / "second.mp4", KINDS["variable"])
    player.open(first)
    player.open(second)
    qtbot.waitUntil(lambda: player.media is not None and player.media.path == second)
    qtbot.waitUntil(shows(player, 0))


def test_closing_the_media_forgets_it(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    player.play()
    player.close_media()
    assert player.media is None
    assert not player.is_playing
    assert player.picture.shown is None
    player.play()
    player.seek(5)
    player.step_forward()
    assert not player.is_playing


def test_frames_are_scaled_to_the_view(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, write_media(tmp_path / "video.mp4", KINDS["constant"]))
    shown = player.picture.shown
    assert shown is not None and shown.image.shape == (96, 128, 4)
    player.seek(KINDS["constant"].times_us[20])
    player.set_view_size(QSize(60, 300))
    qtbot.waitUntil(lambda: player.picture.shown.image.shape == (45, 60, 4))  # type: ignore[union-attr]
    assert number_shown(player) == 20


def test_speed_goes_through_the_table_and_stops_at_its_ends(player: Player) -> None:
    for _ in SPEEDS:
        player.faster()
    assert player.speed == SPEEDS[-1]
    for _ in SPEEDS:
        player.slower()
    assert player.speed == SPEEDS[0]
    with pytest.raises(ValueError, match="speed"):
        player.set_speed(1.7)


def test_frames_on_both_sides_of_a_joint(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, three_parts(tmp_path / "three.ts"))
    index = player.picture.numbers.index
    assert index is not None and len(index) == 150
    chance = random.Random(5)
    for number in (49, 50, 100, 99, *chance.sample(range(150), 6)):
        player.seek(index.time_us(number) + 20_000)
        qtbot.waitUntil(shows(player, number))
        assert player.picture.frame_number == number
    player.seek(index.time_us(47))
    qtbot.waitUntil(shows(player, 47))
    for direction, numbers in ((1, range(48, 54)), (-1, range(52, 45, -1))):
        for number in numbers:
            player.step_forward() if direction > 0 else player.step_back()
            qtbot.waitUntil(shows(player, number))
            assert player.position_us == index.time_us(number)


def test_playing_goes_on_over_a_joint(player: Player, qtbot: QtBot, tmp_path: Path) -> None:
    opened(player, qtbot, three_parts(tmp_path / "three.mpg"))
    index = player.picture.numbers.index
    assert index is not None
    seen: set[int | None] = set()
    player.picture.frame_shown.connect(lambda frame: seen.add(number_shown(player)))
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda on: not on):
        player.play_range(index.time_us(44), index.time_us(58), speed=0.5)
    missing = set(range(44, 57)) - seen
    assert len(missing) <= player.picture.dropped_frames, "a busy machine drops frames and says so"
    assert seen & set(range(44, 50)) and seen & set(range(50, 57))


def test_joints_found_late_make_the_file_longer(
    player: Player, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SMALL_BYTES", 0)
    monkeypatch.setattr(scan, "are_suspect", lambda samples: False)
    lengths: list[int] = []
    player.media_opened.connect(lambda media: lengths.append(media.duration_us))
    opened(player, qtbot, three_parts(tmp_path / "three.ts"))
    qtbot.waitUntil(lambda: len(lengths) == 2)
    assert lengths[1] == pytest.approx(3 * lengths[0], abs=3)
    qtbot.waitUntil(lambda: player.picture.numbers.index is not None)
    qtbot.wait(50)
    assert len(lengths) == 2


LONG_GROUPS = Video(ticks=regular_ticks(200), options={"bf": "2", "g": "200"})


def test_joints_found_late_do_not_take_the_place_of_the_next_file(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "last.mp4", KINDS["constant"]))
    index = player.picture.numbers.index
    assert index is not None
    path = write_media(tmp_path / "next.mp4", KINDS["b_frames"])
    with qtbot.waitSignal(player.media_opened):
        player.open(path)
        player.picture.numbers.index_ready.emit(replace(index, joints_us=(40_000,)))
    assert player.media is not None and player.media.path == path


def test_what_is_expected_is_decoded_beforehand(
    player: Player, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(player, qtbot, write_media(tmp_path / "long.mkv", LONG_GROUPS))
    times_us = LONG_GROUPS.times_us
    begun: list[int] = []
    frames = FrameSource.frames

    def counted(source: FrameSource, path: Path, start_us: int, *more: Any) -> Any:
        begun.append(start_us)
        return frames(source, path, start_us, *more)

    monkeypatch.setattr(FrameSource, "frames", counted)
    for number, following in ((150, 60), (60, None)):
        player.expect_range(times_us[number])
        qtbot.waitUntil(lambda number=number: times_us[number] in begun)
        qtbot.waitUntil(lambda: player.picture.reader.is_idle)
        begun.clear()
        player.play_range(times_us[number], times_us[number + 6], speed=0.5)
        player.expect_range(None if following is None else times_us[following])
        qtbot.waitUntil(shows(player, number + 5))
        assert times_us[number] not in begun
        player.pause()
        for step in range(6, 10):
            player.step_forward()
            qtbot.waitUntil(shows(player, number + step))


def test_expecting_stands_back_behind_what_is_asked_for(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "long.mkv", LONG_GROUPS))
    chance = random.Random(2)
    for number in chance.sample(range(200), 8):
        player.expect_range(LONG_GROUPS.times_us[chance.randrange(200)])
        player.seek(LONG_GROUPS.times_us[number])
        qtbot.waitUntil(shows(player, number))
    player.close_media()
    player.expect_range(0)
    qtbot.waitUntil(lambda: player.picture.reader.is_idle)


def test_what_plays_goes_on_while_the_next_is_searched_for(
    player: Player, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(player, qtbot, write_media(tmp_path / "long.mkv", LONG_GROUPS))
    shown: list[int | None] = []
    player.picture.frame_shown.connect(lambda _frame: shown.append(number_shown(player)))
    player.play_range(LONG_GROUPS.times_us[20], LONG_GROUPS.times_us[40], speed=0.5)
    player.expect_range(LONG_GROUPS.times_us[190])
    qtbot.waitUntil(lambda: not player.is_playing)
    missing = set(range(21, 39)) - set(shown)
    assert len(missing) <= player.picture.dropped_frames, "a busy machine drops frames and says so"
    assert len(missing) < 9, "but not for as long as a search takes"
    player.play_range(LONG_GROUPS.times_us[190], LONG_GROUPS.times_us[199])
    qtbot.waitUntil(lambda: number_shown(player) in range(190, 200))
