"""VIA 3 (Dutta and Zisserman, "The VIA Annotation Software"): the JSON of a video project.

An attribute per kind, its options are the labels; an event is a metadata entry with two times.
"""

from __future__ import annotations

import json
from typing import Any

from core_model.timeline import Task, seconds
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.json_values import listing, mapping, span_us, text
from training.annotations.interchange.report import (
    EMPTY_VIDEOS,
    KIND,
    UNUSED_LABELS,
    VIDEO_NAME,
    Tally,
)
from training.annotations.interchange.source import Source
from training.annotations.model import AnnotationSet

_CHECKBOX, _SELECT = 2, 4
_VIDEO_FILE, _LOCAL = 4, 1
_IN_TIME = "FILE1_Z2_XY0"


def _recognise(source: Source) -> bool:
    document = source.json
    parts = ("attribute", "file", "metadata", "view")
    return isinstance(document, dict) and all(isinstance(document.get(n), dict) for n in parts)


def _read(source: Source, draft: Draft) -> None:
    document = mapping(source, source.json, "the file")
    files: dict[str, str] = {}
    for key, value in mapping(source, document.get("file"), "file").items():
        record = mapping(source, value, f"file {key!r}")
        named = record.get("fname") or record.get("src")
        files[key] = draft.video(text(source, named, f"name of file {key!r}"))
    attributes = mapping(source, document.get("attribute"), "attribute")
    for key, value in attributes.items():
        _read_options(source, draft, mapping(source, value, f"attribute {key!r}"))
    views = mapping(source, document.get("view"), "view")
    for key, value in mapping(source, document.get("metadata"), "metadata").items():
        where = f"metadata {key!r}"
        record = mapping(source, value, where)
        video = _video(source, record, views, files, where)
        _read_metadata(source, draft, record, video, attributes, where)


def _read_options(source: Source, draft: Draft, attribute: dict[str, Any]) -> None:
    """The options of our own attributes are labels, whether or not an event has them."""
    named = attribute.get("aname")
    if isinstance(named, str) and named in set(Task):
        for option in mapping(source, attribute.get("options", {}), "options").values():
            draft.label(Task(named), text(source, option, "an option"))


def _video(
    source: Source,
    record: dict[str, Any],
    views: dict[str, Any],
    files: dict[str, str],
    where: str,
) -> str:
    view = mapping(source, views.get(str(record.get("vid"))), f"{where}: its view")
    shown = listing(source, view.get("fid_list", []), f"{where}: its files")
    video = files.get(str(shown[0])) if shown else None
    if video is None:
        raise source.error(f"{where} names a file that is not in the project")
    return video


def _read_metadata(
    source: Source,
    draft: Draft,
    record: dict[str, Any],
    video: str,
    attributes: dict[str, Any],
    where: str,
) -> None:
    times = listing(source, record.get("z", []), f"{where}: z")
    if record.get("xy"):
        draft.lost("regions in the picture", where)
        return
    if not times:
        draft.lost("metadata without times", where)
        return
    span = span_us(source, times * 2 if len(times) == 1 else times, f"{where}: z")
    values = mapping(source, record.get("av", {}), f"{where}: av")
    if not values:
        draft.lost("events without a label", where)
    for key, value in values.items():
        attribute = mapping(source, attributes.get(key, {}), f"attribute {key!r}")
        named = str(attribute.get("aname", key))
        for label in _labels(source, attribute, text(source, value, f"{where}: av")):
            note = "" if named in set(Task) else f"attribute {named}"
            draft.segment(video, label, *span, kind=draft.kind_named(named), note=note)


def _labels(source: Source, attribute: dict[str, Any], value: str) -> list[str]:
    """What a value says: a free text, or the numbers of one or several options."""
    options = attribute.get("options") or {}
    options = mapping(source, options, "options")
    numbers = value.split(",") if attribute.get("type") == _CHECKBOX else [value]
    return [text(source, options.get(number, number), "an option") for number in numbers]


def _write(document: AnnotationSet, _: Tally) -> bytes:
    used = [(each.kind, each.label) for each in document.segments]
    classes = dict.fromkeys([*((each.kind, each.name) for each in document.labels), *used])
    kinds = {kind: str(place) for place, kind in enumerate(Task, start=1)}
    options = {
        kind: {
            name: str(place) for place, (_, name) in enumerate(c for c in classes if c[0] == kind)
        }
        for kind in Task
    }
    files = {video.name: str(place) for place, video in enumerate(document.videos, start=1)}
    metadata = {
        f"{files[segment.video]}_{place}": {
            "vid": files[segment.video],
            "flg": 0,
            "z": [seconds(segment.onset_us), seconds(segment.offset_us)],
            "xy": [],
            "av": {kinds[segment.kind]: options[segment.kind][segment.label]},
        }
        for place, segment in enumerate(document.segments, start=1)
    }
    whole = {
        "project": _project(list(files.values())),
        "config": {"file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}}, "ui": {}},
        "attribute": {
            kinds[kind]: _attribute(kind, options[kind]) for kind in Task if options[kind]
        },
        "file": {
            key: {"fid": key, "fname": name, "type": _VIDEO_FILE, "loc": _LOCAL, "src": name}
            for name, key in files.items()
        },
        "view": {key: {"fid_list": [key]} for key in files.values()},
        "metadata": metadata,
    }
    return (json.dumps(whole, ensure_ascii=False) + "\n").encode()


def _project(views: list[str]) -> dict[str, Any]:
    return {
        "pid": "__VIA_PROJECT_ID__",
        "rev": "__VIA_PROJECT_REV_ID__",
        "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
        "pname": "AVScope",
        "creator": "AVScope",
        "created": 0,
        "vid_list": views,
    }


def _attribute(kind: Task, options: dict[str, str]) -> dict[str, Any]:
    return {
        "aname": str(kind),
        "anchor_id": _IN_TIME,
        "type": _SELECT,
        "desc": "",
        "options": {number: name for name, number in options.items()},
        "default_option_id": "",
    }


FORMAT = Format(
    name="via3",
    title="VIA 3 JSON",
    suffix=".json",
    default_kind=Task.TAL,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset({KIND, VIDEO_NAME, EMPTY_VIDEOS, UNUSED_LABELS}),
)
