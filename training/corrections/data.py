"""What people decided about the videos of a project: all that training needs to know of it.

The window and the command line make a :class:`TrainingData` out of a project; it goes to the
child process that trains as JSON. Nothing here loads torch or touches a database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from core_model.timeline import Task
from training.corrections.json_form import from_json, to_json
from training.errors import TrainingError


class Decision(StrEnum):
    """What is known of a segment.

    Accepted as the model found it, edited from what a model found, drawn by a person: an event.
    Rejected: this label is not there. Open: nobody has decided (undecided or unsure), so that
    nothing is learned there either way, not in a video that is done.
    """

    ACCEPTED = "accepted"
    EDITED = "edited"
    HUMAN = "human"
    REJECTED = "rejected"
    OPEN = "open"

    @property
    def is_event(self) -> bool:
        """Whether the segment is a positive."""
        return self in (Decision.ACCEPTED, Decision.EDITED, Decision.HUMAN)


@dataclass(frozen=True, slots=True)
class TrainingSegment:
    """One segment in presentation time, ``onset_us <= offset_us``."""

    kind: Task
    label: str
    onset_us: int
    offset_us: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class TrainingVideo:
    """One video.

    ``path`` is where the file lies, "" where it is missing. It shows ``duration_us`` from
    ``start_us`` on, as far as that is known. ``is_done`` says that a person has
    looked at all of it: what is not marked there is not there.
    """

    name: str
    path: str
    content_hash: str
    duration_us: int | None
    is_done: bool
    segments: tuple[TrainingSegment, ...]
    start_us: int = 0


@dataclass(frozen=True, slots=True)
class TrainingLabel:
    """A label with the wording to embed it by, "" for the label itself."""

    kind: Task
    name: str
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The decided segments of a project at one ``revision`` (the number of edits so far)."""

    project: str
    revision: int
    videos: tuple[TrainingVideo, ...]
    labels: tuple[TrainingLabel, ...] = ()

    def to_text(self) -> str:
        """As one line of JSON."""
        return json.dumps(to_json(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> TrainingData:
        """What :meth:`to_text` wrote. Raises TrainingError."""
        try:
            return from_json(cls, json.loads(text))
        except (ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:300]
            raise TrainingError(f"training data: {reason}") from error

    def prompt_of(self, kind: Task, label: str) -> str:
        """The wording of a label."""
        named = (each.prompt for each in self.labels if (each.kind, each.name) == (kind, label))
        return next(named, "") or label
