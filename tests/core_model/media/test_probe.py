import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core_model.media import headers
from core_model.media.errors import MediaError
from core_model.media.probe import AudioInfo, VideoInfo, probe
from tests.core_model.media.kinds import AUDIO_KINDS, VIDEO_KINDS, Kind, written_times_us
from tests.media_factory import Audio, Video, regular_ticks, write_media

CODECS = {
    "every_frame_a_key.avi": "mjpeg",
    "hevc.mp4": "hevc",
    "mpeg2.mpg": "mpeg2video",
    "mpeg2.ts": "mpeg2video",
    "mpeg4.avi": "mpeg4",
    "vp8.webm": "vp8",
    "vp9.webm": "vp9",
}


def test_reading_can_be_given_up_before_anything_is_decoded(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[object] = []
    monkeypatch.setattr(headers, "try_decode", decoded.append)

    def give_up() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        probe(kind("constant.mp4"), give_up)
    assert not decoded


@pytest.mark.parametrize("name", VIDEO_KINDS)
def test_video_streams(kind: Kind, name: str) -> None:
    info = probe(kind(name))
    times_us = written_times_us(name)
    video = info.video
    assert video is not None
    assert info.audio is None
    assert video.codec == CODECS.get(name, "h264")
    assert (video.width, video.height, video.rotation_deg) == (64, 48, 0)
    assert video.start_us == info.start_us == times_us[0]
    assert video.end_us == info.end_us
    # The last frame lasts as long as the container says, one usual gap in most.
    assert times_us[-1] < video.end_us <= times_us[-1] + 400_000
    if "ragged" not in name:
        assert video.end_us == times_us[-1] + 40_000
        assert video.average_rate_hz == pytest.approx(25)


@pytest.mark.parametrize("name", AUDIO_KINDS)
def test_audio_streams(kind: Kind, name: str) -> None:
    info = probe(kind(name))
    written = AUDIO_KINDS[name]
    audio = info.audio
    assert audio is not None
    assert info.video is None
    assert audio.codec in ("flac", "aac", "mp3", "opus", "pcm_s16le")
    assert (audio.sample_rate_hz, audio.channels) == (written.rate_hz, written.channels)
    assert audio.start_us == pytest.approx(0, abs=30_000)
    assert audio.end_us == pytest.approx(2_000_000, abs=30_000)


def test_starts_and_ends_of_each_stream(kind: Kind) -> None:
    late = probe(kind("sound_comes_late.mp4"))
    assert late.audio is not None
    assert late.audio.start_us == pytest.approx(1_500_000, abs=30_000)
    early = probe(kind("sound_ends_early.mkv"))
    assert early.audio is not None
    assert early.audio.end_us == pytest.approx(1_200_000, abs=30_000)
    assert early.end_us == 3_000_000
    assert early.duration_us == 3_000_000


def test_turned_and_stretched(tmp_path: Path) -> None:
    video = Video(rotation_deg=90, pixel_aspect=Fraction(4, 3))
    info = probe(write_media(tmp_path / "turned.mp4", video))
    assert info.video is not None
    assert (info.video.width, info.video.height, info.video.rotation_deg) == (48, 85, 270)


@pytest.mark.parametrize(("name", "codec"), [("cover.mp3", "libmp3lame"), ("cover.flac", "flac")])
def test_cover_art_is_no_video(tmp_path: Path, name: str, codec: str) -> None:
    cover = np.full((60, 80, 3), 120, np.uint8)
    info = probe(write_media(tmp_path / name, audio=Audio(codec=codec), cover=cover))
    assert info.video is None
    assert info.audio is not None


def test_a_length_that_the_header_overstates(tmp_path: Path) -> None:
    path = write_media(tmp_path / "lies.mkv", Video(), Audio())
    data = path.read_bytes()
    # EBML: Duration (0x4489), 8 bytes, a float of milliseconds.
    place = data.index(b"\x44\x89\x88") + 3
    assert struct.unpack(">d", data[place : place + 8])[0] == pytest.approx(2000, abs=50)
    path.write_bytes(data[:place] + struct.pack(">d", 3_600_000.0) + data[place + 8 :])
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert container.duration > 3_000_000_000
    assert probe(path).end_us == pytest.approx(2_000_000, abs=50_000)


def test_a_length_that_no_header_states(tmp_path: Path) -> None:
    path = write_media(
        tmp_path / "live.webm",
        Video(codec="libvpx", options={"g": "12"}),
        Audio(codec="libopus", rate_hz=48_000),
        options={"live": "1"},
    )
    with av.open(str(path)) as container:
        assert container.duration is None
    info = probe(path)
    assert info.video is not None
    assert info.video.end_us == pytest.approx(2_000_000, abs=2_000)


def test_the_first_of_several_streams_plays(tmp_path: Path) -> None:
    first = write_media(tmp_path / "first.mkv", Video(regular_ticks(30)))
    picture = np.zeros((96, 128, 3), np.uint8)
    second = write_media(tmp_path / "second.mkv", Video(regular_ticks(40), pictures=[picture] * 40))
    both = _joined(tmp_path / "both.mkv", [first, second])
    video = probe(both).video
    assert video is not None
    assert (video.width, video.height) == (64, 48)


def test_a_stream_without_a_decoder_is_noted_and_the_other_plays(tmp_path: Path) -> None:
    path = write_media(tmp_path / "odd.mkv", Video(), Audio())
    data = path.read_bytes()
    assert data.count(b"A_AAC") == 1
    path.write_bytes(data.replace(b"A_AAC", b"A_XYZ"))
    info = probe(path)
    assert info.video is not None
    assert info.audio is None
    assert info.notes == ("audio stream 1 is in a codec for which there is no decoder",)


def test_encrypted_streams_are_refused(tmp_path: Path) -> None:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "ffeeddccbbaa99887766554433221100",
    }
    path = write_media(tmp_path / "locked.mp4", Video(), Audio(), options=options)
    with pytest.raises(MediaError, match="video stream 0 is encrypted; audio stream 1 is"):
        probe(path)


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        VideoInfo("h264", 1, 1, 0, 25.0, 0, 1).width = 2  # pyright: ignore
    with pytest.raises(AttributeError):
        AudioInfo("aac", 8000, 1, 0, 1).channels = 2  # pyright: ignore


def _joined(path: Path, parts: list[Path]) -> Path:
    """One file with a copy of the first stream of each part."""
    inputs = [av.open(str(part)) for part in parts]
    with av.open(str(path), "w") as output:
        copies = [output.add_stream_from_template(each.streams[0]) for each in inputs]
        for each, copy in zip(inputs, copies, strict=True):
            for packet in each.demux(each.streams[0]):
                if packet.size:
                    packet.stream = copy
                    output.mux(packet)
    for each in inputs:
        each.close()
    return path


def test_an_animated_webp_is_refused_for_want_of_a_decoder(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    with av.open(str(path), "w", format="webp") as container:
        stream = container.add_stream("libwebp_anim", rate=5)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        for number in range(3):
            picture = np.full((16, 16, 3), 80 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError, match="animated WebP, for which there is no decoder"):
        probe(path)


@pytest.mark.parametrize("with_picture", [False, True])
@pytest.mark.parametrize("codec", ["vorbis", "libopus", "flac"])
def test_sound_in_one_page_of_ogg_ends_when_it_does(
    tmp_path: Path, codec: str, with_picture: bool
) -> None:
    """FFmpeg says of the last packet that it lasts for a day, or of all that they are over."""
    is_vorbis = codec == "vorbis"
    audio = Audio(
        ((0.0, 0.8),),
        codec,
        48_000,
        channels=2 if is_vorbis else 1,
        options={"strict": "experimental"} if is_vorbis else {},
    )
    picture = Video(regular_ticks(20), codec="libvpx", options={"deadline": "realtime"})
    info = probe(write_media(tmp_path / "a.ogg", picture if with_picture else None, audio))
    assert info.audio is not None
    assert (info.audio.end_us, info.end_us) == (800_000, 800_000)


def test_looking_for_the_end_may_be_ended_at_every_packet(tmp_path: Path) -> None:
    """What cannot be sought in is read through for it."""
    path = write_media(tmp_path / "film.mpg", Video(regular_ticks(100), codec="mpeg2video"))
    asked = 0

    def count() -> None:
        nonlocal asked
        asked += 1

    probe(path, count)
    assert asked > 100
