"""Several recordings put into one file play one after the other, exact on both sides of a joint."""

from __future__ import annotations

import itertools
import random
import wave
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core_model.media import parts as parts_module
from core_model.media.audio import decoded_span_us, samples
from core_model.media.errors import MediaError
from core_model.media.export.clip import ClipRequest, write_clip
from core_model.media.index import FrameIndex, index_frames
from core_model.media.joints import scan
from core_model.media.joints.scan import pieces_of
from core_model.media.parts import parts_of
from core_model.media.probe import probe
from core_model.media.still import frame_at
from core_model.media.video import frames, frames_at_rate
from tests.joined_media import (
    Recording,
    bytes_of,
    joined,
    set_on,
    three_parts,
    without_tables,
)
from tests.media_factory import (
    BEEP_S,
    Audio,
    Video,
    paint_number,
    read_number,
    regular_ticks,
    write_media,
)

SOUND_HZ = 16_000
FIRST, SECOND, THIRD = Recording(0, 50), Recording(50, 50), Recording(100, 50)


def ts(recording: Recording) -> bytes:
    return bytes_of(recording, ".ts")


# What is written, how many frames, how many joints.
Joined = Callable[[Path], Path]
KINDS: dict[str, tuple[Joined, int, int]] = {
    "three.ts": (three_parts, 150, 2),
    "three.mpg": (three_parts, 150, 2),
    "three.vob": (three_parts, 150, 2),
    "two.m2ts": (
        lambda path: joined(path, bytes_of(FIRST, ".m2ts"), bytes_of(SECOND, ".m2ts")),
        100,
        1,
    ),
    "clock_reset.ts": (
        lambda path: joined(path, set_on(ts(FIRST), 1000), ts(SECOND), set_on(ts(THIRD), -5)),
        150,
        2,
    ),
    "clock_far_ahead.ts": (
        lambda path: joined(path, ts(FIRST), set_on(ts(SECOND), 3 * 3600)),
        100,
        1,
    ),
    "reset_without_tables.ts": (
        lambda path: joined(path, set_on(ts(FIRST), 50), without_tables(ts(SECOND))),
        100,
        1,
    ),
    "cut_off.ts": (lambda path: joined(path, ts(FIRST)[:-100], ts(SECOND)), 100, 1),
    "garbage_between.ts": (lambda path: joined(path, ts(FIRST), bytes(5000), ts(SECOND)), 100, 1),
    "other_streams.ts": (
        lambda path: joined(
            path,
            ts(FIRST),
            ts(Recording(50, 50, 2, "libx264", sound_rate_hz=32_000, start_pid=512)),
        ),
        100,
        1,
    ),
    "other_streams_one_clock.ts": (
        lambda path: joined(path, ts(FIRST), set_on(ts(Recording(50, 50, start_pid=512)), 2)),
        100,
        1,
    ),
}


@pytest.fixture(params=KINDS)
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int, int]:
    write, count, joints = KINDS[request.param]
    return write(tmp_path / request.param), count, joints


def numbers(path: Path, start_us: int | None = None) -> list[tuple[int, int]]:
    """(time in us, number in the picture) of all frames."""
    with closing(frames(path, start_us, pixel_format="gray")) as shown:
        return [(frame.pts_us, read_number(frame.image)) for frame in shown]


def sound(path: Path, start_us: int | None = None) -> tuple[int, np.ndarray]:
    """When the sound begins in us, and its samples at 16 kHz."""
    chunks = list(samples(path, start_us))
    return chunks[0].pts_us, np.concatenate([chunk.samples for chunk in chunks])


def beeps_s(start_us: int, wave: np.ndarray) -> np.ndarray:
    """When beeps begin."""
    loud = np.flatnonzero(np.abs(wave) > 0.1)
    first = np.flatnonzero(np.diff(loud, prepend=-SOUND_HZ) > BEEP_S * SOUND_HZ)
    return start_us / 1e6 + loud[first] / SOUND_HZ


def begins_s(path: Path, index: FrameIndex) -> list[float]:
    """When the second of each picture begins with which a beep does."""
    joints_us = [*probe(path).joints_us, 10**18]
    firsts = [0, *(int(np.searchsorted(index.pts_us, joint_us)) for joint_us in joints_us[:-1])]
    ends = [*firsts[1:], len(index)]
    return [
        index.time_us(number) / 1e6
        for first, end in zip(firsts, ends, strict=True)
        for number in range(first, end, 25)
    ]


def test_pictures_on_both_sides_of_every_joint(whole: tuple[Path, int, int]) -> None:
    path, count, joints = whole
    index = index_frames(path)
    shown = numbers(path)
    assert [number for _, number in shown] == list(range(count))
    assert index.pts_us.tolist() == [time_us for time_us, _ in shown]
    assert (np.diff(index.pts_us) > 0).all()
    assert len(index.joints_us) == joints
    assert index.joints_us == probe(path).joints_us
    beside = [number for first in range(50, count, 50) for number in (first - 1, first)]
    chance = random.Random(path.name)
    for number in (*beside, *chance.sample(range(count), 5)):
        moment_us = index.time_us(number) + chance.randrange(30_000)
        with closing(frames(path, moment_us)) as following:
            found = [
                (each.pts_us, read_number(each.image)) for each in itertools.islice(following, 2)
            ]
        assert found == shown[number : number + 2]


def test_sound_and_pictures_stay_together(whole: tuple[Path, int, int]) -> None:
    path, _, _ = whole
    expected_s = begins_s(path, index_frames(path))
    start_us, wave = sound(path)
    assert beeps_s(start_us, wave) == pytest.approx(expected_s, abs=0.003)
    info = probe(path)
    assert info.audio is not None
    assert decoded_span_us(path) == pytest.approx(
        (info.audio.start_us, info.audio.end_us), abs=30_000
    )
    assert start_us == pytest.approx(info.audio.start_us, abs=1000)
    for joint_us in info.joints_us:
        from_us = joint_us - 300_000
        sought_us, rest = sound(path, from_us)
        late_s = [begin_s for begin_s in expected_s if begin_s > from_us / 1e6]
        assert sought_us == from_us
        assert beeps_s(sought_us, rest) == pytest.approx(late_s, abs=0.003)


def test_the_whole_length_is_told(tmp_path: Path) -> None:
    path = three_parts(tmp_path / "three.ts")
    info, part = probe(path), probe(joined(tmp_path / "one.ts", ts(FIRST)))
    assert part.notes == part.joints_us == ()
    assert info.notes == ("3 recordings put together, which play one after the other",)
    assert info.duration_us == pytest.approx(3 * part.duration_us, abs=3)
    assert info.video is not None and info.audio is not None
    assert info.video.start_us == numbers(path)[0][0]
    assert info.video.end_us == numbers(path)[-1][0] + 40_000
    # Each begins where the longest stream of the one before ends.
    first_us = part.end_us
    assert info.joints_us == (first_us, first_us + part.duration_us)


def test_what_is_encoded_comes_from_all_parts(tmp_path: Path) -> None:
    path = three_parts(tmp_path / "three.ts")
    index, info = index_frames(path), probe(path)
    seen = [read_number(image) for image in frames_at_rate(path, info.start_us, 16.0, (64, 48))]
    moments_us = [info.start_us + round(k * 1e6 / 16) for k in range(len(seen))]
    assert seen == [index.number_at(moment_us) for moment_us in moments_us]
    assert moments_us[-1] > index.time_us(149)


def test_a_still_of_every_part(tmp_path: Path) -> None:
    path = three_parts(tmp_path / "three.mpg")
    index = index_frames(path)
    for number in (0, 49, 50, 99, 100, 149):
        assert read_number(frame_at(path, index.time_us(number)).image) == number


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_a_clip_across_a_joint(tmp_path: Path, suffix: str) -> None:
    path = three_parts(tmp_path / f"three{suffix}")
    index = index_frames(path)
    start_us, end_us = index.time_us(20), index.time_us(130)
    target = tmp_path / "clip.mkv"
    *_, done = write_clip(ClipRequest(path, start_us, end_us, target))
    assert (done.video, done.audio) == ("coded anew", "coded anew")
    written = numbers(target)
    assert [number for _, number in written] == list(range(20, 130))
    # Matroska counts milliseconds.
    times_us = [time_us for time_us, _ in written]
    assert times_us == pytest.approx((index.pts_us[20:130] - start_us).tolist(), abs=1000)
    expected_s = [each - start_us / 1e6 for each in begins_s(path, index)]
    expected_s = [each for each in expected_s if 0 < each < (end_us - start_us) / 1e6]
    assert beeps_s(*sound(target)) == pytest.approx(expected_s, abs=0.004)


@pytest.mark.parametrize("codec", ["libopus", "flac"])
def test_chained_ogg(tmp_path: Path, codec: str) -> None:
    kinds = [Audio(((0.0, length_s),), codec=codec, rate_hz=48_000) for length_s in (2.5, 1.5, 1.5)]
    links = [write_media(tmp_path / "link.ogg", None, kind).read_bytes() for kind in kinds]
    path = joined(tmp_path / "chain.ogg", *links)
    info = probe(path)
    assert info.joints_us == (2_500_000, 4_000_000)
    assert info.duration_us == 5_500_000
    start_us, wave = sound(path)
    assert beeps_s(start_us, wave) == pytest.approx([0, 1, 2, 2.5, 3.5, 4, 5], abs=0.001)
    assert len(wave) == 88_000
    assert beeps_s(*sound(path, 3_600_000)) == pytest.approx([4, 5], abs=0.001)


def test_chained_ogg_of_different_codecs(tmp_path: Path) -> None:
    links = [
        write_media(tmp_path / "link.ogg", None, Audio(((0.0, 1.2),), codec, rate_hz)).read_bytes()
        for codec, rate_hz in (("libopus", 48_000), ("flac", 22_050))
    ]
    path = joined(tmp_path / "chain.ogg", *links)
    assert probe(path).joints_us == (1_200_000,)
    assert beeps_s(*sound(path)) == pytest.approx([0, 1, 1.2, 2.2], abs=0.001)


def test_chained_ogg_with_pictures(tmp_path: Path) -> None:
    links = [
        write_media(
            tmp_path / "link.ogv",
            Video(
                regular_ticks(30),
                codec="libvpx",
                options={"g": "12", "deadline": "realtime"},
                pictures=[paint_number(number) for number in range(first, first + 30)],
            ),
            Audio(((0.0, 1.2),), "libopus", 48_000),
        ).read_bytes()
        for first in (0, 30, 60)
    ]
    path = joined(tmp_path / "chain.ogv", *links)
    assert probe(path).joints_us == (1_200_000, 2_400_000)
    index = index_frames(path)
    assert numbers(path) == list(zip(index.pts_us.tolist(), range(90), strict=True))
    for number in (0, 13, 29, 30, 31, 59, 60, 74, 89):
        assert read_number(frame_at(path, index.time_us(number)).image) == number
    assert beeps_s(*sound(path)) == pytest.approx([0, 1, 1.2, 2.2, 2.4, 3.4], abs=0.001)


@pytest.mark.parametrize("before_s", [2.0, 90.0])
def test_a_clock_that_wraps_is_no_joint(tmp_path: Path, before_s: float) -> None:
    step = 1 if before_s < 60 else 50
    part = write_media(
        tmp_path / "part.ts",
        Video(regular_ticks(100, step), codec="mpeg2video", options={"bf": "2"}),
    )
    path = joined(tmp_path / "wraps.ts", set_on(part.read_bytes(), -before_s))
    assert probe(path).joints_us == ()
    index = index_frames(path)
    assert np.diff(index.pts_us).tolist() == [40_000 * step] * 99
    assert [number for _, number in numbers(path)] == list(range(100))
    for number in random.Random(before_s).sample(range(100), 8):
        assert read_number(frame_at(path, index.time_us(number)).image) == number


def test_a_recording_longer_than_its_clock_plays_to_its_end(tmp_path: Path) -> None:
    # A picture every 450 s for 52 hours and a half; the clock has 33 bits for 26 and a half.
    video = Video(regular_ticks(420, 450 * 25), codec="mpeg2video", options={"bf": "0", "g": "1"})
    path = write_media(tmp_path / "long.ts", video)
    index = index_frames(path)
    assert len(probe(path).joints_us) == 1
    assert [number for _, number in numbers(path)] == list(range(420))
    assert (np.diff(index.pts_us) > 0).all()
    for number in (0, 150, 209, 210, 211, 300, 419):
        assert read_number(frame_at(path, index.time_us(number)).image) == number


def test_parts_whose_time_goes_on_are_one_file(tmp_path: Path) -> None:
    path = joined(tmp_path / "one.ts", ts(FIRST), set_on(ts(SECOND), 2), set_on(ts(THIRD), 120))
    info = probe(path)
    assert (info.joints_us, info.notes) == ((), ())
    assert [number for _, number in numbers(path)] == list(range(150))


@pytest.mark.parametrize("suffix", [".h264", ".aac", ".mp3"])
def test_bare_streams_have_no_clock_to_begin_again(tmp_path: Path, suffix: str) -> None:
    audio = {".aac": "aac", ".mp3": "libmp3lame"}.get(suffix)
    part = write_media(
        tmp_path / f"part{suffix}",
        Video(regular_ticks(40), options={"bf": "0"}) if audio is None else None,
        Audio(((0.0, 2.0),), audio) if audio else None,
        options={"write_xing": "0", "id3v2_version": "0"} if suffix == ".mp3" else None,
    ).read_bytes()
    path = joined(tmp_path / f"whole{suffix}", part, part)
    assert probe(path).joints_us == ()
    if audio is None:
        assert [number for _, number in numbers(path)] == [*range(40), *range(40)]
    else:
        assert len(beeps_s(*sound(path))) == 4


def test_a_clock_set_anew_between_key_frames_costs_the_frames_up_to_the_next(
    tmp_path: Path,
) -> None:
    data = bytes_of(Recording(0, 50, sound=None), ".ts")
    begins = [
        place
        for place in range(0, len(data), 188)
        if data[place + 1] & 0x40
        and int.from_bytes(data[place + 1 : place + 3], "big") & 0x1FFF == 256
    ]
    # The 29th picture as it is coded; groups have twelve.
    cut = begins[28]
    path = joined(tmp_path / "reset.ts", data[:cut], set_on(data[cut:], -500))
    shown = numbers(path)
    found = [number for _, number in shown]
    assert found == [*range(28), *range(36, 50)]
    assert index_frames(path).pts_us.tolist() == [time_us for time_us, _ in shown]


def test_what_parts_lack_is_one_line_each(tmp_path: Path) -> None:
    large, silent = Recording(50, 50, 2), Recording(100, 50, sound=None)
    path = joined(tmp_path / "mixed.ts", ts(FIRST), ts(large), ts(silent), ts(silent))
    info = probe(path)
    assert info.notes == (
        "4 recordings put together, which play one after the other",
        "each of recordings 3, 4 has no sound",
        "recording 2 has another size and is shown at 64 x 48",
    )
    assert info.video is not None and (info.video.width, info.video.height) == (64, 48)
    assert [number for _, number in numbers(path)] == [*range(150), *range(100, 150)]
    assert beeps_s(*sound(path)) == pytest.approx(begins_s(path, index_frames(path))[:4], abs=0.003)


def test_a_part_in_which_nothing_plays_is_left_out(tmp_path: Path) -> None:
    link = write_media(tmp_path / "link.ogg", None, Audio(((0.0, 1.2),), "flac")).read_bytes()
    broken = bytearray(link)
    broken[28:200] = bytes(172)
    path = joined(tmp_path / "odd.ogg", link, bytes(broken), link)
    info = probe(path)
    assert info.joints_us == (1_200_000,)
    assert info.notes[1].startswith("recording 2 has nothing that plays: ")


def test_a_file_of_one_recording_is_looked_at_in_places_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SMALL_BYTES", 0)

    def never() -> None:
        raise AssertionError("read through")

    for suffix in (".ts", ".mpg"):
        path = joined(tmp_path / f"one{suffix}", bytes_of(FIRST, suffix))
        assert pieces_of(path, never) == []
        assert parts_of(path, never) is None
    path = write_media(tmp_path / "one.ogg", None, Audio(codec="flac"))
    assert pieces_of(path, never) == []
    assert pieces_of(write_media(tmp_path / "one.mp4", Video()), never) == []


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_joints_that_no_place_shows_are_found_by_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(scan, "_SMALL_BYTES", 0)
    monkeypatch.setattr(scan, "are_suspect", lambda samples: False)
    path = three_parts(tmp_path / f"three{suffix}")
    assert probe(path).joints_us == ()
    index = index_frames(path)
    assert len(index) == 150 and len(index.joints_us) == 2
    assert probe(path).joints_us == index.joints_us
    assert [number for _, number in numbers(path)] == list(range(150))


def test_places_show_short_recordings_beside_long_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SMALL_BYTES", 0)
    monkeypatch.setattr(scan, "_NEAREST_BYTES", 4_096)
    monkeypatch.setattr(scan, "_SAMPLE_BYTES", 8_192)
    short = ts(Recording(0, 40))
    long = b"".join(set_on(ts(FIRST), 2 * number) for number in range(30))
    for number, parts in enumerate(((short, long), (long, short), (long, short, long))):
        path = joined(tmp_path / f"{number}.ts", *parts)
        assert len(pieces_of(path)) == len(parts)
    assert pieces_of(joined(tmp_path / "long.ts", long)) == []


def test_reading_through_can_be_given_up(tmp_path: Path) -> None:
    path = three_parts(tmp_path / "three.ts")

    def stop() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        probe(path, stop)
    assert len(probe(path).joints_us) == 2


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    path = three_parts(tmp_path / "three.ts")
    assert len(probe(path).joints_us) == 2
    joined(path, ts(FIRST), ts(SECOND))
    assert len(probe(path).joints_us) == 1
    path.unlink()
    assert parts_of(path) is None
    with pytest.raises(MediaError, match="no such file"):
        probe(path)


def test_pieces_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_MOST_PIECES", 2)
    assert len(pieces_of(three_parts(tmp_path / "three.ts"))) == 2
    assert len(parts_module._known) <= 256


def test_a_tone_that_repeats_like_packets_is_one_recording(tmp_path: Path) -> None:
    """48 stereo samples of 16 bits are 192 bytes, a step in which transport streams go, too."""
    path = tmp_path / "tone.wav"
    period = np.round(20_000 * np.sin(2 * np.pi * np.arange(48) / 48)).astype("<i2")
    period[[5, 20]] = 0x4747
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(np.repeat(np.tile(period, 500), 2).tobytes())
    assert pieces_of(path, thorough=True) == []
    assert decoded_span_us(path) == (0, 500_000)
