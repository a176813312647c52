"""Odd files: what PyAV decodes when it just reads on is what every way of reading gives."""

import functools
import hashlib
import itertools
import random
from contextlib import closing
from pathlib import Path

import av
import av.error
import numpy as np
import pytest
from av.stream import Disposition

from app.headless.info import file_report
from core_model.media.audio import samples
from core_model.media.decoding import TimedFrame, decoded_frames
from core_model.media.errors import MediaError
from core_model.media.index import index_frames
from core_model.media.probe import probe
from core_model.media.video import frames
from tests.core_model.media.kinds import Kind
from tests.core_model.media.oddities import ODDITIES
from tests.media_factory import read_number

RATE_HZ = 16_000
Seen = tuple[int | None, str]


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Kind:
    folder = tmp_path_factory.mktemp("odd")

    def write(name: str) -> Path:
        ODDITIES[name](folder / name)
        return folder / name

    return functools.cache(write)


def _digest(picture: av.VideoFrame) -> str:
    small = picture.reformat(min(picture.width, 64), min(picture.height, 48), "gray")
    return hashlib.sha1(small.to_ndarray().tobytes()).hexdigest()


def _plainly_decoded(path: Path) -> list[Seen]:
    """(time in us or None, digest) of all pictures, by PyAV alone."""
    seen: list[Seen] = []
    with av.open(str(path), metadata_errors="ignore") as container:
        streams = [
            stream
            for stream in container.streams.video
            if not stream.disposition & Disposition.attached_pic
        ]
        if not streams:
            return []
        stream = streams[0]
        for packet in container.demux(stream):
            try:
                pictures = packet.decode()
            except av.error.FFmpegError:
                continue
            for picture in pictures:
                assert stream.time_base is not None
                time_us = None
                if picture.pts is not None:
                    time_us = round(picture.pts * stream.time_base * 1_000_000)
                seen.append((time_us, _digest(picture)))
    return seen


def _seen(frame: TimedFrame) -> Seen:
    return frame.pts_us, _digest(frame.picture)


@pytest.mark.parametrize("name", ODDITIES)
def test_reads_as_plain_decoding_does(odd: Kind, name: str) -> None:
    path = odd(name)
    info = probe(path)
    report = file_report(path)
    if info.video is not None:
        _check_pictures(path, info.video.start_us, info.video.end_us)
        assert report.video is not None
    else:
        assert _plainly_decoded(path) == []
    if info.audio is not None:
        _check_sound(path, info.audio.start_us, info.audio.end_us)
        assert report.audio is not None
    assert info.end_us > info.start_us


def _check_pictures(path: Path, start_us: int, end_us: int) -> None:
    read = [_seen(frame) for frame in decoded_frames(path)]
    plain = _plainly_decoded(path)
    if "reordered" in path.name or any(time_us is None for time_us, _ in plain):
        # Nothing in the file says when they are shown; their order is known.
        assert [digest for _, digest in read] == [digest for _, digest in plain]
    else:
        assert read == plain
    times_us = [time_us for time_us, _ in read if time_us is not None]
    assert all(earlier < later for earlier, later in itertools.pairwise(times_us))
    assert times_us[0] == start_us
    assert times_us[-1] < end_us
    moments_us = _moments_us(times_us)
    for moment_us in moments_us[:3]:
        _check_seek(path, read, times_us, moment_us)
    assert index_frames(path).pts_us.tolist() == times_us
    for moment_us in moments_us:
        _check_seek(path, read, times_us, moment_us)


def _moments_us(times_us: list[int]) -> list[int]:
    chance = random.Random(len(times_us))
    inside = [chance.randint(times_us[0], times_us[-1]) for _ in range(3)]
    return [*inside, *chance.choices(times_us, k=3), times_us[0] - 1, times_us[-1] + 10**6]


def _check_seek(path: Path, read: list[Seen], times_us: list[int], moment_us: int) -> None:
    number = max(0, sum(time_us <= moment_us for time_us in times_us) - 1)
    with closing(decoded_frames(path, moment_us)) as following:
        found = [_seen(frame) for frame in itertools.islice(following, 2)]
    assert found == read[number : number + 2], f"at {moment_us} us"


def _check_sound(path: Path, start_us: int, end_us: int) -> None:
    chunks = list(samples(path))
    sound = np.concatenate([chunk.samples for chunk in chunks])
    assert chunks[0].pts_us == pytest.approx(start_us, abs=1000)
    assert start_us + len(sound) * 62.5 == pytest.approx(end_us, abs=60_000)
    assert 0.1 < np.abs(sound).max() <= 1.01
    # Whole milliseconds are whole samples, so that both are resampled on the same grid.
    sought_us = start_us + int(len(sound) * 62.5 * 0.7) // 1000 * 1000
    rest = np.concatenate([chunk.samples for chunk in samples(path, sought_us)])
    expected = sound[round((sought_us - chunks[0].pts_us) * RATE_HZ / 1e6) :]
    assert len(rest) == pytest.approx(len(expected), abs=400)
    assert _beginning(rest) == pytest.approx(_beginning(expected), abs=24)


def _beginning(sound: np.ndarray) -> int:
    """The first loud sample; where there is none, the end."""
    loud = np.flatnonzero(np.abs(sound) > 0.1)
    return int(loud[0]) if len(loud) else len(sound)


@pytest.mark.parametrize(("name", "count"), [("reordered.avi", 30), ("open_groups.h264", 100)])
def test_pictures_without_times_come_in_their_order(odd: Kind, name: str, count: int) -> None:
    shown = [(frame.pts_us, read_number(frame.image)) for frame in frames(odd(name))]
    assert [number for _, number in shown] == list(range(count))
    first_us = shown[0][0]
    assert [time_us for time_us, _ in shown] == [first_us + 40_000 * n for n in range(count)]


CLUSTER, TRACKS, VOID = b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\xec"
NOT_MEDIA = bytes(range(1, 251))
REFUSED = {
    "head_only.webm": ("growing.webm", lambda data: data[: data.index(CLUSTER)]),
    "no_tracks.mkv": ("live.mkv", lambda data: data.replace(TRACKS, VOID + TRACKS[1:])),
    "head_only.mp4": ("fragments.mp4", lambda data: data[: data.index(b"moof") - 4]),
    "no_head.mp4": ("fragments.mp4", lambda data: data[data.index(b"moof") - 4 :]),
    "head_only.wav": ("large.wav", lambda data: data[: data.index(b"data") + 8]),
    "head_only.ts": ("late.ts", lambda data: data[: 188 * 3]),
    "garbage_first.mkv": ("live.mkv", lambda data: NOT_MEDIA + data),
    "garbage_first.mp4": ("one_frame.mp4", lambda data: NOT_MEDIA + data),
    "ten_bytes.mp4": ("one_frame.mp4", lambda data: data[:10]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_play_is_one_line(odd: Kind, tmp_path: Path, name: str) -> None:
    base, change = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(change(odd(base).read_bytes()))
    with pytest.raises(MediaError) as caught:
        probe(path)
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert len(line) < 200
