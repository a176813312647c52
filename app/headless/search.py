"""``main.py search --project PROJECT "PROMPT"``: moments in all videos of a project."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.headless.detect import tasks
from app.headless.exchange import complain
from app.headless.import_annotations import add_project
from app.headless.info import table
from app.headless.progress import ProgressLine
from app.project.errors import EditError, ProjectError
from app.project.lock import user_name
from app.project.project import Project
from core_model.media.errors import MediaError, printable
from core_model.prompt_spec import Moment, PromptError, PromptSpec, parse_prompt
from core_model.timeline import Task, seconds

if TYPE_CHECKING:
    from core_model.predictor import Predictor

EXIT_FAILED = 1
EXIT_USAGE = 2
MOST = 10_000
_SAME_IOU = 0.5
_TIME_DECIMALS = 3
_SCORE_DECIMALS = 4


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "search",
        help="find moments in all videos of a project",
        description="Rank the moments of all videos of a project that are most like a prompt. "
        'A prompt may have several wordings ("dog barking | hound") and name what is not meant '
        '("dog barking ! cat"). Videos that were never looked at are encoded first. The exit code '
        "is 1 when a video is missing or cannot be read, the others are still searched.",
    )
    parser.add_argument("prompt", metavar="PROMPT", help="what to look for, in any wording")
    add_project(parser)
    parser.add_argument(
        "--task", type=tasks, metavar="tal,sed,avel", help="kinds of events (default: all)"
    )
    parser.add_argument(
        "--top", type=_count, default=20, metavar="N", help="so many moments at most (default: 20)"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--encoded-only",
        action="store_true",
        help="leave out videos that are not encoded yet instead of encoding them",
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="folder of another model than the one that comes along",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def run(arguments: argparse.Namespace) -> int:
    """Print the moments; 1 where a video failed or the search is not possible, 2 for a prompt
    that cannot be asked."""
    try:
        specs = [parse_prompt(arguments.prompt, task) for task in arguments.task or Task]
    except PromptError as error:
        complain(error)
        return EXIT_USAGE
    try:
        videos, missing = _videos(arguments.project)
    except (ProjectError, EditError) as error:
        complain(error)
        return EXIT_FAILED
    for name in missing:
        print(printable(f"{name}: missing"), file=sys.stderr)
    # Torch is loaded here and not above: --help and wrong arguments answer at once.
    from core_model.bundle import Bundle
    from core_model.bundle_description import BundleError, starter_folder
    from core_model.cache import EncodingCache
    from core_model.device import DeviceError
    from core_model.encoders.minilm import TextEncoderError
    from core_model.predictor import Predictor

    try:
        bundle = Bundle(arguments.bundle or starter_folder())
        predictor = Predictor(bundle, arguments.device, EncodingCache())
        specs = _answerable(specs, predictor, chosen=arguments.task is not None)
        search = _Search(predictor, specs, arguments.top, arguments.encoded_only)
        moments, failed = search.moments(list(videos))
    except (BundleError, DeviceError, PromptError, TextEncoderError) as error:
        complain(error)
        return EXIT_FAILED
    printer = _print_json if arguments.format == "json" else _print_table
    printer(moments, videos)
    return EXIT_FAILED if failed or missing else 0


class _Search:
    """The same prompts for every video."""

    def __init__(
        self, predictor: Predictor, specs: Sequence[PromptSpec], top: int, encoded_only: bool
    ) -> None:
        self._predictor = predictor
        self._specs = specs
        self._top = top
        self._encoded_only = encoded_only

    def moments(self, paths: Sequence[Path]) -> tuple[list[Moment], bool]:
        """The best moments of all prompts, and whether a video could not be searched."""
        ranked, missing = self._ranked(paths)
        if self._encoded_only:
            for path in missing:
                print(printable(f"{path.name}: left out, not encoded yet"), file=sys.stderr)
            return _apart(ranked, self._top), False
        encoded = [path for path in missing if self._encode(path)]
        failed = len(encoded) < len(missing)
        if missing:
            ranked, missing = self._ranked(paths)
        for path in (each for each in encoded if each in missing):
            failed = True
            print(printable(f"{path.name}: left out, encodings cannot be kept"), file=sys.stderr)
        return _apart(ranked, self._top), failed

    def _ranked(self, paths: Sequence[Path]) -> tuple[list[Moment], tuple[Path, ...]]:
        moments: list[Moment] = []
        missing: tuple[Path, ...] = ()
        for spec in self._specs:
            steps = self._predictor.corpus.search(paths, spec, self._top)
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    moments += end.value.moments
                    missing = end.value.missing
                    break
        return sorted(moments, key=lambda each: -each.score), missing

    def _encode(self, path: Path) -> bool:
        """With a progress line; False, with a message, where it cannot be read."""
        try:
            with ProgressLine(f"{printable(path.name)} ({self._predictor.device.name})") as line:
                for update in self._predictor.encode(path):
                    if update.done:
                        break
                    span_us = max(update.end_us - update.start_us, 1)
                    share = (update.analysed_us - update.start_us) / span_us
                    left_s = seconds(update.end_us - update.analysed_us) / update.times_real_time
                    line.show(share, update.times_real_time, left_s)
        except MediaError as error:
            complain(error)
            return False
        return True


def _answerable(
    specs: Sequence[PromptSpec], predictor: Predictor, *, chosen: bool
) -> list[PromptSpec]:
    """The kinds that snippets can be compared for; all of them where they were chosen, so that
    the search says what is wrong."""
    possible = [spec for spec in specs if predictor.corpus.can_compare(spec.task)]
    return list(specs) if chosen or not possible else possible


def _videos(project_path: Path) -> tuple[dict[Path, str], list[str]]:
    """The videos of a project, file -> name, and the names of those that are not there.

    Raises ProjectError.
    """
    project = Project.open(project_path, user_name(), read_only=True)
    try:
        located = {
            video.path: project.locate(video.id) for video in project.document.videos.values()
        }
    finally:
        project.close()
    there = {path: name for name, path in located.items() if path is not None}
    return there, [name for name, path in located.items() if path is None]


def _apart(ranked: Sequence[Moment], top: int) -> list[Moment]:
    """The best ``top``; what is found at about the same time as another kind comes once."""
    kept: list[Moment] = []
    for moment in ranked:
        if len(kept) == top:
            break
        if not any(_is_same(moment, other) for other in kept):
            kept.append(moment)
    return kept


def _is_same(one: Moment, other: Moment) -> bool:
    if one.path != other.path:
        return False
    shared = min(one.offset_us, other.offset_us) - max(one.onset_us, other.onset_us)
    covered = max(one.offset_us, other.offset_us) - min(one.onset_us, other.onset_us)
    return shared > _SAME_IOU * covered


def _print_json(moments: Sequence[Moment], names: Mapping[Path, str]) -> None:
    print(
        json.dumps(
            [
                {
                    "video": names[moment.path],
                    "task": str(moment.task),
                    "onset_s": round(seconds(moment.onset_us), _TIME_DECIMALS),
                    "offset_s": round(seconds(moment.offset_us), _TIME_DECIMALS),
                    "score": round(moment.score, _SCORE_DECIMALS),
                }
                for moment in moments
            ]
        )
    )


def _print_table(moments: Sequence[Moment], names: Mapping[Path, str]) -> None:
    if not moments:
        print("nothing found")
        return
    rows = [
        [
            f"{seconds(moment.onset_us):9.2f}",
            f"{seconds(moment.offset_us):9.2f}",
            str(moment.task),
            f"{moment.score:.2f}",
            printable(names[moment.path]),
        ]
        for moment in moments
    ]
    print(table(("onset", "offset", "kind", "score", "video"), rows))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST}")
    return int(text)
