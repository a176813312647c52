"""``main.py info VIDEO...``: print what streams files have."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core_model.media.audio import decoded_span_us
from core_model.media.errors import MediaError, printable
from core_model.media.index import index_frames
from core_model.media.probe import AudioInfo, VideoInfo, probe
from core_model.timeline import seconds

_HEADERS = ("file", "length", "video", "picture", "frames", "shown", "audio", "sound", "heard")
_NOTHING = "-"
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class VideoReport:
    """Width and height as displayed, after the clockwise rotation; times of the first and the
    last frame."""

    codec: str
    width: int
    height: int
    rotation_deg: int
    frames: int
    variable_rate: bool
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class AudioReport:
    """When the sound begins and how long it is, counted from decoded samples."""

    codec: str
    sample_rate_hz: int
    channels: int
    first_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file that could be read; all times are presentation times in seconds."""

    path: str
    duration_s: float
    video: VideoReport | None
    audio: AudioReport | None


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "info",
        help="print the streams of files",
        description="Print the streams of files. Frames and sound are counted, not believed from "
        "a stated rate. Messages go to stderr; the exit code is 1 when a file cannot be read.",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--format",
        choices=("table", "json"),
        default="table",
        help="table (default) or one JSON object per file and line",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a report per file that can be read; 1 when there was one that cannot, else 0."""
    failed = False
    reports: list[FileReport] = []
    for path in arguments.videos:
        try:
            report = file_report(path)
        except MediaError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        if arguments.format == "json":
            print(json.dumps(asdict(report)), flush=True)
        reports.append(report)
    if arguments.format == "table" and reports:
        print(table(_HEADERS, [_row(report) for report in reports]))
    return 1 if failed else 0


def file_report(path: Path) -> FileReport:
    """Probe a file and count its frames and samples. MediaError when nothing in it plays.

    What of it does not play is said on stderr.
    """
    info = probe(path)
    for note in info.notes:
        print(printable(f"{path.name}: {note}"), file=sys.stderr)
    return FileReport(
        path=str(path),
        duration_s=_s(info.duration_us),
        video=_video_report(path, info.video) if info.video is not None else None,
        audio=_audio_report(path, info.audio) if info.audio is not None else None,
    )


def _video_report(path: Path, video: VideoInfo) -> VideoReport:
    index = index_frames(path)
    return VideoReport(
        codec=video.codec,
        width=video.width,
        height=video.height,
        rotation_deg=video.rotation_deg,
        frames=len(index),
        variable_rate=index.variable_rate,
        first_s=_s(index.time_us(0)),
        last_s=_s(index.time_us(len(index) - 1)),
    )


def _audio_report(path: Path, audio: AudioInfo) -> AudioReport:
    first_us, end_us = decoded_span_us(path)
    return AudioReport(
        codec=audio.codec,
        sample_rate_hz=audio.sample_rate_hz,
        channels=audio.channels,
        first_s=_s(first_us),
        duration_s=_s(end_us - first_us),
    )


def _s(time_us: int) -> float:
    return round(seconds(time_us), _DECIMALS)


def _row(report: FileReport) -> list[str]:
    video, audio = report.video, report.audio
    row = [printable(report.path), _clock(report.duration_s)]
    if video is None:
        row += [_NOTHING] * 4
    else:
        turned = f", turned {video.rotation_deg}°" if video.rotation_deg else ""
        rate = "variable rate" if video.variable_rate else "constant rate"
        row += [
            video.codec,
            f"{video.width} x {video.height}{turned}",
            f"{video.frames}, {rate}",
            f"{video.first_s:.3f} to {video.last_s:.3f} s",
        ]
    if audio is None:
        row += [_NOTHING] * 3
    else:
        row += [
            audio.codec,
            f"{audio.sample_rate_hz} Hz, {_channels(audio.channels)}",
            f"{audio.first_s:.3f} to {audio.first_s + audio.duration_s:.3f} s",
        ]
    return row


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _clock(duration_s: float) -> str:
    """Hours, minutes and seconds to the millisecond, without leading zero units."""
    milliseconds = round(duration_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces between them, a rule under the headers."""
    lines = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
