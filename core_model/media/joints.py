"""Files put together from several, which can be told by time stamps that begin again."""

from __future__ import annotations

from av.container import InputContainer
from av.format import Flags
from av.stream import Stream

from core_model.media.clock import to_us
from core_model.media.container import packets, read_only, seek_byte, time_base_of
from core_model.timeline import US_PER_S

BEGINS_AGAIN = (
    "time stamps begin again in the middle, as in several files put into one: only what comes "
    "before plays"
)
_PLACES = 16
_MOST_PACKETS = 64
# Sound and pictures that are interleaved, and pictures that are reordered, jump by less.
_LEAST_JUMP_US = US_PER_S


def begins_again(container: InputContainer, stream: Stream) -> bool:
    """Whether the time stamps of a stream jump back for good somewhere in the file.

    Looks at some places of the file only; moves the container's position. Formats that cannot be
    put together byte by byte are not looked at.
    """
    if not container.format.flags & Flags.ts_discont.value or not container.size:
        return False
    read_only(container, stream)
    times_us = []
    for number in range(_PLACES):
        if not seek_byte(container, container.size * number // _PLACES):
            return False
        time_us = _next_us(container, stream)
        if time_us is not None:
            times_us.append(time_us)
    # Two on each side, since a single one may be damaged.
    return any(
        max(times_us[place : place + 2]) < min(times_us[place - 2 : place]) - _LEAST_JUMP_US
        for place in range(2, len(times_us))
    )


def _next_us(container: InputContainer, stream: Stream) -> int | None:
    for count, packet in enumerate(packets(container, stream)):
        if packet.size and packet.pts is not None:
            return to_us(packet.pts, time_base_of(stream))
        if count > _MOST_PACKETS:
            break
    return None
