"""``main.py convert FILE --to FORMAT --out PATH``: annotations from one format into another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.headless.exchange import AUTO, add_format, add_kind, complain, tell, title
from core_model.timeline import Task
from training.annotations.errors import AnnotationError
from training.annotations.interchange import (
    READABLE,
    WRITABLE,
    Options,
    read,
    write_all,
)
from training.annotations.model import AnnotationSet


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "convert",
        help="write annotations in another format",
        description="Write annotations in another format. What a format cannot keep is said on "
        "stderr; the exit code is 1 when the file cannot be read or written.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="annotations")
    add_format(parser, "--to", WRITABLE, "the format to write")
    add_format(parser, "--from", (AUTO, *READABLE), "the format to read (found by itself)")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PATH",
        help="the file to write, or a folder for one file per video",
    )
    parser.add_argument(
        "--video",
        metavar="VIDEO",
        help="take this video only; the name of the video where the file does not say it",
    )
    add_kind(parser)


def run(arguments: argparse.Namespace) -> int:
    """Convert one file; 1 when that failed, else 0."""
    chosen = getattr(arguments, "from")
    kind = None if arguments.kind is None else Task(arguments.kind)
    try:
        reading = read(
            arguments.file,
            None if chosen == AUTO else chosen,
            Options(kind=kind, video=arguments.video),
        )
        tell(arguments.file, reading.losses)
        written = save(reading.annotations, arguments.to, arguments.out)
    except AnnotationError as error:
        complain(error)
        return 1
    count = len(reading.annotations.segments)
    print(f"{count} events, {title(reading.format)} -> {title(arguments.to)}, {written} files")
    return 0


def save(document: AnnotationSet, format_name: str, out: Path) -> int:
    """Write annotations to a file, or to a folder where the format has one video per file.

    What is not kept is said on stderr. Gives the number of files; raises AnnotationError.
    """
    files = write_all(document, format_name, out)
    for path, losses in files.items():
        tell(path, losses)
    return len(files)
