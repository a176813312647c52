"""Decoded video frames in presentation order, from any moment on, before any conversion.

A seek is exact: the demuxer is asked for a key frame, and what it lands on is checked against the
time stamps that come out of the decoder, so that no container's index has to be believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import (
    codec_name,
    decode,
    open_media,
    packets,
    seek,
    seeks_exactly,
    time_base_of,
    video_stream,
)
from core_model.timeline import US_PER_S

# How far before the wanted moment a key frame is looked for, in turn; then the file's beginning.
_STEPS_BACK_US = tuple(seconds * US_PER_S for seconds in (0, 1, 4, 16, 64))
# Frames that no other frame needs are not decoded while further than this from the moment.
_HURRY_MARGIN_US = 500_000
_CODECS_TO_HURRY = {"h264", "hevc"}
_RATE_WITHOUT_ANY_HZ = Fraction(25)


class TimedFrame(NamedTuple):
    """A decoded picture, when it is shown, how long the file says it is (0: unsaid), and the
    width of its pixels in heights (None: unsaid)."""

    pts_us: int
    duration_us: int
    picture: VideoFrame
    pixel_aspect: Fraction | None


@dataclass(frozen=True, slots=True)
class _Start:
    """Where decoding begins: at the beginning or after a seek; before ``hurry_until_us`` the
    frames that no other frame refers to are left out."""

    sought: bool
    hurry_until_us: int | None = None


_BEGINNING = _Start(sought=False)


def decoded_frames(path: Path, start_us: int | None = None) -> Generator[TimedFrame, None, None]:
    """All frames in presentation order, from the last one at or before ``start_us`` on.

    Time stamps are strictly increasing; broken packets and frames without a later time stamp than
    the one before are left out. The file is closed with the generator. MediaError when there is
    no video.
    """
    with open_media(path) as container:
        stream = video_stream(path, container)
        if start_us is None:
            yield from _decode_on(container, stream, _BEGINNING)
            return
        wanted = _after_seek(container, stream, start_us)
        if wanted is not None:
            yield from wanted
            return
    with open_media(path) as container:
        frames = _decode_on(container, video_stream(path, container), _BEGINNING)
        yield from _from_last_before(frames, start_us)


def _after_seek(
    container: InputContainer, stream: VideoStream, start_us: int
) -> Iterator[TimedFrame] | None:
    """Frames from the last one at or before ``start_us`` on; None where seeking cannot tell."""
    if not seeks_exactly(container):
        return None
    stream_start_us = to_us(stream.start_time or 0, time_base_of(stream))
    for step_us in _STEPS_BACK_US:
        target_us = start_us - step_us
        if target_us < stream_start_us and step_us:
            return None
        for hurry_until_us in _hurries(stream, start_us):
            if not seek(container, stream, target_us):
                return None
            frames = _decode_on(container, stream, _Start(True, hurry_until_us))
            first = next(frames, None)
            if first is None or first.pts_us > start_us:
                break
            wanted = _from_last_before(itertools.chain([first], frames), start_us)
            shown = next(wanted)
            if hurry_until_us is None or shown.pts_us >= hurry_until_us:
                return itertools.chain([shown], wanted)
            # A frame that was left out may lie between: again, without hurry.
    return None


def _hurries(stream: VideoStream, start_us: int) -> tuple[int | None, ...]:
    if codec_name(stream) in _CODECS_TO_HURRY:
        return (start_us - _HURRY_MARGIN_US, None)
    return (None,)


def _from_last_before(frames: Iterator[TimedFrame], start_us: int) -> Iterator[TimedFrame]:
    """Drop all frames that the one at or before ``start_us`` replaces."""
    shown = None
    for frame in frames:
        if frame.pts_us > start_us:
            if shown is not None:
                yield shown
            yield frame
            yield from frames
            return
        shown = frame
    if shown is not None:
        yield shown


def _decode_on(
    container: InputContainer, stream: VideoStream, start: _Start
) -> Iterator[TimedFrame]:
    """Frames from the container's present position on; after a seek, from the next key frame on.

    What is shown before that key frame is dropped: it may refer to pictures that were not read.
    """
    if not stream.codec_context.is_open:
        stream.thread_type = "AUTO"
    time_base = time_base_of(stream)
    key_pts: int | None = None
    awaiting_key = start.sought
    last_us: int | None = None
    for packet in packets(container, stream):
        if awaiting_key and packet.size:
            if not packet.is_keyframe:
                continue
            awaiting_key = False
            key_pts = packet.pts
        _set_hurry(stream, packet.pts, start.hurry_until_us)
        for picture in decode(packet):
            if key_pts is not None and picture.pts is not None and picture.pts < key_pts:
                continue
            timed = _timed(picture, time_base, stream, last_us)
            if last_us is None or timed.pts_us > last_us:
                last_us = timed.pts_us
                yield timed


def _set_hurry(stream: VideoStream, pts: int | None, hurry_until_us: int | None) -> None:
    hurry = (
        hurry_until_us is not None
        and pts is not None
        and to_us(pts, time_base_of(stream)) < hurry_until_us
    )
    wanted = "NONREF" if hurry else "DEFAULT"
    if stream.codec_context.skip_frame != wanted:
        stream.codec_context.skip_frame = wanted


def _timed(
    picture: VideoFrame, time_base: Fraction, stream: VideoStream, last_us: int | None
) -> TimedFrame:
    duration_us = to_us(picture.duration or 0, time_base)
    aspect = stream.sample_aspect_ratio
    pts = picture.pts if picture.pts is not None else picture.dts
    if pts is not None:
        return TimedFrame(to_us(pts, time_base), duration_us, picture, aspect)
    # Elementary streams have no time stamps at all: only then does the rate make them.
    rate_hz = stream.average_rate or stream.guessed_rate or _RATE_WITHOUT_ANY_HZ
    step_us = round(US_PER_S / rate_hz)
    pts_us = 0 if last_us is None else last_us + step_us
    return TimedFrame(pts_us, step_us, picture, aspect)
