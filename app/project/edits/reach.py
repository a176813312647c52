"""Which segments and labels an edit by hand would touch, for tracks that are locked."""

from __future__ import annotations

from dataclasses import dataclass

from app.project.edits.base import Edit, Together
from app.project.edits.decisions import Decide, DecideByScore
from app.project.edits.paste import Duplicate, Paste
from app.project.edits.segments import (
    AddSegment,
    ChangeKind,
    DeleteSegments,
    MergeSegments,
    MoveBoundary,
    MoveSegments,
    Relabel,
    Reshape,
    SetNote,
    SplitSegments,
)
from core_model.timeline import Task


@dataclass(frozen=True, slots=True)
class Reach:
    """``ids`` of segments that are changed; ``into``: kinds and labels that would get segments,
    a label None being one that is not known here; ``over``: kinds and labels any of whose
    segments may change, a label None being every one of the kind.
    """

    ids: frozenset[int] = frozenset()
    into: frozenset[tuple[Task, str | None]] = frozenset()
    over: frozenset[tuple[Task, str | None]] = frozenset()

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.ids | other.ids, self.into | other.into, self.over | other.over)


_Chosen = (
    MoveSegments
    | SplitSegments
    | MergeSegments
    | Relabel
    | ChangeKind
    | DeleteSegments
    | SetNote
    | Decide
    | Duplicate
)


def reach(edit: Edit) -> Reach:
    """What an edit would touch; nothing for edits that are not about segments."""
    if isinstance(edit, Together):
        total = Reach()
        for each in edit.edits:
            total |= reach(each)
        return total
    if isinstance(edit, Reshape):
        return Reach(frozenset({edit.segment_id}))
    if isinstance(edit, MoveBoundary):
        return Reach(frozenset(edit.ending_ids) | frozenset(edit.starting_ids))
    if isinstance(edit, AddSegment):
        return Reach(into=frozenset({(edit.kind, edit.label)}))
    if isinstance(edit, Paste):
        onto = {edit.onto} if edit.onto else {(clip.kind, clip.label) for clip in edit.clips}
        return Reach(into=frozenset(onto))
    if isinstance(edit, DecideByScore):
        kinds = tuple(Task) if edit.kind is None else (edit.kind,)
        return Reach(over=frozenset((kind, edit.label) for kind in kinds))
    if isinstance(edit, _Chosen):
        return Reach(frozenset(edit.segment_ids), _target(edit))
    return Reach()


def _target(edit: Edit) -> frozenset[tuple[Task, str | None]]:
    if isinstance(edit, Relabel):
        return frozenset({(edit.kind, edit.label)})
    return frozenset({(edit.kind, None)}) if isinstance(edit, ChangeKind) else frozenset()
