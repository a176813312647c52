"""``main.py import FILE... --project PROJECT``: annotations of other programs into a project."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from app.headless.exchange import AUTO, add_format, add_kind, complain, tell, title
from app.project.edits.imports import ImportAnnotations
from app.project.errors import EditError, ProjectError
from app.project.lock import user_name
from app.project.places import stored_path
from app.project.project import Project
from core_model.media.errors import printable
from core_model.timeline import Task
from training.annotations.errors import AnnotationError
from training.annotations.interchange import READABLE, Options, Reading, read
from training.annotations.model import AnnotationSet


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "import",
        help="take annotations into a project",
        description="Take annotations into a project, which is made where there is none. Each "
        "file is one step that can be undone. A video that is not there is listed as missing. "
        "What could not be taken over is said on stderr; the exit code is 1 when a file failed.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="annotations")
    add_project(parser)
    add_format(parser, "--format", (AUTO, *READABLE), "the format (found by itself)")
    add_kind(parser)
    parser.add_argument(
        "--video",
        type=Path,
        metavar="VIDEO",
        help="take this video only; the video where the file does not say it",
    )


def add_project(parser: argparse.ArgumentParser) -> None:
    """The option that names the project."""
    parser.add_argument(
        "--project", type=Path, required=True, metavar="PROJECT", help="the project's file"
    )


def run(arguments: argparse.Namespace) -> int:
    """Import each file that can be read; 1 when there was one that cannot, else 0."""
    folder = arguments.project.absolute().parent
    kind = None if arguments.kind is None else Task(arguments.kind)
    format_name = None if arguments.format == AUTO else arguments.format
    readings: list[tuple[Path, Reading]] = []
    try:
        video = None if arguments.video is None else stored_path(arguments.video, folder)
        for path in arguments.files:
            try:
                readings.append((path, read(path, format_name, Options(kind, video))))
            except AnnotationError as error:
                complain(error)
        if readings:
            _into_project(arguments.project, arguments.video, readings)
    except (ProjectError, EditError) as error:
        complain(error)
        return 1
    return 1 if len(readings) < len(arguments.files) else 0


def _into_project(path: Path, video: Path | None, readings: list[tuple[Path, Reading]]) -> None:
    """Every file as one step of undo. Raises ProjectError and EditError."""
    author = user_name()
    project = Project.open(path, author) if path.exists() else Project.create(path, author)
    try:
        if video is not None and video.is_file():
            project.add_video(video)
        for file, reading in readings:
            known = [each.path for each in project.document.videos.values()]
            annotations = with_names_of(reading.annotations, known)
            project.perform(ImportAnnotations(annotations, file.name))
            tell(file, reading.losses)
            counted = f"{len(annotations.segments)} events on {len(annotations.videos)} videos"
            print(printable(f"{file.name}: {counted}, {title(reading.format)}"))
    finally:
        project.close()


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def with_names_of(document: AnnotationSet, known: Iterable[str]) -> AnnotationSet:
    """The annotations with videos called as the project calls them.

    A video is the same as one of the project when the path is, or else when the name of the file
    is, with or without its ending, and only one video of the project has it. Letters count as the
    same whether or not their accents stand alone, as they do in names of some systems.
    """
    paths = [(PurePosixPath(_composed(name)), name) for name in known]
    every = {name for _path, name in paths}
    renamed: dict[str, str] = {}
    for video in document.videos:
        if video.name in every:
            continue
        own = PurePosixPath(_composed(video.name))
        same = [name for path, name in paths if path == own]
        same = same or [name for path, name in paths if path.name == own.name]
        same = same or [name for path, name in paths if own.name in (path.stem, path.name)]
        same = same or [name for path, name in paths if path.stem == own.stem and not path.suffix]
        if len(same) == 1 and same[0] not in renamed.values():
            renamed[video.name] = same[0]
    taken = {video.name for video in document.videos} - set(renamed)
    renamed = {old: new for old, new in renamed.items() if new not in taken}
    return AnnotationSet(
        tuple(replace(each, name=renamed.get(each.name, each.name)) for each in document.videos),
        document.labels,
        tuple(
            replace(each, video=renamed.get(each.video, each.video)) for each in document.segments
        ),
    )
