"""What a stored sound picture shows between two times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.timeline.pyramid import Array, Known, Levels, between, largest
from app.timeline.sound_axis import FrequencyAxis, RowMap
from app.timeline.sound_features import FULL_SCALE, SEGMENT_FRAMES, level_of
from app.timeline.sound_store import SoundStore


def envelope(
    store: SoundStore, left_us: float, us_per_column: float, columns: int
) -> npt.NDArray[np.float32]:
    """Smallest and largest sample (columns, 2) in [-1, 1]; NaN where nothing is (yet)."""
    step_us = store.plan.hop_us / store.plan.envelope_steps
    first, per_column = (left_us - store.origin_us) / step_us, us_per_column / step_us
    reach, known = _columns(store.reach, first, per_column, columns)
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
) -> tuple[npt.NDArray[np.uint8], Known]:
    """Level codes (rows, columns), high frequencies on top, and which columns are known."""
    row_map = RowMap.of(axis, rows, store.plan.bins, store.plan.bin_hz)
    # A frame stands for half a hop on either side of its centre.
    first = (left_us - store.origin_us) / store.plan.hop_us + 0.5
    per_column = us_per_column / store.plan.hop_us
    if per_column >= 1:
        codes, known = largest(store.codes, first, per_column, columns)
        return row_map.rows(codes), known
    begin, position = _positions(first, per_column, columns)
    codes, known = store.codes.read(0, begin, begin + int(position[-1]) + 2)
    mixed, known = between(row_map.rows(codes).T, known, position)
    return (mixed.T + np.float32(0.5)).astype(np.uint8), known


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


def _positions(first: float, per_column: float, count: int) -> tuple[int, npt.NDArray[np.floating]]:
    """A row to read from, and where the middles of columns lie from that row's centre on."""
    position = first + (np.arange(count) + 0.5) * per_column - 0.5
    begin = int(np.floor(position[0]))
    return begin, position - begin


def _columns(source: Levels, first: float, per_column: float, count: int) -> tuple[Array, Known]:
    """The largest of each column, or values between rows where a row is wider than a column."""
    if per_column >= 1:
        return largest(source, first, per_column, count)
    begin, position = _positions(first, per_column, count)
    rows, known = source.read(0, begin, begin + int(position[-1]) + 2)
    return between(rows, known, position)
