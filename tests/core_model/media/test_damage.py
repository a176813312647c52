"""Files that are broken, cut off or no media at all: one clear line, or what can be played."""

import itertools
import os
import random
import sys
from pathlib import Path

import av
import pytest

from core_model.media import diagnosis
from core_model.media.audio import decoded_span_us, samples, samples_from
from core_model.media.errors import MediaError, printable
from core_model.media.index import index_frames
from core_model.media.probe import probe
from core_model.media.video import frames, frames_at_rate
from tests.core_model.media.kinds import AUDIO_KINDS, BOTH_KINDS, VIDEO_KINDS, Kind
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media

TEXT = "A line of text, and another one.\n" * 300
SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"
PLAY_LIST = "#EXTM3U\n#EXTINF:2,\nother.ts\n"


def _refusal(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{printable(path.name)}: ")
    return line


def test_what_is_not_there(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "gone.mp4") == "gone.mp4: file: no such file"
    assert _refusal(tmp_path) == f"{tmp_path.name}: file: is a folder, not a file"
    (tmp_path / "empty.mp4").touch()
    assert _refusal(tmp_path / "empty.mp4") == "empty.mp4: file: is empty (0 bytes)"
    assert "no such file" in _refusal(tmp_path / "empty.mp4" / "inside.mp4")
    assert "null" in _refusal(tmp_path / "film\0.mp4")


def test_no_permission(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs the tests may be allowed everything, so the system's answer is played.
    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    assert _refusal(kind("both.mp4")) == "both.mp4: file: no permission to read it"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert _refusal(tmp_path / "pipe.mp4").endswith("is a device or a pipe, not a file")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "mp3", "flac", "jpg", "txt", "m3u8"])
@pytest.mark.parametrize("text", [TEXT, SUBTITLES, PLAY_LIST, "x"])
def test_text_under_any_name(tmp_path: Path, suffix: str, text: str) -> None:
    for name, encoding in (("plain", "utf-8"), ("wide", "utf-16")):
        path = tmp_path / f"{name}.{suffix}"
        path.write_text(text, encoding=encoding)
        assert _refusal(path) == f"{path.name}: file: is text, not media"


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "mp3", "aac", "flac", "m4v", "png"])
@pytest.mark.parametrize("noise", [bytes(50_000), random.Random(1).randbytes(50_000)])
def test_noise_under_any_name(tmp_path: Path, suffix: str, noise: bytes) -> None:
    path = tmp_path / f"noise.{suffix}"
    path.write_bytes(noise)
    assert _refusal(path)


def test_text_that_ends_inside_a_character_is_text(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_text("é" * diagnosis._SNIFFED_BYTES, encoding="utf-8")
    path.write_bytes(b"a" + path.read_bytes())
    assert "is text" in _refusal(path)


def test_an_mp4_without_its_index(kind: Kind, tmp_path: Path) -> None:
    data = kind("both.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    assert "cut off or never finished" in _refusal(path)
    path.write_bytes(data.replace(b"moov", b"moov\xff\xff\xff\xff", 1))
    assert _refusal(path)


def test_no_stream_that_plays(tmp_path: Path) -> None:
    path = write_media(tmp_path / "odd.mkv", audio=Audio())
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XYZ"))
    assert _refusal(path) == (
        "odd.mkv: file: audio stream 0 is in a codec for which there is no decoder"
    )


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.ts"])
def test_what_is_left_of_a_file_plays(tmp_path: Path, name: str) -> None:
    options = {"movflags": "faststart"} if name == "cut.mp4" else None
    path = write_media(tmp_path / name, Video(regular_ticks(100)), Audio(), options=options)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    shown = [frame.pts_us for frame in frames(path)]
    assert 10 < len(shown) < 100
    info = probe(path)
    assert info.video is not None
    assert info.video.end_us == pytest.approx(shown[-1] + 40_000, abs=80_000)
    assert [read_number(frame.image) for frame in frames(path)][:10] == list(range(10))
    start_us = shown[len(shown) // 2]
    assert next(frames(path, start_us)).pts_us == start_us


@pytest.mark.parametrize("name", ["both.ts", "both.mkv", "constant.mp4"])
def test_behind_garbage_in_the_middle_it_goes_on(kind: Kind, tmp_path: Path, name: str) -> None:
    data = bytearray(kind(name).read_bytes())
    # Behind the headers, in the first group of pictures; a later one is whole.
    place = len(data) * 35 // 100
    data[place : place + 400] = random.Random(2).randbytes(400)
    path = tmp_path / name
    path.write_bytes(data)
    times_us = [frame.pts_us for frame in frames(path)]
    whole_us = [frame.pts_us for frame in frames(kind(name))]
    assert set(times_us) <= set(whole_us)
    assert times_us[-1] == whole_us[-1]
    if name != "constant.mp4":
        assert sum(len(chunk.samples) for chunk in samples(path)) > 16_000


@pytest.mark.parametrize("place", [0, 7, 29])
def test_one_time_stamp_far_ahead_does_not_end_the_video(tmp_path: Path, place: int) -> None:
    video = Video(regular_ticks(30), codec="mjpeg", pixel_format="yuvj420p")
    path = tmp_path / "leap.mkv"
    write_media(tmp_path / "whole.mkv", video)
    with av.open(str(tmp_path / "whole.mkv")) as whole, av.open(str(path), "w") as leaping:
        copy = leaping.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(whole.demux(video=0)):
            if packet.size:
                packet.stream = copy
                packet.pts += 100_000 * (number == place)
                leaping.mux(packet)
    numbers = [read_number(frame.image) for frame in frames(path)]
    # Nothing follows the last frame, so nothing tells that it leaps.
    assert numbers == [number for number in range(30) if number != place or place == 29]


def test_names_in_messages_are_one_line() -> None:
    error = MediaError(Path("two\nlines\udcff.mp4"), "file", "is odd")
    assert str(error) == "two\\nlines\\udcff.mp4: file: is odd"
    assert printable("naïve – ok") == "naïve – ok"


def test_names_that_look_like_addresses_are_files(kind: Kind, tmp_path: Path) -> None:
    for name in ("concat:a|b.mp4", "http:x.mp4", "-i.mp4", "50%d.mp4", "ünï cödé 片.mp4"):
        if sys.platform == "win32" and set(name) & set(":|"):
            continue
        path = tmp_path / name
        path.write_bytes(kind("constant.mp4").read_bytes())
        assert probe(path).video is not None
        assert next(frames(path)).pts_us == 0


def _corrupted(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    way = chance.randrange(4)
    if way == 0:
        for _ in range(chance.choice((1, 5, 50, 500))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    elif way == 1:
        del broken[chance.randrange(1, len(broken)) :]
    elif way == 2:
        place = chance.randrange(len(broken))
        broken[place : place + 1000] = chance.randbytes(chance.randrange(1, 3000))
    else:
        for _ in range(3):
            broken[chance.randrange(min(len(broken), 1000))] ^= 1 << chance.randrange(8)
    return bytes(broken)


@pytest.mark.parametrize("name", [*VIDEO_KINDS, *AUDIO_KINDS, *BOTH_KINDS])
def test_damage_gives_a_message_or_a_picture_but_nothing_else(
    kind: Kind, tmp_path: Path, name: str
) -> None:
    chance = random.Random(name)
    data = kind(name).read_bytes()
    path = tmp_path / name
    for _ in range(4):
        path.write_bytes(_corrupted(data, chance))
        try:
            _read_in_every_way(path)
        except MediaError as error:
            assert "\n" not in str(error)


def _read_in_every_way(path: Path) -> None:
    info = probe(path)
    assert info.start_us <= info.end_us
    if info.video is not None:
        times_us = [frame.pts_us for frame in frames(path, size_px=(64, 48))]
        assert all(earlier < later for earlier, later in itertools.pairwise(times_us))
        assert len(index_frames(path)) >= 1
        assert list(itertools.islice(frames_at_rate(path, times_us[0], 16, (32, 24)), 20))
        middle_us = times_us[len(times_us) // 2]
        assert next(frames(path, middle_us)).pts_us <= middle_us
    if info.audio is not None:
        assert sum(len(chunk.samples) for chunk in itertools.islice(samples(path), 200)) > 0
        assert decoded_span_us(path)
        list(itertools.islice(samples_from(path, info.audio.start_us + 300_000, 16_000, 4000), 5))


@pytest.mark.parametrize(
    ("name", "options"), [("film.mkv", {}), ("film.mp4", {"movflags": "faststart"})]
)
def test_a_file_cut_short_plays_what_is_there_and_says_so(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    path = write_media(tmp_path / name, Video(regular_ticks(300)), options=options)
    assert probe(path).notes == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 4 // 5])
    info = probe(path)
    assert info.video is not None
    assert info.end_us < 11_000_000
    assert len(info.notes) == 1
    assert info.notes[0].startswith("is cut short: ")
    assert info.notes[0].endswith(" s of the stated 12.0 s can be read")
