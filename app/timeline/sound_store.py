"""Sound pictures on disk: pyramids of one segment after the other, written once, read in parts.

A file is a header, one record per segment, and at the end what is known about them all. It is
valid only once its header says so, which is written last; damage shows in a checksum. Nothing is
mapped into memory: parts are read when they are drawn, and the system keeps what is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.timeline.pyramid import Array, Known, build_levels
from app.timeline.sound_features import SEGMENT_FRAMES, Segment
from app.timeline.sound_layout import Layout, SegmentDone, SoundIndex, Table
from app.timeline.sound_settings import SoundPlan

FORMAT = 1
_MAGIC = b"AVScope sound\n"
_HEADER_BYTES = 1_024
# So much is read on either side of what is asked for.
BESIDE_SHARE = 0.25


class StoreError(Exception):
    """A file that is no complete, undamaged sound picture; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment as it stands in the file, and what is known about it."""

    record: bytes
    done: SegmentDone


class SoundWriter:
    """Writes the segments of a picture, in any order, from one thread at a time."""

    def __init__(self, path: Path, plan: SoundPlan, origin_us: int) -> None:
        self.path = path
        self._layout = Layout.of(plan)
        self._about: dict[str, Any] = {
            "format": FORMAT,
            "plan": asdict(plan),
            "origin_us": origin_us,
            "complete": False,
        }
        self._file = path.open("xb", buffering=0)
        try:
            self._write_header()
        except OSError:
            self.abandon()
            raise

    def prepare(self, number: int, filled: int, segment: Segment) -> SegmentRecord:
        """One segment with all its levels, from any thread."""
        codes, reach = build_levels(segment.codes), build_levels(segment.reach)
        record = b"".join(level.tobytes() for level in (*codes, *reach))
        done = SegmentDone(
            number,
            filled,
            tuple(codes[self._layout.codes.first_kept :]),
            tuple(reach[self._layout.reach.first_kept :]),
            np.bincount(segment.codes.ravel(), minlength=256),
            int(reach[-1].max()),
            zlib.crc32(record),
        )
        return SegmentRecord(record, done)

    def write(self, prepared: SegmentRecord) -> SegmentDone:
        """Write one segment. Raises OSError where there is no room."""
        place = prepared.done.number * self._layout.record_bytes
        self._write_at(_HEADER_BYTES + place, prepared.record)
        return prepared.done

    def finish(self, index: SoundIndex) -> None:
        """Make the file valid; it is closed."""
        records_bytes = index.segments * self._layout.record_bytes
        self._file.truncate(_HEADER_BYTES + records_bytes)
        tail = _tail_of(index)
        self._write_at(_HEADER_BYTES + records_bytes, tail)
        os.fsync(self._file.fileno())
        self._about |= {
            "segments": index.segments,
            "peak": index.peak,
            "tail_bytes": len(tail),
            "tail_sum": zlib.crc32(tail),
            "complete": True,
        }
        self._write_header()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close and remove the file; what cannot be removed now goes at a later start."""
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _write_header(self) -> None:
        text = _MAGIC + json.dumps(self._about).encode("utf-8")
        self._write_at(0, text.ljust(_HEADER_BYTES))

    def _write_at(self, place_bytes: int, content: bytes) -> None:
        self._file.seek(place_bytes)
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]


class SoundStore:
    """A picture to read from, complete or still being written by another thread.

    A new one knows no segment: its ``index`` is told of them. :meth:`open_complete` knows all.
    """

    def __init__(self, path: Path, plan: SoundPlan, origin_us: int) -> None:
        self.path, self.plan, self.origin_us = path, plan, origin_us
        self.layout = Layout.of(plan)
        self.record_bytes = self.layout.record_bytes
        self.index = SoundIndex(self.layout)
        self.codes = _StoredLevels(self, "codes", self.layout.codes)
        self.reach = _StoredLevels(self, "reach", self.layout.reach)
        self._file = path.open("rb", buffering=0)

    @classmethod
    def open_complete(cls, path: Path) -> SoundStore:
        """Read header and tail of a file. Raises StoreError or OSError."""
        about = _read_about(path)
        try:
            store = cls(path, SoundPlan(**about["plan"]), int(about["origin_us"]))
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"its header cannot be read: {error!r}") from error
        try:
            store._read_tail(about)
        except (KeyError, TypeError, ValueError) as error:
            store.close()
            raise StoreError(f"its tail cannot be read: {error!r}") from error
        except (StoreError, OSError):
            store.close()
            raise
        return store

    def close(self) -> None:
        self._file.close()

    def is_intact(self, cancelled: Callable[[], bool]) -> bool:
        """Whether the records of a complete file are as they were written; reads them all.

        Has a file handle of its own, for use in any thread; true where it was cancelled.
        """
        sums = self.index.checksums[self.index.filled > 0].tolist()
        numbers = np.nonzero(self.index.filled)[0].tolist()
        try:
            with self.path.open("rb", buffering=0) as file:
                for number, expected in zip(numbers, sums, strict=True):
                    if cancelled():
                        return True
                    file.seek(_HEADER_BYTES + number * self.layout.record_bytes)
                    if zlib.crc32(file.read(self.layout.record_bytes)) != expected:
                        return False
        except OSError:
            return False
        return True

    def read_part(self, place_bytes: int, size_bytes: int) -> bytes:
        """Bytes from a place in the records on; fewer where the file cannot be read there."""
        try:
            self._file.seek(_HEADER_BYTES + place_bytes)
            return self._file.read(size_bytes)
        except (OSError, ValueError):
            return b""

    def _read_tail(self, about: dict[str, Any]) -> None:
        segments = int(about["segments"])
        place_bytes = segments * self.layout.record_bytes
        tail = self.read_part(place_bytes, int(about["tail_bytes"]) + 1)
        if len(tail) != about["tail_bytes"] or zlib.crc32(tail) != about["tail_sum"]:
            raise StoreError("its tail is damaged")
        index, begin = self.index, 0
        index.make_room(segments)
        index.peak = int(about["peak"])
        for array in _arrays_of(index):
            part = tail[begin : begin + array.nbytes]
            array[...] = np.frombuffer(part, array.dtype).reshape(array.shape)
            begin += array.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Rows ``first .. end - 1`` of a level, which of them are known, and of how many samples
    that was when they were read.
    """

    level: int
    first: int
    end: int
    samples: int
    rows: Array
    known: Known

    def holds(self, level: int, first: int, end: int) -> bool:
        return self.level == level and self.first <= first and end <= self.end


class _StoredLevels:
    """The rows of one table over all segments; see ``pyramid.Levels``.

    What was read last is held with what lies beside it: while the view zooms in or out, the next
    picture mostly needs the same.
    """

    def __init__(self, store: SoundStore, name: str, table: Table) -> None:
        self._store, self._name, self._table = store, name, table
        self._level_rows = table.level_rows
        self._offsets_bytes = [table.offset_bytes(level) for level in range(self.level_count)]
        self._first_kept = table.first_kept
        self._row_bytes = table.row_bytes
        self._block: _Block | None = None

    @property
    def level_count(self) -> int:
        return len(self._level_rows)

    def read(self, level: int, first: int, end: int) -> tuple[Array, Known]:
        there = self._store.index.segments * self._level_rows[level]
        begin, stop = max(first, 0), min(end, there)
        if (begin, stop) == (first, end) and begin < stop:
            return self._within(level, begin, stop)
        rows = np.full((end - first, self._table.width), self._table.least, self._table.dtype)
        known = np.zeros(end - first, np.bool_)
        if begin < stop:
            inside = slice(begin - first, stop - first)
            rows[inside], known[inside] = self._within(level, begin, stop)
        return rows, known

    def _within(self, level: int, first: int, end: int) -> tuple[Array, Known]:
        """Rows of segments that there is room for."""
        per_segment = self._level_rows[level]
        if level >= self._first_kept:
            kept = self._store.index.kept[self._name][level - self._first_kept]
            return kept[first:end], self._is_known(first, end, per_segment)
        block = self._block
        if (
            block is None
            or not block.holds(level, first, end)
            or block.samples != self._samples(block.first, block.end, per_segment)
        ):
            beside = round(BESIDE_SHARE * (end - first))
            there = self._store.index.segments * per_segment
            block = self._read_block(level, max(first - beside, 0), min(end + beside, there))
            self._block = block
        inside = slice(first - block.first, end - block.first)
        return block.rows[inside], block.known[inside]

    def _samples(self, first: int, end: int, per_segment: int) -> int:
        """How many are known in the segments of these rows."""
        filled = self._store.index.filled
        return int(filled[first // per_segment : (end - 1) // per_segment + 1].sum())

    def _read_block(self, level: int, first: int, end: int) -> _Block:
        per_segment = self._level_rows[level]
        rows = np.full((end - first, self._table.width), self._table.least, self._table.dtype)
        known = self._is_known(first, end, per_segment)
        for segment in range(first // per_segment, (end - 1) // per_segment + 1):
            row = max(segment * per_segment, first)
            count = min((segment + 1) * per_segment, end) - row
            if known[row - first]:
                part = self._stored_rows(level, segment, row - segment * per_segment, count)
                rows[row - first : row - first + len(part)] = part
                known[row - first + len(part) : row - first + count] = False
        samples = self._samples(first, end, per_segment)
        return _Block(level, first, end, samples, rows, known)

    def _is_known(self, first: int, end: int, per_segment: int) -> Known:
        """For rows of segments that there is room for: whether the sound reaches them."""
        segments = slice(first // per_segment, (end - 1) // per_segment + 1)
        filled = self._store.index.filled[segments].astype(np.int64)
        whole = SEGMENT_FRAMES * self._store.plan.hop_samples
        if filled.min() == whole:
            return np.ones(end - first, np.bool_)
        there = -(-filled * per_segment // whole)
        begins = np.arange(segments.start, segments.stop) * per_segment
        places = np.arange(first, end)
        segment = places // per_segment - segments.start
        return places < (begins + there)[segment]

    def _stored_rows(self, level: int, segment: int, first: int, count: int) -> Array:
        """Fewer than ``count`` where the file cannot be read there."""
        row_bytes = self._row_bytes
        place = segment * self._store.record_bytes + self._offsets_bytes[level]
        content = self._store.read_part(place + first * row_bytes, count * row_bytes)
        there = len(content) // row_bytes
        values = np.frombuffer(content[: there * row_bytes], self._table.dtype)
        return values.reshape(there, self._table.width)


def _read_about(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_MAGIC):
        raise StoreError("it is no sound picture")
    try:
        about = json.loads(header[len(_MAGIC) :])
    except ValueError as error:
        raise StoreError("its header is damaged") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise StoreError("it was written by another version")
    if about.get("complete") is not True:
        raise StoreError("it was never finished")
    return about


def _arrays_of(index: SoundIndex) -> list[Array]:
    kept = (*index.kept["codes"], *index.kept["reach"])
    return [index.filled, index.checksums, index.histogram, *kept]


def _tail_of(index: SoundIndex) -> bytes:
    return b"".join(np.ascontiguousarray(array).tobytes() for array in _arrays_of(index))
