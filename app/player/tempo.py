"""Faster and slower sound at the same pitch, through FFmpeg's atempo filter."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.error
import numpy as np
from av.filter import Graph

# One atempo filter blends well between half and double speed; beyond that filters are chained.
_SLOWEST_STEP = 0.5
_FASTEST_STEP = 2.0


def tempo_steps(speed: float) -> list[float]:
    """Factors within [0.5, 2] whose product is ``speed`` (> 0, else ValueError)."""
    if speed <= 0:
        raise ValueError(f"speed must be positive: {speed}")
    steps: list[float] = []
    while speed < _SLOWEST_STEP:
        steps.append(_SLOWEST_STEP)
        speed /= _SLOWEST_STEP
    while speed > _FASTEST_STEP:
        steps.append(_FASTEST_STEP)
        speed /= _FASTEST_STEP
    return [*steps, speed]


class Tempo:
    """Stereo float32 blocks in, blocks for the same media span at another speed out.

    The filter holds back some 30 ms until it has enough to compare, so one call may give nothing
    and the next one more than was put in.
    """

    def __init__(self, speed: float, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._position = 0
        graph = Graph()
        last = self._source = graph.add(
            "abuffer",
            f"sample_rate={rate_hz}:sample_fmt=flt:channel_layout=stereo:time_base=1/{rate_hz}",
        )
        for step in tempo_steps(speed):
            following = graph.add("atempo", f"{step:.6f}")
            last.link_to(following)
            last = following
        self._sink = graph.add("abuffersink")
        last.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def put(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Float32 (n, 2) in; yields float32 (m, 2) blocks that became ready."""
        packed = np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="stereo")
        frame.sample_rate = self._rate_hz
        frame.pts = self._position
        self._position += len(samples)
        self._source.push(frame)
        while True:
            try:
                ready = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(ready, av.AudioFrame)
            yield ready.to_ndarray().reshape(-1, 2)
