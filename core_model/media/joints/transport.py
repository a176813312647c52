"""Transport streams (ISO/IEC 13818-1, 2.4): packets of 188 bytes, in some files with four more
before or sixteen behind each."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core_model.media.joints.clocks import Break, Stamps
from core_model.media.piece import Piece

PACKET = 188
_SYNC = 0x47
_SPACINGS = (188, 192, 204)
_LEAST_IN_STEP = 5
# Damaged packets may say that they carry nothing: this share at most.
_MOST_EMPTY = 0.1
_PAT_PID, _NULL_PID = 0, 0x1FFF
_FIRST_CODED, _LAST_CODED = 0xC0, 0xEF
# A clock reference (PCR) of a PID is a stream of its own beside the time stamps of its content.
_REFERENCE = 0x10000
# Up to the end of two time stamps.
_CONTENT_HEADER = 19
_TABLES_WITHIN = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Step:
    """Packets in step: the first begins at ``offset`` of a block, the next ``spacing`` later."""

    offset: int
    spacing: int


def find_step(block: bytes | memoryview, start: int = 0) -> Step | None:
    """Where packets begin at or after a byte of a block; None where no five follow each other."""
    data = np.frombuffer(block, np.uint8)
    is_sync = data == _SYNC
    for spacing in _SPACINGS:
        reach = len(data) - spacing * (_LEAST_IN_STEP - 1)
        if reach <= start:
            continue
        in_step = is_sync[start:reach].copy()
        for number in range(1, _LEAST_IN_STEP):
            in_step &= is_sync[start + number * spacing : reach + number * spacing]
        places = np.flatnonzero(in_step[: 4 * _SPACINGS[-1]])
        if not len(places):
            places = np.flatnonzero(in_step)
        if len(places):
            return Step(start + int(places[0]), spacing)
    return None


def is_transport(head: bytes) -> bool:
    """Whether a file that begins so is a transport stream.

    Bytes in step are not enough: a tone of 1 kHz in PCM repeats every 192 bytes. Packets also say
    what they carry (2.4.3.2), and those with content of one PID count on.
    """
    step = find_step(head)
    if step is None:
        return False
    rows = _in_step(head, step)
    carries = rows[:, 3] >> 4 & 3
    if np.count_nonzero(carries == 0) > _MOST_EMPTY * len(rows):
        return False
    pid = (rows[:, 1].astype(np.int64) & 0x1F) << 8 | rows[:, 2]
    counted = (pid != _NULL_PID) & (carries & 1 == 1)
    following = on = 0
    for each in np.unique(pid[counted]):
        steps = np.diff(rows[counted & (pid == each), 3] & 0x0F) % 16
        following += len(steps)
        on += np.count_nonzero(steps == 1)
    return bool(2 * on >= following)


class Transport:
    """Reads the time stamps of a transport stream block by block, and remembers its tables."""

    def __init__(self) -> None:
        self._tables = array("q")
        self._spacing = PACKET

    def stamps(self, block: bytes, base: int) -> tuple[Stamps, int]:
        """The stamps of a block whose first byte is byte ``base`` of the file, and how many bytes
        of the block are done with: the rest belongs before the next block."""
        found: list[np.ndarray] = [np.empty((3, 0), np.int64)]
        start = 0
        while (step := find_step(block, start)) is not None:
            self._spacing = step.spacing
            rows = _in_step(block, step)
            found.append(self._of_rows(rows, base + step.offset, step.spacing))
            start = step.offset + len(rows) * step.spacing
            if start + PACKET > len(block):
                break
        else:
            # Nothing is in step there; but the beginning of a few packets may be.
            start = max(start, len(block) - _SPACINGS[-1] * _LEAST_IN_STEP)
        return Stamps(*np.concatenate(found, axis=1)), start

    def _of_rows(self, rows: np.ndarray, base: int, spacing: int) -> np.ndarray:
        """int64 (3, n): places, streams and ticks of all stamps."""
        pid = (rows[:, 1].astype(np.int64) & 0x1F) << 8 | rows[:, 2]
        begins = rows[:, 1] & 0x40 != 0
        has_adaptation, has_payload = rows[:, 3] & 0x20 != 0, rows[:, 3] & 0x10 != 0
        tables = np.flatnonzero((pid == _PAT_PID) & begins)
        self._tables.extend((base + tables * spacing).tolist())
        refers = has_adaptation & (rows[:, 4] > 6) & (rows[:, 5] & 0x10 != 0) & (pid != _NULL_PID)
        references = np.flatnonzero(refers)
        begin_at = np.where(has_adaptation, 5 + rows[:, 4].astype(np.int64), 4)
        fits = begin_at + _CONTENT_HEADER <= PACKET
        contents = np.flatnonzero(begins & has_payload & fits & (pid != _NULL_PID))
        headers = rows[contents[:, None], begin_at[contents, None] + np.arange(_CONTENT_HEADER)]
        is_timed, ticks = _content_ticks(headers.astype(np.int64))
        contents = contents[is_timed]
        found = np.array(
            [
                np.concatenate((references, contents)),
                np.concatenate((pid[references] | _REFERENCE, pid[contents])),
                np.concatenate((_reference_ticks(rows[references, 6:11]), ticks[is_timed])),
            ]
        )
        found = found[:, np.argsort(found[0], kind="stable")]
        found[0] = base + found[0] * spacing
        return found

    def piece(self, file: BinaryIO, path: Path, found: Break, end: int) -> Piece:
        """The piece that begins at a break, from the table before its first stamp on.

        Where none is between the old time and the new, the tables of the old time stand before
        the piece.
        """
        number = bisect_right(self._tables, found.new) - 1
        before = PACKET + 4 if self._spacing == PACKET + 4 else PACKET
        if number >= 0 and self._tables[number] > found.old:
            start = self._tables[number] - (before - PACKET)
            return Piece(path, start, end)
        start = found.new - (before - PACKET)
        head = b"" if number < 0 else _tables_at(file, self._tables[number], self._spacing)
        return Piece(path, start, end, head)


def _in_step(block: bytes, step: Step) -> np.ndarray:
    """uint8 (n, 188): the packets up to where the step is lost, without what is between them."""
    data = np.frombuffer(block, np.uint8)
    count = (len(block) - step.offset - PACKET) // step.spacing + 1
    rows = np.lib.stride_tricks.as_strided(
        data[step.offset :], (count, PACKET), (step.spacing, 1), writeable=False
    )
    lost = np.flatnonzero(rows[:, 0] != _SYNC)
    return rows[: lost[0]] if len(lost) else rows


def _reference_ticks(five: np.ndarray) -> np.ndarray:
    """int64 (n,): the 33 bits at 90 kHz of clock references, whose bytes are (n, 5)."""
    by = five.astype(np.int64).T
    return by[0] << 25 | by[1] << 17 | by[2] << 9 | by[3] << 1 | by[4] >> 7


def _content_ticks(headers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where pictures or sound with a time begin, bool (n,), and when it is decoded, else shown.

    ``headers``: int64 (n, 19), the first bytes of packets of content (2.4.3.6).
    """
    is_start = (headers[:, 0] == 0) & (headers[:, 1] == 0) & (headers[:, 2] == 1)
    is_coded = (headers[:, 3] >= _FIRST_CODED) & (headers[:, 3] <= _LAST_CODED)
    stated = headers[:, 7] >> 6
    five = np.where((stated == 3)[:, None], headers[:, 14:19], headers[:, 9:14])
    high, middle = five[:, 0] >> 1 & 7, five[:, 1] << 7 | five[:, 2] >> 1
    ticks = high << 30 | middle << 15 | five[:, 3] << 7 | five[:, 4] >> 1
    return is_start & is_coded & (stated >= 2), ticks


def _tables_at(file: BinaryIO, place: int, spacing: int) -> bytes:
    """The table of programs at a byte and the tables that it names, as packets one after the
    other; b"" where they are not found."""
    file.seek(place)
    data = file.read(_TABLES_WITHIN)
    wanted = {_PAT_PID}
    tables = b""
    for start in range(0, len(data) - PACKET + 1, spacing):
        packet = data[start : start + PACKET]
        pid = int.from_bytes(packet[1:3], "big") & 0x1FFF
        if packet[0] != _SYNC or pid not in wanted or not packet[1] & 0x40:
            continue
        if pid == _PAT_PID:
            wanted |= _programs(packet)
        wanted.discard(pid)
        tables += packet
        if not wanted:
            return tables
    return b""


def _programs(packet: bytes) -> set[int]:
    """The PIDs of the program maps that a table of programs (2.4.4.3) lists."""
    at = (5 + packet[4] if packet[3] & 0x20 else 4) + 1
    section = packet[at + packet[at - 1] :]
    if len(section) < 12 or section[0] != 0:
        return set()
    end = min(3 + ((section[1] & 0x0F) << 8 | section[2]) - 4, len(section))
    entries = (section[first : first + 4] for first in range(8, end - 3, 4))
    return {int.from_bytes(each[2:], "big") & 0x1FFF for each in entries if each[:2] != b"\0\0"}
