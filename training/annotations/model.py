"""Frozen values for annotated videos: what every format is read into and written from.

Times are integer microseconds of presentation time. A video is named by a path inside the folder
of its project, with "/" between the parts, whether or not the file is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from core_model.timeline import US_PER_S, Task

# Longer than any recording, and still within the milliseconds that ELAN's schema can count.
LATEST_US = 1_000 * 3_600 * US_PER_S
LONGEST_LABEL = 2_000
LONGEST_NAME = 1_000
# Control characters, half characters, other line ends and what XML cannot hold.
_NOT_IN_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]")
_DRIVE = re.compile("[A-Za-z]:")
_NOT_IN_NOTE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]")


class State(StrEnum):
    """What a person has decided about a segment."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSURE = "unsure"


class Origin(StrEnum):
    """Who made a segment."""

    HUMAN = "human"
    MODEL = "model"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a segment comes from; a person, or a model with its version and the prompt used."""

    origin: Origin = Origin.HUMAN
    model: str = ""
    version: str = ""
    prompt: str = ""

    def __post_init__(self) -> None:
        if any(text != one_line(text) for text in (self.model, self.version, self.prompt)):
            raise ValueError("a model, version or prompt with control characters")


@dataclass(frozen=True, slots=True)
class Video:
    """One file by its name in the folder; what is not known is None or empty."""

    name: str
    duration_us: int | None = None
    content_hash: str = ""
    subset: str = ""

    def __post_init__(self) -> None:
        if not is_inside(self.name):
            raise ValueError(f"no name of a file inside a folder: {self.name!r}")
        if self.duration_us is not None and not 0 <= self.duration_us <= LATEST_US:
            raise ValueError("no length of a recording")


@dataclass(frozen=True, slots=True)
class Label:
    """One name that events of a kind may have. ``number`` is the index of UniAV's ``label_id``."""

    kind: Task
    name: str
    number: int | None = None
    prompt: str = ""
    colour: str = ""
    pattern: str = ""
    key: str = ""
    parent: str = ""

    def __post_init__(self) -> None:
        _demand_label(self.name)


@dataclass(frozen=True, slots=True)
class Segment:
    """One event: ``onset_us <= offset_us`` (equal for a point), score in [0, 1] or None."""

    video: str
    kind: Task
    label: str
    onset_us: int
    offset_us: int
    annotator: str = ""
    state: State = State.ACCEPTED
    score: float | None = None
    note: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        _demand_label(self.label)
        if not -LATEST_US <= self.onset_us <= self.offset_us <= LATEST_US:
            raise ValueError("no times of an event")
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError("a score is a number from 0 to 1")
        if self.annotator != one_line(self.annotator) or self.note != clean_note(self.note):
            raise ValueError("an annotator or a note with control characters or space around it")

    @property
    def duration_us(self) -> int:
        return self.offset_us - self.onset_us


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """Videos, the labels in use and the segments; each segment's video is among the videos."""

    videos: tuple[Video, ...] = ()
    labels: tuple[Label, ...] = ()
    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        names = {video.name for video in self.videos}
        if len(names) != len(self.videos):
            raise ValueError("two videos have the same name")
        if any(segment.video not in names for segment in self.segments):
            raise ValueError("a segment belongs to no video of the set")

    def of_video(self, name: str) -> AnnotationSet:
        """The part about one video, with all labels."""
        return AnnotationSet(
            tuple(video for video in self.videos if video.name == name),
            self.labels,
            tuple(segment for segment in self.segments if segment.video == name),
        )


def labels_of(segments: Iterable[Segment]) -> tuple[Label, ...]:
    """The plain labels of segments, in the order in which they first occur."""
    found = dict.fromkeys((segment.kind, segment.label) for segment in segments)
    return tuple(Label(kind, name) for kind, name in found)


def one_line(text: str) -> str:
    """The text without control characters and line breaks; "" where nothing is left."""
    spaced = _NOT_IN_TEXT.sub(" ", text)
    return " ".join(part for part in spaced.split(" ") if part).strip()


def clean_note(text: str) -> str:
    """The text with only printable characters, tabs and "\\n", without space around it."""
    return _NOT_IN_NOTE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_inside(name: str) -> bool:
    """Whether a name leads to a file in the folder it is relative to, on every system."""
    if not name or len(name) > LONGEST_NAME or name != one_line(name) or "\\" in name:
        return False
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return False
    # On Windows "C:clip.mp4" is a file of another drive's current folder.
    return not _DRIVE.match(name)


def _demand_label(name: str) -> None:
    if not name or len(name) > LONGEST_LABEL or name != one_line(name):
        raise ValueError(f"no label: {name[:60]!r}")
