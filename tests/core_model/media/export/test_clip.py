"""Clips hold exactly the frames and samples of their range, at their places."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from core_model.media.audio import samples
from core_model.media.errors import MediaError
from core_model.media.export.clip import ClipProgress, ClipRequest, write_clip
from core_model.media.export.formats import format_of, video_options
from core_model.media.export.video import VideoCoder
from core_model.media.index import index_frames
from core_model.media.probe import probe
from core_model.media.video import frames
from tests.media_factory import (
    Audio,
    Video,
    paint_number,
    read_number,
    regular_ticks,
    write_media,
)

RATE_HZ = 44_100
TICKS = regular_ticks(50)
KEYS_EVERY_10 = {"g": "10", "bf": "2", "sc_threshold": "0"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """2 s of numbered frames at 25 Hz, a key frame every 10, and lossless beeps."""
    return write_media(
        tmp_path / "source.mkv", Video(TICKS, options=KEYS_EVERY_10), Audio(codec="flac")
    )


def clip(source: Path, start_us: int, end_us: int, target: Path) -> ClipProgress:
    """Write a clip and give the last that was told."""
    *_, last = write_clip(ClipRequest(source, start_us, end_us, target))
    assert last.part_done == 1.0
    return last


def numbers(path: Path) -> list[tuple[int, int]]:
    """(time in us, number in the picture) of all frames."""
    with closing(frames(path, pixel_format="gray")) as shown:
        return [(frame.pts_us, read_number(frame.image)) for frame in shown]


def sound(path: Path, start_us: int | None = None, channels: int = 1) -> np.ndarray:
    read = samples(path, start_us, rate_hz=RATE_HZ, channels=channels)
    return np.concatenate([chunk.samples for chunk in read])


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_a_range_between_key_frames_is_coded_anew_exactly(
    source: Path, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / f"clip{ending}"
    done = clip(source, 520_000, 1_240_000, target)
    assert (done.video, done.audio) == ("coded anew", "coded anew")
    expected = [(40_000 * place, 13 + place) for place in range(18)]
    assert numbers(target) == expected
    assert probe(target).video.end_us == pytest.approx(720_000, abs=1000)  # type: ignore[union-attr]
    first = round(0.52 * RATE_HZ)
    np.testing.assert_allclose(
        sound(target), sound(source)[first : first + round(0.72 * RATE_HZ)], atol=2e-5
    )


def test_a_range_from_key_frame_to_key_frame_is_copied(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    assert clip(source, 400_000, 1_200_000, target).video == "copied"
    assert numbers(target) == [(40_000 * place, 10 + place) for place in range(20)]
    assert probe(target).video.end_us == 800_000  # type: ignore[union-attr]
    with closing(frames(source, 400_000)) as read, closing(frames(target)) as copied:
        for _ in range(20):
            np.testing.assert_array_equal(next(read).image, next(copied).image)


def test_a_whole_file_of_the_same_kind_is_copied(tmp_path: Path) -> None:
    source = write_media(tmp_path / "source.mp4", Video(TICKS), Audio())
    target = tmp_path / "clip.mp4"
    done = clip(source, -5_000_000, 50_000_000, target)
    assert (done.video, done.audio) == ("copied", "copied")
    assert numbers(target) == numbers(source)
    np.testing.assert_array_equal(sound(target), sound(source))


def test_open_groups_of_pictures_are_not_copied(tmp_path: Path) -> None:
    options = {**KEYS_EVERY_10, "x264-params": "open-gop=1:keyint=10:bframes=3:scenecut=0"}
    source = write_media(tmp_path / "source.mp4", Video(regular_ticks(60), options=options))
    keys = index_frames(source).keyframes.tolist()
    begin_us, end_us = 40_000 * keys[1], 40_000 * keys[3]
    target = tmp_path / "clip.mp4"
    clip(source, begin_us, end_us, target)
    expected = [(40_000 * place, keys[1] + place) for place in range(keys[3] - keys[1])]
    assert numbers(target) == expected


def test_within_a_frame_it_is_cut_where_the_range_begins(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    clip(source, 530_000, 615_000, target)
    assert numbers(target) == [(0, 13), (30_000, 14), (70_000, 15)]
    assert probe(target).video.end_us == 85_000  # type: ignore[union-attr]


def test_a_variable_rate_and_a_late_start_are_kept(tmp_path: Path) -> None:
    ticks = tuple(90_000 + tick for tick in (0, 3003, 4000, 12_012, 15_015, 30_000, 31_001))
    video = Video(ticks, time_base=Fraction(1, 90_000))
    source = write_media(tmp_path / "source.mkv", video)
    times_us = [time_us for time_us, _ in numbers(source)]
    target = tmp_path / "clip.mp4"
    clip(source, times_us[1], times_us[5] + 5_000, target)
    expected = [(time_us - times_us[1], place) for place, time_us in enumerate(times_us[:6])][1:]
    for (got_us, got), (want_us, want) in zip(numbers(target), expected, strict=True):
        assert got == want
        assert got_us == pytest.approx(want_us, abs=1)


def test_sound_that_starts_late_stays_late(tmp_path: Path) -> None:
    source = write_media(
        tmp_path / "source.mkv", Video(TICKS), Audio(pieces=((0.5, 1.0),), codec="flac")
    )
    target = tmp_path / "clip.mkv"
    clip(source, 200_000, 1_800_000, target)
    info = probe(target)
    assert info.video is not None and info.audio is not None
    assert info.video.start_us == 0
    assert info.audio.start_us == pytest.approx(300_000, abs=1000)
    assert len(sound(target)) == pytest.approx(RATE_HZ, abs=1)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".m4a", ".ogg", ".mka"])
def test_sound_alone_is_exact_to_the_sample(source: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"clip{ending}"
    clip(source, 950_000, 1_450_000, target)
    first = round(0.95 * RATE_HZ)
    expected = sound(source)[first : first + RATE_HZ // 2]
    np.testing.assert_allclose(sound(target), expected, atol=2e-5)
    assert probe(target).video is None


@pytest.mark.parametrize("ending", [".mp3", ".opus", ".webm"])
def test_lossy_sound_has_the_right_length_and_place(tmp_path: Path, ending: str) -> None:
    source = write_media(tmp_path / "source.wav", audio=Audio(codec="pcm_s16le", rate_hz=48_000))
    target = tmp_path / f"clip{ending}"
    clip(source, 950_000, 1_450_000, target)
    with closing(samples(target, rate_hz=48_000)) as chunks:
        got = np.concatenate([chunk.samples for chunk in chunks])
    assert len(got) == 24_000
    # The beep of the second begins after 50 ms.
    loud = np.flatnonzero(np.abs(got) > 0.1)
    assert loud[0] / 48_000 == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("channels", [2, 6])
def test_all_channels_are_kept(tmp_path: Path, channels: int) -> None:
    source = write_media(tmp_path / "source.wav", audio=Audio(codec="pcm_s16le", channels=channels))
    target = tmp_path / "clip.mp4"
    clip(source, 1_000_000, 1_200_000, target)
    info = probe(target).audio
    assert info is not None and info.channels == channels
    with closing(samples(target, rate_hz=RATE_HZ, channel=channels - 1)) as chunks:
        last = np.concatenate([chunk.samples for chunk in chunks])
    assert len(last) == RATE_HZ // 5
    assert np.abs(last[: RATE_HZ // 20]).max() > 0.4


def test_a_video_without_sound(tmp_path: Path) -> None:
    source = write_media(tmp_path / "source.mp4", Video(TICKS))
    target = tmp_path / "clip.mp4"
    done = clip(source, 80_000, 200_000, target)
    assert done.audio == ""
    assert numbers(target) == [(0, 2), (40_000, 3), (80_000, 4)]


def test_pictures_are_written_upright_with_their_pixel_aspect(tmp_path: Path) -> None:
    pictures = [np.zeros((64, 96, 3), np.uint8) for _ in TICKS]
    for picture in pictures:
        picture[:32, :48] = 255
    source = write_media(
        tmp_path / "source.mp4",
        Video(TICKS, pictures=pictures, rotation_deg=90, mirrored=True, pixel_aspect=Fraction(2)),
    )
    target = tmp_path / "clip.mp4"
    assert clip(source, 80_000, 200_000, target).video == "coded anew"
    with closing(frames(source)) as read, closing(frames(target)) as written:
        before, after = next(read).image, next(written).image
    assert after.shape == before.shape
    np.testing.assert_allclose(after.astype(int), before.astype(int), atol=40)
    assert np.abs(after.astype(int) - before.astype(int)).mean() < 2


def write_turned_of_two_sizes(path: Path, sizes: list[tuple[int, int]]) -> Path:
    """Grey pictures that get brighter, 5 of each (width, height), to be turned by a quarter."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = sizes[0]
        stream.pix_fmt = "yuv420p"
        stream.set_display_rotation(90)
        tick = Fraction(1, 25)
        for number, (width, height) in enumerate(sizes):
            coder = stream.codec_context
            if number:
                coder = av.CodecContext.create("libx264", "w")
                coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
                coder.time_base, coder.options = tick, {"bf": "0"}
            coded = []
            for pts in range(5 * number, 5 * number + 5):
                grey = np.full((height, width, 3), 80 + 8 * pts, np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts, frame.time_base = pts, tick
                coded += coder.encode(frame)
            for packet in [*coded, *coder.encode(None)]:
                packet.stream, packet.time_base = stream, tick
                out.mux(packet)
    return path


@pytest.mark.parametrize("sizes", [[(320, 240), (64, 48)], [(64, 48), (320, 240)]])
def test_turned_pictures_may_change_their_size(
    tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    source = write_turned_of_two_sizes(tmp_path / "source.mov", sizes)
    target = tmp_path / "clip.mp4"
    clip(source, 1, 400_000, target)
    with closing(frames(target)) as shown:
        images = [frame.image for frame in shown]
    assert len(images) == 10
    for number, image in enumerate(images):
        assert image.mean() == pytest.approx(80 + 8 * number, abs=4)
        assert image.std() < 4


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv444p", "yuvj420p", "yuv422p"])
def test_depth_and_colours_are_kept(tmp_path: Path, pixel_format: str) -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48] = (200, 60, 30)
    picture[:, 48:] = (10, 120, 220)
    source = write_media(
        tmp_path / "source.mkv",
        Video(TICKS, pictures=[picture] * 50, pixel_format=pixel_format),
    )
    target = tmp_path / "clip.mp4"
    clip(source, 80_000, 200_000, target)
    with av.open(str(target)) as written:
        assert written.streams.video[0].codec_context.pix_fmt == pixel_format
    with closing(frames(source)) as read, closing(frames(target)) as coded:
        before, after = next(read).image.astype(int), next(coded).image.astype(int)
    np.testing.assert_allclose(after[10:50, 8:40], before[10:50, 8:40], atol=4)
    np.testing.assert_allclose(after[10:50, 56:88], before[10:50, 56:88], atol=4)


def test_odd_sizes_lose_no_row_and_no_column(tmp_path: Path) -> None:
    picture = np.full((63, 95, 3), 120, np.uint8)
    picture[-1], picture[:, -1] = 255, 255
    source = write_media(
        tmp_path / "source.mkv",
        Video(TICKS, pictures=[picture] * 50, codec="ffv1", pixel_format="bgr0"),
    )
    target = tmp_path / "clip.mp4"
    clip(source, 80_000, 200_000, target)
    with closing(frames(target)) as coded:
        image = next(coded).image
    assert image.shape == (63, 95, 3)
    assert image[-1, 20, 0] > 230 and image[20, -1, 0] > 230


def test_progress_grows(source: Path, tmp_path: Path) -> None:
    request = ClipRequest(source, 100_000, 1_900_000, tmp_path / "clip.mp4")
    parts = [told.part_done for told in write_clip(request)]
    assert parts[0] == 0.0 and parts[-1] == 1.0 and len(parts) > 20
    assert all(later >= earlier for earlier, later in pairwise(parts))


def test_giving_up_leaves_nothing(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    before = set(tmp_path.iterdir())
    writing = write_clip(ClipRequest(source, 0, 2_000_000, target))
    for _ in range(10):
        next(writing)
    writing.close()
    assert set(tmp_path.iterdir()) == before


def refusal(source: Path, start_us: int, end_us: int, target: Path) -> str:
    with pytest.raises(MediaError) as raised:
        clip(source, start_us, end_us, target)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("after", [1, 3, 12])
def test_giving_up_before_any_packet_leaves_nothing(
    source: Path, tmp_path: Path, after: int
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    seen = 0

    def give_up() -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            raise InterruptedByTestError

    with pytest.raises(InterruptedByTestError):
        list(write_clip(ClipRequest(source, 400_000, 2_000_000, folder / "clip.mp4"), give_up))
    assert list(folder.iterdir()) == []


def test_no_picture_is_coded_after_giving_up(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_wanted = True
    prepare = VideoCoder._prepared

    def give_up_meanwhile(coder: VideoCoder, picture: av.VideoFrame) -> av.VideoFrame:
        nonlocal is_wanted
        is_wanted = False
        return prepare(coder, picture)

    def go_on() -> None:
        if not is_wanted:
            raise InterruptedByTestError

    monkeypatch.setattr(VideoCoder, "_prepared", give_up_meanwhile)
    with pytest.raises(InterruptedByTestError):
        for _ in write_clip(ClipRequest(source, 40_000, 2_000_000, tmp_path / "clip.mp4"), go_on):
            assert is_wanted


def test_large_pictures_are_coded_faster_but_as_well() -> None:
    kind = format_of(Path("clip.mp4"))
    usual, large = video_options(kind, 1920 * 1080), video_options(kind, 3840 * 2160)
    assert (usual["preset"], large["preset"]) == ("fast", "veryfast")
    assert usual["crf"] == large["crf"]


def test_webm_holds_no_picture_back(tmp_path: Path) -> None:
    kind = format_of(Path("clip.webm"))
    with av.open(str(tmp_path / "clip.webm"), "w") as out:
        stream = out.add_stream(kind.video, rate=25, options=video_options(kind, 64 * 48))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(4):
            picture = av.VideoFrame.from_ndarray(paint_number(number), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            assert [packet.pts for packet in stream.encode(picture)] == [number]


class InterruptedByTestError(Exception):
    """What ``on_packet`` raises."""


def test_nothing_is_overwritten_unasked(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mkv"
    target.write_text("precious", encoding="utf-8")
    assert refusal(source, 0, 500_000, target) == "clip.mkv: file: exists already"
    assert target.read_text(encoding="utf-8") == "precious"
    for _ in write_clip(ClipRequest(source, 0, 400_000, target, overwrite=True)):
        pass
    assert len(numbers(target)) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_link_leads_to_the_clip_and_a_pipe_stays(source: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "link.mkv", tmp_path / "elsewhere" / "clip.mkv"
    link.symlink_to(target)
    clip(source, 0, 400_000, link)
    assert link.is_symlink()
    assert len(numbers(target)) == 10
    pipe = tmp_path / "pipe.mkv"
    os.mkfifo(pipe)
    with pytest.raises(MediaError, match="is no plain file"):
        list(write_clip(ClipRequest(source, 0, 400_000, pipe, overwrite=True)))
    assert pipe.is_fifo()


def test_the_source_is_never_overwritten(source: Path, tmp_path: Path) -> None:
    alias = tmp_path / "sub" / ".." / source.name
    alias.parent.parent.mkdir()
    before = source.read_bytes()
    with pytest.raises(MediaError, match="is the source itself"):
        list(write_clip(ClipRequest(source, 0, 500_000, alias, overwrite=True)))
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("start_us", "end_us", "name", "reason"),
    [
        (0, 500_000, "clip.xyz", "a clip's name must end in one of: .mp4"),
        (500_000, 500_000, "clip.mp4", "nothing lies from"),
        (5_000_000, 6_000_000, "clip.mp4", "nothing lies from"),
        (0, 500_000, "missing/clip.mp4", "there is no folder"),
        (0, 500_000, f"{'long' * 80}.mp4", "cannot be written: "),
    ],
)
def test_what_cannot_be_done_is_said(
    source: Path, tmp_path: Path, start_us: int, end_us: int, name: str, reason: str
) -> None:
    assert reason in refusal(source, start_us, end_us, tmp_path / name)


def test_a_sound_file_needs_sound(tmp_path: Path) -> None:
    source = write_media(tmp_path / "source.mp4", Video(TICKS))
    assert refusal(source, 0, 500_000, tmp_path / "clip.wav") == (
        "source.mp4: audio: has no sound for a .wav file"
    )
