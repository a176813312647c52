"""``main.py agreement``: how far two annotators agree, in a project or in two files."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.headless.exchange import complain, positive_us
from app.headless.export_annotations import annotations_of
from app.headless.info import table
from app.project.errors import EditError, ProjectError
from core_model.media.errors import printable
from core_model.timeline import seconds
from training.annotations.agreement import (
    Agreement,
    Disagreement,
    Row,
    agreement,
    disagreements,
    of_annotator,
)
from training.annotations.errors import AnnotationError
from training.annotations.interchange import read
from training.annotations.model import AnnotationSet

_DECIMALS = 4


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "agreement",
        help="say how far two annotators agree",
        description="Compare two annotators of a project (--project, --annotators) on the videos "
        "that both have annotated, or two files of annotations. Cohen's kappa on units of time, "
        "event F1 with a collar at onset and offset, segment F1, per label and overall, and all "
        "disagreements. Rejected events do not count.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="two files")
    parser.add_argument("--project", type=Path, metavar="PROJECT", help="the project's file")
    parser.add_argument("--annotators", nargs=2, metavar=("A", "B"), help="their names")
    parser.add_argument("--video", type=Path, metavar="VIDEO", help="compare this video only")
    for name, default, said in (
        ("collar", "0.5", "how far onset and offset of the same event may differ"),
        ("unit", "0.1", "one decision for kappa"),
        ("segment", "1", "one cell for segment F1"),
    ):
        parser.add_argument(
            f"--{name}",
            type=positive_us,
            default=default,
            metavar="SECONDS",
            help=f"{said} (default {default})",
        )
    parser.add_argument("--format", choices=("table", "json"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Print the agreement; 1 when there is nothing to compare, else 0."""
    try:
        first, second = _sides(arguments)
        found = agreement(
            first,
            second,
            collar_us=arguments.collar,
            unit_us=arguments.unit,
            segment_us=arguments.segment,
        )
    except (ProjectError, ValueError) as error:
        complain(error)
        return 1
    differences = disagreements(first, second, collar_us=arguments.collar)
    if arguments.format == "json":
        print(json.dumps(_report(found, differences)))
    else:
        _print(found, differences)
    return 0


def _sides(arguments: argparse.Namespace) -> tuple[AnnotationSet, AnnotationSet]:
    """What is to be compared. Raises ProjectError and ValueErrors of one line."""
    if arguments.project is None:
        if len(arguments.files) != 2 or arguments.annotators:
            raise EditError("agreement takes two files, or --project and --annotators")
        first, second = (read(path).annotations for path in arguments.files)
        return _same_video(first, second)
    if arguments.files or not arguments.annotators:
        raise EditError("--project goes with --annotators A B and without files")
    document = annotations_of(arguments.project, arguments.video)
    known = {each.annotator for each in document.segments if each.annotator}
    for name in arguments.annotators:
        if name not in known:
            raise AnnotationError(
                arguments.project.name,
                f"nothing by {name!r}; there are {', '.join(sorted(known)) or 'no annotators'}",
            )
    sides = [of_annotator(document, name) for name in arguments.annotators]
    return sides[0], sides[1]


def _same_video(
    first: AnnotationSet, second: AnnotationSet
) -> tuple[AnnotationSet, AnnotationSet]:  # fmt: skip
    """Two files about one video each are about the same one, whatever they are called."""
    if len(first.videos) != 1 or len(second.videos) != 1:
        return first, second
    name = first.videos[0].name
    segments = tuple(replace(each, video=name) for each in second.segments)
    return first, replace(
        second, videos=(replace(second.videos[0], name=name),), segments=segments
    )  # fmt: skip


def _report(found: Agreement, differences: tuple[Disagreement, ...]) -> dict[str, Any]:
    return {
        "collar_s": seconds(found.collar_us),
        "unit_s": seconds(found.unit_us),
        "segment_s": seconds(found.segment_us),
        "overall": asdict(found.overall),
        "labels": [asdict(row) for row in found.labels],
        "disagreements": [
            {
                "what": str(each.what),
                "video": each.video,
                "onset_s": seconds(each.onset_us),
                "offset_s": seconds(each.offset_us),
                "first": None if each.first is None else each.first.label,
                "second": None if each.second is None else each.second.label,
            }
            for each in differences
        ],
    }


def _print(found: Agreement, differences: tuple[Disagreement, ...]) -> None:
    print(
        f"collar {seconds(found.collar_us):g} s, kappa per {seconds(found.unit_us):g} s, "
        f"segments of {seconds(found.segment_us):g} s"
    )
    headers = ("kind", "label", "first", "second", "matched", "kappa", "event F1", "segment F1")
    print(table(headers, [_cells(row) for row in (*found.labels, found.overall)]))
    if differences:
        print()
        headers = ("onset", "offset", "difference", "first", "second", "video")
        print(table(headers, [_difference(each) for each in differences]))


def _cells(row: Row) -> list[str]:
    figures = [
        "-" if value is None else f"{round(value, _DECIMALS):.3f}"
        for value in (row.kappa, row.event_f1, row.segment_f1)
    ]
    counts = [str(row.first), str(row.second), str(row.matched)]
    return [str(row.kind or ""), printable(row.label), *counts, *figures]


def _difference(each: Disagreement) -> list[str]:
    return [
        f"{seconds(each.onset_us):9.3f}",
        f"{seconds(each.offset_us):9.3f}",
        str(each.what),
        printable(each.first.label) if each.first else "-",
        printable(each.second.label) if each.second else "-",
        printable(each.video),
    ]
