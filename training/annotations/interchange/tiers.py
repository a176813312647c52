"""Tiers: rows of one kind and one annotator in which no two events overlap."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable

from core_model.timeline import Task
from training.annotations.model import Segment

_NAME = re.compile(r"(tal|sed|avel)(?:@(.*?))?(?:#(\d{1,6}))?", re.S)


def tiers_of(segments: Iterable[Segment]) -> dict[str, list[Segment]]:
    """Segments by the name of their tier, sorted in time; points are in tiers of their own."""
    groups: dict[tuple[Task, str, bool], list[Segment]] = {}
    for segment in segments:
        point = segment.onset_us == segment.offset_us
        groups.setdefault((segment.kind, segment.annotator, point), []).append(segment)
    named: dict[str, list[Segment]] = {}
    for (kind, annotator, _), members in groups.items():
        first = 1
        while _name(kind, annotator, first) in named:
            first += 1
        for row, layer in enumerate(_layers(members), start=first):
            named[_name(kind, annotator, row)] = layer
    return named


def kind_and_annotator(name: str) -> tuple[Task, str] | None:
    """What a tier's name says if it is one of ours, else None."""
    found = _NAME.fullmatch(name)
    return (Task(found[1]), found[2] or "") if found else None


def _name(kind: Task, annotator: str, row: int) -> str:
    name = f"{kind}@{annotator}" if annotator else str(kind)
    return f"{name}#{row}" if row > 1 or "#" in annotator else name


def _layers(segments: list[Segment]) -> list[list[Segment]]:
    """As few rows as possible without overlap within a row."""
    rows: list[list[Segment]] = []
    free: list[tuple[int, int]] = []
    for segment in sorted(segments, key=lambda each: (each.onset_us, each.offset_us, each.label)):
        end_us = max(segment.offset_us, segment.onset_us + 1)
        if free and free[0][0] <= segment.onset_us:
            _, row = heapq.heappop(free)
        else:
            row = len(rows)
            rows.append([])
        rows[row].append(segment)
        heapq.heappush(free, (end_us, row))
    return rows
