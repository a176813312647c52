"""Sound decoded many packets at a time is the sound of its packets, to the bit."""

import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.media import bulk
from core_model.media.audio import decoded_span_us, samples
from core_model.media.container import audio_stream, decode, open_media, packets

CODECS = {
    "aac": (44_100, "mp4", {}),
    "libmp3lame": (44_100, "mp4", {"compression_level": "9"}),
    "libopus": (48_000, "mp4", {"vbr": "on"}),
    "flac": (44_100, "mp4", {}),
    "alac": (44_100, "m4a", {}),
}
LENGTH_S = 2


@dataclass(frozen=True)
class Change:
    """Something odd about a packet: ``later`` ticks between it and the one before it, bytes that
    are others, or that it is not there."""

    number: int
    later: int = 0
    is_broken: bool = False
    is_missing: bool = False


@cache
def _coded(codec: str) -> Path:
    """Noise that swells, in stereo."""
    rate_hz, suffix, options = CODECS[codec]
    path = Path(mkdtemp(prefix="avscope-test-")) / f"{codec}.{suffix}"
    time_s = np.arange(LENGTH_S * rate_hz) / rate_hz
    noise = np.random.default_rng(5).normal(0, 0.1, (2, len(time_s))) * (1.2 + np.sin(9 * time_s))
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="stereo", options=dict(options))
        assert isinstance(stream, AudioStream)
        frame = AudioFrame.from_ndarray(noise.astype(np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        stream.codec_context.open(strict=False)
        fifo = av.AudioFifo()
        fifo.write(frame)
        for part in fifo.read_many(stream.codec_context.frame_size):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def _changed(folder: Path, codec: str, changes: list[Change]) -> Path:
    """The same packets, some of them changed."""
    source = _coded(codec)
    target = folder / f"changed{source.suffix}"
    by_number = {change.number: change for change in changes}
    later = 0
    with av.open(str(source)) as read, av.open(str(target), "w") as out:
        sound = read.streams.audio[0]
        stream = out.add_stream_from_template(sound)
        for number, packet in enumerate(read.demux(sound)):
            change = by_number.get(number, Change(number))
            if not packet.size or change.is_missing:
                continue
            later += change.later
            pts = (packet.pts or 0) + later
            if change.is_broken:
                kept, packet = packet, av.Packet(bytes(packet)[::-1])
                packet.duration, packet.time_base = kept.duration, kept.time_base
                packet.is_keyframe = True
            packet.pts = packet.dts = pts
            packet.stream = stream
            out.mux(packet)
    return target


@contextmanager
def _bulk(first_frames: int = 3, count: int = 4, least: int = 10) -> Iterator[None]:
    with (
        patch.object(bulk, "_LEAST_PACKETS", least),
        patch.object(bulk, "_FIRST_FRAMES", first_frames),
        patch.object(bulk, "_PACKETS", count),
    ):
        yield


def _heard(path: Path, start_us: int | None = None, **asked: int) -> tuple[int, bytes]:
    chunks = list(samples(path, start_us, **asked))
    return chunks[0].pts_us, np.concatenate([chunk.samples for chunk in chunks]).tobytes()


def _one_by_one(path: Path) -> list[tuple[int | None, int, bytes]]:
    """Time stamp, count and bytes of each frame."""
    with open_media(path) as container:
        stream = audio_stream(path, container)
        frames = (frame for packet in packets(container, stream) for frame in decode(packet))
        return [(frame.pts, frame.samples, frame.to_ndarray().tobytes()) for frame in frames]


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_well_is_decoded_in_bulk(codec: str) -> None:
    path = _coded(codec)
    singly = _one_by_one(path)
    asked = 0

    def one_by_one(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        nonlocal asked
        for packet in packets(container, stream):
            for frame in decode(packet):
                asked += 1
                yield frame

    with _bulk(), open_media(path) as container:
        stream = audio_stream(path, container)
        given = one_by_one(container, stream)
        frames = list(bulk.in_bulk(path, container, stream, given, one_by_one))
    assert asked == 3
    assert len(frames) < len(singly) / 2
    assert sum(frame.samples for frame in frames) == sum(count for _, count, _ in singly)
    place = 0
    for frame in frames:
        assert frame.pts == (singly[0][0] or 0) + place
        place += frame.samples
    joined = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    straight = np.concatenate(
        [np.frombuffer(data, joined.dtype).reshape(len(joined), -1) for _, _, data in singly],
        axis=1,
    )
    assert np.array_equal(joined, straight)


changes = st.lists(
    st.one_of(
        st.builds(Change, st.integers(1, 20), st.sampled_from([-700, -512, 1, 40, 900, 40_000])),
        st.builds(Change, st.integers(0, 22), is_broken=st.just(True)),
        st.builds(Change, st.integers(0, 22), is_missing=st.just(True)),
    ),
    max_size=4,
    unique_by=lambda change: change.number,
)


@settings(max_examples=15, deadline=None)
@given(
    codec=st.sampled_from(sorted(CODECS)),
    changes=changes,
    first_frames=st.integers(0, 9),
    count=st.integers(1, 9),
    start_us=st.sampled_from([None, 0, 90_000, 1_500_000]),
    asked=st.sampled_from([{}, {"rate_hz": 48_000, "channels": 2}, {"channel": 1}]),
)
def test_oddities_sound_as_they_do_packet_by_packet(
    tmp_path_factory: pytest.TempPathFactory,
    codec: str,
    changes: list[Change],
    first_frames: int,
    count: int,
    start_us: int | None,
    asked: dict[str, int],
) -> None:
    path = _changed(tmp_path_factory.mktemp("bulk"), codec, changes)
    expected = _heard(path, start_us, **asked)
    with _bulk(first_frames, count):
        assert _heard(path, start_us, **asked) == expected


@pytest.mark.parametrize(
    "change", [Change(40, 0, is_broken=True), Change(40, 3_000), Change(40, is_missing=True)]
)
def test_sound_after_an_oddity_is_there(tmp_path: Path, change: Change) -> None:
    path = _changed(tmp_path, "aac", [change])
    expected = _heard(path)
    with _bulk():
        assert _heard(path) == expected
        first_us, end_us = decoded_span_us(path)
    rate_hz = 16_000
    assert len(expected[1]) // 4 == pytest.approx((end_us - first_us) * rate_hz / 1e6, abs=2)


def test_a_damaged_packet_of_opus_before_a_missing_one_is_heard_alike(tmp_path: Path) -> None:
    path = _changed(tmp_path, "libopus", [Change(10, is_broken=True), Change(11, is_missing=True)])
    expected = _heard(path)
    with _bulk(0, 2):
        assert _heard(path) == expected


def test_names_of_files_are_no_options(tmp_path: Path) -> None:
    path = tmp_path / ("b='c',[d];%03d é.mp4" if os.name == "nt" else "a:b='c',[d];%03d é .mp4")
    path.write_bytes(_coded("aac").read_bytes())
    with _bulk(), patch.object(bulk, "_after", lambda frames, passed: iter(())):
        heard = _heard(path)
    assert heard == _heard(path)


def test_jumps_of_time_stamps_do_not_end_it(tmp_path: Path) -> None:
    path = _changed(tmp_path, "aac", [Change(30, -512), Change(60, 4_000), Change(61, 800)])
    asked: list[object] = []
    with _bulk(), patch.object(bulk, "_after", lambda *more: asked.append(more) or iter(())):
        heard = _heard(path)
    assert not asked
    assert heard == _heard(path)


@pytest.mark.parametrize(
    ("name", "options"),
    [("sound.mkv", {}), ("sound.mp4", {"movflags": "frag_keyframe+empty_moov"})],
)
def test_without_a_whole_index_nothing_is_foretold(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    path = tmp_path / name
    with av.open(str(_coded("aac"))) as read, av.open(str(path), "w", options=options) as out:
        sound = read.streams.audio[0]
        stream = out.add_stream_from_template(sound)
        for packet in read.demux(sound):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    with _bulk(), open_media(path) as container:
        assert bulk.foretold(path, container, audio_stream(path, container)) is None
    with open_media(_coded("aac")) as container:
        stream = audio_stream(path, container)
        assert bulk.foretold(_coded("aac"), container, stream) is None  # too short
        with _bulk():
            assert bulk.foretold(_coded("aac"), container, stream) is not None


def test_a_table_that_claims_billions_of_packets_takes_no_room(tmp_path: Path) -> None:
    content = bytearray(_coded("aac").read_bytes())
    rows = content.index(b"stts") + 12
    content[rows : rows + 4] = (2**31 - 1).to_bytes(4, "big")
    path = tmp_path / "billions.mp4"
    path.write_bytes(content)
    with open_media(path) as container:
        stream = audio_stream(path, container)
        assert stream.frames > 2**30
        tracemalloc.start()
        try:
            assert bulk.foretold(path, container, stream) is None
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


def test_nothing_is_foretold_of_a_file_that_is_gone(tmp_path: Path) -> None:
    with _bulk(), open_media(_coded("aac")) as container:
        stream = audio_stream(_coded("aac"), container)
        assert bulk.foretold(tmp_path / "gone.mp4", container, stream) is None
