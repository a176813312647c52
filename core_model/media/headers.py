"""What is in a file: streams, codecs, sizes and times, from headers and a few packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core_model.media.clock import to_us
from core_model.media.container import (
    ENCRYPTED,
    choose_streams,
    codec_name,
    may_be_encrypted,
    open_media,
    packets,
    read_only,
    time_base_of,
    try_decode,
)
from core_model.media.errors import MediaError
from core_model.media.extent import end_us_of
from core_model.media.joints.scan import OnRead
from core_model.media.orientation import UPRIGHT, displayed_size_px, orientation_of
from core_model.media.piece import Source, file_of
from core_model.timeline import US_PER_S

# A stream whose first frame has not come by then starts late; it is believed to be decodable.
_PACKETS_TO_FIRST_FRAME = 2000
_BYTES_TO_FIRST_FRAME = 64 * 2**20
# More than the longest usual distance between key frames.
_PACKETS_WITHOUT_FRAME = 600
# So many packets in a row that decode well are not encrypted, whatever the file says.
_CLEAR_PACKETS = 8
# Formats whose header says how long each stream is, so that a missing rest can be told: by more
# than headers are usually wrong.
_STATING_FORMATS = frozenset({"mov", "matroska"})
_MISSED_US = 1_000_000
_MISSED_PART = 0.05


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The video stream that plays. ``width`` and ``height`` are those of the displayed picture,
    on square pixels, after the clockwise rotation (0, 90, 180 or 270)."""

    codec: str
    width: int
    height: int
    rotation_deg: int
    average_rate_hz: float
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The audio stream that plays."""

    codec: str
    sample_rate_hz: int
    channels: int
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file that plays: from ``start_us`` to ``end_us`` at least one stream has something.

    ``notes`` say in plain words what does not play and why; ``joints_us`` where recordings meet
    that were put together into this file.
    """

    path: Path
    start_us: int
    end_us: int
    video: VideoInfo | None
    audio: AudioInfo | None
    notes: tuple[str, ...] = ()
    joints_us: tuple[int, ...] = ()

    @property
    def duration_us(self) -> int:
        return self.end_us - self.start_us


def read_headers(source: Source, on_read: OnRead | None = None) -> MediaInfo:
    """What one recording holds, by its own clock: a file, or a piece of one that is put together.

    ``on_read`` is called before each packet that is decoded or looked at: what it raises ends the
    reading. Raises MediaError when nothing in it plays.
    """
    path = file_of(source)
    on_read = on_read or _go_on
    with open_media(source) as container:
        chosen = choose_streams(source, container)
        streams = [stream for stream in (chosen.video, chosen.audio) if stream is not None]
        firsts = _first_frames(container, streams, on_read)
        notes = list(chosen.notes)
        video = audio = None
        for stream, first in zip(streams, firsts, strict=True):
            if first.complaint is not None:
                notes.append(f"{stream.type} stream {stream.index} {first.complaint}")
            elif isinstance(stream, VideoStream):
                video = _video_info(source, container, stream, first, on_read)
            elif isinstance(stream, AudioStream):
                audio = _audio_info(source, container, stream, first, on_read)
        kinds = [stream.type for stream in streams]
        stated_us = max(
            _stated_us(container, stream) if first.complaint is None else 0
            for stream, first in zip(streams, firsts, strict=True)
        )
    playing = [info for info in (video, audio) if info is not None]
    if not playing:
        raise MediaError(path, " and ".join(kinds), "; ".join(notes))
    start_us = min(info.start_us for info in playing)
    end_us = max(info.end_us for info in playing)
    if stated_us - (end_us - start_us) > max(_MISSED_US, _MISSED_PART * stated_us):
        there_s, stated_s = (end_us - start_us) / US_PER_S, stated_us / US_PER_S
        notes.append(f"is cut short: {there_s:.1f} s of the stated {stated_s:.1f} s can be read")
    return MediaInfo(path, start_us, end_us, video, audio, tuple(notes))


def _stated_us(container: InputContainer, stream: Stream) -> int:
    """How long a stream is by the file's header; 0 where the format has no such statement."""
    if not _STATING_FORMATS & set(container.format.name.split(",")):
        return 0
    if stream.duration is not None:
        return to_us(stream.duration, time_base_of(stream))
    return container.duration or 0


@dataclass(slots=True)
class _First:
    """The first decoded frame of a stream (None: it comes late), or why there is none."""

    suspect: bool = False
    """The file says that it is encrypted, at least in parts."""
    frame: VideoFrame | AudioFrame | None = None
    complaint: str | None = None
    packets: int = 0

    @property
    def settled(self) -> bool:
        if self.complaint == ENCRYPTED:
            return True
        return self.frame is not None and (not self.suspect or self.packets >= _CLEAR_PACKETS)

    def look_at(self, packet: Packet[Any]) -> None:
        """Decode one more packet, until it is known whether the stream plays."""
        if self.settled:
            return
        self.packets += 1
        decoded, complaint = try_decode(packet)
        if self.suspect and (complaint or any(frame.is_corrupt for frame in decoded)):
            complaint = ENCRYPTED
        if complaint == ENCRYPTED:
            self.frame, self.complaint = None, ENCRYPTED
        elif decoded:
            self.frame, self.complaint = self.frame or decoded[0], None
        else:
            self.complaint = complaint or self.complaint


def _go_on() -> None:
    """For those who let it go on in any case."""


def _first_frames(
    container: InputContainer, streams: Sequence[Stream], on_read: OnRead
) -> list[_First]:
    read_only(container, *streams)
    firsts = {stream.index: _First(may_be_encrypted(stream)) for stream in streams}
    read_bytes = 0
    at_end = True
    for read_packets, packet in enumerate(packets(container, *streams), 1):
        on_read()
        firsts[packet.stream.index].look_at(packet)
        read_bytes += packet.size
        if all(first.settled for first in firsts.values()):
            break
        if read_packets > _PACKETS_TO_FIRST_FRAME or read_bytes > _BYTES_TO_FIRST_FRAME:
            at_end = False
            break
    for first in firsts.values():
        if first.frame is None and (at_end or first.packets > _PACKETS_WITHOUT_FRAME):
            first.complaint = first.complaint or "holds nothing that can be decoded"
    return list(firsts.values())


def _start_us(stream: Stream, first: _First) -> int:
    time_base = time_base_of(stream)
    if first.frame is not None and first.frame.pts is not None:
        return to_us(first.frame.pts, time_base)
    if stream.start_time is not None:
        return to_us(stream.start_time, time_base)
    return 0


def _video_info(
    source: Source,
    container: InputContainer,
    stream: VideoStream,
    first: _First,
    on_read: OnRead,
) -> VideoInfo:
    start_us = _start_us(stream, first)
    rate_hz = stream.average_rate or stream.guessed_rate or 0
    frame = first.frame
    width, height, orientation = stream.width, stream.height, UPRIGHT
    if isinstance(frame, VideoFrame):
        width, height, orientation = frame.width, frame.height, orientation_of(frame)
    width, height = displayed_size_px(width, height, stream.sample_aspect_ratio, orientation)
    return VideoInfo(
        codec=codec_name(stream),
        width=width,
        height=height,
        rotation_deg=orientation.rotation_deg,
        average_rate_hz=float(rate_hz),
        start_us=start_us,
        end_us=end_us_of(source, container, stream, start_us, on_read),
    )


def _audio_info(
    source: Source,
    container: InputContainer,
    stream: AudioStream,
    first: _First,
    on_read: OnRead,
) -> AudioInfo:
    start_us = _start_us(stream, first)
    frame = first.frame
    rate_hz, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if isinstance(frame, AudioFrame):
        rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
    return AudioInfo(
        codec=codec_name(stream),
        sample_rate_hz=rate_hz,
        channels=channels,
        start_us=start_us,
        end_us=end_us_of(source, container, stream, start_us, on_read),
    )
