"""Where the ruler has its lines and what it writes beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the ruler at ``time_us``; ``label`` is empty on the lines between."""

    time_us: int
    label: str


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
    found = ticks(scale.start_us, scale.end_us, scale.us_per_px)
    placed = [(scale.whole_px(tick.time_us), tick.label) for tick in found]
    plain_px = tuple(x_px for x_px, label in placed if not label)
    return TickPlaces(tuple(place for place in placed if place[1]), plain_px)


def ticks(start_us: int, end_us: int, us_per_px: float) -> tuple[Tick, ...]:
    """Every tick in ``[start_us, end_us]``, and the labelled one before, in order of time."""
    labelled_us, plain_us = step_us(us_per_px)
    first_us = start_us // labelled_us * labelled_us
    with_ms = labelled_us < _S
    found: list[Tick] = []
    for time_us in range(first_us, end_us + 1, plain_us):
        is_labelled = time_us % labelled_us == 0
        label = ruler_time(time_us, with_ms=with_ms) if is_labelled else ""
        found.append(Tick(time_us, label))
    return tuple(found)


def ruler_time(time_us: int, *, with_ms: bool) -> str:
    """``hh:mm:ss.mmm``, or ``hh:mm:ss`` where the ruler has whole seconds."""
    text = time_code(time_us)
    return text if with_ms else text.removesuffix(".000")
