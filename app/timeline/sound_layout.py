"""Where the parts of a sound picture lie in its file, and what of it is held in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.timeline.pyramid import GROUP, Array
from app.timeline.sound_features import SEGMENT_FRAMES
from app.timeline.sound_settings import SoundPlan

# Levels of at most this many rows to a segment are kept in memory: enough for a view of hours.
_KEPT_ROWS = 16


@dataclass(frozen=True, slots=True)
class Table:
    """Where one kind of rows lies in a record: ``rows`` to a segment, a power of ``GROUP``."""

    rows: int
    width: int
    dtype: str
    begin_bytes: int

    @property
    def row_bytes(self) -> int:
        return self.width * np.dtype(self.dtype).itemsize

    @property
    def level_rows(self) -> list[int]:
        """Rows to a segment at each level, the last 1."""
        rows = [self.rows]
        while rows[-1] > 1:
            rows.append(rows[-1] // GROUP)
        return rows

    @property
    def size_bytes(self) -> int:
        return sum(self.level_rows) * self.row_bytes

    def offset_bytes(self, level: int) -> int:
        """From the beginning of a record to the first row of a level."""
        return self.begin_bytes + sum(self.level_rows[:level]) * self.row_bytes

    @property
    def first_kept(self) -> int:
        """The finest level that is held in memory."""
        return next(n for n, rows in enumerate(self.level_rows) if rows <= _KEPT_ROWS)

    @property
    def least(self) -> int:
        return int(np.iinfo(self.dtype).min)


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a record."""

    codes: Table
    reach: Table

    @classmethod
    def of(cls, plan: SoundPlan) -> Layout:
        codes = Table(SEGMENT_FRAMES, plan.bins, "u1", 0)
        steps = SEGMENT_FRAMES * plan.envelope_steps
        return cls(codes, Table(steps, 2, "<i2", codes.size_bytes))

    @property
    def record_bytes(self) -> int:
        return self.codes.size_bytes + self.reach.size_bytes


@dataclass(frozen=True, slots=True)
class SegmentDone:
    """What is held in memory of a segment: coarse levels, finest first, and counts.

    ``filled`` are the samples in it, fewer than a segment has where the sound ends.
    """

    number: int
    filled: int
    codes: tuple[Array, ...]
    reach: tuple[Array, ...]
    histogram: npt.NDArray[np.int64]
    peak: int
    checksum: int


class SoundIndex:
    """Which segments are there, and their coarse levels."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.filled = np.zeros(0, np.int32)
        self.checksums = np.zeros(0, np.int64)
        self.histogram = np.zeros(256, np.int64)
        self.peak = 0
        self.kept: dict[str, list[Array]] = {
            name: [
                np.full((0, table.width), table.least, table.dtype)
                for _ in table.level_rows[table.first_kept :]
            ]
            for name, table in (("codes", layout.codes), ("reach", layout.reach))
        }

    @property
    def segments(self) -> int:
        """There is room for so many; unfilled ones count."""
        return len(self.filled)

    @property
    def nbytes(self) -> int:
        return sum(level.nbytes for levels in self.kept.values() for level in levels)

    def make_room(self, segments: int) -> None:
        """Hold at least so many segments."""
        if segments <= self.segments:
            return
        added = segments - self.segments
        self.filled = np.concatenate([self.filled, np.zeros(added, np.int32)])
        self.checksums = np.concatenate([self.checksums, np.zeros(added, np.int64)])
        for name, table in (("codes", self._layout.codes), ("reach", self._layout.reach)):
            for place, rows in enumerate(table.level_rows[table.first_kept :]):
                more = np.full((added * rows, table.width), table.least, table.dtype)
                self.kept[name][place] = np.concatenate([self.kept[name][place], more])

    def add(self, done: SegmentDone) -> None:
        """Take in a segment that was not there."""
        self.make_room(done.number + 1)
        self.filled[done.number] = done.filled
        self.checksums[done.number] = done.checksum
        self.histogram += done.histogram
        self.peak = max(self.peak, done.peak)
        for name, levels in (("codes", done.codes), ("reach", done.reach)):
            for place, rows in enumerate(levels):
                begin = done.number * len(rows)
                self.kept[name][place][begin : begin + len(rows)] = rows
