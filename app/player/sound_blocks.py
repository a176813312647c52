"""The sound of a file to be read from any place, and what a route makes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.player.route import Leg, Route
from app.player.tempo import Tempo
from core_model.media.audio import samples
from core_model.timeline import US_PER_S

CHANNELS = 2
BLOCK_SAMPLES = 1_024
# What was decoded last is kept: a loop or a change of speed then needs no decoding.
KEPT_S = 20
# As far ahead of what is decoded, decoding on is quicker than opening the file anew.
DECODE_ON_S = 2
MOST_RUNS = 3
# Where one stretch ends and another begins they are blended, or the seam would click.
BLEND_S = 0.002
# Faster than this there is nothing to be understood any more.
FASTEST_HEARD = 4.0
BEEP_HZ, BEEP_S, BEEP_AMPLITUDE = 1_000, 0.08, 0.4


@dataclass(frozen=True, slots=True)
class Block:
    """float32 (n, 2) samples that are heard while the media goes from start to end."""

    samples: np.ndarray
    start_us: int
    end_us: int
    speed: float
    lap: int


def sample_at(time_us: int, rate_hz: int) -> int:
    """The sample at a presentation time: sample ``n`` lies at ``n / rate_hz`` seconds."""
    return round(time_us * rate_hz / US_PER_S)


class MediaSound:
    """Stereo sound of a file at one rate, with silence where the file has none.

    Raises MediaError, at every :meth:`read`, for a file whose sound can't be read. Close it.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self.path = path
        self.rate_hz = rate_hz
        self._runs: list[_Run] = []

    def read(self, first: int, count: int) -> np.ndarray:
        """float32 (count, 2) from sample ``first`` on, which may lie before zero."""
        run = next((run for run in self._runs if run.reaches(first)), None)
        if run is None:
            run = _Run(self.path, first, self.rate_hz)
        else:
            self._runs.remove(run)
        # A run that ends in an error has no more to give: the next read begins anew.
        found = run.read(first, count)
        self._runs.insert(0, run)
        while len(self._runs) > MOST_RUNS:
            self._runs.pop().close()
        return found

    def close(self) -> None:
        """Close the file."""
        while self._runs:
            self._runs.pop().close()


class _Run:
    """Sound decoded from one place on, of which the last ``KEPT_S`` are kept."""

    def __init__(self, path: Path, first: int, rate_hz: int) -> None:
        self._parts: deque[np.ndarray] = deque()
        self._first = self._end = first
        self._most = KEPT_S * rate_hz
        self._ahead = DECODE_ON_S * rate_hz
        self._blocks = _aligned(path, first, rate_hz)

    def reaches(self, first: int) -> bool:
        return self._first <= first <= self._end + self._ahead

    def read(self, first: int, count: int) -> np.ndarray:
        while self._end < first + count:
            self._parts.append(next(self._blocks))
            self._end += len(self._parts[-1])
        while self._end - self._first - len(self._parts[0]) > max(self._most, self._end - first):
            self._first += len(self._parts.popleft())
        out = np.empty((count, CHANNELS), np.float32)
        place = self._first
        for part in self._parts:
            lowest, highest = max(place, first), min(place + len(part), first + count)
            if lowest < highest:
                out[lowest - first : highest - first] = part[lowest - place : highest - place]
            place += len(part)
        return out

    def close(self) -> None:
        self._blocks.close()


def _aligned(path: Path, first: int, rate_hz: int) -> Generator[np.ndarray]:
    """Blocks without end from sample ``first`` on."""
    position = first
    for chunk in samples(path, round(first * US_PER_S / rate_hz), rate_hz=rate_hz, channels=2):
        chunk_first = sample_at(chunk.pts_us, rate_hz)
        while position < chunk_first:
            silence = _silence(min(BLOCK_SAMPLES, chunk_first - position))
            position += len(silence)
            yield silence
        fresh = chunk.samples[max(position - chunk_first, 0) :]
        if len(fresh):
            position += len(fresh)
            yield fresh
    while True:
        yield _silence(BLOCK_SAMPLES)


def blocks_along(
    sound: MediaSound, legs: Iterator[Leg], *, lap: int = 0, tail: np.ndarray | None = None
) -> Generator[Block]:
    """What is heard along the legs, ended by the last of them; the first one is number ``lap``.

    ``tail``, float32 (n, 2), is what would have been heard otherwise: it is blended out.
    """
    more = round(BLEND_S * sound.rate_hz)
    before: Leg | None = None
    for number, leg in enumerate(legs, lap):
        goes_on = before is not None and (before.end_us, before.speed) == (leg.start_us, leg.speed)
        parts = _heard(sound, leg, more)
        yield from _with_places(parts, leg, number, sound.rate_hz, None if goes_on else tail)
        tail = next(parts)
        before = leg


def _heard(sound: MediaSound, leg: Leg, more: int) -> Generator[np.ndarray]:
    """The samples of a leg in blocks, then one block of the ``more`` that would follow."""
    first = sample_at(leg.start_us, sound.rate_hz)
    count = output_samples(leg, sound.rate_hz)
    tempo = Tempo(sound.read, first, leg.speed, sound.rate_hz)
    done = 0
    while done < count:
        size = min(BLOCK_SAMPLES, count - done)
        yield _part(sound, tempo, first, leg.speed, done, size)
        done += size
    yield _part(sound, tempo, first, leg.speed, done, more)


def _part(
    sound: MediaSound, tempo: Tempo, first: int, speed: float, done: int, size: int
) -> np.ndarray:
    if speed > FASTEST_HEARD:
        return _silence(size)
    return sound.read(first + done, size) if speed == 1.0 else tempo.read(size)


def output_samples(leg: Leg, rate_hz: int) -> int:
    """How many samples a leg lasts, at least one."""
    length = sample_at(leg.end_us, rate_hz) - sample_at(leg.start_us, rate_hz)
    return max(round(length / leg.speed), 1)


def _with_places(
    parts: Iterator[np.ndarray], leg: Leg, lap: int, rate_hz: int, tail: np.ndarray | None
) -> Generator[Block]:
    count = output_samples(leg, rate_hz)
    done, start_us = 0, leg.start_us
    while done < count:
        part = next(parts)
        if tail is not None and len(tail):
            part, tail = blended(part, tail, rate_hz), None
        done += len(part)
        # Rounding must not leave the end of the leg unreached.
        end_us = leg.start_us + round(done * leg.speed * US_PER_S / rate_hz)
        end_us = leg.end_us if done == count else min(end_us, leg.end_us)
        yield Block(part, start_us, end_us, leg.speed, lap)
        start_us = end_us


def grain(sound: MediaSound, route: Route) -> Block:
    """All of a short route at once, faded in and out."""
    first = sample_at(route.start_us, sound.rate_hz)
    count = sample_at(route.end_us, sound.rate_hz) - first
    samples = _faded(sound.read(first, count), sound.rate_hz)
    return Block(samples, route.start_us, route.end_us, 1.0, 0)


def beep(rate_hz: int) -> Block:
    """A short tone, faded in and out."""
    phase = 2 * np.pi * BEEP_HZ / rate_hz * np.arange(round(BEEP_S * rate_hz))
    tone = (BEEP_AMPLITUDE * np.sin(phase)).astype(np.float32)
    samples = _faded(np.repeat(tone[:, None], CHANNELS, axis=1), rate_hz)
    return Block(samples, 0, round(BEEP_S * US_PER_S), 1.0, 0)


def _faded(part: np.ndarray, rate_hz: int) -> np.ndarray:
    """float32 (n, 2) that begins and ends in silence."""
    silence = _silence(len(part))
    return blended(blended(part, silence, rate_hz)[::-1], silence, rate_hz)[::-1]


def blended(part: np.ndarray, tail: np.ndarray, rate_hz: int) -> np.ndarray:
    """float32 (n, 2): ``tail`` fades out within BLEND_S while ``part`` fades in."""
    count = min(len(part), len(tail), round(BLEND_S * rate_hz))
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, None]
    out = part.copy()
    out[:count] = part[:count] * ramp + tail[:count] * (1 - ramp)
    return out


def _silence(count: int) -> np.ndarray:
    return np.zeros((count, CHANNELS), dtype=np.float32)
