"""Edits of segments by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import chain

from app.project.changes import Change, added, altered, removed
from app.project.edits.base import (
    BULK_COUNT,
    Edit,
    LabelFinder,
    Namer,
    Plan,
    by_hand,
    checked_text,
    handled,
    shortened,
    taken_over,
)
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Segment, is_span
from core_model.timeline import Task
from training.annotations.model import State, clean_note


@dataclass(frozen=True, slots=True)
class AddSegment(Edit):
    """Draw a segment; the label is made where there is none of the name."""

    video_id: int
    kind: Task
    label: str
    onset_us: int
    offset_us: int
    note: str = ""

    def plan(self, reader: Reader, author: str) -> Plan:
        if not is_span(self.onset_us, self.offset_us):
            raise EditError("an event must end after it starts, within a thousand hours")
        labels = LabelFinder(reader)
        label = labels(self.kind, self.label)
        segment = Segment(
            reader.new_id("segments"),
            reader.video(self.video_id).id,
            label.id,
            self.onset_us,
            self.offset_us,
            annotator=author,
            note=checked_text(self.note, "the note"),
        )
        return Plan(f"Add {shortened(label.name)}", [*labels.changes(), added(segment)])


@dataclass(frozen=True, slots=True)
class _OfSegments(Edit):
    """An edit of chosen segments."""

    segment_ids: tuple[int, ...]

    @property
    def is_bulk(self) -> bool:
        return len(self.segment_ids) >= BULK_COUNT


@dataclass(frozen=True, slots=True)
class Reshape(Edit):
    """Give a segment new edges: a trim of either, or a move of one segment."""

    segment_id: int
    onset_us: int
    offset_us: int

    def plan(self, reader: Reader, author: str) -> Plan:
        old = reader.segment(self.segment_id)
        changes = handled(old, author, onset_us=self.onset_us, offset_us=self.offset_us)
        return Plan(f"{self._verb(old)} {Namer(reader)([old])}", changes)

    def _verb(self, old: Segment) -> str:
        if self.offset_us == old.offset_us:
            return "Trim start of"
        if self.onset_us == old.onset_us:
            return "Trim end of"
        return "Move" if self.offset_us - self.onset_us == old.duration_us else "Reshape"


@dataclass(frozen=True, slots=True)
class MoveSegments(_OfSegments):
    """Move segments in time, all by the same distance."""

    by_us: int

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        moved = (
            handled(
                old,
                author,
                onset_us=old.onset_us + self.by_us,
                offset_us=old.offset_us + self.by_us,
            )
            for old in segments
        )
        return Plan(f"Move {Namer(reader)(segments)}", list(chain.from_iterable(moved)))


@dataclass(frozen=True, slots=True)
class MoveBoundary(Edit):
    """Move the boundary that segments share: the end of some and the start of others."""

    ending_ids: tuple[int, ...]
    starting_ids: tuple[int, ...]
    to_us: int

    def plan(self, reader: Reader, author: str) -> Plan:
        if set(self.ending_ids) & set(self.starting_ids):
            raise EditError("a segment cannot start and end at the same boundary")
        ending, starting = reader.segments(self.ending_ids), reader.segments(self.starting_ids)
        changes = [
            change for old in ending for change in handled(old, author, offset_us=self.to_us)
        ]
        for old in starting:
            changes += handled(old, author, onset_us=self.to_us)
        return Plan(f"Move boundary of {Namer(reader)([*ending, *starting])}", changes)


@dataclass(frozen=True, slots=True)
class SplitSegments(_OfSegments):
    """Cut segments in two at a time within them; the first half keeps the id."""

    at_us: int

    def plan(self, reader: Reader, author: str) -> Plan:
        cut = [
            segment
            for segment in reader.segments(self.segment_ids)
            if segment.onset_us < self.at_us < segment.offset_us
        ]
        changes: list[Change] = []
        for old in cut:
            changes += handled(old, author, offset_us=self.at_us)
            second = by_hand(old, author, onset_us=self.at_us)
            changes.append(added(replace(second, id=reader.new_id("segments"))))
        return Plan(f"Split {Namer(reader)(cut)}", changes)


@dataclass(frozen=True, slots=True)
class MergeSegments(_OfSegments):
    """Make one segment of several with the same label in a video, from the first onset to the
    last offset; per label where several are chosen. The first of each stays, accepted if any was.
    """

    def plan(self, reader: Reader, author: str) -> Plan:
        groups: dict[tuple[int, int], list[Segment]] = defaultdict(list)
        for segment in reader.segments(self.segment_ids):
            groups[segment.video_id, segment.label_id].append(segment)
        merged: list[Segment] = []
        changes: list[Change] = []
        for group in groups.values():
            if len(group) > 1:
                changes += self._merge(group, author)
                merged += group
        if not changes:
            raise EditError("only segments with the same label can be merged")
        return Plan(f"Merge {Namer(reader)(merged)}", changes)

    @staticmethod
    def _merge(group: list[Segment], author: str) -> list[Change]:
        first, *others = group
        notes = dict.fromkeys(segment.note for segment in group if segment.note)
        is_accepted = any(segment.state is State.ACCEPTED for segment in group)
        merged = replace(
            first,
            offset_us=max(segment.offset_us for segment in group),
            state=State.ACCEPTED if is_accepted else first.state,
            note=checked_text("\n".join(notes), "the note"),
        )
        # The author's also where the first one spans all: a run would replace a mere find.
        return [
            *altered(first, taken_over(merged, author)),
            *(removed(other) for other in others),
        ]


@dataclass(frozen=True, slots=True)
class Relabel(_OfSegments):
    """Give segments another label, of the same kind or not; made where there is none."""

    kind: Task
    label: str

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        labels = LabelFinder(reader)
        label = labels(self.kind, self.label)
        changes = [change for old in segments for change in handled(old, author, label_id=label.id)]
        name = f"Relabel {Namer(reader)(segments)} as {shortened(label.name)}"
        return Plan(name, [*labels.changes(), *changes] if changes else [])


@dataclass(frozen=True, slots=True)
class ChangeKind(_OfSegments):
    """Make segments events of another kind, under the same label names."""

    kind: Task

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        labels = LabelFinder(reader)
        names = {label.id: label.name for label in reader.labels()}
        changes: list[Change] = []
        for old in segments:
            label = labels(self.kind, names[old.label_id])
            changes += handled(old, author, label_id=label.id)
        name = f"Change kind of {Namer(reader)(segments)} to {self.kind.value.upper()}"
        return Plan(name, [*labels.changes(), *changes])


@dataclass(frozen=True, slots=True)
class DeleteSegments(_OfSegments):
    """Remove segments."""

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        return Plan(f"Delete {Namer(reader)(segments)}", [removed(old) for old in segments])


@dataclass(frozen=True, slots=True)
class SetNote(_OfSegments):
    """Write a note on segments; a decision it is not, but model runs leave it alone."""

    note: str

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        note = clean_note(checked_text(self.note, "the note"))
        changes = [change for old in segments for change in altered(old, replace(old, note=note))]
        return Plan(f"Note on {Namer(reader)(segments)}", changes)
