"""BORIS: tabular events (START and STOP in rows of their own) and aggregated events.

Column names as BORIS 7 to 9 write them (user guide, "Export events"). Written are aggregated
events: one row per event needs no pairing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from core_model.timeline import Task
from training.annotations.interchange.delimited import normal, records
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.report import DURATION, NOTE, VIDEO_NAME, Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_clock, in_seconds
from training.annotations.model import AnnotationSet, Segment

_NOBODY = "No focal subject"
_MISSING = ("", "NA")
_HEADER_WITHIN_LINES = 400
_PLAYER = re.compile(r"player #\d+\s*:\s*", re.I)
_VIDEO = ("media_file_name", "media_file_path", "media_file", "source", "observation_id")
_LENGTH = ("media_duration_s", "total_length")
_TYPE = ("behavior_type", "status", "event_type")
_COLUMNS = (
    "Observation id",
    "Media file name",
    "Media duration (s)",
    "Subject",
    "Behavior",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Comment start",
    "Comment stop",
)

_Record = dict[str, str]


def _recognise(source: Source) -> bool:
    return _header_line(source.head.split("\n")) is not None


def _header_line(lines: list[str]) -> int | None:
    """Which line names the columns; tabular exports may have a table about the study before."""
    for place, line in enumerate(lines[:_HEADER_WITHIN_LINES]):
        names = {normal(cell) for cell in re.split("[\t,;]", line.replace('"', ""))}
        timed = {"start_s", "stop_s"} <= names or ("time" in names and names & set(_TYPE))
        if "behavior" in names and timed:
            return place
    return None


def _records(source: Source) -> Iterator[tuple[int, _Record]]:
    first = _header_line(source.lines)
    if first is None:
        raise source.error("no line with BORIS's column names")
    delimiter = max("\t,;", key=source.lines[first].count)
    names: list[str] | None = None
    for line, cells in records(source, delimiter, "\n".join(source.lines[first:])):
        if names is None:
            names = [normal(cell) for cell in cells]
            if "behavior" not in names or not {"start_s", "time"} & set(names):
                raise source.error("column names that cannot be told apart", first + line)
            continue
        # The first of two columns of the same name is the one that BORIS means.
        yield first + line, dict(zip(reversed(names), reversed(_even(cells, names)), strict=True))


def _even(cells: list[str], names: list[str]) -> list[str]:
    return (cells + [""] * (len(names) - len(cells)))[: len(names)]


def _read(source: Source, draft: Draft) -> None:
    started: dict[tuple[str, ...], tuple[int, int, _Record]] = {}
    for line, record in _records(source):
        try:
            if "start_s" in record:
                _add(draft, record, line, _time(record, "start_s"), _stop(record))
            else:
                _read_moment(draft, record, line, started)
        except ValueError as error:
            raise source.error(getattr(error, "reason", str(error)), line) from error
    for line, onset_us, record in started.values():
        draft.lost("events that start and never stop (kept as points)", f"line {line}")
        _add(draft, record, line, onset_us, onset_us)


def _read_moment(
    draft: Draft,
    record: _Record,
    line: int,
    started: dict[tuple[str, ...], tuple[int, int, _Record]],
) -> None:
    """One row of a tabular export: a point, or the start or the stop of an event."""
    time_us = _time(record, "time")
    modifiers = tuple(value for name, value in record.items() if name.startswith("modif"))
    video = _first(record, _VIDEO)
    key = (record.get("observation_id", ""), record.get("subject", ""), record["behavior"])
    key = (*key, *modifiers)
    moment = _first(record, _TYPE).upper()
    if moment == "START":
        if key in started:
            raise ValueError(f"{record['behavior'][:40]!r} starts twice")
        started[key] = (line, time_us, record)
    elif moment == "STOP":
        if key not in started:
            raise ValueError(f"{record['behavior'][:40]!r} stops and never started")
        _, onset_us, first = started.pop(key)
        if _first(first, _VIDEO) != video:
            draft.lost("events over two media files (kept in the first)", video)
        _add(draft, first, line, onset_us, time_us)
    else:
        _add(draft, record, line, time_us, time_us)


def _add(draft: Draft, record: _Record, line: int, onset_us: int, offset_us: int) -> None:
    raw = _PLAYER.sub("", _first(record, _VIDEO), count=1)
    length = _first(record, _LENGTH)
    duration_us = from_clock(length) if _is_time(length) else None
    video = draft.video(raw, duration_us=duration_us) if raw else draft.only_video()
    subject = record.get("subject", "")
    notes = [] if subject in ("", _NOBODY) else [f"subject {subject}"]
    for name, value in record.items():
        is_said = name.startswith(("comment", "modif")) and value not in _MISSING
        if is_said and value not in notes:
            notes.append(value)
    draft.segment(
        video, record["behavior"], onset_us, offset_us, line=line, note="; ".join(notes)
    )  # fmt: skip


def _first(record: _Record, names: tuple[str, ...]) -> str:
    return next((record[name] for name in names if record.get(name, "") not in _MISSING), "")


def _is_time(text: str) -> bool:
    try:
        return from_clock(text) > 0
    except ValueError:
        return False


def _time(record: _Record, column: str) -> int:
    text = record[column].strip()
    if text in _MISSING:
        raise ValueError("no time")
    return from_clock(text)


def _stop(record: _Record) -> int:
    """The stop of an aggregated event; a point may have none."""
    has_stop = record.get("stop_s", "").strip() not in _MISSING
    return _time(record, "stop_s" if has_stop else "start_s")


def _write(document: AnnotationSet, _: Tally) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(_COLUMNS)
    lengths = {video.name: video.duration_us for video in document.videos}
    writer.writerows(_row(segment, lengths[segment.video]) for segment in document.segments)
    return text.getvalue().encode()


def _row(segment: Segment, length_us: int | None) -> tuple[str, ...]:
    is_point = segment.duration_us == 0
    return (
        segment.video,
        segment.video,
        "NA" if not length_us else in_seconds(length_us),
        _NOBODY,
        segment.label,
        "POINT" if is_point else "STATE",
        in_seconds(segment.onset_us),
        in_seconds(segment.offset_us),
        "NA" if is_point else in_seconds(segment.duration_us),
        segment.note,
        "",
    )


FORMAT = Format(
    name="boris",
    title="BORIS events",
    suffix=".tsv",
    default_kind=Task.TAL,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset({VIDEO_NAME, DURATION, NOTE}),
)
