"""CSV with everything that a segment has, and TSV with the four columns of DESED and DCASE.

Both read any table with a header that names times and labels, in whatever delimiter and order,
DCASE's tables without a header, lists of videos, and weak labels (without times, LLP).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core_model.timeline import Task
from training.annotations.interchange.delimited import Column, Row, Table, recognised
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.report import (
    ANNOTATOR,
    EMPTY_VIDEOS,
    KIND,
    NOTE,
    PROVENANCE,
    SCORE,
    STATE,
    VIDEO_NAME,
    Tally,
)
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import in_seconds
from training.annotations.model import (
    AnnotationSet,
    Origin,
    Provenance,
    Segment,
    State,
    one_line,
)

TSV_COLUMNS = ("filename", "onset", "offset", "event_label")
_CSV_COLUMNS = (
    "filename",
    "onset",
    "offset",
    "label",
    "kind",
    "annotator",
    "state",
    "score",
    "note",
    "origin",
    "model",
    "version",
    "prompt",
)


def _recognise_tsv(source: Source) -> bool:
    table = recognised(source)
    return table is not None and table.delimiter == "\t"


def _recognise_csv(source: Source) -> bool:
    return recognised(source) is not None


def _read(source: Source, draft: Draft) -> None:
    table = recognised(source)
    if table is None:
        raise source.error("no columns with times and labels", 1)
    for row in table.rows():
        try:
            _read_row(row, table, draft)
        except ValueError as error:
            raise source.error(getattr(error, "reason", str(error)), row.line) from error


def _read_row(row: Row, table: Table, draft: Draft) -> None:
    is_list = Column.ONSET not in table.columns
    length_us = row.time_us(Column.LENGTH) if is_list else None
    subset = row.text(Column.SUBSET)
    named = row.text(Column.VIDEO)
    if named or Column.VIDEO in table.columns:
        if not named:
            raise ValueError("no name of a video")
        video = draft.video(named, duration_us=length_us, subset=one_line(subset))
    else:
        video = draft.only_video()
    label = row.text(Column.LABEL)
    if is_list:
        for name in filter(None, (part.strip() for part in label.split(","))):
            draft.label(draft.kind, name)
            draft.lost("labels without times", name)
        return
    onset_us, offset_us = row.time_us(Column.ONSET), row.time_us(Column.OFFSET)
    if onset_us is None and offset_us is None and not label:
        return  # DESED's way to list a file in which nothing is heard
    if onset_us is None:
        raise ValueError("no onset")
    if offset_us is None:
        offset_us = onset_us + (row.time_us(Column.LENGTH) or 0)
    _add(row, draft, video, label, onset_us, offset_us)


def _add(
    row: Row, draft: Draft, video: str, label: str, onset_us: int, offset_us: int
) -> None:  # fmt: skip
    state, origin = row.text(Column.STATE), row.text(Column.ORIGIN)
    score = row.figure(Column.SCORE)
    draft.segment(
        video,
        label,
        onset_us,
        offset_us,
        kind=draft.kind_named(row.text(Column.KIND)),
        line=row.line,
        annotator=row.text(Column.ANNOTATOR),
        state=State(state) if state in set(State) else State.ACCEPTED,
        score=float(score) if score else None,
        note=row.text(Column.NOTE),
        provenance=Provenance(
            Origin(origin) if origin in set(Origin) else Origin.HUMAN,
            one_line(row.text(Column.MODEL)),
            one_line(row.text(Column.VERSION)),
            one_line(row.text(Column.PROMPT)),
        ),
    )


def _write_csv(document: AnnotationSet, _: Tally) -> bytes:
    rows = [_CSV_COLUMNS, *(_csv_row(segment) for segment in document.segments)]
    rows += [(name, *[""] * (len(_CSV_COLUMNS) - 1)) for name in _empty(document)]
    return _table(rows, ",")


def _csv_row(segment: Segment) -> tuple[str, ...]:
    return (
        segment.video,
        in_seconds(segment.onset_us),
        in_seconds(segment.offset_us),
        segment.label,
        segment.kind,
        segment.annotator,
        segment.state,
        "" if segment.score is None else repr(segment.score),
        segment.note,
        segment.provenance.origin,
        segment.provenance.model,
        segment.provenance.version,
        segment.provenance.prompt,
    )


def _write_tsv(document: AnnotationSet, _: Tally) -> bytes:
    rows: list[tuple[str, ...]] = [TSV_COLUMNS]
    rows += [
        (each.video, in_seconds(each.onset_us), in_seconds(each.offset_us), each.label)
        for each in document.segments
    ]
    rows += [(name, "", "", "") for name in _empty(document)]
    return _table(rows, "\t")


def _empty(document: AnnotationSet) -> list[str]:
    busy = {segment.video for segment in document.segments}
    return [video.name for video in document.videos if video.name not in busy]


def _table(rows: Sequence[tuple[str, ...]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


CSV = Format(
    name="csv",
    title="CSV with all columns",
    suffix=".csv",
    default_kind=Task.SED,
    recognise=_recognise_csv,
    read=_read,
    write=_write_csv,
    keeps=frozenset(
        {VIDEO_NAME, EMPTY_VIDEOS, KIND, ANNOTATOR, STATE, SCORE, NOTE, PROVENANCE}
    ),
)  # fmt: skip
TSV = Format(
    name="tsv",
    title="TSV of DESED and DCASE",
    suffix=".tsv",
    default_kind=Task.SED,
    recognise=_recognise_tsv,
    read=_read,
    write=_write_tsv,
    keeps=frozenset({VIDEO_NAME, EMPTY_VIDEOS}),
)
