"""Our own JSON, which keeps everything."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from core_model.timeline import Task
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.json_values import listing, mapping, score_of, text
from training.annotations.interchange.report import EVERYTHING, Tally
from training.annotations.interchange.source import Source
from training.annotations.model import LATEST_US, AnnotationSet, Origin, Provenance, State, one_line

_NAME = "avscope-annotations"
_VERSION = 1
_MOST = 1_000_000


def _recognise(source: Source) -> bool:
    return isinstance(source.json, dict) and source.json.get("format") == _NAME


def _read(source: Source, draft: Draft) -> None:
    document = mapping(source, source.json, "the file")
    if document.get("version") != _VERSION:
        raise source.error("written by a newer version of AVScope")
    for place, value in enumerate(listing(source, document.get("videos"), "videos")):
        _read_video(source, draft, mapping(source, value, f"videos[{place}]"))
    for place, value in enumerate(listing(source, document.get("labels"), "labels")):
        _read_label(source, draft, mapping(source, value, f"labels[{place}]"))
    for place, value in enumerate(listing(source, document.get("segments"), "segments")):
        where = f"segments[{place}]"
        _read_segment(source, draft, mapping(source, value, where), where)


def _read_video(source: Source, draft: Draft, record: dict[str, Any]) -> None:
    duration_us = record.get("duration_us")
    draft.video(
        text(source, record.get("name"), "name of a video"),
        duration_us=None if duration_us is None else _whole(source, record, "duration_us"),
        content_hash=_optional(source, record, "content_hash"),
        subset=_optional(source, record, "subset"),
    )


def _read_label(source: Source, draft: Draft, record: dict[str, Any]) -> None:
    details: dict[str, object] = {
        name: _optional(source, record, name)
        for name in ("prompt", "colour", "pattern", "key", "parent")
    }
    if record.get("number") is not None:
        details["number"] = _whole(source, record, "number", _MOST)
    name = text(source, record.get("name"), "name of a label")
    draft.label(_one_of(source, record, "kind", Task), name, **details)


def _read_segment(source: Source, draft: Draft, record: dict[str, Any], where: str) -> None:
    made = mapping(source, record.get("provenance", {}), f"{where}: provenance")
    draft.segment(
        draft.video(text(source, record.get("video"), f"{where}: video")),
        text(source, record.get("label"), f"{where}: label"),
        _whole(source, record, "onset_us"),
        _whole(source, record, "offset_us"),
        kind=_one_of(source, record, "kind", Task),
        annotator=_optional(source, record, "annotator"),
        state=_one_of(source, record, "state", State, State.ACCEPTED),
        score=score_of(source, record),
        note=_optional(source, record, "note"),
        provenance=Provenance(
            _one_of(source, made, "origin", Origin, Origin.HUMAN),
            _optional(source, made, "model"),
            _optional(source, made, "version"),
            _optional(source, made, "prompt"),
        ),
    )


def _optional(source: Source, record: dict[str, Any], name: str) -> str:
    value = text(source, record.get(name, ""), name)
    return value if name == "note" else one_line(value)


def _whole(source: Source, record: dict[str, Any], name: str, most: int = LATEST_US) -> int:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > most:
        raise source.error(f"{name} is no whole number in range")
    return value


def _one_of(
    source: Source, record: dict[str, Any], name: str, words: Any, default: Any = None
) -> Any:
    value = record.get(name, default)
    if value not in list(words):
        raise source.error(f"{name} is none of {', '.join(words)}")
    return words(value)


def _write(document: AnnotationSet, _: Tally) -> bytes:
    parts = {
        name: [
            {key: value for key, value in asdict(item).items() if value not in (None, "")}
            for item in items
        ]
        for name, items in (
            ("videos", document.videos),
            ("labels", document.labels),
            ("segments", document.segments),
        )
    }
    whole = {"format": _NAME, "version": _VERSION, **parts}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


FORMAT = Format(
    name="avscope",
    title="AVScope JSON (keeps everything)",
    suffix=".json",
    default_kind=Task.SED,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=EVERYTHING,
)
