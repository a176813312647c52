"""The order of showing: frames that go on in time, and which of them a moment needs."""

from __future__ import annotations

import bisect
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from av.audio.frame import AudioFrame
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us

# More than frames are ever reordered by.
_LOOK_AHEAD = 32


class TimedFrame(NamedTuple):
    """A decoded picture, when it is shown, how long the file says it is (0: unsaid), and the
    width of its pixels in heights (None: unsaid)."""

    pts_us: int
    duration_us: int
    picture: VideoFrame
    pixel_aspect: Fraction | None


OnPassed = Callable[[TimedFrame], None]
"""Called with every frame that is decoded only on the way to the one that is wanted."""


def pts_us_of(timed: Packet[VideoStream] | VideoFrame | AudioFrame) -> int | None:
    """The presentation time stamp in microseconds; None where there is none."""
    if timed.pts is None or timed.time_base is None:
        return None
    return to_us(timed.pts, timed.time_base)


def from_last_before(
    frames: Iterator[TimedFrame], start_us: int, on_passed: OnPassed
) -> Iterator[TimedFrame]:
    """Drop all frames that the one at or before ``start_us`` replaces, telling of each."""
    shown = None
    for frame in frames:
        if frame.pts_us > start_us:
            if shown is not None:
                yield shown
            yield frame
            yield from frames
            return
        if shown is not None:
            on_passed(shown)
        shown = frame
    if shown is not None:
        yield shown


def in_order(decoded: Iterator[TimedFrame]) -> Iterator[TimedFrame]:
    """Without frames that would go back in time, and without one that leaps ahead of those that
    follow: a single damaged time stamp must not end the video."""
    last_us: int | None = None
    held: TimedFrame | None = None
    for frame in decoded:
        if held is None or frame.pts_us > held.pts_us:
            if held is not None:
                last_us = held.pts_us
                yield held
            held = frame
        elif last_us is None or frame.pts_us > last_us:
            held = frame
    if held is not None:
        yield held


def with_next(
    all_packets: Iterator[Packet[VideoStream]],
) -> Iterator[tuple[Packet[VideoStream], int | None]]:
    """Packets with the time of the frame after theirs in presentation order, as far as it is
    among the packets that follow soon; a later one is given when it is not."""
    waiting: deque[Packet[VideoStream]] = deque()
    times_us: list[int] = []
    for packet in itertools.chain(all_packets, itertools.repeat(None, _LOOK_AHEAD)):
        if packet is not None:
            waiting.append(packet)
            if (pts_us := pts_us_of(packet)) is not None:
                bisect.insort(times_us, pts_us)
                del times_us[: -4 * _LOOK_AHEAD]
        if waiting and (packet is None or len(waiting) > _LOOK_AHEAD):
            first = waiting.popleft()
            pts_us = pts_us_of(first)
            place = len(times_us) if pts_us is None else bisect.bisect_right(times_us, pts_us)
            yield first, times_us[place] if place < len(times_us) else None
