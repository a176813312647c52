"""Where the ruler has its lines and what it writes beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.player.time_code import time_code
from app.timeline.time_scale import TimeScale

# Room for "hh:mm:ss.mmm" and for "hh:mm:ss", with air around them.
FINE_LABEL_PX = 112
LABEL_PX = 84
_MS = 1_000
_S = 1_000_000
_MIN = 60 * _S
_H = 60 * _MIN
# (labelled step, unlabelled step between) in microseconds, from fine to coarse
_STEPS_US = (
    (1 * _MS, 200),
    (2 * _MS, 500),
    (5 * _MS, 1 * _MS),
    (10 * _MS, 2 * _MS),
    (20 * _MS, 5 * _MS),
    (50 * _MS, 10 * _MS),
    (100 * _MS, 20 * _MS),
    (200 * _MS, 50 * _MS),
    (500 * _MS, 100 * _MS),
    (1 * _S, 200 * _MS),
    (2 * _S, 500 * _MS),
    (5 * _S, 1 * _S),
    (10 * _S, 2 * _S),
    (15 * _S, 5 * _S),
    (30 * _S, 5 * _S),
    (1 * _MIN, 10 * _S),
    (2 * _MIN, 30 * _S),
    (5 * _MIN, 1 * _MIN),
    (10 * _MIN, 2 * _MIN),
    (15 * _MIN, 5 * _MIN),
    (30 * _MIN, 5 * _MIN),
    (1 * _H, 10 * _MIN),
    (2 * _H, 30 * _MIN),
    (5 * _H, 1 * _H),
    (10 * _H, 2 * _H),
    (24 * _H, 4 * _H),
)


def step_us(us_per_px: float) -> tuple[int, int]:
    """Labelled and unlabelled step (us) so that labels have room; the coarsest for all beyond."""
    for labelled_us, plain_us in _STEPS_US:
        room_px = FINE_LABEL_PX if labelled_us < _S else LABEL_PX
        if labelled_us >= us_per_px * room_px:
            return labelled_us, plain_us
    return _STEPS_US[-1]


@dataclass(frozen=True, slots=True)
class TickPlaces:
    """Where the lines are, in whole logical pixels: those with labels, and those between."""

    labelled: tuple[tuple[int, str], ...]
    plain_px: tuple[int, ...]


@lru_cache(maxsize=8)
def tick_places(scale: TimeScale) -> TickPlaces:
    """The ticks of a scale, found once for all panes that share it."""
    times_us = tick_times(scale.start_us, scale.end_us, scale.us_per_px)
    labelled_us, _ = step_us(scale.us_per_px)
    places_px = scale.whole_px_array(times_us).astype(np.int64)
    is_labelled = times_us % labelled_us == 0
    labels = (
        ruler_time(time_us, with_ms=labelled_us < _S) for time_us in times_us[is_labelled].tolist()
    )
    labelled = tuple(zip(places_px[is_labelled].tolist(), labels, strict=True))
    return TickPlaces(labelled, tuple(places_px[~is_labelled].tolist()))


def tick_times(start_us: int, end_us: int, us_per_px: float) -> npt.NDArray[np.int64]:
    """Times (n,) of every tick in ``[start_us, end_us]``, and of the labelled one before."""
    labelled_us, plain_us = step_us(us_per_px)
    return np.arange(start_us // labelled_us * labelled_us, end_us + 1, plain_us, dtype=np.int64)


def ruler_time(time_us: int, *, with_ms: bool) -> str:
    """``hh:mm:ss.mmm``, or ``hh:mm:ss`` where the ruler has whole seconds."""
    text = time_code(time_us)
    return text if with_ms else text.removesuffix(".000")
