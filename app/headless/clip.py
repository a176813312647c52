"""``main.py clip VIDEO``: write a part of a file as a file of its own."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from app.headless.moments import TIMES_HELP, edge_us, moment, refuse_target
from app.headless.progress import ProgressLine
from core_model.media.errors import MediaError, printable
from core_model.media.export.clip import ClipProgress, ClipRequest, write_clip
from core_model.media.export.formats import endings, format_of
from core_model.media.probe import probe
from core_model.timeline import seconds

EXIT_FAILED = 1
EXIT_USAGE = 2


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "clip",
        help="write a part of a file",
        description="Write what is seen and heard from one time to another as a file of its own, "
        "exact to the frame and to the sample. The frame shown at the first time begins the clip, "
        "one that begins at the last time is not in it. Streams are copied where that is exact "
        "and coded anew where it is not: pictures hardly to be told from the source, sound "
        "without loss where the container can hold it (mp3, opus and webm cannot). The video and "
        f"the sound that play in the window are written, no other streams. {TIMES_HELP} "
        "The exit code is 1 when the clip cannot be made; nothing is left behind then.",
    )
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--from", type=moment, required=True, metavar="S", dest="start", help="where it begins"
    )
    parser.add_argument(
        "--to", type=moment, required=True, metavar="S", dest="end", help="where it ends"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"its ending says what it becomes: {' '.join(endings(with_picture=False))}",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Write the clip and say how; 1 when that fails, 2 for a range or a name that cannot be."""
    source, target = arguments.video, arguments.out
    try:
        format_of(target)
    except MediaError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    if arguments.end.time_us <= arguments.start.time_us:
        print("--to must be later than --from", file=sys.stderr)
        return EXIT_USAGE
    try:
        refuse_target(source, target, force=arguments.force)
        info = probe(source)
        start_us, end_us = edge_us(info, arguments.start), edge_us(info, arguments.end)
        done = _write(ClipRequest(source, start_us, end_us, target, arguments.force))
    except MediaError as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    span = f"{seconds(start_us):.3f} s to {seconds(end_us):.3f} s"
    ways = [f"{kind} {way}" for kind, way in (("video", done.video), ("sound", done.audio)) if way]
    print(printable(f"{target}  {span}  {', '.join(ways)}"))
    return 0


def _write(request: ClipRequest) -> ClipProgress:
    """Write a clip with a progress line and give the last that was told. Raises MediaError."""
    length_s = seconds(request.end_us - request.start_us)
    begun_s = time.monotonic()
    told = ClipProgress(0.0)
    with (
        closing(write_clip(request)) as progress,
        ProgressLine(printable(request.target.name)) as line,
    ):
        for told in progress:
            spent_s = max(time.monotonic() - begun_s, 1e-6)
            speed = told.part_done * length_s / spent_s
            if speed > 0:
                line.show(told.part_done, speed, (1 - told.part_done) * length_s / speed)
    return told
