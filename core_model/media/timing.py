"""When a decoded picture is shown: its own time stamp, or what stands in for a missing one."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import codec_name, has_time_stamps, time_base_of
from core_model.media.stamps import is_stamped_as_decoded
from core_model.timeline import US_PER_S

_RATE_WITHOUT_ANY_HZ = Fraction(25)
# More than a decoder holds back.
_REMEMBERED_PACKETS = 64
# An AVI counts packets in the order of decoding and has no word for the order of showing. The
# parsers of older codecs work it out, those of these do not.
_REORDERED_IN_AVI = frozenset({"h264", "hevc"})


def usual_frame_us(stream: VideoStream) -> int:
    """How long a picture lasts by the stated rate, or by the most usual one."""
    return round(US_PER_S / (stream.average_rate or stream.guessed_rate or _RATE_WITHOUT_ANY_HZ))


def _counts_packets(stream: VideoStream) -> bool:
    """Whether time stamps of packets only say in which order they are decoded."""
    if stream.container.format.name == "avi":
        return codec_name(stream) in _REORDERED_IN_AVI
    return is_stamped_as_decoded(stream)


class FrameClock:
    """Times of the pictures that one run of the decoder gives, in microseconds.

    ``first_us`` is when the first picture is known to be shown. In files without time stamps,
    where the demuxer makes some up as it reads, all later pictures follow from it.
    ``counts_packets``: time stamps of packets only say in which order they are decoded.
    """

    def __init__(self, stream: VideoStream, first_us: int | None = None) -> None:
        self._time_base = time_base_of(stream)
        self._frame_us = usual_frame_us(stream)
        self.counts_packets = _counts_packets(stream)
        self._next_us = first_us or 0
        self._begin_us = None if has_time_stamps(stream.container) else first_us
        self._shift = 0
        self._packets: deque[int] = deque(maxlen=_REMEMBERED_PACKETS)
        self._first_packet: int | None = None
        self._behind: int | None = None
        self._last: int | None = None

    def sees(self, packet: Packet[Any]) -> None:
        """A packet is about to be decoded."""
        if self._first_packet is None:
            self._first_packet = packet.pts
        if self.counts_packets and packet.size and packet.pts is not None:
            self._packets.append(packet.pts)

    def time_us(self, picture: VideoFrame) -> int:
        """When a picture is shown that comes out now."""
        tick = self._counted(picture) if self.counts_packets else _stamp(picture)
        if tick is None:
            time_us = self._next_us
        else:
            if self._begin_us is not None:
                # In whole ticks, so that all times are rounded as when reading from the start.
                begin = round(Fraction(self._begin_us, US_PER_S) / self._time_base)
                self._shift, self._begin_us = begin - tick, None
            time_us = to_us(tick + self._shift, self._time_base)
        self._next_us = time_us + self._frame_us
        return time_us

    def _counted(self, picture: VideoFrame) -> int | None:
        """Pictures come out in the order of showing, one per packet, some packets late; now and
        then two of them with one packet, and for the last ones there are no more packets."""
        tick = None
        if picture.dts is not None and self._first_packet is not None:
            if self._behind is None:
                self._behind = picture.dts - self._first_packet
            tick = picture.dts - self._behind
        last = self._last
        if last is not None and (tick is None or tick <= last):
            tick = min((each for each in self._packets if each > last), default=tick)
        self._last = tick
        return tick


def _stamp(picture: VideoFrame) -> int | None:
    return picture.pts if picture.pts is not None else picture.dts
