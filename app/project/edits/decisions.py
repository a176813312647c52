"""Accept, reject, unsure: decisions on what a model found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.project.changes import Change, altered
from app.project.edits.base import BULK_COUNT, Edit, Namer, Plan, shortened
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Segment
from core_model.timeline import Task
from training.annotations.model import Origin, State

_VERBS = {
    State.ACCEPTED: "Accept",
    State.REJECTED: "Reject",
    State.UNSURE: "Mark as unsure:",
    State.UNDECIDED: "Reopen",
}


@dataclass(frozen=True, slots=True)
class Decide(Edit):
    """Set the state of segments."""

    segment_ids: tuple[int, ...]
    state: State

    @property
    def is_bulk(self) -> bool:
        return len(self.segment_ids) >= BULK_COUNT

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        changes = [change for old in segments for change in _decided(old, self.state, author)]
        return Plan(f"{_VERBS[self.state]} {Namer(reader)(segments)}", changes)


@dataclass(frozen=True, slots=True)
class DecideByScore(Edit):
    """Accept all undecided segments from a score on, or reject all below one.

    In one video, or in all (None); of one label, or of one kind, or of all. Segments without a
    score are left alone.
    """

    state: State
    score: float
    video_id: int | None = None
    kind: Task | None = None
    label: str | None = None

    @property
    def is_bulk(self) -> bool:
        return True

    def plan(self, reader: Reader, author: str) -> Plan:
        if not 0.0 <= self.score <= 1.0:
            raise EditError(f"a score lies between 0 and 1: {self.score}")
        labels = {
            label.id
            for label in reader.labels()
            if self.kind in (None, label.kind) and self.label in (None, label.name)
        }
        videos = [self.video_id] if self.video_id is not None else [v.id for v in reader.videos()]
        chosen = [
            segment
            for video_id in videos
            for segment in reader.segments_of(video_id)
            if segment.label_id in labels and self._is_meant(segment)
        ]
        changes = [change for old in chosen for change in _decided(old, self.state, author)]
        return Plan(self._name(len(chosen)), changes)

    def _is_meant(self, segment: Segment) -> bool:
        if segment.state is not State.UNDECIDED or segment.score is None:
            return False
        below = segment.score < self.score
        return below if self.state is State.REJECTED else not below

    def _name(self, count: int) -> str:
        side = "below" if self.state is State.REJECTED else "from"
        what = f"{count} × {shortened(self.label)}" if self.label else f"{count} segments"
        return f"{_VERBS[self.state]} {what} {side} {self.score:.2f}"


def _decided(old: Segment, state: State, author: str) -> list[Change]:
    """A decided find is the decider's; a human's own segment stays theirs."""
    if old.state is state:
        return []
    is_find = old.origin is Origin.MODEL
    annotator = ("" if state is State.UNDECIDED else author) if is_find else old.annotator
    return altered(old, replace(old, state=state, annotator=annotator))
