"""Decoded video frames in presentation order, from any moment on, before any conversion.

A seek is exact: the demuxer is asked for a key frame, and what it lands on is checked against the
time stamps that come out of the decoder, so that no container's index has to be believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import (
    has_time_stamps,
    open_media,
    packets,
    seek,
    seek_byte,
    seeks_exactly,
    time_base_of,
    try_decode,
    video_stream,
)
from core_model.media.damage import BrokenSpans, OnBroken
from core_model.media.joined import joined_frames
from core_model.media.order import (
    OnPassed,
    TimedFrame,
    from_last_before,
    in_order,
    pts_us_of,
    with_next,
)
from core_model.media.parts import Part, parts_with_video
from core_model.media.piece import Source
from core_model.media.positions import positions_of
from core_model.media.priming import prime
from core_model.media.timing import FrameClock, usual_frame_us
from core_model.timeline import US_PER_S

# How far before the wanted moment a key frame is looked for, in turn; then the file's beginning.
_STEPS_BACK_US = tuple(seconds * US_PER_S for seconds in (0, 1, 4, 16, 64))
# Frames that no other frame refers to are not decoded while further than this from the moment.
_HURRY_MARGIN_US = 500_000
# How far behind the byte where it is looked for a key frame may begin.
_MOST_PASSED = 64
OnPacket = Callable[[], None]
"""Called when a file was opened and before a packet is decoded; what it raises ends it."""

Needed = Callable[[int, int], bool]
"""Whether a frame is needed that is shown from one moment to (not at) another, in us."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How to decode: after a seek or from the beginning, and what may be left out.

    Only frames that no other frame refers to are ever left out: those before ``hurry_until_us``,
    and those that are not ``needed``.
    """

    sought: bool = False
    hurry_until_us: int | None = None
    needed: Needed | None = None
    on_broken: OnBroken | None = None
    on_packet: OnPacket | None = None
    on_passed: OnPassed | None = None
    hurry_margin_us: int = _HURRY_MARGIN_US
    first_us: int | None = None
    """When the first key frame is known to be shown."""
    told_later_us: int = 0
    """How far the clock of the recording is set on for those who are asked and told."""

    def may_leave_out(self, pts_us: int, next_us: int | None) -> bool:
        if self.hurry_until_us is not None and pts_us < self.hurry_until_us:
            return True
        if self.needed is None or next_us is None:
            return False
        return not self.needed(pts_us + self.told_later_us, next_us + self.told_later_us)

    def tell_broken(self, start_us: int, end_us: int) -> None:
        """Say that a stretch could not be decoded."""
        if self.on_broken is not None:
            self.on_broken(start_us + self.told_later_us, end_us + self.told_later_us)

    def tell_passed(self, frame: TimedFrame) -> None:
        """Say that a frame is decoded only on the way."""
        if self.on_passed is not None:
            self.on_passed(frame._replace(pts_us=frame.pts_us + self.told_later_us))


def decoded_frames(
    source: Source,
    start_us: int | None = None,
    needed: Needed | None = None,
    on_broken: OnBroken | None = None,
    on_packet: OnPacket | None = None,
    told_later_us: int = 0,
) -> Generator[TimedFrame, None, None]:
    """Frames in presentation order, from the last one at or before ``start_us`` on.

    Time stamps are strictly increasing; broken packets and frames whose time stamps do not fit
    between their neighbours' are left out, and so may be frames that are not ``needed``. Stretches
    that could not be decoded are told to ``on_broken`` as they are passed, in the thread that
    takes the frames. A piece of a file is read by its own clock; ``needed`` and ``on_broken`` are
    told times that are ``told_later_us`` later. The file is closed with the generator. MediaError
    when there is no video.
    """
    reading = _Reading(
        needed=needed, on_broken=on_broken, on_packet=on_packet, told_later_us=told_later_us
    )
    parts = parts_with_video(source)
    if parts is None:
        yield from _decoded(source, start_us, reading)
        return

    def decode(part: Part, from_us: int | None) -> Generator[TimedFrame, None, None]:
        return _decoded(part.piece, from_us, replace(reading, told_later_us=part.offset_us))

    yield from joined_frames(parts, start_us, decode)


def _decoded(
    source: Source, start_us: int | None, reading: _Reading
) -> Generator[TimedFrame, None, None]:
    """:func:`decoded_frames` of one recording."""
    with open_media(source) as container:
        stream = video_stream(source, container)
        if reading.on_packet is not None:
            # Opening a file of large pictures takes as long as decoding one of them.
            reading.on_packet()
        if start_us is None:
            yield from _decode_on(container, stream, reading)
            return
        wanted = _after_seek(source, container, stream, start_us, reading)
        if wanted is not None:
            yield from wanted
            return
    with open_media(source) as container:
        frames = _decode_on(container, video_stream(source, container), reading)
        yield from from_last_before(frames, start_us, reading.tell_passed)


def sought_frames(
    source: Source,
    container: InputContainer,
    stream: VideoStream,
    start_us: int,
    *,
    hurry_margin_us: int = _HURRY_MARGIN_US,
    needed: Needed | None = None,
    on_broken: OnBroken | None = None,
    on_packet: OnPacket | None = None,
    on_passed: OnPassed | None = None,
    told_later_us: int = 0,
) -> Iterator[TimedFrame] | None:
    """Frames of one recording whose container stays open, from the last one at or before a moment
    on; None where seeking cannot tell. ``source`` is what the container was opened for.

    The next call moves the container, so the frames of the last one must not be read on then.
    Frames that no other refers to are left out while more than ``hurry_margin_us`` before
    ``start_us``; a margin that turns out too small costs time, never a wrong frame. All times are
    those of the recording's own clock, but for those that are asked about and told: they are
    ``told_later_us`` later.
    """
    reading = _Reading(
        hurry_margin_us=hurry_margin_us,
        needed=needed,
        on_broken=on_broken,
        on_packet=on_packet,
        on_passed=on_passed,
        told_later_us=told_later_us,
    )
    return _after_seek(source, container, stream, start_us, reading)


def _after_seek(
    source: Source,
    container: InputContainer,
    stream: VideoStream,
    start_us: int,
    reading: _Reading,
) -> Iterator[TimedFrame] | None:
    """Frames from the last one at or before ``start_us`` on; None where seeking cannot tell."""
    prime(container, stream)
    if not seeks_exactly(container):
        return _after_byte(source, container, stream, start_us, reading)
    stream_start_us = to_us(stream.start_time or 0, time_base_of(stream))
    for step_us in _STEPS_BACK_US:
        target_us = start_us - step_us
        if target_us < stream_start_us and step_us:
            return None
        for hurry_until_us in (start_us - reading.hurry_margin_us, None):
            if not seek(container, stream, target_us):
                return None
            sought = replace(reading, sought=True, hurry_until_us=hurry_until_us)
            frames = _decode_on(container, stream, sought)
            first = next(frames, None)
            if first is None or first.pts_us > start_us:
                break
            wanted = from_last_before(
                itertools.chain([first], frames), start_us, sought.tell_passed
            )
            shown = next(wanted)
            if hurry_until_us is None or shown.pts_us >= hurry_until_us:
                return itertools.chain([shown], wanted)
            # A frame that was left out may lie between: again, without hurry.
    return None


def _after_byte(
    source: Source,
    container: InputContainer,
    stream: VideoStream,
    start_us: int,
    reading: _Reading,
) -> Iterator[TimedFrame] | None:
    """The same from the byte at which a key frame is known to begin; None before it is known."""
    positions = positions_of(source)
    key = positions.before(start_us) if positions is not None else None
    if key is None or not seek_byte(container, key[1]):
        return None
    sought = replace(reading, sought=True, first_us=key[0])
    frames = _decode_on(container, stream, sought)
    first = next(frames, None)
    if first is None or first.pts_us != key[0]:
        return None
    return from_last_before(itertools.chain([first], frames), start_us, sought.tell_passed)


def _decode_on(
    container: InputContainer, stream: VideoStream, reading: _Reading
) -> Iterator[TimedFrame]:
    return in_order(_decode_any(container, stream, reading))


def _decode_any(
    container: InputContainer, stream: VideoStream, reading: _Reading
) -> Iterator[TimedFrame]:
    """Frames from the container's present position on; after a seek, from the next key frame on.

    What is shown before that key frame is dropped: it may refer to pictures that were not read.
    """
    if not stream.codec_context.is_open:
        stream.thread_type = "AUTO"
    key_us = reading.first_us
    awaiting_key_frame = key_us is not None
    awaiting_key = reading.sought and key_us is None
    last_us: int | None = None
    clock = FrameClock(stream, reading.first_us)
    may_leave_out = not clock.counts_packets
    broken = BrokenSpans(reading.tell_broken)
    all_packets = _from_key(packets(container, stream), reading)
    unknown_next = ((packet, None) for packet in all_packets)
    for packet, next_us in unknown_next if reading.needed is None else with_next(all_packets):
        pts_us = pts_us_of(packet)
        if awaiting_key and packet.size:
            awaiting_key = False
            key_us = pts_us
        clock.sees(packet)
        leave_out = may_leave_out and pts_us is not None and reading.may_leave_out(pts_us, next_us)
        _leave_out_unreferred(stream, leave_out)
        if packet.size and not leave_out and not (key_us and pts_us and pts_us < key_us):
            broken.sent(pts_us, damaged=packet.is_corrupt)
        pictures, complaint = try_decode(packet)
        if complaint is not None:
            broken.complained()
        if awaiting_key_frame:
            pictures = list(itertools.dropwhile(_is_no_key, pictures))
            awaiting_key_frame = not pictures
        for picture in pictures:
            timed = _timed(picture, stream, clock)
            last_us = timed.pts_us
            if key_us is None or timed.pts_us >= key_us:
                broken.shown(timed.pts_us, is_key=picture.key_frame, damaged=picture.is_corrupt)
                yield timed
    if last_us is not None:
        broken.ended(last_us, usual_frame_us(stream))


def _from_key(
    all_packets: Iterator[Packet[VideoStream]], reading: _Reading
) -> Iterator[Packet[VideoStream]]:
    """Packets from the key frame on at which decoding is to begin."""
    awaiting = reading.sought
    passed = 0
    for packet in all_packets:
        if reading.on_packet is not None:
            reading.on_packet()
        awaiting = awaiting and packet.size > 0 and not _is_sought(packet, reading)
        if not awaiting:
            yield packet
            continue
        passed += 1
        if reading.first_us is not None and passed > _MOST_PASSED:
            return


def _is_sought(packet: Packet[VideoStream], reading: _Reading) -> bool:
    if not packet.is_keyframe:
        return False
    if reading.first_us is None or not has_time_stamps(packet.stream.container):
        return True
    return pts_us_of(packet) == reading.first_us


def _is_no_key(picture: VideoFrame) -> bool:
    return not picture.key_frame


def _leave_out_unreferred(stream: VideoStream, leave_out: bool) -> None:
    wanted = "NONREF" if leave_out else "DEFAULT"
    if stream.codec_context.skip_frame != wanted:
        stream.codec_context.skip_frame = wanted


def _timed(picture: VideoFrame, stream: VideoStream, clock: FrameClock) -> TimedFrame:
    duration_us = to_us(picture.duration or 0, time_base_of(stream))
    return TimedFrame(clock.time_us(picture), duration_us, picture, stream.sample_aspect_ratio)
