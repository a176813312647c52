"""Clocks of 33 bits at 90 kHz, and the moments at which they are set anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TICKS_PER_S = 90_000
_TURN = 2**33
# Streams that are interleaved, and pictures that are reordered, step back by less.
LEAST_BACK = TICKS_PER_S
# Recordings pause, and a camera's clock goes on meanwhile; a longer gap is no pause.
MOST_AHEAD = 600 * TICKS_PER_S
# Shortly before a clock comes by the time at which it began; from then on FFmpeg takes later for
# earlier. After 26 hours and 20 minutes.
LONGEST = _TURN - 600 * TICKS_PER_S
# So near to each other streams of one recording are.
_TOGETHER = 10 * TICKS_PER_S
# So long a new stream must be alone before the ones so far have surely ended.
_ALONE = TICKS_PER_S


class Stamp(NamedTuple):
    """At which byte a stream, by its number, says what time it is."""

    place: int
    stream: int
    tick: int


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Many stamps in the order of their places: int64 (n,) each."""

    places: np.ndarray
    streams: np.ndarray
    ticks: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Stamp]:
        columns = (self.places.tolist(), self.streams.tolist(), self.ticks.tolist())
        return map(Stamp, *columns)

    def firsts(self) -> list[Stamp]:
        """The first stamp of each stream."""
        found: dict[int, Stamp] = {}
        for stamp in self:
            found.setdefault(stamp.stream, stamp)
        return list(found.values())


class Break(NamedTuple):
    """The clock set anew: the last byte of the old time that is known, the first of the new."""

    old: int
    new: int


def ticks_between(earlier: int, later: int) -> int:
    """The signed way from one time to another, across the end of the 33 bits if that is shorter."""
    return (later - earlier + _TURN // 2) % _TURN - _TURN // 2


def goes_on(earlier: int, later: int) -> bool:
    """Whether a clock that runs can show these times one after the other."""
    return -LEAST_BACK < ticks_between(earlier, later) <= MOST_AHEAD


class ClockWatch:
    """Takes the time stamps of a file in their order and finds out where its clocks are set anew.

    One stamp that does not fit is damage; a second one that goes on from it proves the break. So
    do streams that never came before, when those so far come no more. A recording that is longer
    than a clock of 33 bits can tell is broken up before that comes round.
    """

    def __init__(self) -> None:
        self.breaks: list[Break] = []
        self._now: dict[int, int] = {}
        # How far each stream has come since its first stamp.
        self._come: dict[int, int] = {}
        self._place = 0
        # A first stamp that nothing goes on from was damage.
        self._is_proved = False
        # Where streams were whose last step was so wide that it may be damage.
        self._before_leap: dict[int, int] = {}
        self._strange: dict[int, Stamp] = {}
        self._new: dict[int, tuple[Stamp, int]] = {}

    def watch(self, stamps: Stamps) -> None:
        """Take the next stamps."""
        if not self._all_go_on(stamps):
            self._watch_each(stamps)

    def _all_go_on(self, stamps: Stamps) -> bool:
        """Take them all at once if no clock does anything odd; they are many in a long file."""
        if self._strange or self._new or self._before_leap or not len(stamps):
            return False
        now: dict[int, int] = {}
        come: dict[int, int] = {}
        for stream in np.unique(stamps.streams).tolist():
            if stream not in self._now:
                return False
            ticks = stamps.ticks[stamps.streams == stream]
            steps = np.diff(ticks, prepend=self._now[stream])
            steps = (steps + _TURN // 2) % _TURN - _TURN // 2
            come[stream] = self._come.get(stream, 0) + int(steps.sum())
            if (np.abs(steps) >= LEAST_BACK).any() or come[stream] >= LONGEST:
                return False
            now[stream] = int(ticks[-1])
        self._now.update(now)
        self._come.update(come)
        self._place = int(stamps.places[-1])
        return True

    def _watch_each(self, stamps: Stamps) -> None:
        for stamp in stamps:
            now = self._now.get(stamp.stream)
            if now is None and self._now:
                self._take_new(stamp)
            elif now is None or goes_on(now, stamp.tick) or self._comes_back(now, stamp):
                self._accept(stamp)
            else:
                self._take_strange(stamp)

    def _accept(self, stamp: Stamp) -> None:
        now = self._now.get(stamp.stream, stamp.tick)
        self._is_proved = self._is_proved or stamp.stream in self._now
        self._before_leap.pop(stamp.stream, None)
        if ticks_between(now, stamp.tick) >= LEAST_BACK:
            self._before_leap[stamp.stream] = now
        self._come[stamp.stream] = self._come.get(stamp.stream, 0) + ticks_between(now, stamp.tick)
        if self._come[stamp.stream] >= LONGEST:
            self._break_at(stamp.place)
        self._now[stamp.stream] = stamp.tick
        self._place = stamp.place
        self._strange.pop(stamp.stream, None)
        if self._new:
            self._now.update((stream, tick) for stream, (_, tick) in self._new.items())
            self._new.clear()

    def _comes_back(self, now: int, stamp: Stamp) -> bool:
        """Whether a stream is where it was before, or where the others are, after damage or a long
        pause."""
        before = self._before_leap.get(stamp.stream)
        if before is not None and goes_on(before, stamp.tick):
            return True
        near = _TOGETHER if ticks_between(now, stamp.tick) > 0 else LEAST_BACK
        others = (tick for stream, tick in self._now.items() if stream != stamp.stream)
        return any(abs(ticks_between(tick, stamp.tick)) < near for tick in others)

    def _take_strange(self, stamp: Stamp) -> None:
        before = self._strange.get(stamp.stream)
        if before is None or not goes_on(before.tick, stamp.tick):
            self._strange[stamp.stream] = stamp
            return
        self._break_at(before.place)
        self._now[stamp.stream] = stamp.tick
        self._place = stamp.place

    def _take_new(self, stamp: Stamp) -> None:
        first, _ = self._new.get(stamp.stream, (stamp, 0))
        self._new[stamp.stream] = first, stamp.tick
        if ticks_between(first.tick, stamp.tick) >= _ALONE:
            self._break_at(first.place)
            self._place = stamp.place

    def _break_at(self, place: int) -> None:
        """Of all that is not of the old time, the first byte is where the new one begins."""
        begun = [*self._strange.values(), *(first for first, _ in self._new.values())]
        of_new = [stamp for stamp in begun if stamp.place > self._place]
        if self._is_proved:
            self.breaks.append(Break(self._place, min([place, *(each.place for each in of_new)])))
        self._is_proved = True
        self._now = {stamp.stream: stamp.tick for stamp in of_new}
        self._now.update((stream, tick) for stream, (_, tick) in self._new.items())
        self._strange.clear()
        self._before_leap.clear()
        self._new.clear()
        self._come.clear()


def are_suspect(samples: list[list[Stamp]]) -> bool:
    """Whether stamps from some places of a file, in their order, cannot be of one recording, or of
    one that is too long for its clock.

    Each sample is what was found at one place. A file whose samples look well may still be put
    together: short pieces lie between the places.
    """
    now: dict[int, Stamp] = {}
    come: dict[int, int] = {}
    rates: list[tuple[int, int]] = []
    for sample in samples:
        known = [(now[each.stream], each) for each in sample if each.stream in now]
        if now and not known:
            return True
        for before, each in known:
            ticks = ticks_between(before.tick, each.tick)
            come[each.stream] = come.get(each.stream, 0) + ticks
            if ticks <= -LEAST_BACK or come[each.stream] >= LONGEST:
                return True
            rates.append((ticks, each.place - before.place))
        now.update((each.stream, each) for each in sample)
    return _leaps(rates)


def _leaps(rates: list[tuple[int, int]]) -> bool:
    """Whether the time goes ahead somewhere much faster than the bytes do elsewhere."""
    per_byte = sorted(ticks / max(1, count) for ticks, count in rates)
    usual = per_byte[len(per_byte) // 2] if per_byte else 0.0
    return any(ticks > MOST_AHEAD and ticks > 8 * usual * count for ticks, count in rates)
