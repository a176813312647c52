"""Audacity's labels: onset, offset and text between tabs; a line for the frequencies of each.

The format is described in Audacity's manual, "Importing and Exporting Labels".
"""

from __future__ import annotations

import re

from core_model.timeline import Task
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.report import Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_seconds, in_seconds
from training.annotations.model import AnnotationSet

_LINE = re.compile(r"-?[\d.,]+\t-?[\d.,]+(?:\t[^\t]*)?")
_FREQUENCIES = "\\\t"


def _recognise(source: Source) -> bool:
    first = next((line for line in source.head.split("\n") if line.strip()), "")
    return bool(_LINE.fullmatch(first))


def _read(source: Source, draft: Draft) -> None:
    video = draft.only_video()
    for number, line in enumerate(source.lines, start=1):
        if not line.strip():
            continue
        if line.startswith(_FREQUENCIES):
            draft.lost("frequencies of labels", line[2:])
            continue
        cells = line.split("\t", 2)
        if len(cells) < 2:
            raise source.error("not onset, offset and label between tabs", number)
        try:
            onset_us, offset_us = from_seconds(cells[0]), from_seconds(cells[1])
        except ValueError as error:
            raise source.error(str(error), number) from error
        draft.segment(video, cells[2] if len(cells) > 2 else "", onset_us, offset_us, line=number)


def _write(document: AnnotationSet, _: Tally) -> bytes:
    lines = [
        f"{in_seconds(segment.onset_us)}\t{in_seconds(segment.offset_us)}\t{segment.label}\n"
        for segment in sorted(document.segments, key=lambda each: each.onset_us)
    ]
    return "".join(lines).encode()


FORMAT = Format(
    name="audacity",
    title="Audacity labels",
    suffix=".txt",
    default_kind=Task.SED,
    recognise=_recognise,
    read=_read,
    write=_write,
    single=True,
)
