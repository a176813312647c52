"""``main.py frame VIDEO``: write one frame as a PNG file, exactly as the window shows it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.headless.moments import TIMES_HELP, Moment, moment, refuse_target
from core_model.media.errors import WHOLE_FILE, MediaError, printable
from core_model.media.index import index_frames
from core_model.media.probe import probe
from core_model.media.still import frame_at, write_png
from core_model.timeline import seconds

EXIT_FAILED = 1
EXIT_USAGE = 2


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "frame",
        help="write one frame as a picture",
        description="Write one frame as a PNG file, exactly as the window shows it: at its full "
        "size on square pixels, turned and mirrored as the file asks for, in its right colours. "
        f"{TIMES_HELP} The exit code is 1 when the frame cannot be read or written.",
    )
    parser.add_argument("video", type=Path, metavar="VIDEO")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--index",
        type=_number,
        metavar="N",
        help="the frame's number in presentation order, from 0, as the window shows it",
    )
    which.add_argument("--time", type=moment, metavar="S", help="the frame shown at this time")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument("--force", action="store_true", help="replace FILE.png if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Write the frame and print its time; 1 when that fails, 2 when FILE is no PNG file."""
    video, target = arguments.video, arguments.out
    if target.suffix.lower() != ".png":
        reason = MediaError(target, WHOLE_FILE, "the name of a frame must end in .png")
        print(reason, file=sys.stderr)
        return EXIT_USAGE
    try:
        refuse_target(video, target, force=arguments.force)
        time_us = _time_of(video, arguments.time, arguments.index)
        frame = frame_at(video, time_us)
        write_png(target, frame.image)
    except MediaError as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    height, width = frame.image.shape[:2]
    print(printable(f"{target}  {width} x {height}  at {seconds(frame.pts_us):.6f} s"))
    return 0


def _time_of(video: Path, named: Moment | None, number: int | None) -> int:
    """The moment to decode. Raises MediaError for one outside of the file."""
    if named is None:
        assert number is not None
        index = index_frames(video)
        if number >= len(index):
            there = f"its frames are 0 to {len(index) - 1}"
            raise MediaError(video, "video", f"has no frame {number}; {there}")
        return index.time_us(number)
    info = probe(video)
    if info.video is None:
        raise MediaError(video, "video", "the file has no video stream")
    if named.last_us < info.start_us or named.time_us > info.end_us:
        there = f"the file goes from {seconds(info.start_us):.3f} s to {seconds(info.end_us):.3f} s"
        reason = f"nothing is shown at {seconds(named.time_us):.3f} s; {there}"
        raise MediaError(video, "video", reason)
    return named.last_us


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no frame number: they count from 0")
    return int(text)
