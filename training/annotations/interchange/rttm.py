"""RTTM (NIST, Rich Transcription): SPEAKER file channel onset duration <NA> <NA> name ..."""

from __future__ import annotations

from urllib.parse import quote, unquote

from core_model.timeline import Task
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.report import SCORE, VIDEO_NAME, Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_seconds, in_seconds
from training.annotations.model import AnnotationSet

_NOTHING = "<NA>"
_SPEAKER = "SPEAKER"
_FEWEST_FIELDS = 8
_SCORE_FIELD = 8
_TYPES = {
    _SPEAKER,
    "LEXEME",
    "NON-LEX",
    "NON-SPEECH",
    "SPKR-INFO",
    "SEGMENT",
    "NOSCORE",
    "FILLER",
    "EDIT",
    "SU",
    "IP",
    "CB",
    "A/P",
    "NO_RT_METADATA",
}


def _recognise(source: Source) -> bool:
    for line in source.head.split("\n"):
        fields = line.split()
        if fields and not line.startswith(";"):
            return len(fields) >= _FEWEST_FIELDS and fields[0] in _TYPES
    return False


def _read(source: Source, draft: Draft) -> None:
    for number, line in enumerate(source.lines, start=1):
        fields = line.split()
        if not fields or line.startswith(";"):
            continue
        if fields[0] not in _TYPES:
            raise source.error(f"{fields[0][:40]!r} is no type of RTTM", number)
        if fields[0] != _SPEAKER:
            draft.lost("lines that are not about speakers", line)
            continue
        if len(fields) < _FEWEST_FIELDS:
            raise source.error("fewer fields than RTTM has", number)
        try:
            onset_us, length_us = from_seconds(fields[3]), from_seconds(fields[4])
            has_score = len(fields) > _SCORE_FIELD and fields[_SCORE_FIELD] != _NOTHING
            score = float(fields[_SCORE_FIELD]) if has_score else None
        except ValueError as error:
            raise source.error(str(error), number) from error
        draft.segment(
            draft.video(unquote(fields[1])),
            unquote(fields[7]),
            onset_us,
            onset_us + length_us,
            score=score,
            line=number,
        )


def _write(document: AnnotationSet, tally: Tally) -> bytes:
    lines: list[str] = []
    for segment in document.segments:
        label, video = _field(segment.label), _field(segment.video)
        if label != segment.label:
            tally.add("spaces in labels (written as %20)", segment.label)
        onset, length = in_seconds(segment.onset_us), in_seconds(segment.duration_us)
        score = _NOTHING if segment.score is None else repr(segment.score)
        lines.append(
            f"{_SPEAKER} {video} 1 {onset} {length} {_NOTHING} {_NOTHING} {label} {score} "
            f"{_NOTHING}\n"
        )
    return "".join(lines).encode()


def _field(text: str) -> str:
    """One field: spaces, "%" and a leading mark of a comment are written in percent."""
    printable = "".join(quote(each) if each.isspace() or each == "%" else each for each in text)
    return printable.replace(";", "%3B", 1) if printable.startswith(";") else printable


FORMAT = Format(
    name="rttm",
    title="RTTM",
    suffix=".rttm",
    default_kind=Task.SED,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset({VIDEO_NAME, SCORE}),
)
