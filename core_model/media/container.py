"""Opening a file, choosing its streams, and reading packets on past damage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import Container, InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from core_model.media.clock import from_us
from core_model.media.diagnosis import (
    decoder_reason,
    explain,
    is_animated_webp,
    refuse_what_cannot_be_media,
)
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.piece import Piece, PieceFile, Source, file_of

# A slow disk may need seconds to wake up; a demuxer that loops must still end.
_TIMEOUT_S = 60.0
# Keeps a colon in the name from being read as another protocol.
PROTOCOL = "file:"
# Of a piece of a file, read through Python.
_BUFFER_BYTES = 128 * 1024
_ERRORS_IN_A_ROW = 64
# Demuxers that draw text as pictures; they match by file name, not by content.
_TEXT_ART = {"tty", "bin", "xbin", "adf", "idf"}
# Demuxers that seek by guessing from the bit rate, or give other time stamps after a seek than
# when read through; besides all those of bare codec streams, which say so themselves.
_INEXACT = {"aac", "ac3", "amr", "dts", "eac3", "mp3", "mpeg"}
# Of "encv" and "enca" single packets may be clear, or all of them; they say so themselves.
_ENCRYPTED_TAGS = {"drmi", "drms"}
_PERHAPS_ENCRYPTED_TAGS = {"encv", "enca"}
ENCRYPTED = "is encrypted"
_PICTURES_BESIDE = Disposition.attached_pic | Disposition.timed_thumbnails


@dataclass(frozen=True, slots=True)
class Chosen:
    """The streams that play (None where the file has none that can) and what was left aside."""

    video: VideoStream | None
    audio: AudioStream | None
    notes: tuple[str, ...]


@contextmanager
def open_media(source: Source) -> Iterator[InputContainer]:
    """Open a file, or a piece of one, for reading and close it in the end. MediaError when it
    cannot be opened.

    The container's streams must not be touched after that: their memory is gone.
    """
    path = file_of(source)
    refuse_what_cannot_be_media(path)
    with ExitStack() as stack:
        read: str | PieceFile = f"{PROTOCOL}{path}"
        if isinstance(source, Piece):
            read = stack.enter_context(closing(PieceFile(source, read)))
        try:
            container = av.open(
                read,
                mode="r",
                metadata_errors="ignore",
                buffer_size=_BUFFER_BYTES,
                timeout=_TIMEOUT_S,
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise explain(path, error) from error
        stack.enter_context(closing(container))
        if container.format.name in _TEXT_ART:
            raise MediaError(path, WHOLE_FILE, "is text, not media")
        yield container


def choose_streams(source: Source, container: InputContainer) -> Chosen:
    """The first video and the first audio stream that can be decoded; default ones come first.

    Cover art is not a video. Raises MediaError when the file has neither.
    """
    notes: list[str] = []
    video = _first_playable(container, "video", notes)
    audio = _first_playable(container, "audio", notes)
    if video is None and audio is None:
        reason = "; ".join(notes) or "holds no video and no audio stream"
        raise MediaError(file_of(source), WHOLE_FILE, reason)
    return Chosen(
        cast("VideoStream | None", video), cast("AudioStream | None", audio), tuple(notes)
    )


def video_stream(source: Source, container: InputContainer) -> VideoStream:
    """The video stream that plays; all others are left out of demuxing. MediaError without one."""
    chosen = choose_streams(source, container)
    if chosen.video is None:
        raise MediaError(file_of(source), "video", _reason_of_absence(chosen, "video"))
    read_only(container, chosen.video)
    return chosen.video


def audio_stream(source: Source, container: InputContainer) -> AudioStream:
    """The audio stream that plays; all others are left out of demuxing. MediaError without one."""
    chosen = choose_streams(source, container)
    if chosen.audio is None:
        raise MediaError(file_of(source), "audio", _reason_of_absence(chosen, "audio"))
    read_only(container, chosen.audio)
    return chosen.audio


def read_only(container: InputContainer, *wanted: Stream) -> None:
    """Tell the demuxer to drop the packets of all other streams (often without reading them)."""
    indices = {stream.index for stream in wanted}
    for stream in container.streams:
        stream.discard = Discard.default if stream.index in indices else Discard.all


def seek(container: InputContainer, stream: Stream, time_us: int) -> bool:
    """Go to the key frame at or before a moment, or to whatever the demuxer takes for it.

    False when it refuses.
    """
    guide = stream
    if "matroska" in container.format.name:
        # Its index usually lists pictures only; by sound it would be read through up to there.
        guide = next((other for other in container.streams if other.type == "video"), stream)
    try:
        container.seek(from_us(time_us, time_base_of(guide)), stream=guide)
    except (av.error.FFmpegError, OverflowError):
        return False
    return True


def seek_byte(container: InputContainer, place: int) -> bool:
    """Go to a byte of the file; False when the demuxer refuses."""
    try:
        container.seek(place, unsupported_byte_offset=True)
    except (av.error.FFmpegError, OverflowError):
        return False
    return True


def seeks_exactly(container: InputContainer) -> bool:
    """Whether time stamps after a seek are those of reading through."""
    layout = container.format
    if layout.name == "wav":
        # Other codecs have blocks, and the demuxer guesses how many samples lie before a byte.
        return all(codec_name(stream).startswith("pcm_") for stream in container.streams.audio)
    return layout.name not in _INEXACT and has_time_stamps(container)


def has_time_stamps(container: Container) -> bool:
    """Whether the format has any; the demuxers of bare streams make some up as they read on."""
    return not container.format.flags & Flags.no_timestamps.value


def path_of(container: Container) -> Path:
    """The file that :func:`open_media` opened, or the one that the piece lies in."""
    return Path(container.name.removeprefix(PROTOCOL))


def time_base_of(stream: Stream) -> Fraction:
    """Seconds per tick; FFmpeg's own unit where a broken file states none."""
    return stream.time_base or Fraction(1, av.time_base)


def codec_name(stream: Stream) -> str:
    """The codec's name whichever decoder reads it: "mp3", not "mp3float"."""
    return stream.codec_context.codec.canonical_name


def may_be_encrypted(stream: Stream) -> bool:
    """Whether the file says that at least parts of a stream are encrypted."""
    return _tag_of(stream) in _PERHAPS_ENCRYPTED_TAGS


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """All packets from the present position on, then one empty one per stream to flush with.

    Damage in the container is stepped over as far as the demuxer finds a way on.
    """
    errors = 0
    may_double = container.format.name == "ogg"
    demuxed = container.demux(streams)
    while True:
        try:
            packet = next(demuxed)
        except (StopIteration, IndexError):
            # PyAV stumbles over streams that turn up late, after it has flushed those it knew.
            return
        except av.error.FFmpegError:
            errors += 1
            if errors > _ERRORS_IN_A_ROW:
                yield from _flushing(streams)
                return
            demuxed = container.demux(streams)
            continue
        errors = 0
        if may_double:
            part_from_next(packet)
        yield packet


def part_from_next(packet: Packet[Any]) -> None:
    """FFmpeg gives the first picture of Theora the time of the second. Theora does not reorder, so
    a picture is shown when it is decoded."""
    if packet.dts is not None and packet.pts is not None and packet.dts < packet.pts:
        context = packet.stream.codec_context
        if context is not None and context.name == "theora":
            packet.pts = packet.dts


def decode(packet: Packet[Any]) -> list[Any]:
    """The frames that a packet completes; none when it is broken."""
    return try_decode(packet)[0]


def try_decode(packet: Packet[Any]) -> tuple[list[Any], str | None]:
    """The frames that a packet completes, and the decoder's complaint if it has one."""
    # Most packets have nothing at their side: to walk along it costs a fifth of asking by name.
    for beside in packet.iter_sidedata():
        if beside.data_type == "encryption_info":
            # Some decoders make noise of it without complaining.
            return [], ENCRYPTED
    try:
        return packet.decode(), None
    except (av.error.FFmpegError, ValueError) as error:
        return [], decoder_reason(error)


def _flushing(streams: tuple[Stream, ...]) -> Iterator[Packet[Any]]:
    for stream in streams:
        packet: Packet[Any] = Packet()
        packet.stream = stream
        yield packet


def _first_playable(container: InputContainer, kind: str, notes: list[str]) -> Stream | None:
    candidates: list[Stream] = []
    for stream in container.streams:
        if stream.type != kind or stream.disposition & _PICTURES_BESIDE:
            continue
        reason = _unplayable(container, stream)
        if reason is None:
            candidates.append(stream)
        else:
            notes.append(f"{kind} stream {stream.index} {reason}")
    default = [stream for stream in candidates if stream.disposition & Disposition.default]
    return next(iter(default or candidates), None)


def _unplayable(container: InputContainer, stream: Stream) -> str | None:
    if stream.codec_context is None:
        return "is in a codec for which there is no decoder"
    if codec_name(stream) == "webp" and is_animated_webp(path_of(container)):
        return "is an animated WebP, for which there is no decoder"
    return ENCRYPTED if _tag_of(stream) in _ENCRYPTED_TAGS else None


def _tag_of(stream: Stream) -> str | None:
    try:
        return stream.codec_context.codec_tag
    except UnicodeDecodeError:
        # A damaged tag: whether the stream plays will show.
        return None


def _reason_of_absence(chosen: Chosen, kind: str) -> str:
    matching = [note for note in chosen.notes if note.startswith(kind)]
    return "; ".join(matching) or f"the file has no {kind} stream"
