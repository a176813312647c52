"""The sound of a file as an endless row of stereo blocks from an exact moment on."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from app.player.tempo import Tempo
from core_model.media.audio import samples
from core_model.timeline import US_PER_S

CHANNELS = 2
BLOCK_SAMPLES = 1_024


def blocks_from(path: Path, start_us: int, rate_hz: int, speed: float) -> Generator[np.ndarray]:
    """Float32 (n, 2) blocks, the first sample heard at presentation time ``start_us``.

    Output sample ``k`` belongs to ``start_us + k * speed / rate_hz`` seconds. Silence stands
    where the file has no sound, also after its end, so the row never stops. Raises MediaError
    for a file whose sound can't be read.
    """
    aligned = _aligned(path, start_us, rate_hz)
    if speed == 1.0:
        yield from aligned
        return
    tempo = Tempo(speed, rate_hz)
    for block in aligned:
        yield from tempo.put(block)


def _aligned(path: Path, start_us: int, rate_hz: int) -> Generator[np.ndarray]:
    position = 0
    for chunk in samples(path, start_us, rate_hz=rate_hz, channels=CHANNELS):
        first = round((chunk.pts_us - start_us) * rate_hz / US_PER_S)
        while position < first:
            silence = _silence(min(BLOCK_SAMPLES, first - position))
            position += len(silence)
            yield silence
        fresh = chunk.samples[max(position - first, 0) :]
        if len(fresh):
            position += len(fresh)
            yield fresh
    while True:
        yield _silence(BLOCK_SAMPLES)


def _silence(count: int) -> np.ndarray:
    return np.zeros((count, CHANNELS), dtype=np.float32)
