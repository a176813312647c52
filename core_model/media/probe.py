"""What is in a file: streams, codecs, sizes and times, from first to last of what it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core_model.media.headers import AudioInfo, MediaInfo, VideoInfo, read_headers
from core_model.media.joints.scan import OnRead
from core_model.media.parts import Parts, parts_of

__all__ = ["AudioInfo", "MediaInfo", "VideoInfo", "probe"]

Info = TypeVar("Info", VideoInfo, AudioInfo)


def probe(path: Path, on_read: OnRead | None = None) -> MediaInfo:
    """Read a file's streams and times; at most some megabytes of it are read and decoded.

    Starts are those of the first decoded frames; ends are read from the last packets, because
    headers are often wrong about them. A file that is put together from several is read through
    once. ``on_read`` is called meanwhile: what it raises ends the reading. Raises MediaError when
    nothing in the file plays.
    """
    parts = parts_of(path, on_read)
    return read_headers(path, on_read) if parts is None else _whole(path, parts)


def _whole(path: Path, parts: Parts) -> MediaInfo:
    """One file on one time line: as its first part is, and as long as all of them."""
    all_parts = parts.all
    videos = [(part.info.video, part.offset_us) for part in all_parts if part.info.video]
    audios = [(part.info.audio, part.offset_us) for part in all_parts if part.info.audio]
    return MediaInfo(
        path,
        all_parts[0].start_us,
        all_parts[-1].end_us,
        _from_first_to_last(videos) if videos else None,
        _from_first_to_last(audios) if audios else None,
        parts.notes,
        parts.joints_us,
    )


def _from_first_to_last(streams: list[tuple[Info, int]]) -> Info:
    """The stream of the first part, from where it begins to where that of the last one ends."""
    (first, first_offset_us), (last, last_offset_us) = streams[0], streams[-1]
    start_us, end_us = first.start_us + first_offset_us, last.end_us + last_offset_us
    return replace(first, start_us=start_us, end_us=end_us)
