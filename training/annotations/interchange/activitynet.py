"""ActivityNet's JSON: truth ("database"), results ("results"), and videos at the top level.

UniAV and UnAV-100 add ``label_id``, the index of the class. The kind, the annotator and the like
are extra entries of an annotation, which other readers pass over.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from core_model.timeline import Task, seconds
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.json_values import (
    add_segment,
    extras,
    listing,
    mapping,
    optional_time_us,
    span_us,
    text,
)
from training.annotations.interchange.report import (
    ANNOTATOR,
    DURATION,
    EMPTY_VIDEOS,
    KIND,
    LABEL_NUMBER,
    NOTE,
    PROVENANCE,
    SCORE,
    STATE,
    VIDEO_NAME,
    Tally,
)
from training.annotations.interchange.source import Source
from training.annotations.model import AnnotationSet, Label, Segment, Video, one_line

_MOST_CLASSES = 1_000_000


def _recognise(source: Source) -> bool:
    return _videos(source.json) is not None


def _videos(document: object) -> dict[str, Any] | None:
    """What is known per video, wherever the file has it."""
    if not isinstance(document, dict):
        return None
    for name in ("database", "results"):
        if isinstance(document.get(name), dict):
            return document[name]
    first = next(iter(document.values()), None)
    is_flat = isinstance(first, dict) and isinstance(first.get("annotations"), list)
    return document if is_flat else None


def _read(source: Source, draft: Draft) -> None:
    videos = _videos(source.json)
    if videos is None:
        raise source.error('no "database" of videos')
    if "unav" in str(source.json.get("version", "")).lower():
        draft.suggest_kind(Task.AVEL)
    for key, value in videos.items():
        entry = {"annotations": value} if isinstance(value, list) else value
        _read_video(source, draft, key, mapping(source, entry, f"video {key!r}"))


def _read_video(source: Source, draft: Draft, key: str, entry: dict[str, Any]) -> None:
    named, subset = entry.get("file"), entry.get("subset")
    video = draft.video(
        named if isinstance(named, str) else key,
        duration_us=optional_time_us(source, entry, "duration", "duration_second"),
        subset=one_line(subset) if isinstance(subset, str) else "",
    )
    annotations = listing(source, entry.get("annotations", []), f"annotations of {key!r}")
    for place, value in enumerate(annotations):
        where = f"{key!r}, annotation {place + 1}"
        record = mapping(source, value, where)
        span = span_us(source, record.get("segment"), f"{where}: segment")
        label = text(source, record.get("label", record.get("label_id")), f"{where}: label")
        number = record.get("label_id")
        is_index = isinstance(number, int) and 0 <= number <= _MOST_CLASSES
        if is_index and not isinstance(number, bool) and one_line(label):
            draft.label(draft.kind_named(record.get("kind")), label, number=number)
        add_segment(draft, source, video, label, span, record, record)


def _write(document: AnnotationSet, _: Tally) -> bytes:
    numbers = _numbers(document)
    by_video: dict[str, list[Segment]] = {video.name: [] for video in document.videos}
    for segment in document.segments:
        by_video[segment.video].append(segment)
    database = {
        key: _entry(video, by_video[video.name], numbers)
        for key, video in _keys(document.videos).items()
    }
    whole = {"version": "AVScope", "database": database}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _keys(videos: tuple[Video, ...]) -> dict[str, Video]:
    """Videos by the name without its ending, as data sets have it, where that is enough."""
    stems = [str(PurePosixPath(video.name).with_suffix("")) for video in videos]
    unique = len(set(stems)) == len(stems)
    return {stem if unique else each.name: each for stem, each in zip(stems, videos, strict=True)}


def _entry(
    video: Video, segments: list[Segment], numbers: dict[tuple[Task, str], int]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": video.name}
    if video.subset:
        entry["subset"] = video.subset
    if video.duration_us is not None:
        entry["duration"] = seconds(video.duration_us)
    entry["annotations"] = [_annotation(segment, numbers) for segment in segments]
    return entry


def _annotation(segment: Segment, numbers: dict[tuple[Task, str], int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "segment": [seconds(segment.onset_us), seconds(segment.offset_us)],
        "label": segment.label,
        "label_id": numbers[segment.kind, segment.label],
        "kind": str(segment.kind),
    }
    if segment.score is not None:
        found["score"] = segment.score
    return found | extras(segment)


def _numbers(document: AnnotationSet) -> dict[tuple[Task, str], int]:
    """The index of each class: its own, or the next that no other class of the kind has."""
    known = {(label.kind, label.name): label for label in document.labels}
    used = dict.fromkeys((segment.kind, segment.label) for segment in document.segments)
    classes = [known.get(key) or Label(*key) for key in {**known, **used}]
    taken = {(label.kind, label.number) for label in classes}
    numbers: dict[tuple[Task, str], int] = {}
    following = dict.fromkeys(Task, 0)
    for label in classes:
        number = label.number
        while number is None:
            candidate = following[label.kind]
            following[label.kind] += 1
            number = None if (label.kind, candidate) in taken else candidate
        numbers[label.kind, label.name] = number
    return numbers


FORMAT = Format(
    name="activitynet",
    title="ActivityNet, UnAV-100 and UniAV JSON",
    suffix=".json",
    default_kind=Task.TAL,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset(
        {
            KIND,
            ANNOTATOR,
            STATE,
            SCORE,
            NOTE,
            PROVENANCE,
            VIDEO_NAME,
            DURATION,
            EMPTY_VIDEOS,
            LABEL_NUMBER,
        }
    ),
)
