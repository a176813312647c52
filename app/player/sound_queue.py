"""Sound on its way to the card: filled by the sound thread, emptied by the card's callback."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from app.player.sound_blocks import Block, blended


class Taken(NamedTuple):
    """From sample ``offset`` of the buffer on, the media goes from start to end at ``speed``."""

    offset: int
    start_us: int
    end_us: int
    speed: float
    lap: int


class Cut(NamedTuple):
    """Where the sound that stays ends, and what was dropped of it: float32 (n, 2)."""

    media_us: int
    lap: int
    tail: np.ndarray


class SoundQueue:
    """First in, first out; knows the media time of every sample that passes through.

    ``run`` is the clock's run that the sound moves.
    """

    def __init__(self, run: int, start_us: int, rate_hz: int) -> None:
        self.run = run
        self.rate_hz = rate_hz
        self._lock = threading.Lock()
        self._blocks: deque[Block] = deque()
        self._waiting = 0
        self._end = (start_us, -1)

    @property
    def waiting_s(self) -> float:
        """Seconds of output that lie ready."""
        return self._waiting / self.rate_hz

    def put(self, block: Block) -> None:
        with self._lock:
            self._blocks.append(block)
            self._waiting += len(block.samples)
            self._end = (block.end_us, block.lap)

    def take(self, out: np.ndarray) -> list[Taken]:
        """Fill ``out``, float32 (n, 2), as far as there is sound; the rest gets silence.

        Says which media that is: one entry per lap, in order.
        """
        taken: list[Taken] = []
        filled = 0
        with self._lock:
            while filled < len(out) and self._blocks:
                block = self._take_first(len(out) - filled)
                out[filled : filled + len(block.samples)] = block.samples
                if taken and taken[-1].lap == block.lap:
                    taken[-1] = taken[-1]._replace(end_us=block.end_us)
                else:
                    place = Taken(filled, block.start_us, block.end_us, block.speed, block.lap)
                    taken.append(place)
                filled += len(block.samples)
            self._waiting -= filled
        out[filled:] = 0.0
        return taken

    def cut(self, keep: int) -> Cut:
        """Drop what waits but for its first ``keep`` samples."""
        with self._lock:
            kept: deque[Block] = deque()
            have = 0
            while have < keep and self._blocks:
                kept.append(self._take_first(keep - have))
                have += len(kept[-1].samples)
            dropped = [block.samples for block in self._blocks]
            media_us, lap = self._end
            if self._blocks:
                media_us, lap = self._blocks[0].start_us, self._blocks[0].lap
            self._blocks, self._waiting = kept, have
            self._end = (media_us, lap)
        return Cut(media_us, lap, np.concatenate(dropped or [np.empty((0, 2), np.float32)]))

    def put_instead(self, block: Block) -> None:
        """Let a block take the place of what waits, which is blended out."""
        self.put(replace(block, samples=blended(block.samples, self.cut(0).tail, self.rate_hz)))

    def _take_first(self, most: int) -> Block:
        """The first block or, of a longer one, its first ``most`` samples; under the lock."""
        block = self._blocks.popleft()
        count = len(block.samples)
        if count <= most:
            return block
        middle_us = block.start_us + (block.end_us - block.start_us) * most // count
        rest = Block(block.samples[most:], middle_us, block.end_us, block.speed, block.lap)
        self._blocks.appendleft(rest)
        return Block(block.samples[:most], block.start_us, middle_us, block.speed, block.lap)
