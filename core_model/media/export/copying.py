"""Which packets of a stream make up a range exactly, and how they are carried over."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType

from core_model.media.clock import to_us
from core_model.media.container import (
    codec_name,
    open_media,
    packets,
    read_only,
    seek,
    time_base_of,
)
from core_model.media.decoding import OnPacket
from core_model.media.export.formats import ClipFormat
from core_model.media.export.track import COPIED, TimedPacket
from core_model.media.order import TimedFrame

# Containers whose packets carry whole frames and true time stamps.
_SOURCES = frozenset({"mov", "matroska"})
_FAMILY = {"mp4": "mov", "mov": "mov", "ipod": "mov", "matroska": "matroska", "webm": "matroska"}
# More than frames are ever reordered by.
_LOOK_AHEAD = 64


@dataclass(frozen=True, slots=True)
class Run:
    """Packets of one stream that follow each other in decoding order, from one tick on."""

    first_tick: int
    count: int


def is_copied_whole(out: OutputContainer, kind: ClipFormat, source: Path, index: int) -> bool:
    """Whether a stream keeps its delays and padding when all its packets are copied: only from a
    container to its like."""
    with open_media(source) as container:
        family = _FAMILY.get(kind.container, "")
        return (
            family in container.format.name.split(",")
            and codec_name(container.streams[index]) in out.supported_codecs
        )


def exact_run(
    out: OutputContainer,
    source: Path,
    index: int,
    first: TimedFrame,
    start_us: int,
    end_us: int,
    on_packet: OnPacket | None = None,
) -> Run | None:
    """The packets that decode to exactly the frames shown in ``[start_us, end_us)``, of which
    ``first`` is the first.

    None where there is no such run: the first frame is no key frame or begins before the range, or
    frames refer to others outside of it.
    """
    if not _begins_with_key_frame(first, start_us):
        return None
    with open_media(source) as container:
        stream = container.streams[index]
        if not _SOURCES & set(container.format.name.split(",")):
            return None
        if codec_name(stream) not in out.supported_codecs:
            return None
        read_only(container, stream)
        if not seek(container, stream, start_us):
            return None
        watched = _watched(packets(container, stream), on_packet)
        return _run_of(watched, time_base_of(stream), start_us, end_us)


def _begins_with_key_frame(first: TimedFrame, start_us: int) -> bool:
    """Refreshes without a key picture are marked like one but do not decode to it at once."""
    picture = first.picture
    if first.pts_us != start_us or not picture.key_frame:
        return False
    return picture.pict_type == PictureType.I


def _watched(
    all_packets: Iterator[Packet[Any]], on_packet: OnPacket | None
) -> Iterator[Packet[Any]]:
    for packet in all_packets:
        if on_packet is not None:
            on_packet()
        yield packet


def _run_of(
    all_packets: Iterator[Packet[Any]], time_base: Fraction, start_us: int, end_us: int
) -> Run | None:
    first_tick: int | None = None
    count = after = 0
    for packet in all_packets:
        if not packet.size:
            continue
        if packet.pts is None or packet.is_corrupt:
            return None
        pts_us = to_us(packet.pts, time_base)
        if first_tick is None:
            if pts_us == start_us and packet.is_keyframe:
                first_tick, count = packet.pts, 1
            elif pts_us >= start_us:
                return None
        elif pts_us >= end_us:
            after += 1
            if after > _LOOK_AHEAD:
                break
        elif pts_us < start_us or after or packet.is_discard:
            return None
        else:
            count += 1
    return None if first_tick is None else Run(first_tick, count)


class CopyWriter:
    """Carries packets over as they are; ``run`` None means all of the stream."""

    way = COPIED

    def __init__(
        self, out: OutputContainer, source: Path, index: int, run: Run | None, start_us: int
    ) -> None:
        self._source = source
        self._index = index
        self._run = run
        self._start_us = start_us
        with open_media(source) as container:
            self._stream = out.add_stream_from_template(container.streams[index])

    def packets(self) -> Generator[TimedPacket, None, None]:
        """The packets in decoding order, shifted to the beginning of the clip."""
        with open_media(self._source) as container:
            stream = container.streams[self._index]
            read_only(container, stream)
            time_base = time_base_of(stream)
            shift = round(self._start_us / 1_000_000 / time_base)
            left = -1
            if self._run is not None:
                shift, left = self._run.first_tick, self._run.count
                seek(container, stream, to_us(shift, time_base))
            begun = self._run is None
            latest_s = 0.0
            for packet in packets(container, stream):
                begun = begun or packet.pts == shift
                if not packet.size or not begun:
                    continue
                if left == 0:
                    return
                left -= 1
                _move(packet, self._stream, shift)
                # Decoding order is nearly that of time; the muxer sorts by its own clock.
                stamp = packet.dts if packet.dts is not None else packet.pts or 0
                latest_s = max(latest_s, float(stamp * time_base))
                yield TimedPacket(latest_s, packet)


def _move(packet: Packet[Any], stream: Stream, shift: int) -> None:
    if packet.pts is not None:
        packet.pts -= shift
    if packet.dts is not None:
        packet.dts -= shift
    packet.stream = stream
