"""Every format, which one a file has, and the doors to reading and writing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from training.annotations.errors import AnnotationError
from training.annotations.interchange import (
    activitynet,
    audacity,
    avscope,
    boris,
    coco,
    data_sets,
    eaf,
    rttm,
    subtitles,
    tables,
    textgrid,
    via,
)
from training.annotations.interchange.formats import Draft, Format, Options, Reading
from training.annotations.interchange.report import STATE, Loss, not_kept
from training.annotations.interchange.source import Source, load
from training.annotations.model import AnnotationSet, State, Video

# In the order in which a file is tried: the narrow ones first.
_JSON = (
    avscope.FORMAT,
    via.FORMAT,
    coco.FORMAT,
    activitynet.FORMAT,
    data_sets.VGGSS,
    data_sets.ONTOLOGY,
)
_TEXT = (
    eaf.FORMAT,
    textgrid.FORMAT,
    subtitles.WEBVTT,
    rttm.FORMAT,
    boris.FORMAT,
    audacity.FORMAT,
    data_sets.AVE,
    tables.TSV,
    tables.CSV,
    subtitles.SRT,
    data_sets.LABEL_LIST,
)
FORMATS: dict[str, Format] = {each.name: each for each in (*_JSON, *_TEXT)}
# Other names that people know formats by.
ALIASES = {
    "json": "avscope",
    "elan": "eaf",
    "praat": "textgrid",
    "vtt": "webvtt",
    "subrip": "srt",
    "via": "via3",
    "unav": "activitynet",
    "unav100": "activitynet",
    "uniav": "activitynet",
    "desed": "tsv",
    "dcase": "tsv",
}
READABLE = tuple(name for name, each in FORMATS.items() if each.read is not None)
WRITABLE = tuple(name for name, each in FORMATS.items() if each.write is not None)


def sniff(source: Source) -> Format:
    """The format of a file by its content. AnnotationError where it is none that we know."""
    start = source.text.lstrip("\ufeff \t\n")
    if start[:1] in ("{", "["):
        for each in _JSON:
            if each.recognise(source):
                return each
        raise source.error("JSON, but of no kind that is known here")
    for each in _TEXT:
        if each.recognise(source):
            return each
    raise source.error("no format of annotations that is known here")


def read(
    path: Path, format_name: str | None = None, options: Options | None = None
) -> Reading:  # fmt: skip
    """Read a file of annotations; ``format_name`` None finds the format by the content.

    With ``options.video`` a file about one video is about that one; of a file about several, only
    the video of that name is taken.

    Raises:
        AnnotationError: what is wrong, in one line with the name of the file.
    """
    options = options or Options()
    source = load(path)
    chosen = sniff(source) if format_name is None else FORMATS[format_name]
    if chosen.read is None:
        raise source.error(f"{chosen.title} can only be written")
    draft = Draft(source, chosen.default_kind, options)
    if not source.is_unicode:
        draft.lost("certain spelling, since the text is no Unicode", f"read as {source.encoding}")
    chosen.read(source, draft)
    reading = draft.done(chosen.name)
    if options.video is None or chosen.single:
        return reading
    return replace(reading, annotations=_only(reading.annotations, options.video, source))


def encode(document: AnnotationSet, format_name: str) -> tuple[bytes, tuple[Loss, ...]]:
    """The bytes of a file and what it does not keep.

    Raises:
        AnnotationError: the format cannot be written, or holds one video and there are several.
    """
    chosen = FORMATS[format_name]
    if chosen.write is None:
        raise AnnotationError(chosen.name, "can only be read")
    if chosen.single and len(document.videos) > 1:
        raise AnnotationError(chosen.name, "one file holds one video, and there are several")
    # Where a file cannot say that an event was rejected, it would say that it is there.
    told = document if STATE in chosen.keeps else _without_rejected(document)
    tally = not_kept(told, chosen.keeps, chosen.resolution_us)
    tally.add("rejected events (left out)", count=len(document.segments) - len(told.segments))
    return chosen.write(told, tally), tally.losses()


def write(document: AnnotationSet, format_name: str, path: Path) -> tuple[Loss, ...]:
    """Write a file, whole or not at all, and say what it does not keep. AnnotationError."""
    data, losses = encode(document, format_name)
    _save(path, data)
    return losses


def write_each(
    document: AnnotationSet, format_name: str, folder: Path
) -> dict[Path, tuple[Loss, ...]]:
    """Write one file per video into a folder, called like the videos. AnnotationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnnotationError(folder.name, error.strerror or "cannot be made") from error
    names = file_names(document.videos, FORMATS[format_name].suffix)
    return {
        folder / name: write(document.of_video(video), format_name, folder / name)
        for video, name in names.items()
    }


def write_all(document: AnnotationSet, format_name: str, out: Path) -> dict[Path, tuple[Loss, ...]]:
    """Write a file, or a folder where the format has one video per file and there are several, or
    ``out`` is a folder; says of each file what it does not keep. AnnotationError.
    """
    single = FORMATS[format_name].single
    if not (out.is_dir() or (single and len(document.videos) > 1)):
        return {out: write(document, format_name, out)}
    if not single:
        raise AnnotationError(out.name or str(out), "is a folder, and one file is written")
    return write_each(document, format_name, out)


def _without_rejected(document: AnnotationSet) -> AnnotationSet:
    kept = tuple(each for each in document.segments if each.state is not State.REJECTED)
    return replace(document, segments=kept)


def file_names(videos: Sequence[Video], suffix: str) -> dict[str, str]:
    """A name of a file for each video's name, all different also where case does not count."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for video in videos:
        stem = str(PurePosixPath(video.name).with_suffix("")).replace("/", "_")
        stem = "".join("_" if each in '<>:"|?*' else each for each in stem)
        name, number = stem + suffix, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}{suffix}"
        taken.add(name.lower())
        names[video.name] = name
    return names


def _only(document: AnnotationSet, video: str, source: Source) -> AnnotationSet:
    """The part about the named video; the one video of the file takes the name."""
    if len(document.videos) == 1:
        only = replace(document.videos[0], name=Draft(source, _ANY, Options()).video(video))
        segments = tuple(replace(each, video=only.name) for each in document.segments)
        return AnnotationSet((only,), document.labels, segments)
    wanted = PurePosixPath(video.replace("\\", "/"))
    for same in (
        lambda name: name == wanted,
        lambda name: name.name == wanted.name,
        lambda name: name.stem == wanted.stem,
    ):
        for each in document.videos:
            if same(PurePosixPath(each.name)):
                return document.of_video(each.name)
    raise source.error(f"holds nothing about {video}")


_ANY = FORMATS["avscope"].default_kind


def _save(path: Path, data: bytes) -> None:
    """Write beside the place first, so that what was there stays whole until the end.

    A link leads to the place; a device or a pipe would be lost and is refused.
    """
    try:
        place = Path(os.path.realpath(path))
        if place.exists() and not place.is_file():
            raise AnnotationError(path.name or str(path), "is no plain file")
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=place.parent)
        temporary = Path(beside)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(place)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except AnnotationError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be written"
        raise AnnotationError(path.name or str(path), reason) from error
