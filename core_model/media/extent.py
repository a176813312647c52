"""Where a stream really ends: read from its last packets, since headers are often wrong."""

from __future__ import annotations

from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import (
    open_media,
    packets,
    read_only,
    seek,
    seeks_exactly,
    time_base_of,
)
from core_model.media.joints.scan import OnRead
from core_model.media.piece import Source
from core_model.timeline import US_PER_S

# How far before the stated end the last packets are looked for, in turn.
_STEPS_BACK_US = tuple(seconds * US_PER_S for seconds in (2, 16, 128, 1024))
_MOST_PACKETS = 500_000
_MOST_BYTES = 512 * 2**20


def end_us_of(
    source: Source, container: InputContainer, stream: Stream, start_us: int, on_read: OnRead
) -> int:
    """End of the last packet's presentation, in microseconds; moves the container's position.

    Reads at most some hundred megabytes: a stream that is longer and cannot be sought in ends
    where its header says. ``on_read`` is called before each packet; what it raises ends the work.
    """
    read_only(container, stream)
    stated_us = _stated_end_us(container, stream)
    found_us = _found_end_us(source, container, stream, start_us, stated_us, on_read)
    if found_us is None:
        found_us = stated_us
    elif stated_us is not None and container.format.name == "ogg":
        # What is stated there has been read from the last page, before which the times of packets
        # are guesses: the last one of a short stream may seem to last for a day.
        found_us = min(found_us, stated_us)
    return start_us if found_us is None else max(start_us, found_us)


def _found_end_us(
    source: Source,
    container: InputContainer,
    stream: Stream,
    start_us: int,
    stated_us: int | None,
    on_read: OnRead,
) -> int | None:
    is_ogg = container.format.name == "ogg"
    if stated_us is not None and seeks_exactly(container):
        for step_us in _STEPS_BACK_US:
            if is_ogg and stated_us - step_us <= start_us:
                break
            if not seek(container, stream, max(start_us, stated_us - step_us)):
                break
            found_us = _end_of_rest(container, stream, on_read)
            if found_us is not None:
                return found_us
            if stated_us - step_us <= start_us:
                break
    with open_media(source) as unread:
        same = unread.streams[stream.index]
        read_only(unread, same)
        return _end_of_rest(unread, same, on_read)


def _stated_end_us(container: InputContainer, stream: Stream) -> int | None:
    if stream.duration is not None and stream.duration > 0:
        return to_us((stream.start_time or 0) + stream.duration, time_base_of(stream))
    if container.duration is not None and container.duration > 0:
        return (container.start_time or 0) + container.duration
    return None


def _end_of_rest(container: InputContainer, stream: Stream, on_read: OnRead) -> int | None:
    """Latest end of a packet from here on; None where there is none, or too many to read."""
    time_base = time_base_of(stream)
    usual_us = _frame_us(stream)
    latest_us: int | None = None
    read_bytes = 0
    for read_packets, packet in enumerate(packets(container, stream)):
        on_read()
        if not packet.size or packet.is_discard:
            continue
        pts = packet.pts if packet.pts is not None else packet.dts
        duration_us = to_us(packet.duration or 0, time_base) or usual_us
        # Without any time stamps (elementary streams) packets just follow each other.
        begin_us = to_us(pts, time_base) if pts is not None else latest_us or 0
        end_us = begin_us + duration_us
        latest_us = end_us if latest_us is None else max(latest_us, end_us)
        read_bytes += packet.size
        if read_packets > _MOST_PACKETS or read_bytes > _MOST_BYTES:
            return None
    return latest_us


def _frame_us(stream: Stream) -> int:
    """How long one packet lasts where it does not say so."""
    if isinstance(stream, VideoStream) and stream.average_rate:
        return round(US_PER_S / stream.average_rate)
    return 0
