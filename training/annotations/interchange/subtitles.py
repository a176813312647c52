"""WebVTT (W3C) and SubRip: one cue per event, the label is its text.

Broken cues are skipped and counted, as players do. A cue of ours is called like "sed-12" in
WebVTT and says who annotated in its voice tag; SubRip has room for neither.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from core_model.timeline import Task
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.milliseconds import span_ms
from training.annotations.interchange.report import ANNOTATOR, KIND, Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_clock, on_clock
from training.annotations.model import AnnotationSet, Segment

_ARROW = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)(?:\s.*)?")
_OUR_NAME = re.compile(r"(tal|sed|avel)-\d+")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_VTT_TAG = re.compile(r"</?(?:c|i|b|u|v|ruby|rt|lang)(?:[.\s][^>]*)?>|<[\d:.]+>")
_SRT_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^>]*)?>|\{\\[^}]*\}", re.I)
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class _Cue:
    name: str
    onset_us: int
    offset_us: int
    text: str
    line: int


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not blank, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _cues(source: Source, draft: Draft) -> Iterator[_Cue]:
    """The cues of a file; AnnotationError when there are only broken ones."""
    broken: tuple[int, str] | None = None
    good = 0
    for first, block in _blocks(source.lines):
        arrow = next((place for place, line in enumerate(block) if "-->" in line), None)
        if arrow is None:
            if not block[0].startswith(_NO_CUE):
                broken = broken or (first, "no times between")
                draft.lost("broken cues", block[0])
            continue
        found = _ARROW.fullmatch(block[arrow])
        try:
            if not found:
                raise ValueError("no times on both sides of the arrow")
            times = from_clock(found[1]), from_clock(found[2])
        except ValueError as error:
            broken = broken or (first + arrow, str(error))
            draft.lost("broken cues", block[arrow])
            continue
        good += 1
        name = block[arrow - 1].strip() if arrow else ""
        yield _Cue(name, *times, " ".join(block[arrow + 1 :]), first + arrow)
    if broken and not good:
        raise source.error(f"no cue can be read: {broken[1]}", broken[0])


def _read_vtt(source: Source, draft: Draft) -> None:
    video = draft.only_video()
    for cue in _cues(source, draft):
        voice = _VOICE.search(cue.text)
        ours = _OUR_NAME.fullmatch(cue.name)
        draft.segment(
            video,
            html.unescape(_VTT_TAG.sub("", cue.text)),
            cue.onset_us,
            cue.offset_us,
            kind=Task(ours[1]) if ours else None,
            annotator=html.unescape(voice[1]) if voice else "",
            line=cue.line,
        )


def _read_srt(source: Source, draft: Draft) -> None:
    video = draft.only_video()
    for cue in _cues(source, draft):
        text = _SRT_TAG.sub("", cue.text)
        draft.segment(video, text, cue.onset_us, cue.offset_us, line=cue.line)


def _times(segment: Segment, point: str, tally: Tally) -> str:
    """The line with the arrow."""
    onset_ms, offset_ms = span_ms(segment, tally)
    return f"{on_clock(onset_ms, point)} --> {on_clock(offset_ms, point)}"


def _write_vtt(document: AnnotationSet, tally: Tally) -> bytes:
    blocks = ["WEBVTT"]
    ordered = sorted(document.segments, key=lambda each: (each.onset_us, each.offset_us))
    for number, segment in enumerate(ordered, start=1):
        voice = f"<v {html.escape(segment.annotator)}>" if segment.annotator else ""
        text = voice + html.escape(segment.label, quote=False)
        blocks.append(f"{segment.kind}-{number}\n{_times(segment, '.', tally)}\n{text}")
    return ("\n\n".join(blocks) + "\n").encode()


def _write_srt(document: AnnotationSet, tally: Tally) -> bytes:
    blocks: list[str] = []
    ordered = sorted(document.segments, key=lambda each: (each.onset_us, each.offset_us))
    for number, segment in enumerate(ordered, start=1):
        if _SRT_TAG.search(segment.label) or "-->" in segment.label:
            tally.add("labels that look like markup", segment.label)
        text = segment.label.replace("-->", "->")
        blocks.append(f"{number}\n{_times(segment, ',', tally)}\n{text}\n")
    return "\n".join(blocks).encode()


def _is_vtt(source: Source) -> bool:
    return source.head.startswith("WEBVTT")


def _is_srt(source: Source) -> bool:
    return any(_ARROW.fullmatch(line) for line in source.head.split("\n")[:40])


WEBVTT = Format(
    name="webvtt",
    title="WebVTT",
    suffix=".vtt",
    default_kind=Task.SED,
    recognise=_is_vtt,
    read=_read_vtt,
    write=_write_vtt,
    keeps=frozenset({KIND, ANNOTATOR}),
    resolution_us=1_000,
    single=True,
)
SRT = Format(
    name="srt",
    title="SubRip subtitles",
    suffix=".srt",
    default_kind=Task.SED,
    recognise=_is_srt,
    read=_read_srt,
    write=_write_srt,
    resolution_us=1_000,
    single=True,
)
