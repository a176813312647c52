"""COCO-like JSON for video: lists of videos, categories and annotations with a time span."""

from __future__ import annotations

import json
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
    time_us,
)
from training.annotations.interchange.report import (
    ANNOTATOR,
    DURATION,
    EMPTY_VIDEOS,
    KIND,
    NOTE,
    PROVENANCE,
    SCORE,
    STATE,
    UNUSED_LABELS,
    VIDEO_NAME,
    Tally,
)
from training.annotations.interchange.source import Source
from training.annotations.model import AnnotationSet

_SPANS = ("segment", "time", "timestamp", "timestamps", "interval")
_ENDS = (("start", "end"), ("start_time", "end_time"), ("onset", "offset"), ("begin", "end"))


def _recognise(source: Source) -> bool:
    document = source.json
    parts = ("categories", "annotations")
    return isinstance(document, dict) and all(isinstance(document.get(n), list) for n in parts)


def _read(source: Source, draft: Draft) -> None:
    document = mapping(source, source.json, "the file")
    videos: dict[str, str] = {}
    listed = document.get("videos", document.get("images", []))
    for value in listing(source, listed, "videos"):
        record = mapping(source, value, "a video")
        named = record.get("file_name") or record.get("name") or record.get("id")
        duration_us = optional_time_us(source, record, "duration", "duration_s")
        name = draft.video(text(source, named, "name of a video"), duration_us=duration_us)
        videos[str(record.get("id"))] = name
    categories: dict[str, tuple[Task, str]] = {}
    for value in listing(source, document.get("categories"), "categories"):
        record = mapping(source, value, "a category")
        kind = draft.kind_named(record.get("supercategory"))
        name = draft.label(kind, text(source, record.get("name"), "name of a category"))
        categories[str(record.get("id"))] = kind, name
    annotations = listing(source, document.get("annotations"), "annotations")
    for place, value in enumerate(annotations):
        record = mapping(source, value, f"annotation {place + 1}")
        _read_annotation(source, draft, record, f"annotation {place + 1}", videos, categories)


def _read_annotation(
    source: Source,
    draft: Draft,
    record: dict[str, Any],
    where: str,
    videos: dict[str, str],
    categories: dict[str, tuple[Task, str]],
) -> None:
    span = _span(source, record, where)
    if span is None:
        draft.lost("annotations without times", where)
        return
    video = videos.get(str(record.get("video_id", record.get("image_id"))))
    category = categories.get(str(record.get("category_id")))
    if video is None or category is None:
        raise source.error(f"{where} names a video or a category that is not in the file")
    more = record.get("attributes", {})
    more = more if isinstance(more, dict) else {}
    record = {**record, "kind": str(category[0])}
    add_segment(draft, source, video, category[1], span, record, more)


def _span(source: Source, record: dict[str, Any], where: str) -> tuple[int, int] | None:
    for name in _SPANS:
        if name in record:
            return span_us(source, record[name], f"{where}: {name}")
    for first, last in _ENDS:
        if first in record and last in record:
            ends = time_us(source, record[first], where), time_us(source, record[last], where)
            return ends[0], ends[1]
    return None


def _write(document: AnnotationSet, _: Tally) -> bytes:
    videos = {video.name: place for place, video in enumerate(document.videos, start=1)}
    used = [(each.kind, each.label) for each in document.segments]
    classes = dict.fromkeys([*((each.kind, each.name) for each in document.labels), *used])
    numbers = {key: place for place, key in enumerate(classes, start=1)}
    annotations: list[dict[str, Any]] = []
    for place, segment in enumerate(document.segments, start=1):
        record: dict[str, Any] = {
            "id": place,
            "video_id": videos[segment.video],
            "category_id": numbers[segment.kind, segment.label],
            "segment": [seconds(segment.onset_us), seconds(segment.offset_us)],
        }
        if segment.score is not None:
            record["score"] = segment.score
        more = extras(segment)
        annotations.append(record | ({"attributes": more} if more else {}))
    whole = {
        "info": {"description": "written by AVScope; segment: onset and offset in seconds"},
        "videos": [_video(document, place) for place in range(len(document.videos))],
        "categories": [
            {"id": number, "name": name, "supercategory": str(kind)}
            for (kind, name), number in numbers.items()
        ],
        "annotations": annotations,
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _video(document: AnnotationSet, place: int) -> dict[str, Any]:
    video = document.videos[place]
    known: dict[str, Any] = {"id": place + 1, "file_name": video.name}
    if video.duration_us is not None:
        known["duration"] = seconds(video.duration_us)
    return known


FORMAT = Format(
    name="coco",
    title="COCO-like video JSON",
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
            UNUSED_LABELS,
        }
    ),
)
