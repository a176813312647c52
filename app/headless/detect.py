"""``main.py detect VIDEO...``: find the events of files and print them."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.headless.info import table
from app.headless.labels import LabelError, parse_labels
from app.headless.moments import TIMES_HELP, Moment, moment
from app.headless.progress import ProgressLine
from core_model.media.errors import MediaError, printable
from core_model.media.probe import MediaInfo, probe
from core_model.timeline import Detection, Task, seconds

if TYPE_CHECKING:
    from core_model.predictor import Predictor

EXIT_FAILED = 1
EXIT_USAGE = 2
_COLUMNS = ("video", "task", "label", "onset_s", "offset_s", "score")
_TIME_DECIMALS = 3
# Longer than any file.
_ALWAYS_US = 2**62
_SCORE_DECIMALS = 4
_NEEDS = {Task.TAL: ("video",), Task.SED: ("audio",), Task.AVEL: ("video", "audio")}


@dataclass(frozen=True, slots=True)
class FileEvents:
    """What was found in one file."""

    video: str
    duration_s: float
    model: str
    events: tuple[Detection, ...]


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "detect",
        help="find the events of files",
        description="Find visual actions (tal), sounds (sed) and audio-visual events (avel). "
        "Results go to stdout, progress and messages to stderr; the exit code is 1 when a file "
        f"failed, the others are still done. {TIMES_HELP}",
    )
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--task", type=tasks, metavar="tal,sed,avel", help="kinds of events (default: all)"
    )
    parser.add_argument(
        "--labels",
        metavar="FILE|a,b,c",
        help="what to look for, in any wording: a text file with one label per line, or labels "
        "between commas (default: the labels that the model was trained on)",
    )
    parser.add_argument(
        "--beside",
        action="store_true",
        help="look for the labels of the model, too, beside those of --labels",
    )
    for name, said in (("from", "begin here"), ("to", "end here")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_", type=moment, metavar="S", help=f"{said} (default: all)"
        )
    parser.add_argument(
        "--threshold",
        type=_score,
        metavar="X",
        help="print events with a score of at least X, 0 to 1 (default: set by the model)",
    )
    parser.add_argument(
        "--format",
        choices=tuple(_PRINTERS),
        default="table",
        help="table (default), csv, or one JSON object per file and line",
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="folder of another model than the one that comes along",
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="where the model runs (default: auto, a graphics card if there is one)",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="neither read nor keep what was encoded before"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the events of every file that can be read; 1 when there was one that cannot."""
    try:
        labels = None if arguments.labels is None else parse_labels(arguments.labels)
    except LabelError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    span_us = _span_us(arguments.from_, arguments.to_)
    if span_us is not None and span_us[0] >= span_us[1]:
        print("--from must lie before --to", file=sys.stderr)
        return EXIT_USAGE
    # Torch is loaded here and not above: --help and wrong arguments answer at once.
    from core_model.bundle import Bundle
    from core_model.bundle_description import BundleError, starter_folder
    from core_model.cache import EncodingCache
    from core_model.device import DeviceError
    from core_model.encoders.minilm import TextEncoderError
    from core_model.predictor import Predictor

    try:
        cache = None if arguments.no_cache else EncodingCache()
        predictor = Predictor(Bundle(arguments.bundle or starter_folder()), arguments.device, cache)
        search = Search(
            predictor, arguments.task, labels, arguments.threshold, arguments.beside, span_us
        )
        return _run_files(arguments.videos, search, _PRINTERS[arguments.format])
    except (BundleError, DeviceError, TextEncoderError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, the same in every file."""

    predictor: Predictor
    tasks: tuple[Task, ...] | None
    labels: tuple[str, ...] | None
    threshold: float | None
    beside: bool = False
    span_us: tuple[int, int] | None = None

    def events_of(self, path: Path) -> FileEvents:
        """Look through one file, with a progress line. Raises MediaError."""
        info = probe(path)
        self._say_what_is_missing(info)
        description = self.predictor.bundle.description
        title = f"{printable(path.name)} ({self.predictor.device.name})"
        updates = self.predictor.detect(
            info,
            tasks=self.tasks,
            labels=self.labels,
            beside=self.beside,
            threshold=self.threshold,
            span_us=self.span_us,
        )
        with contextlib.closing(updates), ProgressLine(title) as line:
            update = next(updates)
            while not update.done:
                analysed_us = update.analysed_us - update.start_us
                left_s = seconds(update.end_us - update.analysed_us) / update.times_real_time
                share = analysed_us / (update.end_us - update.start_us)
                line.show(share, update.times_real_time, left_s)
                update = next(updates)
        events = update.detections
        if self.threshold is None:
            events = tuple(
                event
                for event in events
                if event.score >= description.tasks[event.task].threshold_of(event.label)
            )
        duration_s = round(seconds(update.end_us - update.start_us), _TIME_DECIMALS)
        return FileEvents(str(path), duration_s, description.name, events)

    def _say_what_is_missing(self, info: MediaInfo) -> None:
        notes = list(info.notes)
        missing = {
            kind
            for kind, stream in (("video", info.video), ("audio", info.audio))
            if stream is None
        }
        wanted = self.tasks or tuple(self.predictor.bundle.description.tasks)
        if without := [task for task in wanted if missing & set(_NEEDS[task])]:
            notes.append(
                f"no {' and no '.join(sorted(missing))}: nothing found for {', '.join(without)}"
            )
        for note in notes:
            print(printable(f"{info.path.name}: {note}"), file=sys.stderr)


def _run_files(
    paths: Sequence[Path], search: Search, print_events: Callable[[FileEvents, bool], None]
) -> int:
    failed = False
    printed = 0
    for path in paths:
        try:
            found = search.events_of(path)
        except MediaError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        print_events(found, printed == 0)
        sys.stdout.flush()
        printed += 1
    return EXIT_FAILED if failed else 0


def _print_table(found: FileEvents, is_first: bool) -> None:
    if not is_first:
        print()
    count, model = len(found.events), printable(found.model)
    print(f"{printable(found.video)}  {found.duration_s:.1f} s  {count} events  {model}")
    if count:
        print(table(("onset", "offset", "kind", "score", "label"), map(_cells, found.events)))


def _cells(event: Detection) -> list[str]:
    return [
        f"{seconds(event.onset_us):9.2f}",
        f"{seconds(event.offset_us):9.2f}",
        str(event.task),
        f"{event.score:.2f}",
        printable(event.label),
    ]


def _print_json(found: FileEvents, _: bool) -> None:
    events = [
        {
            "task": str(event.task),
            "label": event.label,
            "onset_s": _time_s(event.onset_us),
            "offset_s": _time_s(event.offset_us),
            "score": _rounded(event.score),
        }
        for event in found.events
    ]
    print(
        json.dumps(
            {
                "video": found.video,
                "duration_s": found.duration_s,
                "model": found.model,
                "events": events,
            },
        )
    )


def _print_csv(found: FileEvents, is_first: bool) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if is_first:
        writer.writerow(_COLUMNS)
    for event in found.events:
        writer.writerow(
            (
                found.video,
                event.task,
                event.label,
                _time_s(event.onset_us),
                _time_s(event.offset_us),
                _rounded(event.score),
            )
        )


_PRINTERS: dict[str, Callable[[FileEvents, bool], None]] = {
    "table": _print_table,
    "json": _print_json,
    "csv": _print_csv,
}


def _time_s(time_us: int) -> float:
    return round(seconds(time_us), _TIME_DECIMALS)


def _rounded(score: float) -> float:
    return round(score, _SCORE_DECIMALS)


def _span_us(begin: Moment | None, end: Moment | None) -> tuple[int, int] | None:
    """The stretch between two moments, each of which may be missing; None for everything."""
    if begin is None and end is None:
        return None
    return (
        -_ALWAYS_US if begin is None else begin.time_us,
        _ALWAYS_US if end is None else end.time_us,
    )


def tasks(text: str) -> tuple[Task, ...]:
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in names or [text]:
        if name not in set(Task):
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(Task)}")
    return tuple(dict.fromkeys(Task(name) for name in names))


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return value
