"""Files put together byte by byte from recordings whose frames are numbered on and that beep."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.core_model.media.oddities import later
from tests.media_factory import Audio, Video, paint_number, regular_ticks, write_media

RATE_HZ = 25
TABLE_PIDS = (0, 17, 4096)
_SOUND = {".ts": "aac", ".m2ts": "aac", ".mpg": "mp2", ".vob": "ac3"}


@dataclass(frozen=True)
class Recording:
    """Frames ``first`` to ``first + count`` by their numbers; a beep begins with every second.

    ``enlarged``: how many times as large the pictures are; ``start_pid``: where the numbers of the
    streams of a transport stream begin.
    """

    first: int = 0
    count: int = 50
    enlarged: int = 1
    codec: str = "mpeg2video"
    sound: str | None = "usual"
    sound_rate_hz: int = 48_000
    start_pid: int = 256


@functools.cache
def bytes_of(recording: Recording, suffix: str) -> bytes:
    """The recording as a file of its own."""
    numbers = range(recording.first, recording.first + recording.count)
    factor = recording.enlarged
    pictures = [paint_number(number).repeat(factor, 0).repeat(factor, 1) for number in numbers]
    video = Video(
        regular_ticks(recording.count),
        codec=recording.codec,
        options={"bf": "2", "g": "12"},
        pictures=pictures,
    )
    codec = _SOUND[suffix] if recording.sound == "usual" else recording.sound
    audio = None
    if codec is not None:
        pieces = ((0.0, recording.count / RATE_HZ),)
        audio = Audio(pieces, codec=codec, rate_hz=recording.sound_rate_hz)
    options = {"mpegts_start_pid": str(recording.start_pid)} if suffix == ".ts" else {}
    if suffix == ".m2ts":
        options = {"mpegts_m2ts_mode": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = write_media(Path(folder) / f"recording{suffix}", video, audio, options=options)
        return path.read_bytes()


def set_on(data: bytes, seconds: float) -> bytes:
    """A transport stream whose clocks are set on by so much (or back), past 33 bits if need be."""
    return later(data, round(seconds * 90_000) % 2**33)


def without_tables(data: bytes) -> bytes:
    """A transport stream that begins with its content, as where a camera's clock is reset."""
    packets = [data[place : place + 188] for place in range(0, len(data), 188)]
    begin = next(
        number
        for number, packet in enumerate(packets)
        if int.from_bytes(packet[1:3], "big") & 0x1FFF not in TABLE_PIDS
    )
    return b"".join(packets[begin:])


def joined(path: Path, *parts: bytes) -> Path:
    """One file of them all."""
    path.write_bytes(b"".join(parts))
    return path


def three_parts(path: Path) -> Path:
    """Frames 0 to 149 in three recordings of 2 s each, whose clocks all begin anew."""
    kinds = (Recording(0, 50), Recording(50, 50), Recording(100, 50))
    return joined(path, *(bytes_of(kind, path.suffix) for kind in kinds))
