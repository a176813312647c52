"""Time stamps of all packets of an MP4 or MOV from its own index, without reading the packets.

FFmpeg's demuxer keeps the times of decoding; how much later each picture is shown stands in the
track's ``ctts`` box (ISO/IEC 14496-12, 8.6.1.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import packets, seek, time_base_of

_IS_KEY, _IS_DISCARDED = 1, 2
# Packets compared with what the demuxer says, at the beginning, in the middle and at the end.
_COMPARED = 48
_LARGEST_TABLE_BYTES = 256 * 2**20


OnPacket = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class PacketTimes:
    """In the order of decoding: time stamps in ticks int64 (n,), which are key frames bool (n,)."""

    pts: np.ndarray
    is_key: np.ndarray


def _go_on() -> None:
    """For those who let it go on in any case."""


def packet_times(
    path: Path, container: InputContainer, stream: VideoStream, on_packet: OnPacket = _go_on
) -> PacketTimes | None:
    """None where the file has no such index, where it is not all, or not what the demuxer says.

    Moves the container's position. ``on_packet`` is called before each packet that is compared,
    which are all of the last group of pictures; what it raises ends the work.
    """
    if "mov" not in container.format.name.split(",") or stream.frames <= 0:
        return None
    entries = stream.index_entries
    if len(entries) != stream.frames:
        return None
    kind = np.dtype([("dts", np.int64), ("flags", np.int32)])
    found = np.fromiter(((each.timestamp, each.flags) for each in entries), kind, len(entries))
    offsets = _composition_offsets(path, stream.id, len(entries))
    if offsets is None:
        return None
    dts, flags = found["dts"], found["flags"]
    pts = dts + offsets
    first = next(packets(container, stream))
    if first.pts is None or first.dts != dts[0]:
        return None
    pts += first.pts - pts[0]
    keys = np.flatnonzero(flags & _IS_KEY)
    if not len(keys):
        return None
    # The packets behind the last key frame must end where the index does: fragments may follow.
    for place, count in ((0, _COMPARED), (keys[len(keys) // 2], _COMPARED), (keys[-1], None)):
        if not _agrees(container, stream, dts, pts, int(place), count, on_packet):
            return None
    shown = flags & _IS_DISCARDED == 0
    return PacketTimes(pts[shown], (flags & _IS_KEY != 0)[shown])


def _agrees(
    container: InputContainer,
    stream: VideoStream,
    dts: np.ndarray,
    pts: np.ndarray,
    place: int,
    count: int | None,
    on_packet: OnPacket,
) -> bool:
    """Whether the packets from ``place`` on (all of them without a count) are as expected."""
    if not seek(container, stream, to_us(int(dts[place]), time_base_of(stream))):
        return False
    read: list[tuple[int | None, int | None]] = []
    sized = (packet for packet in packets(container, stream) if packet.size)
    for packet in itertools.islice(sized, count):
        on_packet()
        read.append((packet.dts, packet.pts))
    if not read or read[0][0] not in dts[: place + 1]:
        return False
    # A seek may end at an earlier key frame.
    begin = int(np.searchsorted(dts, read[0][0] or 0))
    end = len(dts) if count is None else begin + len(read)
    return read == list(zip(dts[begin:end].tolist(), pts[begin:end].tolist(), strict=True))


def _composition_offsets(path: Path, track: int, count: int) -> np.ndarray | None:
    """int64 (count,): ticks from decoding to showing; None where the tables do not tell."""
    (table,) = _tables_of(path, track, b"ctts")
    if table is None:
        return None
    if not table:
        return np.zeros(count, np.int64)
    rows = int.from_bytes(table[4:8], "big")
    if len(table) < 8 + 8 * rows:
        return None
    pairs = np.frombuffer(table, ">i4", 2 * rows, 8).reshape(rows, 2).astype(np.int64)
    if (pairs[:, 0] < 0).any() or pairs[:, 0].sum() != count:
        return None
    return np.repeat(pairs[:, 1], pairs[:, 0])


def packet_steps(path: Path, track: int, count: int) -> np.ndarray | None:
    """int64 (count,): ticks from each packet of a track to the next, shown in the order of
    decoding; None where the tables do not tell, or where the coding changes on the way.
    """
    kinds, offsets, table = _tables_of(path, track, b"stsd", b"ctts", b"stts")
    if not kinds or kinds[4:8] != b"\0\0\0\1" or offsets != b"" or not table:
        return None
    rows = int.from_bytes(table[4:8], "big")
    if len(table) < 8 + 8 * rows:
        return None
    pairs = np.frombuffer(table, ">i4", 2 * rows, 8).reshape(rows, 2).astype(np.int64)
    if (pairs < 0).any() or pairs[:, 0].sum() != count:
        return None
    return np.repeat(pairs[:, 1], pairs[:, 0])


def _tables_of(path: Path, track: int, *names: bytes) -> list[bytes | None]:
    """What is in some of a track's tables, as :func:`_table_of` gives it; None for each where the
    file is there no more."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            return [_table_of(file, track, size, name) for name in names]
    except OSError:
        return [None for _ in names]


def _table_of(file: BinaryIO, track: int, size: int, name: bytes) -> bytes | None:
    """What is in one of the track's tables: empty where it has none; None without such a track."""
    for moov in _boxes(file, 0, size, b"moov"):
        for trak in _boxes(file, *moov, b"trak"):
            if not any(_track_id(file, *tkhd) == track for tkhd in _boxes(file, *trak, b"tkhd")):
                continue
            place = [trak]
            for outer_name in (b"mdia", b"minf", b"stbl"):
                place = [inner for outer in place for inner in _boxes(file, *outer, outer_name)]
            tables = [table for stbl in place for table in _boxes(file, *stbl, name)]
            if len(place) != 1 or len(tables) > 1:
                return None
            return _read(file, *tables[0]) if tables else b""
    return None


def _track_id(file: BinaryIO, start: int, end: int) -> int:
    head = _read(file, start, min(end, start + 24))
    # Version 1 has times of 8 bytes before the number.
    place = 20 if head[:1] == b"\x01" else 12
    return int.from_bytes(head[place : place + 4], "big")


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(min(end - start, _LARGEST_TABLE_BYTES))


def _boxes(file: BinaryIO, start: int, end: int, name: bytes) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of a name lie between two bytes of the file."""
    while start + 8 <= end:
        head = _read(file, start, start + 16)
        length, begin = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), start + 16
        elif length == 0:
            length = end - start
        if length < begin - start:
            return
        if head[4:8] == name:
            yield begin, min(start + length, end)
        start += length
