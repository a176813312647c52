"""Frozen values as they lie in the project: what ``training.annotations.model`` names, by id.

The field names of ``Segment``, ``Label``, ``Video`` and ``Run`` are the columns of their tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core_model.timeline import Task
from training.annotations.model import LATEST_US, Origin, State

HUMAN_ORIGINS = (Origin.HUMAN, Origin.EDITED)
LONGEST_NOTE = 100_000


class VideoStatus(StrEnum):
    """How far the work on a video has come."""

    NEW = "new"
    PREDICTED = "predicted"
    IN_REVIEW = "in review"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Video:
    """A video of the project.

    ``path`` is relative to the project's folder, with "/"; a video that lies elsewhere is known
    by its name and ``content_hash`` (``core_model.cache.content_hash``). ``size_bytes`` and
    ``duration_us`` are None, and the hash is "", while the file has never been seen.
    """

    id: int
    path: str
    content_hash: str = ""
    size_bytes: int | None = None
    start_us: int = 0
    duration_us: int | None = None
    subset: str = ""
    status: VideoStatus = VideoStatus.NEW
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """One name that events of a kind may have.

    ``key`` is what starts and stops it while playing, ``parent_id`` another label of the kind,
    ``position`` its place in the list, ``number`` the index of UniAV's ``label_id``.
    """

    id: int
    kind: Task
    name: str
    prompt: str = ""
    colour: str = ""
    pattern: str = ""
    key: str = ""
    parent_id: int | None = None
    position: int = 0
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a model over a video: where the segments that it found come from.

    ``settings`` is JSON (thresholds, kinds, wordings); ``at`` is UTC in ISO 8601.
    """

    id: int
    video_id: int
    model: str
    version: str
    settings: str = "{}"
    at: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One event: ``onset_us <= offset_us`` (equal for a point), score in [0, 1] or None.

    ``run_id`` and ``prompt`` tell which model found it, asked in which words; both stay when a
    person edits it (``origin`` then says so).
    """

    id: int
    video_id: int
    label_id: int
    onset_us: int
    offset_us: int
    state: State = State.ACCEPTED
    origin: Origin = Origin.HUMAN
    score: float | None = None
    annotator: str = ""
    prompt: str = ""
    run_id: int | None = None
    note: str = ""

    @property
    def duration_us(self) -> int:
        return self.offset_us - self.onset_us


KINDS = tuple(Task)
STATES = tuple(State)
ORIGINS = tuple(Origin)


def is_span(onset_us: int, offset_us: int) -> bool:
    """Whether these are times that an event can have."""
    return -LATEST_US <= onset_us <= offset_us <= LATEST_US


def temporal_iou(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Intersection over union of two spans in microseconds; 1 for two equal points."""
    shared = min(first[1], second[1]) - max(first[0], second[0])
    union = max(first[1], second[1]) - min(first[0], second[0])
    if union == 0:
        return 1.0
    return max(0, shared) / union
