"""What a stored sound picture shows between two times.

Column ``i`` of a picture begins ``i * us_per_column`` after ``left_us``; ``first`` is the first one
that is asked for. What a column shows does not depend on those beside it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.timeline.pyramid import Array, Known, Levels, between, largest, neighbours
from app.timeline.sound_axis import MIX_ONE, FrequencyAxis, RowMap, mixed
from app.timeline.sound_features import FULL_SCALE, SEGMENT_FRAMES, level_of
from app.timeline.sound_store import SoundStore


def envelope(
    store: SoundStore, left_us: float, us_per_column: float, columns: int, first: int = 0
) -> npt.NDArray[np.float32]:
    """Smallest and largest sample (columns, 2) in [-1, 1]; NaN where nothing is (yet)."""
    step_us = store.plan.hop_us / store.plan.envelope_steps
    origin, per_column = (left_us - store.origin_us) / step_us, us_per_column / step_us
    reach, known = _columns(store.reach, origin, per_column, columns, first)
    pairs = (reach * np.array([-1 / FULL_SCALE, 1 / FULL_SCALE])).astype(np.float32)
    pairs[~known] = np.nan
    return pairs


def level_rows(
    store: SoundStore,
    axis: FrequencyAxis,
    left_us: float,
    us_per_column: float,
    columns: int,
    rows: int,
    first: int = 0,
) -> tuple[npt.NDArray[np.uint8], Known]:
    """Level codes (rows, columns), high frequencies on top, and which columns are known."""
    row_map = RowMap.of(axis, rows, store.plan.bins, store.plan.bin_hz)
    # A frame stands for half a hop on either side of its centre.
    origin = (left_us - store.origin_us) / store.plan.hop_us + 0.5
    per_column = us_per_column / store.plan.hop_us
    if per_column >= 1:
        codes, known = largest(store.codes, origin, per_column, columns, first)
        return row_map.rows(codes), known
    begin, position = _positions(origin, per_column, columns, first)
    codes, known = store.codes.read(0, begin, begin + int(position[-1]) + 2)
    left, right, share, known = neighbours(known, position)
    frames = row_map.rows(codes)
    shares = np.rint(share * MIX_ONE).astype(np.uint16)
    return mixed(frames.take(left, axis=1), frames.take(right, axis=1), shares), known


def level_db(store: SoundStore, time_us: int, frequency_hz: float) -> float | None:
    """Decibels of a full-scale sine at a point, None where nothing is (yet)."""
    frame = round((time_us - store.origin_us) / store.plan.hop_us)
    codes, known = store.codes.read(0, frame, frame + 1)
    place = min(round(frequency_hz / store.plan.bin_hz), store.plan.bins - 1)
    return level_of(int(codes[0, place])) if known[0] else None


def known_segments(store: SoundStore, start_us: float, end_us: float) -> int:
    """How many segments there are that show between two times."""
    segment_us = SEGMENT_FRAMES * store.plan.hop_us
    # Half a frame of the next segment reaches over.
    first = max(int((start_us - store.origin_us) // segment_us) - 1, 0)
    end = max(int((end_us - store.origin_us) // segment_us) + 2, 0)
    return int(np.count_nonzero(store.index.filled[first:end]))


def missing_us(store: SoundStore, start_us: int, end_us: int) -> tuple[int, int] | None:
    """The first stretch between two times within the sound that is not there."""
    segment_us = SEGMENT_FRAMES * store.plan.hop_us
    first = int((start_us - store.origin_us) // segment_us)
    end = int((end_us - 1 - store.origin_us) // segment_us) + 1
    is_there = np.zeros(end - first, np.bool_)
    known = store.index.filled[first:end] > 0
    is_there[: len(known)] = known
    if is_there.all():
        return None
    begin = int(np.argmin(is_there))
    length = int(np.argmax(is_there[begin:])) or len(is_there) - begin
    from_us = store.origin_us + round((first + begin) * segment_us)
    return max(from_us, start_us), min(from_us + round(length * segment_us), end_us)


def _positions(
    origin: float, per_column: float, count: int, first: int
) -> tuple[int, npt.NDArray[np.floating]]:
    """A row to read from, and where the middles of columns lie from that row's centre on."""
    position = origin + (np.arange(first, first + count) + 0.5) * per_column - 0.5
    begin = int(np.floor(position[0]))
    return begin, position - begin


def _columns(
    source: Levels, origin: float, per_column: float, count: int, first: int
) -> tuple[Array, Known]:
    """The largest of each column, or values between rows where a row is wider than a column."""
    if per_column >= 1:
        return largest(source, origin, per_column, count, first)
    begin, position = _positions(origin, per_column, count, first)
    rows, known = source.read(0, begin, begin + int(position[-1]) + 2)
    return between(rows, known, position)
