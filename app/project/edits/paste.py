"""Copies of segments: within a video, onto another track, into another video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.project.changes import Change, added
from app.project.edits.base import BULK_COUNT, Edit, LabelFinder, Namer, Plan, shortened
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Label, Segment, is_span
from core_model.timeline import Task


@dataclass(frozen=True, slots=True)
class Clip:
    """A copied segment: its label by name, its times counted from the first one copied."""

    kind: Task
    label: str
    from_us: int
    to_us: int
    note: str = ""


def clips_of(segments: Sequence[Segment], labels: Sequence[Label]) -> tuple[Clip, ...]:
    """Segments as they go to the clipboard; ``labels`` holds at least theirs."""
    by_id = {label.id: label for label in labels}
    start_us = min((segment.onset_us for segment in segments), default=0)
    return tuple(
        Clip(
            by_id[segment.label_id].kind,
            by_id[segment.label_id].name,
            segment.onset_us - start_us,
            segment.offset_us - start_us,
            segment.note,
        )
        for segment in segments
    )


@dataclass(frozen=True, slots=True)
class Paste(Edit):
    """Put copies into a video, the first at ``at_us``, as the author's own work.

    ``onto`` is the (kind, label) of the track they are pasted on; None keeps their labels.
    """

    video_id: int
    clips: tuple[Clip, ...]
    at_us: int
    onto: tuple[Task, str] | None = None

    @property
    def is_bulk(self) -> bool:
        return len(self.clips) >= BULK_COUNT

    def plan(self, reader: Reader, author: str) -> Plan:
        video_id = reader.video(self.video_id).id
        labels = LabelFinder(reader)
        segments: list[Segment] = []
        for clip in self.clips:
            onset_us, offset_us = self.at_us + clip.from_us, self.at_us + clip.to_us
            if not is_span(onset_us, offset_us):
                raise EditError("an event must end after it starts, within a thousand hours")
            label = labels(*(self.onto or (clip.kind, clip.label)))
            segments.append(
                Segment(
                    reader.new_id("segments"),
                    video_id,
                    label.id,
                    onset_us,
                    offset_us,
                    annotator=author,
                    note=clip.note,
                )
            )
        return Plan(self._name(), [*labels.changes(), *map(added, segments)])

    def _name(self) -> str:
        if len(self.clips) != 1:
            return f"Paste {len(self.clips)} segments"
        return f"Paste {shortened(self.onto[1] if self.onto else self.clips[0].label)}"


@dataclass(frozen=True, slots=True)
class Duplicate(Edit):
    """Copy segments in place, ``by_us`` later, as the author's own work."""

    segment_ids: tuple[int, ...]
    by_us: int = 0

    @property
    def is_bulk(self) -> bool:
        return len(self.segment_ids) >= BULK_COUNT

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = reader.segments(self.segment_ids)
        changes: list[Change] = []
        for old in segments:
            onset_us, offset_us = old.onset_us + self.by_us, old.offset_us + self.by_us
            if not is_span(onset_us, offset_us):
                raise EditError("an event must end after it starts, within a thousand hours")
            copy = Segment(
                reader.new_id("segments"),
                old.video_id,
                old.label_id,
                onset_us,
                offset_us,
                annotator=author,
                note=old.note,
            )
            changes.append(added(copy))
        return Plan(f"Duplicate {Namer(reader)(segments)}", changes)
