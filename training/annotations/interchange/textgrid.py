"""Praat's TextGrid, long and short (Praat manual, "TextGrid file formats").

Both are the same sequence of numbers and quoted texts; the long one has words between them. So
one reader takes numbers, quoted texts and flags in order and passes over everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core_model.timeline import Task
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.report import ANNOTATOR, DURATION, KIND, Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.tiers import kind_and_annotator, tiers_of
from training.annotations.interchange.times import from_seconds, in_seconds
from training.annotations.model import AnnotationSet, Segment

# Words such as "intervals [12]:" and comments are passed over; Praat reads free-standing values.
_TOKEN = re.compile(
    r'"((?:[^"]|"")*)"|(<\w+>)|(?<![^\s=])([+-]?\d[\d.]*(?:[eE][+-]?\d+)?)(?=\s|$)|(!.*)|("|=|[^\s"=]+)'
)
_HEADERS = ("ooTextFile", "ooTextFile short")
_INTERVALS, _POINTS = "IntervalTier", "TextTier"


class _Tokens:
    """The values of a file in order, each with its kind checked where it is taken."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found = self._tokens(source.text)
        self.line = 1

    def text(self) -> str:
        return self._take(0, "a text in quotes")

    def number(self) -> str:
        return self._take(1, "a number")

    def time_us(self) -> int:
        value = self.number()
        try:
            return from_seconds(value)
        except ValueError as error:
            raise self._source.error(str(error), self.line) from error

    def count(self) -> int:
        value = self.number()
        if not value.isdecimal() or len(value) > 9:
            raise self._source.error(f"{value[:40]} is no count", self.line)
        return int(value)

    def flag(self) -> str:
        return self._take(2, "a flag such as <exists>")

    def _take(self, kind: int, wanted: str) -> str:
        found = next(self._found, None)
        if found is None:
            raise self._source.error(f"ends where {wanted} is due", self.line)
        if found[0] != kind:
            raise self._source.error(f"{found[1][:40]!r} where {wanted} is due", self.line)
        return found[1]

    def _tokens(self, text: str) -> Iterator[tuple[int, str]]:
        place = 0
        for match in _TOKEN.finditer(text):
            self.line += text.count("\n", place, match.start())
            place = match.start()
            quoted, flag, number, _, word = match.groups()
            if quoted is not None:
                yield 0, quoted.replace('""', '"')
            elif number is not None:
                yield 1, number
            elif flag is not None:
                yield 2, flag
            elif word == '"':
                raise self._source.error("a quotation mark that is never closed", self.line)


def _recognise(source: Source) -> bool:
    head = source.head[:400]
    return "ooTextFile" in head and "TextGrid" in head


def _read(source: Source, draft: Draft) -> None:
    tokens = _Tokens(source)
    if tokens.text() not in _HEADERS or tokens.text() != "TextGrid":
        raise source.error("not a TextGrid", tokens.line)
    tokens.time_us()
    end_us = tokens.time_us()
    video = draft.only_video(duration_us=end_us)
    if tokens.flag() != "<exists>":
        return
    for _ in range(tokens.count()):
        _read_tier(source, tokens, draft, video)


def _read_tier(source: Source, tokens: _Tokens, draft: Draft, video: str) -> None:
    tier_class, name = tokens.text(), tokens.text()
    if tier_class not in (_INTERVALS, _POINTS):
        raise source.error(f"{tier_class[:40]!r} is no class of a tier", tokens.line)
    tokens.time_us()
    tokens.time_us()
    ours = kind_and_annotator(name)
    for _ in range(tokens.count()):
        onset_us = tokens.time_us()
        offset_us = tokens.time_us() if tier_class == _INTERVALS else onset_us
        label = tokens.text()
        # An interval without text is how Praat writes a gap.
        if label.strip():
            draft.segment(
                video,
                label,
                onset_us,
                offset_us,
                kind=ours[0] if ours else None,
                annotator=ours[1] if ours else "",
                note="" if ours else f"tier {name}",
                line=tokens.line,
            )


def _write(document: AnnotationSet, tally: Tally) -> bytes:
    tiers = tiers_of(document.segments)
    times = [time for each in document.segments for time in (each.onset_us, each.offset_us)]
    duration_us = max((video.duration_us or 0 for video in document.videos), default=0)
    start_us, end_us = min([0, *times]), max([duration_us, *times])
    if any(video.duration_us not in (None, end_us) for video in document.videos):
        tally.add("length of the video (lengthened to hold its events)")
    span = f"xmin = {in_seconds(start_us)}", f"xmax = {in_seconds(end_us)}"
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", *span]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, segments) in enumerate(tiers.items(), start=1):
        lines.append(f"    item [{number}]:")
        lines += _tier(name, segments, start_us, end_us, span)
    return ("\n".join(lines) + "\n").encode()


def _tier(
    name: str, segments: list[Segment], start_us: int, end_us: int, span: tuple[str, str]
) -> list[str]:
    points = segments[0].onset_us == segments[0].offset_us
    lines = [f'class = "{_POINTS if points else _INTERVALS}"', f"name = {_quoted(name)}", *span]
    if points:
        lines.append(f"points: size = {len(segments)}")
        for number, segment in enumerate(segments, start=1):
            lines.append(f"points [{number}]:")
            lines.append(f"    number = {in_seconds(segment.onset_us)}")
            lines.append(f"    mark = {_quoted(segment.label)}")
    else:
        filled = _without_gaps(segments, start_us, end_us)
        lines.append(f"intervals: size = {len(filled)}")
        for number, (onset_us, offset_us, label) in enumerate(filled, start=1):
            lines.append(f"intervals [{number}]:")
            lines.append(f"    xmin = {in_seconds(onset_us)}")
            lines.append(f"    xmax = {in_seconds(offset_us)}")
            lines.append(f"    text = {_quoted(label)}")
    return [f"        {line}" for line in lines]


def _without_gaps(
    segments: list[Segment], start_us: int, end_us: int
) -> list[tuple[int, int, str]]:
    """Intervals that tile the whole time, as Praat demands; gaps have no text."""
    filled: list[tuple[int, int, str]] = []
    done_us = start_us
    for segment in segments:
        if segment.onset_us > done_us:
            filled.append((done_us, segment.onset_us, ""))
        filled.append((segment.onset_us, segment.offset_us, segment.label))
        done_us = segment.offset_us
    if done_us < end_us:
        filled.append((done_us, end_us, ""))
    return filled


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


FORMAT = Format(
    name="textgrid",
    title="Praat TextGrid",
    suffix=".TextGrid",
    default_kind=Task.SED,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset({KIND, ANNOTATOR, DURATION}),
    single=True,
)
