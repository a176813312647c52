"""What the writers of all streams hand to the muxer."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple, Protocol, runtime_checkable

from av.packet import Packet

COPIED = "copied"
CODED = "coded anew"


class TimedPacket(NamedTuple):
    """A packet and its place in the clip in seconds; without a packet, only how far things are."""

    time_s: float
    packet: Packet[Any] | None


@runtime_checkable
class Writer(Protocol):
    """Whatever makes the packets of one stream of a clip; ``way`` says how."""

    way: str

    def packets(self) -> Generator[TimedPacket, None, None]:
        """In the order in which they have to be written."""
        ...
