"""Decoding ahead of the encoders: blocks of frames and of samples from threads of their own.

A block covers a run of snippets. Neighbouring snippets share most of their second, so every block
begins with the last three quarters of a second of the block before.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core_model.encoders.base import (
    FRAME_RATE_HZ,
    FRAMES_PER_STRIDE,
    FRAMES_PER_WINDOW,
    SAMPLE_RATE_HZ,
    SAMPLES_PER_STRIDE,
    SAMPLES_PER_WINDOW,
)
from core_model.media import audio, video
from core_model.timeline import US_PER_S

# The first blocks are small so that the first events are there at once.
FIRST_BLOCKS = (8, 24, 32)
BLOCK = 64
_BLOCKS_AHEAD = 2
_POLL_S = 0.05


class DetectionCancelledError(Exception):
    """The caller does not want the result any more."""


@dataclass(frozen=True, slots=True)
class Block:
    """``data`` of a run of snippets, and where the stream ended, once it has."""

    data: np.ndarray
    stream_end_us: int | None


def block_sizes(snippet_count: int) -> Iterator[int]:
    """Snippets per block; always the same for the same media, so that results are, too."""
    position = 0
    for index in range(snippet_count):
        size = FIRST_BLOCKS[index] if index < len(FIRST_BLOCKS) else BLOCK
        if position >= snippet_count:
            return
        yield min(size, snippet_count - position)
        position += size


class Feed:
    """Runs an iterator of blocks in a thread, a few blocks ahead of who takes them.

    Use as a context manager: leaving it ends the thread within one decoded frame.
    """

    def __init__(self, name: str, blocks: Callable[[threading.Event], Iterator[Block]]) -> None:
        self._queue: queue.Queue[Block] = queue.Queue(_BLOCKS_AHEAD)
        self._stop = threading.Event()
        self._blocks = blocks
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    def __enter__(self) -> Feed:
        self._ending = self._executor.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._executor.shutdown()

    def take(self, cancelled: Callable[[], bool]) -> Block:
        """The next block. Raises DetectionCancelledError, or what went wrong in the thread."""
        while not cancelled():
            try:
                return self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                if self._ending.done():
                    self._ending.result()
        raise DetectionCancelledError

    def _run(self) -> None:
        for block in self._blocks(self._stop):
            while not self._stop.is_set():
                try:
                    self._queue.put(block, timeout=_POLL_S)
                except queue.Full:
                    continue
                break


def frame_blocks(
    path: Path, origin_us: int, snippet_count: int, size_px: tuple[int, int], stop: threading.Event
) -> Iterator[Block]:
    """uint8 RGB (16 + 4 (n - 1), height, width, 3); the last frame stands on where frames end."""
    width_px, height_px = size_px
    frames = video.frames_at_rate(path, origin_us, float(FRAME_RATE_HZ), size_px)
    shared = np.empty((0, height_px, width_px, 3), np.uint8)
    last = np.zeros((height_px, width_px, 3), np.uint8)
    received, ended = 0, False
    for size in block_sizes(snippet_count):
        data = np.empty(
            (FRAMES_PER_WINDOW + FRAMES_PER_STRIDE * (size - 1), height_px, width_px, 3), np.uint8
        )
        data[: len(shared)] = shared
        for index in range(len(shared), len(data)):
            if stop.is_set():
                return
            frame = None if ended else next(frames, None)
            if frame is None:
                ended = True
            else:
                last = frame
                received += 1
            data[index] = last
        shared = data[FRAMES_PER_STRIDE * size :]
        yield Block(data, _end_us(origin_us, received, FRAME_RATE_HZ) if ended else None)


def sample_blocks(
    path: Path, origin_us: int, snippet_count: int, stop: threading.Event
) -> Iterator[Block]:
    """float32 (16000 + 4000 (n - 1),) in [-1, 1]; silence where the sound ends."""
    chunks = audio.samples_from(path, origin_us, SAMPLE_RATE_HZ, SAMPLES_PER_STRIDE)
    shared = np.empty(0, np.float32)
    received, ended = 0, False
    for size in block_sizes(snippet_count):
        data = np.zeros(SAMPLES_PER_WINDOW + SAMPLES_PER_STRIDE * (size - 1), np.float32)
        data[: len(shared)] = shared
        for start in range(len(shared), len(data), SAMPLES_PER_STRIDE):
            if stop.is_set():
                return
            chunk = None if ended else next(chunks, None)
            if chunk is None:
                ended = True
            else:
                data[start : start + len(chunk)] = chunk
                received += len(chunk)
        shared = data[SAMPLES_PER_STRIDE * size :]
        yield Block(data, _end_us(origin_us, received, SAMPLE_RATE_HZ) if ended else None)


def _end_us(origin_us: int, count: int, rate_hz: int) -> int:
    return origin_us + round(count * US_PER_S / rate_hz)
