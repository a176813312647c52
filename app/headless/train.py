"""``main.py train --project PROJECT --out BUNDLE_DIR``: corrections make a better model."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

from app.headless.exchange import complain
from app.headless.import_annotations import add_project
from app.headless.info import table
from app.headless.progress import ProgressLine
from app.project.errors import EditError, ProjectError
from app.project.lock import user_name
from app.project.project import Project
from app.project.training_data import training_data
from core_model.bundle_description import starter_folder
from core_model.media.errors import printable
from training.corrections.data import TrainingData
from training.corrections.events import (
    ComparedLabel,
    Encoding,
    Evaluated,
    Remark,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
    TrainingPlan,
    TrainingStep,
    event_line,
)
from training.corrections.unfinished import default_state_file

EXIT_FAILED = 1
_LARGEST_SEED = 2**31
# How far below others a training stands that a window has started.
_NICENESS = 10


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "train",
        help="train the model on the corrections in a project",
        description="Train the model on what was decided in a project: accepted, edited and drawn "
        "events are learned, rejected ones are unlearned. The new model is written to a new "
        "folder, for detect --bundle; the old one stays as it is. Results go to stdout, progress "
        "and messages to stderr; the exit code is 1 when training failed.",
    )
    add_project(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the new model's folder"
    )
    parser.add_argument(
        "--init",
        type=Path,
        metavar="DIR",
        help="folder of the model to start from (default: the one that comes along)",
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--format",
        choices=("table", "json", "jsonl"),
        default="table",
        help="table (default), one JSON object at the end, or a JSON line for each event, for "
        "programs (training then runs at a lower priority)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="where to keep how far it is, so that a training that was cut off goes on when it is "
        "started again with the same corrections (default: a hidden file beside DIR)",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def run(arguments: argparse.Namespace) -> int:
    """Train; 1 when that failed, else 0."""
    # Asked to end, training ends like on Ctrl+C: nothing is left half-written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        data = read_data(arguments.project)
    except (ProjectError, EditError) as error:
        if arguments.format == "jsonl":
            _print_line(TrainingFailed(printable(str(error))))
        complain(error)
        return EXIT_FAILED
    events = _events(arguments, data)
    try:
        with contextlib.closing(events):
            if arguments.format == "jsonl":
                return _stream(events)
            return _show(events, as_json=arguments.format == "json")
    except KeyboardInterrupt:
        if (arguments.state or default_state_file(arguments.out)).exists():
            print("The same command goes on where it was.", file=sys.stderr)
        raise


def read_data(path: Path) -> TrainingData:
    """What was decided in a project. Raises ProjectError."""
    project = Project.open(path, user_name(), read_only=True)
    try:
        return training_data(project)
    finally:
        project.close()


def _events(arguments: argparse.Namespace, data: TrainingData) -> Generator[TrainingEvent]:
    # Torch is loaded here and not above: --help and wrong arguments answer at once.
    from core_model.cache import EncodingCache
    from training.corrections.run import TrainingRequest, training_events

    threads = None
    if arguments.format == "jsonl":
        threads = max(1, (os.cpu_count() or 2) // 2)
        if sys.platform != "win32":
            os.nice(_NICENESS)
    init = arguments.init or starter_folder()
    request = TrainingRequest(
        data, init, arguments.out, arguments.seed, arguments.device, threads, arguments.state
    )
    return training_events(request, EncodingCache())


def _stream(events: Iterable[TrainingEvent]) -> int:
    failed = False
    for event in events:
        _print_line(event)
        failed = isinstance(event, TrainingFailed)
    return EXIT_FAILED if failed else 0


def _print_line(event: TrainingEvent) -> None:
    print(event_line(event), flush=True)


def _show(events: Iterable[TrainingEvent], *, as_json: bool) -> int:
    plan: TrainingPlan | None = None
    said: list[str] = []
    with ProgressLine("training") as line:
        for event in events:
            if isinstance(event, TrainingPlan):
                plan = event
                line.clear()
                # A second plan often differs in nothing but the exact ends of the videos.
                if said != (said := _plan_lines(plan)):
                    print(*said, sep="\n", file=sys.stderr)
            elif isinstance(event, Encoding):
                share = (event.done + event.share) / event.of
                line.show_share(share, f"encoding {printable(event.video)}")
            elif isinstance(event, TrainingStep):
                left = f"{int(event.seconds_left) // 60}:{int(event.seconds_left) % 60:02} left"
                losses = "  ".join(f"{task} {loss:.3f}" for task, loss in event.loss.items())
                line.show_share(event.step / event.of, f"loss {losses}  {left}")
            elif isinstance(event, Evaluated | Remark):
                line.clear()
                print(_said(event), file=sys.stderr)
            elif isinstance(event, TrainingFailed):
                line.clear()
                print(event.reason, file=sys.stderr)
                return EXIT_FAILED
            elif plan is not None:
                line.clear()
                _print_done(plan, event, as_json=as_json)
    return 0


def _said(event: Evaluated | Remark) -> str:
    if isinstance(event, Remark):
        return printable(event.text)
    values = ", ".join(
        f"{task} {value:.3f}{' (stopped)' if event.stopped.get(task) else ''}"
        for task, value in event.mean_ap.items()
    )
    return f"step {event.step} of {event.of}: held-out mAP {values}"


def _plan_lines(plan: TrainingPlan) -> list[str]:
    new = f", {len(plan.new_labels)} of them new" if plan.new_labels else ""
    lines = [
        f"{plan.project}, revision {plan.revision}: {plan.positives} events and"
        f" {plan.hard_negatives} rejected segments of {len(plan.labels)} labels{new},"
        f" to improve {plan.init}",
        plan.why,
        f"learns: {', '.join(plan.trained)}; stays: {', '.join(plan.frozen)}",
        *(f"left out: {each.name}: {each.reason}" for each in plan.left_out),
    ]
    if plan.stray_segments:
        lines.append(f"left out: {plan.stray_segments} segments outside their video")
    return [printable(text) for text in lines]


def _print_done(plan: TrainingPlan, done: TrainingDone, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"plan": _plain(plan), **_plain(done)}, ensure_ascii=False))
        return
    print(f"{printable(done.folder)}  version {done.version}  from {done.parent}")
    if done.compared:
        print(table(("kind", "label", "events", "before", "after", "at 0.5"), _rows(done.compared)))
    for each in done.untouched:
        if each.shown:
            print(
                f"{each.kind}: {each.kept} of {each.shown} detections of other labels are as"
                f" before, {each.added} are new"
            )


def _rows(compared: Iterable[ComparedLabel]) -> list[list[str]]:
    return [
        [
            str(row.kind),
            printable(row.label or "all") + (" (new)" if row.is_new else ""),
            str(row.events),
            f"{row.before:.3f}",
            f"{row.after:.3f}",
            f"{row.before_at_half:.3f} -> {row.after_at_half:.3f}",
        ]
        for row in compared
    ]


def _plain(event: TrainingEvent) -> dict[str, Any]:
    raw = json.loads(event_line(event))
    del raw["event"]
    return raw


def _seed(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {_LARGEST_SEED}")
    return value
