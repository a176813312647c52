"""Annotations of other programs, and of other projects, put into this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.project.changes import Change, added
from app.project.edits.base import Edit, LabelFinder, Plan, checked_text, shortened
from app.project.edits.videos import VideoFile, VideoFinder
from app.project.reader import Reader
from app.project.values import Label, Run, Segment
from training.annotations import model
from training.annotations.mapping import LabelKey, with_annotator, with_labels


@dataclass(frozen=True, slots=True)
class ImportAnnotations(Edit):
    """Add all videos, labels and segments of a set that came from ``source`` (a file's name).

    Videos and labels that the project has already are taken for the same; segments are added
    as they are, so importing a file twice gives each twice. One undo takes all of it back.
    A segment without an annotator becomes the author's, unless a model made it. ``becomes`` says
    which labels come in under another name or kind, ``annotator`` whose work all of it is.
    """

    annotations: model.AnnotationSet
    source: str
    becomes: Mapping[LabelKey, LabelKey] = field(default_factory=dict)
    annotator: str = ""

    @property
    def is_bulk(self) -> bool:
        return True

    @property
    def backup_reason(self) -> str:
        return "import"

    def plan(self, reader: Reader, author: str) -> Plan:
        if self.becomes or self.annotator:
            return self._renamed().plan(reader, author)
        videos = VideoFinder(reader)
        ids = {
            video.name: videos(
                VideoFile(video.name, video.content_hash, duration_us=video.duration_us),
                video.subset,
            ).id
            for video in self.annotations.videos
        }
        labels = LabelFinder(reader)
        self._add_labels(reader, labels)
        runs = _RunFinder(reader)
        segments = [added(segment) for segment in self._segments(reader, ids, labels, runs, author)]
        # The name of a file may hold bytes that are no text.
        source = shortened(model.one_line(self.source))
        name = f"Import {len(segments)} segments from {source}"
        return Plan(name, [*videos.changes(), *labels.changes(), *runs.changes, *segments])

    def _renamed(self) -> ImportAnnotations:
        """The same with the annotations as they are to be called."""
        document = with_labels(self.annotations, self.becomes)
        if self.annotator:
            document = with_annotator(document, self.annotator)
        return ImportAnnotations(document, self.source)

    def _add_labels(self, reader: Reader, labels: LabelFinder) -> None:
        """Labels of the set with all that is known of them; a key that is taken is left out."""
        known = reader.labels()
        taken = {label.key for label in known}
        new = [label for label in self.annotations.labels if not labels.has(label.kind, label.name)]
        for position, label in enumerate(new, len(known)):
            key = "" if label.key in taken else label.key
            taken.add(key)
            looks = (label.prompt, label.colour, label.pattern, key)
            new_id = reader.new_id("labels")
            labels.add(Label(new_id, label.kind, label.name, *looks, None, position, label.number))
        for label in new:
            if label.parent:
                labels.set_parent(labels(label.kind, label.name), labels(label.kind, label.parent))

    def _segments(
        self,
        reader: Reader,
        video_ids: dict[str, int],
        labels: LabelFinder,
        runs: _RunFinder,
        author: str,
    ) -> Iterator[Segment]:
        for segment in self.annotations.segments:
            origin = segment.provenance.origin
            own = author if origin is not model.Origin.MODEL else ""
            video_id = video_ids[segment.video]
            yield Segment(
                reader.new_id("segments"),
                video_id,
                labels(segment.kind, segment.label).id,
                segment.onset_us,
                segment.offset_us,
                segment.state,
                origin,
                None if segment.score is None else float(segment.score),
                segment.annotator or own,
                segment.provenance.prompt,
                runs(video_id, segment.provenance),
                checked_text(segment.note, "a note"),
            )


class _RunFinder:
    """One run per video and model, for segments that came with the name of their model."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found: dict[tuple[int, str, str], Run] = {}

    def __call__(self, video_id: int, provenance: model.Provenance) -> int | None:
        if not provenance.model:
            return None
        key = (video_id, provenance.model, provenance.version)
        if key not in self._found:
            at = datetime.now(UTC).isoformat()
            self._found[key] = Run(self._reader.new_id("runs"), *key, at=at)
        return self._found[key].id

    @property
    def changes(self) -> list[Change]:
        return [added(run) for run in self._found.values()]
