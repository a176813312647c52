"""Tiers: rows of one kind and one annotator in which no two events overlap."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable

from core_model.timeline import Task
from training.annotations.model import Segment

_Span = Callable[[Segment], tuple[int, int]]
_NAME = re.compile(r"(tal|sed|avel)(?:@(.*?))?(?:#(\d{1,6}))?", re.S)


def _exactly(segment: Segment) -> tuple[int, int]:
    return segment.onset_us, segment.offset_us


def tiers_of(segments: Iterable[Segment], span: _Span = _exactly) -> dict[str, list[Segment]]:
    """Segments by the name of their tier, sorted in time; points are in tiers of their own.

    ``span``: onset and offset as the format writes them, which must not overlap in a tier.
    """
    groups: dict[tuple[Task, str, bool], list[Segment]] = {}
    for segment in segments:
        onset, offset = span(segment)
        groups.setdefault((segment.kind, segment.annotator, onset == offset), []).append(segment)
    named: dict[str, list[Segment]] = {}
    for (kind, annotator, _), members in groups.items():
        first = 1
        while _name(kind, annotator, first) in named:
            first += 1
        for row, layer in enumerate(_layers(members, span), start=first):
            named[_name(kind, annotator, row)] = layer
    return named


def kind_and_annotator(name: str) -> tuple[Task, str] | None:
    """What a tier's name says if it is one of ours, else None."""
    found = _NAME.fullmatch(name)
    return (Task(found[1]), found[2] or "") if found else None


def _name(kind: Task, annotator: str, row: int) -> str:
    name = f"{kind}@{annotator}" if annotator else str(kind)
    return f"{name}#{row}" if row > 1 or "#" in annotator else name


def _layers(segments: list[Segment], span: _Span) -> list[list[Segment]]:
    """As few rows as possible without overlap within a row."""
    rows: list[list[Segment]] = []
    free: list[tuple[int, int]] = []
    for segment in sorted(segments, key=lambda each: (span(each), each.label)):
        onset, offset = span(segment)
        if free and free[0][0] <= onset:
            _, row = heapq.heappop(free)
        else:
            row = len(rows)
            rows.append([])
        rows[row].append(segment)
        heapq.heappush(free, (max(offset, onset + 1), row))
    return rows
