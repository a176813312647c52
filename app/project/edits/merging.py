"""Two annotators' layers made into one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.project.changes import removed
from app.project.edits.base import Edit, Plan, shortened
from app.project.edits.imports import ImportAnnotations
from app.project.interchange import annotation_set
from app.project.reader import Reader
from app.project.values import Segment
from training.annotations import model
from training.annotations.model import State


@dataclass(frozen=True, slots=True)
class MergeLayers(Edit):
    """Add ``merged`` as the work of ``layer``. ``replaced`` is what these people had when they
    were compared, and goes, but for what one of them rejected: rejected stays rejected. What they
    drew or changed since is in no layer yet, and stays.
    """

    merged: model.AnnotationSet
    people: tuple[str, str]
    layer: str
    replaced: tuple[model.Segment, ...] = ()

    @property
    def is_bulk(self) -> bool:
        return True

    def plan(self, reader: Reader, author: str) -> Plan:
        segments = tuple(replace(each, annotator=self.layer) for each in self.merged.segments)
        added = ImportAnnotations(replace(self.merged, segments=segments), self.layer)
        changes = added.plan(reader, author).changes
        if self.replaced:
            changes = [*map(removed, self._gone(reader)), *changes]
        first, second = map(shortened, self.people)
        return Plan(f"Merge {first} and {second} into {shortened(self.layer)}", changes)

    def _gone(self, reader: Reader) -> list[Segment]:
        """The segments in the project that are ``replaced``."""
        replaced = {each for each in self.replaced if each.state is not State.REJECTED}
        names = {each.video for each in replaced}
        return [
            segment
            for video in reader.videos()
            if video.path in names
            for segment, told in zip(
                reader.segments_of(video.id),
                annotation_set(reader, video.id).segments,
                strict=True,
            )
            if told in replaced
        ]
