"""``main.py evaluate --bundle DIR --annotations FILE --videos DIR``: how good a model is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from app.headless.exchange import AUTO, add_format, add_kind, complain, tell
from app.headless.info import table
from app.headless.progress import ProgressLine
from core_model.bundle_description import starter_folder
from core_model.media.errors import MediaError, printable
from core_model.timeline import Task
from training.annotations.errors import AnnotationError
from training.annotations.interchange import READABLE, Options, read
from training.annotations.model import AnnotationSet, State, is_inside
from training.corrections.data import Decision, TrainingSegment, TrainingVideo

if TYPE_CHECKING:
    from training.corrections.encode import MediaEncoder
    from training.corrections.encoded import EncodedVideo
    from training.corrections.scoring import Scored

EXIT_FAILED = 1
_DECIMALS = 6
_MOST_FILES = 200_000
_NOT_MEDIA = frozenset({".json", ".txt", ".csv", ".tsv", ".eaf", ".srt", ".vtt", ".npy", ".md"})


def add_arguments(subparsers: Any) -> None:
    """Add the command to what ``ArgumentParser.add_subparsers`` gave."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model on annotated videos",
        description="Mean average precision of a model on annotated videos, at tIoU 0.1, 0.2, ... "
        "0.9 for every kind. Labels that the model does not know are asked for as prompts. "
        "Results go to stdout, progress and messages to stderr; videos that are not there are "
        "named and left out, with their events. The exit code is 1 when nothing could be measured.",
    )
    parser.add_argument(
        "--bundle", type=Path, metavar="DIR", help="the model (default: the one that comes along)"
    )
    parser.add_argument(
        "--annotations", type=Path, required=True, metavar="FILE", help="what is in the videos"
    )
    parser.add_argument(
        "--videos",
        type=Path,
        required=True,
        metavar="DIR",
        help="where the videos lie: found by their names, with or without the ending",
    )
    add_format(parser, "--from", (AUTO, *READABLE), "the format of the annotations")
    add_kind(parser)
    parser.add_argument("--subset", metavar="NAME", help="only the videos of this subset")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def run(arguments: argparse.Namespace) -> int:
    """Print the figures; 1 where there are none, else 0."""
    try:
        annotations = _read(arguments)
        files = find_videos([v.name for v in annotations.videos], arguments.videos)
    except AnnotationError as error:
        complain(error)
        return EXIT_FAILED
    # Torch is loaded here and not above: --help and wrong arguments answer at once.
    from core_model.bundle_description import BundleError
    from core_model.device import DeviceError
    from core_model.encoders.minilm import TextEncoderError
    from training.errors import TrainingError

    try:
        scored = _score(arguments, annotations, files)
    except (BundleError, DeviceError, TextEncoderError, TrainingError) as error:
        complain(error)
        return EXIT_FAILED
    if not scored:
        print("nothing could be measured: no annotated video was found", file=sys.stderr)
        return EXIT_FAILED
    for each in scored:
        if each.open_set:
            names = ", ".join(each.open_set)
            print(
                printable(f"{each.task}: unknown to the model, asked for as prompts: {names}"),
                file=sys.stderr,
            )
    if arguments.format == "json":
        print(json.dumps({str(each.task): _plain(each) for each in scored}, ensure_ascii=False))
    else:
        _print(scored)
    return 0


def find_videos(names: Sequence[str], folder: Path) -> dict[str, list[Path]]:
    """Files in or below a folder that may be the video of each name, the likeliest first.

    By the path inside the folder, by the file's name, by its name without the ending. Raises
    AnnotationError where there is no such folder.
    """
    if not folder.is_dir():
        raise AnnotationError(str(folder), "is no folder")
    by_name: dict[str, list[Path]] = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix.lower() not in _NOT_MEDIA:
                for key in dict.fromkeys((name, path.stem)):
                    by_name.setdefault(key, []).append(path)
        if len(by_name) > 2 * _MOST_FILES:
            raise AnnotationError(str(folder), f"holds more than {_MOST_FILES} files")
    found: dict[str, list[Path]] = {}
    for name in names:
        pure = PurePosixPath(name)
        own = folder.joinpath(*pure.parts)
        candidates = [own] if is_inside(name) and _is_file(own) else []
        candidates += by_name.get(pure.name, []) or by_name.get(pure.stem, [])
        found[name] = list(dict.fromkeys(candidates))
    return found


def _is_file(path: Path) -> bool:
    """Annotations of strangers may name what no system can."""
    try:
        return path.is_file()
    except OSError:
        return False


def _read(arguments: argparse.Namespace) -> AnnotationSet:
    chosen = getattr(arguments, "from")
    kind = None if arguments.kind is None else Task(arguments.kind)
    path: Path = arguments.annotations
    reading = read(path, None if chosen == AUTO else chosen, Options(kind=kind))
    tell(path, reading.losses)
    annotations = reading.annotations
    if arguments.subset is None:
        return annotations
    wanted = arguments.subset.casefold()
    videos = tuple(v for v in annotations.videos if v.subset.casefold() == wanted)
    if not videos:
        known = ", ".join(sorted({v.subset for v in annotations.videos} - {""})) or "none"
        raise AnnotationError(path.name, f"has no subset {arguments.subset!r}; it has: {known}")
    names = {video.name for video in videos}
    segments = tuple(each for each in annotations.segments if each.video in names)
    return AnnotationSet(videos, annotations.labels, segments)


def _score(
    arguments: argparse.Namespace, annotations: AnnotationSet, files: dict[str, list[Path]]
) -> list[Scored]:
    from core_model.bundle import Bundle
    from core_model.cache import EncodingCache
    from core_model.device import choose_device
    from training.corrections.encode import MediaEncoder
    from training.corrections.open_model import OpenModel
    from training.corrections.scoring import score, with_labels_of

    bundle, device = Bundle(arguments.bundle or starter_folder()), choose_device(arguments.device)
    model = OpenModel.of(bundle, device.torch_device)
    encoder = MediaEncoder(bundle, device, EncodingCache())
    videos: list[tuple[TrainingVideo, EncodedVideo]] = []
    missing: list[str] = []
    with ProgressLine("encoding") as line:
        for number, video in enumerate(annotations.videos):
            encoded = None
            for path in files[video.name]:
                line.show_share(number / len(annotations.videos), printable(path.name))
                encoded = _encoded(encoder, video.name, path, line)
                if encoded is not None:
                    break
            if encoded is None:
                missing.append(video.name)
            else:
                videos.append((_as_truth(annotations, video.name), encoded))
    for name in missing:
        print(printable(f"{name}: not found in {arguments.videos}; left out"), file=sys.stderr)
    segments = [each for video, _ in videos for each in video.segments]
    model = with_labels_of(model, segments)
    for task in sorted({each.kind for each in segments} - set(model.rows)):
        print(f"{task}: the model knows no events of this kind", file=sys.stderr)
    scored = [score(model, videos, task) for task in model.rows]
    return [each for each in scored if each is not None]


def _encoded(
    encoder: MediaEncoder, name: str, path: Path, line: ProgressLine
) -> EncodedVideo | None:
    shares = encoder.encoded(name, path)
    try:
        while True:
            line.show_share(next(shares), printable(path.name))
    except StopIteration as finished:
        return finished.value
    except MediaError as error:
        line.clear()
        complain(error)
        return None


def _as_truth(annotations: AnnotationSet, name: str) -> TrainingVideo:
    segments = tuple(
        TrainingSegment(each.kind, each.label, each.onset_us, each.offset_us, Decision.HUMAN)
        for each in annotations.of_video(name).segments
        if each.state is State.ACCEPTED and each.duration_us > 0
    )
    return TrainingVideo(name, name, "", None, True, segments)


def _plain(scored: Scored) -> dict[str, Any]:
    result = scored.result
    return {
        "mAP": {
            f"{threshold:.1f}": round(float(value), _DECIMALS)
            for threshold, value in zip(result.tiou_thresholds, result.per_threshold, strict=True)
        },
        "average": round(result.average, _DECIMALS),
        "per_label": {
            str(label): round(float(values.mean()), _DECIMALS)
            for label, values in result.per_class.items()
        },
        "events": scored.events,
        "open_set": list(scored.open_set),
    }


def _print(scored: Sequence[Scored]) -> None:
    thresholds = [f"{value:.1f}" for value in scored[0].result.tiou_thresholds]
    rows = [
        [
            str(each.task),
            str(each.events),
            *(f"{value:.3f}" for value in each.result.per_threshold),
            f"{each.result.average:.3f}",
        ]
        for each in scored
    ]
    print(table(("mAP", "events", *thresholds, "average"), rows))
    print()
    rows = [
        [
            str(each.task),
            printable(str(label)) + (" (prompt)" if label in each.open_set else ""),
            f"{float(values.mean()):.3f}",
        ]
        for each in scored
        for label, values in each.result.per_class.items()
    ]
    print(table(("kind", "label", "average"), rows))
