"""A part of a file, exact to the frame and to the sample, as a file of its own."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import OutputContainer

from core_model.media.decoding import OnPacket
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.export.formats import ClipFormat, format_of
from core_model.media.export.sound import sound_writer
from core_model.media.export.track import TimedPacket, Writer
from core_model.media.export.video import video_writer
from core_model.media.probe import MediaInfo, probe
from core_model.media.target import place_to_write


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """Which part of which file, and where to. What is seen and heard at ``start_us`` begins the
    clip, what begins at ``end_us`` is not in it. ``overwrite`` allows to replace a file."""

    source: Path
    start_us: int
    end_us: int
    target: Path
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ClipProgress:
    """The part that is done, in [0, 1]; how each stream is made ("copied", "coded anew"), "" for
    one that the clip has not."""

    part_done: float
    video: str = ""
    audio: str = ""


def write_clip(
    request: ClipRequest, on_packet: OnPacket | None = None
) -> Generator[ClipProgress, None, None]:
    """Write a clip, telling how far it is; closing the generator before its end gives up, and so
    does what ``on_packet`` raises, which is called before each packet of the picture is decoded
    and before each picture is coded.

    Streams are copied where that is exact and coded anew where it is not. The clip appears under
    its name only when it is whole; a failure or giving up leaves nothing behind. Raises MediaError
    for a source that cannot be read, a range without content and a target that cannot be written.
    """
    target = request.target
    kind = format_of(target)
    try:
        _refuse_target(request)
    except OSError as error:
        raise _unwritable(target, error) from error
    info = probe(request.source, on_packet)
    request = _within(request, info)
    try:
        # A link leads to the place, and in its folder the last step is a change of name.
        place = place_to_write(target)
        with tempfile.TemporaryDirectory(prefix=".avscope-", dir=place.parent) as folder:
            partial = Path(folder) / f"clip{target.suffix}"
            yield from _write(request, info, kind, partial, on_packet)
            _refuse_target(request)
            partial.replace(place)
    except (OSError, av.error.FFmpegError) as error:
        raise _unwritable(target, error) from error


def _refuse_target(request: ClipRequest) -> None:
    source, target = request.source, request.target
    if target.exists() and source.exists() and target.samefile(source):
        raise MediaError(target, WHOLE_FILE, "is the source itself, which is never overwritten")
    if target.is_dir():
        raise MediaError(target, WHOLE_FILE, "is a folder, not a file")
    place_to_write(target)
    if target.exists() and not request.overwrite:
        raise MediaError(target, WHOLE_FILE, "exists already")
    if not target.parent.is_dir():
        raise MediaError(target, WHOLE_FILE, f"there is no folder {target.parent}")


def _within(request: ClipRequest, info: MediaInfo) -> ClipRequest:
    start_us = max(request.start_us, info.start_us)
    end_us = min(request.end_us, info.end_us)
    if end_us <= start_us:
        there = f"{info.start_us / 1e6:.3f} s to {info.end_us / 1e6:.3f} s"
        asked = f"{request.start_us / 1e6:.3f} s to {request.end_us / 1e6:.3f} s"
        raise MediaError(
            request.source, WHOLE_FILE, f"nothing lies from {asked}; the file goes from {there}"
        )
    return ClipRequest(request.source, start_us, end_us, request.target, request.overwrite)


def _write(
    request: ClipRequest,
    info: MediaInfo,
    kind: ClipFormat,
    partial: Path,
    on_packet: OnPacket | None,
) -> Generator[ClipProgress, None, None]:
    span = (request.start_us, request.end_us)
    video: Writer | None = None
    audio: Writer | None = None
    with ExitStack() as stack:
        out = stack.enter_context(closing(av.open(f"file:{partial}", "w", format=kind.container)))
        if info.video is not None and kind.video:
            video = video_writer(out, kind, request.source, *span, on_packet)
        if info.audio is not None and kind.audio:
            audio = sound_writer(out, kind, request.source, info.audio, *span)
        writers = [writer for writer in (video, audio) if writer is not None]
        if not writers:
            raise _without_content(request, info, kind)
        out.start_encoding()
        ways = (video.way if video else "", audio.way if audio else "")
        yield ClipProgress(0.0, *ways)
        packets = [stack.enter_context(closing(writer.packets())) for writer in writers]
        for done_s in _mux(out, packets):
            part = done_s * 1e6 / (request.end_us - request.start_us)
            yield ClipProgress(min(max(part, 0.0), 1.0), *ways)
    yield ClipProgress(1.0, *ways)


def _mux(out: OutputContainer, tracks: list[Generator[TimedPacket]]) -> Iterator[float]:
    """Write packets in the order of time, so that none has to wait in memory for the others."""
    for timed in heapq.merge(*tracks, key=_time_s):
        if timed.packet is not None:
            out.mux_one(timed.packet)
        yield timed.time_s


def _time_s(timed: TimedPacket) -> float:
    return timed.time_s


def _without_content(request: ClipRequest, info: MediaInfo, kind: ClipFormat) -> MediaError:
    if info.audio is None and not kind.video:
        reason = f"has no sound for a {request.target.suffix} file"
        return MediaError(request.source, "audio", reason)
    span = f"{request.start_us / 1e6:.3f} s to {request.end_us / 1e6:.3f} s"
    return MediaError(request.source, WHOLE_FILE, f"no frame and no sound lies from {span}")


def _unwritable(target: Path, error: Exception) -> MediaError:
    reason = str(getattr(error, "strerror", None) or error).lower()
    return MediaError(target, WHOLE_FILE, f"cannot be written: {reason}")
