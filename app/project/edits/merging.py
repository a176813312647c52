"""Two annotators' layers made into one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.project.changes import removed
from app.project.edits.base import Edit, Plan, shortened
from app.project.edits.imports import ImportAnnotations
from app.project.reader import Reader
from training.annotations.model import AnnotationSet, State


@dataclass(frozen=True, slots=True)
class MergeLayers(Edit):
    """Add ``merged`` as the work of ``layer``. With ``replaces`` what these people have on the
    same videos goes, but for what one of them rejected: rejected stays rejected.
    """

    merged: AnnotationSet
    people: tuple[str, str]
    layer: str
    replaces: bool = False

    @property
    def is_bulk(self) -> bool:
        return True

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = tuple(replace(each, annotator=self.layer) for each in self.merged.segments)
        added = ImportAnnotations(replace(self.merged, segments=segments), self.layer)
        changes = added.plan(reader, author).changes
        if self.replaces:
            names = {video.name for video in self.merged.videos}
            videos = [video for video in reader.videos() if video.path in names]
            changes = [
                removed(segment)
                for video in videos
                for segment in reader.segments_of(video.id)
                if segment.annotator in self.people and segment.state is not State.REJECTED
            ] + changes
        first, second = map(shortened, self.people)
        return Plan(f"Merge {first} and {second} into {shortened(self.layer)}", changes)
