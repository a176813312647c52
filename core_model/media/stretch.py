"""Sound of one format without gaps, brought to the form that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av.audio.frame import AudioFrame

from core_model.media.clock import to_us
from core_model.media.errors import MediaError
from core_model.media.mixing import PIECE_SAMPLES, gathered_samples, mixing_graph
from core_model.media.order import pts_us_of
from core_model.media.sample_line import SampleLine
from core_model.timeline import US_PER_S

_LAYOUTS = {1: "mono", 2: "stereo"}
# Time stamps in coarse time bases jitter by less than this; a longer gap is a real one.
_JITTER_US = 20_000
# In a file that does not say how long it is, a longer gap is damage.
_LONGEST_GAP_US = 600 * US_PER_S
# The filter that brings a rate down takes room, and time to make, in proportion: 130 MB for this.
_MOST_TIMES_AS_FAST = 1_024
# So many frames at most wait in a filter graph: their samples are not turned down yet.
_MOST_WAITING_FRAMES = 256


class Stretch:
    """Sound of one format without gaps, and the filter graph that it goes through."""

    def __init__(
        self, path: Path, first: AudioFrame, line: SampleLine, channel: int | None
    ) -> None:
        self.start_us = pts_us_of(first) or 0
        # Asking each frame for its time base takes longer than all that is done with it.
        self._time_base = first.time_base
        self._format = _format_of(first)
        self._count = self._pulled = self._waiting = 0
        self._rate_hz, self._channels = line.rate_hz, line.channels
        self._own_rate_hz = first.sample_rate
        self._next_pts = first.pts
        self._ticks = _ticks_per_sample(self._time_base, self._own_rate_hz)
        self._gathered = gathered_samples(self._own_rate_hz, self._rate_hz)
        self._due = self._next_due()
        if self._own_rate_hz > _MOST_TIMES_AS_FAST * self._rate_hz:
            reason = f"its sample rate of {self._own_rate_hz} Hz cannot be brought to a usual one"
            raise MediaError(path, "audio", reason)
        layout = _LAYOUTS[line.channels]
        try:
            self._graph = mixing_graph(first, line.rate_hz, layout, channel)
        except (av.error.FFmpegError, ValueError) as error:
            reason = f"its {first.layout.nb_channels} channels cannot be mixed to {layout}"
            raise MediaError(path, "audio", reason) from error

    def continues_with(self, frame: AudioFrame, latest_us: int | None) -> bool:
        """Whether a frame has the same format and begins where the sound so far ends."""
        if _format_of(frame) != self._format:
            return False
        pts = frame.pts
        if pts is None or pts == self._next_pts or self._time_base is None:
            return True
        pts_us = to_us(pts, self._time_base)
        expected_us = self.start_us + round(self._count * US_PER_S / self._own_rate_hz)
        if pts_us > latest_us_after(expected_us + _JITTER_US, latest_us):
            return True
        return abs(pts_us - expected_us) <= _JITTER_US

    def push(self, frame: AudioFrame) -> bool:
        """Put a frame into the graph; says whether it is worth while to pull.

        The graph gives large pieces, and being told that none is ready costs as much as a frame.
        """
        count = frame.samples
        self._count += count
        if self._next_pts is not None:
            self._next_pts = self._next_pts + count * self._ticks if self._ticks else None
        self._waiting += 1
        frame.pts = None
        self._graph.push(frame)
        return self._count >= self._due or self._waiting >= _MOST_WAITING_FRAMES

    def finish(self) -> Iterator[np.ndarray]:
        """What is still in the graph."""
        self._graph.push(None)
        return self.pull()

    def pull(self) -> Iterator[np.ndarray]:
        """What is ready in the graph: float32 (n,) or (n, channels) each."""
        self._waiting = 0
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                self._due = max(self._next_due(), self._count + self._gathered)
                return
            piece = frame.to_ndarray()
            self._pulled += piece.size // self._channels
            yield piece[0] if self._channels == 1 else piece.reshape(-1, self._channels)

    def _next_due(self) -> int:
        """So many samples of the file make the next piece, and a little more: filters hold some
        back."""
        needed = (self._pulled + PIECE_SAMPLES) * self._own_rate_hz // self._rate_hz
        return (needed // self._gathered + 1) * self._gathered


def latest_us_after(end_us: int, latest_us: int | None) -> int:
    """Up to when sound may begin that follows sound with this end: what is later is damage.

    ``latest_us`` is when the last sound of the file may begin, None where that is unknown.
    """
    return end_us + _LONGEST_GAP_US if latest_us is None else max(end_us, latest_us)


def _ticks_per_sample(time_base: Fraction | None, rate_hz: int) -> int | None:
    """How far time stamps go on by a sample, where that is a whole number."""
    if time_base is None:
        return None
    ticks, rest = divmod(time_base.denominator, time_base.numerator * rate_hz)
    return ticks if rest == 0 else None


def _format_of(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name
