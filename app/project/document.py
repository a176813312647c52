"""The project in memory: labels, videos, runs, and the segments of the videos looked at."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from app.project.columns import SegmentColumns, TextPool
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.store import Commit
from app.project.values import Label, Run, Segment, Video
from core_model.timeline import Task


@dataclass(frozen=True, slots=True)
class Touched:
    """What a commit changed in memory: ids of segments per video, and which lists changed."""

    segments: MappingProxyType[int, frozenset[int]]
    labels: frozenset[int]
    videos: frozenset[int]
    runs: frozenset[int]


class Document:
    """Follows the tables; segments of a video are read when they are first asked for.

    Reading raises ProjectError where the file cannot be read.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._texts = TextPool()
        self._columns: dict[int, SegmentColumns] = {}
        self._labels: dict[int, Label] = {}
        self._videos: dict[int, Video] = {}
        self._runs: dict[int, Run] = {}
        self.reload()

    @property
    def labels(self) -> MappingProxyType[int, Label]:
        """By id, in the order of kind and position."""
        return MappingProxyType(self._labels)

    @property
    def videos(self) -> MappingProxyType[int, Video]:
        """By id, in the order of their paths."""
        return MappingProxyType(self._videos)

    @property
    def runs(self) -> MappingProxyType[int, Run]:
        """By id, the first one first."""
        return MappingProxyType(self._runs)

    def columns(self, video_id: int) -> SegmentColumns:
        """The segments of a video; an array that was handed out never changes."""
        found = self._columns.get(video_id)
        if found is None:
            rows = self._reader.column_rows(video_id)
            found = self._columns[video_id] = SegmentColumns.from_rows(video_id, rows, self._texts)
        return found

    def segment(self, segment_id: int) -> Segment | None:
        """A segment of any video whose columns are loaded, or None."""
        for columns in self._columns.values():
            if (row := columns.row_of(segment_id)) is not None:
                return columns.segment(row)
        return None

    def label(self, label_id: int) -> Label:
        """Raises EditError where there is none."""
        try:
            return self._labels[label_id]
        except KeyError:
            raise EditError(f"there is no label {label_id}") from None

    def labels_of(self, kind: Task) -> list[Label]:
        """The label set of a kind, in its order."""
        return [label for label in self._labels.values() if label.kind is kind]

    def label_with_key(self, key: str) -> Label | None:
        """The label that a key starts and stops, or None."""
        return next((label for label in self._labels.values() if key and label.key == key), None)

    def forget_columns(self, video_id: int) -> None:
        """Free the segments of a video that nobody looks at any more."""
        self._columns.pop(video_id, None)

    def reload(self) -> None:
        """Read everything again, for instance after another window wrote."""
        self._reload_lists()
        self._columns.clear()

    def take_in(self, commit: Commit) -> Touched:
        """Follow a commit without reading the file's segments again."""
        labels, videos = commit.ids_in("labels"), commit.ids_in("videos")
        runs = commit.ids_in("runs")
        if labels or videos or runs:
            self._reload_lists()
        for video_id, ids in commit.segment_ids.items():
            columns = self._columns.get(video_id)
            if columns is not None:
                self._columns[video_id] = columns.updated(ids, commit.segment_rows[video_id])
        for video_id in self._columns.keys() - self._videos.keys():
            del self._columns[video_id]
        return Touched(MappingProxyType(dict(commit.segment_ids)), labels, videos, runs)

    def _reload_lists(self) -> None:
        self._labels = {label.id: label for label in self._reader.labels()}
        self._videos = {video.id: video for video in self._reader.videos()}
        self._runs = {run.id: run for run in self._reader.runs()}
