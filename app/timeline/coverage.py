"""How much of each column of the time raster is covered by the spans of rows.

Times become whole parts of columns, counted from the anchor of the raster: sums of them are
exact, so that a column looks the same whichever columns it is worked out with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.timeline.event_rows import TimeRow
from app.timeline.time_scale import TimeScale

_PART_BITS = 20
_PARTS = 1 << _PART_BITS
# A column that a span only touches gets at least this share, so that no event vanishes.
LEAST_SHARE = 0.3
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Where spans (n,) begin and end in parts of columns, cut at both ends of the raster, which
    row each is in, and whether it begins on the raster.
    """

    begin: Whole
    end: Whole
    row: Whole
    begins_here: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, rows: Sequence[TimeRow], cuts: Iterable[slice], scale: TimeScale, count: int
    ) -> _Pieces:
        """Of the spans at ``cuts`` of the rows, for ``count`` columns from the left edge on."""
        pairs = list(zip(rows, cuts, strict=True))
        onset_us = [row.onset_us[cut] for row, cut in pairs]
        number = np.repeat(np.arange(len(pairs)), list(map(len, onset_us)))
        begin = _parts(np.concatenate(onset_us), scale)
        end = _parts(np.concatenate([row.offset_us[cut] for row, cut in pairs]), scale)
        begins_here = (begin >= 0) & (begin < count << _PART_BITS)
        reach = (0, count << _PART_BITS)
        return cls(np.clip(begin, *reach), np.clip(end, *reach), number, begins_here)


def coverage(rows: Sequence[TimeRow], scale: TimeScale, count: int) -> Floats:
    """Share (rows, count) in [0, 1] of the columns from the left edge on that each row covers."""
    width = count + 2
    if not rows:
        return np.zeros((0, count))
    left_us = int(scale.anchor_us + scale.first_column * scale.us_per_column) - 1
    right_us = int(left_us + count * scale.us_per_column) + 3
    cuts = [slice(*row.span(left_us, right_us)) for row in rows]
    pieces = _Pieces.of(rows, cuts, scale, count)
    place = pieces.row * width
    first, last = place + (pieces.begin >> _PART_BITS), place + (pieces.end >> _PART_BITS)
    into_first, into_last = pieces.begin & (_PARTS - 1), pieces.end & (_PARTS - 1)
    # What a column has more than the one before it: a span rises where it begins, within two
    # columns, and falls where it ends.
    steps = np.bincount(
        np.concatenate((first, first + 1, last, last + 1)),
        np.concatenate((_PARTS - into_first, into_first, into_last - _PARTS, -into_last)),
        len(rows) * width,
    )
    # Each row's steps sum up to nothing, so that the next one begins anew.
    covered = np.cumsum(steps).reshape(len(rows), width)[:, :count]
    touched = covered > 0
    here = pieces.begins_here
    touched[pieces.row[here], first[here] - place[here]] = True
    return np.where(touched, np.clip(covered / _PARTS, LEAST_SHARE, 1.0), 0.0)


def most_covered(rows: Sequence[TimeRow], scale: TimeScale) -> Floats:
    """The largest share (columns,) that any of the rows covers of each column of the scale.

    Works span by span instead of row by row: there may be hundreds of rows.
    """
    count = scale.column_count
    if not rows:
        return np.zeros(count)
    pieces = _Pieces.of(rows, [slice(None)] * len(rows), scale, count)
    first, last = pieces.begin >> _PART_BITS, pieces.end >> _PART_BITS
    whole = -(-pieces.begin >> _PART_BITS)
    is_long = last > whole
    steps = np.bincount(whole[is_long], minlength=count + 1)
    steps -= np.bincount(last[is_long], minlength=count + 1)
    is_full = np.cumsum(steps) > 0
    # What is left are the ends, or spans within one column.
    head = np.minimum(pieces.end, (first + 1) << _PART_BITS) - pieces.begin
    has_head = (head > 0) | pieces.begins_here
    has_tail = (last > first) & (pieces.end & (_PARTS - 1) > 0)
    column = np.concatenate((first[has_head], last[has_tail]))
    part = np.concatenate((head[has_head], (pieces.end & (_PARTS - 1))[has_tail]))
    row = np.concatenate((pieces.row[has_head], pieces.row[has_tail]))
    share = np.where(is_full, 1.0, 0.0)[:count]
    is_open = ~is_full[column] & (column < count)
    column, part, row = column[is_open], part[is_open], row[is_open]
    if len(column):
        key = row * count + column
        order = np.argsort(key, kind="stable")
        key = key[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        sums = np.add.reduceat(part[order], begins) / _PARTS
        np.maximum.at(share, key[begins] % count, np.clip(sums, LEAST_SHARE, 1.0))
    return share


def _parts(times_us: Whole, scale: TimeScale) -> Whole:
    """Times in parts of columns, counted from the left edge."""
    parts = np.rint((times_us - scale.anchor_us) * (_PARTS / scale.us_per_column))
    return parts.astype(np.int64) - (scale.first_column << _PART_BITS)
