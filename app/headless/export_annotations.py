"""``main.py export --project PROJECT --format NAME --out PATH``: a project for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath
from typing import Any

from app.headless.convert import save
from app.headless.exchange import add_format, complain, title
from app.headless.import_annotations import add_project
from app.project.errors import EditError, ProjectError
from app.project.lock import user_name
from app.project.places import stored_path
from app.project.project import Project
from training.annotations.errors import AnnotationError
from training.annotations.interchange import WRITABLE
from training.annotations.model import AnnotationSet


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "export",
        help="write the annotations of a project in another format",
        description="Write the annotations of a project. Rejected events are left out where the "
        "format cannot say that they were rejected. What a format cannot keep is said on stderr.",
    )
    add_project(parser)
    add_format(parser, "--format", WRITABLE, "the format to write")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PATH",
        help="the file to write, or a folder for one file per video",
    )
    parser.add_argument("--video", type=Path, metavar="VIDEO", help="write this video only")


def run(arguments: argparse.Namespace) -> int:
    """Export; 1 when that failed, else 0."""
    try:
        document = annotations_of(arguments.project, arguments.video)
        written = save(document, arguments.format, arguments.out)
    except (ProjectError, EditError, AnnotationError) as error:
        complain(error)
        return 1
    print(f"{len(document.segments)} events, {title(arguments.format)}, {written} files")
    return 0


def annotations_of(path: Path, video: Path | None = None) -> AnnotationSet:
    """What a project holds, of one video or of all. Raises ProjectError and EditError."""
    project = Project.open(path, user_name(), read_only=True)
    try:
        document = project.annotations()
    finally:
        project.close()
    if video is None:
        return document
    wanted = stored_path(video, path.absolute().parent)
    names = [each.name for each in document.videos]
    found = [name for name in names if name == wanted]
    found = found or [name for name in names if PurePosixPath(name).name == video.name]
    found = found or [name for name in names if PurePosixPath(name).stem == video.name]
    if not found:
        raise EditError(f"{path.name}: holds no video {video.name}")
    return document.of_video(found[0])
