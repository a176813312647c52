"""What stands in the project's tables, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from app.project.connection import Connection
from app.project.errors import DamagedError, EditError, explained
from app.project.values import Label, Run, Segment, Video, VideoStatus
from core_model.timeline import Task
from training.annotations.model import Origin, State

# Columns in the order of the fields of Segment; codes in the order of KINDS, STATES and ORIGINS.
_SEGMENT = """SELECT id, video_id, label_id, onset_us, offset_us, state, origin, score, annotator,
    prompt, run_id, note FROM segments """
_COLUMNS = """SELECT segments.id, onset_us, offset_us, label_id,
    CASE labels.kind WHEN 'tal' THEN 0 WHEN 'sed' THEN 1 ELSE 2 END,
    CASE state WHEN 'undecided' THEN 0 WHEN 'accepted' THEN 1 WHEN 'rejected' THEN 2 ELSE 3 END,
    CASE origin WHEN 'human' THEN 0 WHEN 'model' THEN 1 ELSE 2 END,
    score, ifnull(run_id, 0), annotator, segments.prompt, note
    FROM segments JOIN labels ON labels.id = label_id """
_VIDEO = """SELECT id, path, content_hash, size_bytes, start_us, duration_us, subset, status,
    comment FROM videos """
_LABEL = """SELECT id, kind, name, prompt, colour, pattern, key, parent_id, position, number
    FROM labels """
_Value = TypeVar("_Value")
_RUN = "SELECT id, video_id, model, version, settings, at FROM runs "


class Reader:
    """Reads through one connection; hands out ids that no row ever had.

    Every method raises ProjectError where the file cannot be read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last_ids: dict[str, int] = {}

    @property
    def path(self) -> Path:
        return self._connection.path

    def new_id(self, table: str) -> int:
        """An id for a new row, never used before, not by a row that is gone either."""
        if table not in self._last_ids:
            found = self._rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
            self._last_ids[table] = found[0][0] if found else 0
        self._last_ids[table] += 1
        return self._last_ids[table]

    def forget_ids(self) -> None:
        """Look at the file again before the next id: another connection may have written."""
        self._last_ids.clear()

    def segment(self, segment_id: int) -> Segment:
        """Raises EditError where there is none."""
        found = self._rows(_SEGMENT + "WHERE id = ?", (segment_id,))
        if not found:
            raise EditError(f"there is no segment {segment_id}")
        return self._made(_segment, found)[0]

    def segments(self, segment_ids: Iterable[int]) -> list[Segment]:
        """In the order of onset. Raises EditError where one is missing."""
        wanted = set(segment_ids)
        if len(wanted) == 1:
            return [self.segment(*wanted)]
        found = self._rows(
            _SEGMENT + "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY onset_us, id",
            (json.dumps(sorted(wanted)),),
        )
        if len(found) != len(wanted):
            missing = wanted - {row[0] for row in found}
            raise EditError(f"there is no segment {min(missing)}")
        return self._made(_segment, found)

    def segments_of(self, video_id: int) -> list[Segment]:
        """All of a video, in the order of onset."""
        query = _SEGMENT + "WHERE video_id = ? ORDER BY onset_us, id"
        return self._made(_segment, self._rows(query, (video_id,)))

    def segments_with_label(self, label_id: int) -> list[Segment]:
        """All of a label, in every video."""
        query = _SEGMENT + "WHERE label_id = ? ORDER BY video_id, onset_us, id"
        return self._made(_segment, self._rows(query, (label_id,)))

    def column_rows(self, video_id: int) -> list[tuple[Any, ...]]:
        """All segments of a video as rows for ``SegmentColumns``, in the order of onset."""
        return self._rows(
            _COLUMNS + "WHERE video_id = ? ORDER BY onset_us, segments.id", (video_id,)
        )

    def column_rows_by_id(self, segment_ids: Sequence[int]) -> list[tuple[Any, ...]]:
        """The same for those of these segments that are there, from whichever video."""
        if len(segment_ids) == 1:
            return self._rows(_COLUMNS + "WHERE segments.id = ?", (segment_ids[0],))
        return self._rows(
            _COLUMNS
            + """WHERE segments.id IN (SELECT value FROM json_each(?))
                ORDER BY onset_us, segments.id""",
            (json.dumps(list(segment_ids)),),
        )

    def video(self, video_id: int) -> Video:
        """Raises EditError where there is none."""
        found = self._rows(_VIDEO + "WHERE id = ?", (video_id,))
        if not found:
            raise EditError(f"there is no video {video_id}")
        return self._made(_video, found)[0]

    def videos(self) -> list[Video]:
        """All, in the order of their paths."""
        return self._made(_video, self._rows(_VIDEO + "ORDER BY path"))

    def label(self, label_id: int) -> Label:
        """Raises EditError where there is none."""
        found = self._rows(_LABEL + "WHERE id = ?", (label_id,))
        if not found:
            raise EditError(f"there is no label {label_id}")
        return self._made(_label, found)[0]

    def labels(self) -> list[Label]:
        """All, by kind and position."""
        return self._made(_label, self._rows(_LABEL + "ORDER BY kind, position, id"))

    def label_named(self, kind: Task, name: str) -> Label | None:
        found = self._rows(_LABEL + "WHERE kind = ? AND name = ?", (kind.value, name))
        return self._made(_label, found)[0] if found else None

    def runs(self, video_id: int | None = None) -> list[Run]:
        """Of one video or of all, the first one first."""
        query = _RUN + "WHERE ?1 IS NULL OR video_id = ?1 ORDER BY id"
        return [Run(*row) for row in self._rows(query, (video_id,))]

    def counts(self) -> list[tuple[int, int, State, int]]:
        """(video id, label id, state, number of segments) for each that occurs."""
        query = """SELECT video_id, label_id, state, count(*) FROM segments
            GROUP BY video_id, label_id, state ORDER BY video_id, label_id, state"""
        return [(video, label, State(state), n) for video, label, state, n in self._rows(query)]

    def decided_scores(self) -> list[tuple[int, float, State]]:
        """(label id, score, state) of every find of a model that was accepted or rejected."""
        query = """SELECT label_id, score, state FROM segments
            WHERE origin <> 'human' AND score IS NOT NULL AND state IN ('accepted', 'rejected')"""
        return [(label, score, State(state)) for label, score, state in self._rows(query)]

    def places(self, content_hash: str, machine: str) -> list[str]:
        """Where a video with this content was last seen on a machine, outside the folder."""
        query = "SELECT path FROM places WHERE content_hash = ? AND machine = ?"
        return [row[0] for row in self._rows(query, (content_hash, machine))]

    def all_places(self, machine: str) -> dict[str, list[str]]:
        """The same of all videos, by their content."""
        found: dict[str, list[str]] = {}
        query = "SELECT content_hash, path FROM places WHERE machine = ?"
        for content_hash, path in self._rows(query, (machine,)):
            found.setdefault(content_hash, []).append(path)
        return found

    def view(self, name: str) -> Any:
        """What the window wanted remembered under a name, or None, also for what is no JSON."""
        found = self._rows("SELECT value FROM views WHERE name = ?", (name,))
        try:
            return json.loads(found[0][0]) if found else None
        except (ValueError, RecursionError):
            return None

    def _made(
        self, make: Callable[[tuple[Any, ...]], _Value], rows: Iterable[tuple[Any, ...]]
    ) -> list[_Value]:
        """Rows as values. A state or kind that there is none of comes only with damage."""
        try:
            return [make(row) for row in rows]
        except ValueError as error:
            raise DamagedError(self.path, f"the file is damaged ({error})") from error

    def _rows(self, query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with explained(self._connection.path):
            return self._connection.db.execute(query, parameters).fetchall()


def _segment(row: tuple[Any, ...]) -> Segment:
    values: tuple[Any, ...] = (*row[:5], State(row[5]), Origin(row[6]), *row[7:])
    return Segment(*values)


def _video(row: tuple[Any, ...]) -> Video:
    values: tuple[Any, ...] = (*row[:7], VideoStatus(row[7]), row[8])
    return Video(*values)


def _label(row: tuple[Any, ...]) -> Label:
    return Label(row[0], Task(row[1]), *row[2:])
