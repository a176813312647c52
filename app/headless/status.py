"""``main.py status --project PROJECT``: how far the work on each video has come."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from app.headless.exchange import complain
from app.headless.import_annotations import add_project
from app.headless.info import table
from app.project.errors import EditError, ProjectError
from app.project.lock import user_name
from app.project.project import Project
from core_model.media.errors import printable
from core_model.timeline import seconds
from training.annotations.model import State

_STATES = tuple(State)


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "status",
        help="say how far the work on each video of a project has come",
        description="Say how far the work on each video has come, and count events by state and "
        "by label.",
    )
    add_project(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Print the state of a project; 1 when it cannot be read, else 0."""
    try:
        report = status_of(arguments.project)
    except (ProjectError, EditError) as error:
        complain(error)
        return 1
    if arguments.format == "json":
        print(json.dumps(report))
    else:
        _print(report)
    return 0


def status_of(path: Path) -> dict[str, Any]:
    """What ``--format json`` prints. Raises ProjectError."""
    project = Project.open(path, user_name(), read_only=True)
    try:
        return _report(project)
    finally:
        project.close()


def _report(project: Project) -> dict[str, Any]:
    by_video: Counter[tuple[int, State]] = Counter()
    by_label: Counter[int] = Counter()
    for video_id, label_id, state, count in project.counts():
        by_video[video_id, state] += count
        by_label[label_id] += count
    missing = {video.id for video in project.missing_videos()}
    videos = [
        {
            "video": video.path,
            "status": str(video.status),
            "missing": video.id in missing,
            "duration_s": None if video.duration_us is None else seconds(video.duration_us),
            "events": sum(by_video[video.id, state] for state in _STATES),
            **{str(state): by_video[video.id, state] for state in _STATES},
            "comment": video.comment,
        }
        for video in project.document.videos.values()
    ]
    labels = [
        {"kind": str(label.kind), "label": label.name, "events": by_label[label.id]}
        for label in project.document.labels.values()
    ]
    return {
        "project": str(project.path),
        "damaged": project.is_damaged,
        "events": sum(by_label.values()),
        "videos": videos,
        "labels": labels,
    }


def _print(report: dict[str, Any]) -> None:
    states = [str(state) for state in _STATES]
    rows = [
        [
            printable(video["video"]),
            "missing" if video["missing"] else "there",
            video["status"],
            *(str(video[name]) for name in ("events", *states)),
        ]
        for video in report["videos"]
    ]
    print(table(("video", "file", "status", "events", *states), rows))
    rows = [
        [label["kind"], printable(label["label"]), str(label["events"])]
        for label in report["labels"]
    ]
    if rows:
        print()
        print(table(("kind", "label", "events"), rows))
