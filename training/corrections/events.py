"""What a training says of itself while it runs: frozen events, also as lines of JSON.

In order: a :class:`TrainingPlan`, :class:`Encoding` for every video, a second plan where that
showed that not all of it can be used (the newer one holds),
:class:`TrainingStep` and now and then :class:`Evaluated`, at the end one :class:`TrainingDone` or
:class:`TrainingFailed`. :class:`Remark` may come anywhere. Each line has the key "event" beside
the fields. Nothing here loads torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core_model.timeline import Task
from training.corrections.json_form import from_json, to_json


class Depth(StrEnum):
    """How much of the model learns: the rows of the labels in question; the classifier, too; or
    experts and heads."""

    LABELS = "labels"
    CLASSIFIER = "classifier"
    EXPERTS = "experts"


class SplitBy(StrEnum):
    """What is held back for measuring: whole videos, a stretch of the only one, or nothing."""

    VIDEO = "video"
    STRETCH = "stretch"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class PlannedLabel:
    """What is there of one label: events by how they came to be, and rejected segments.

    ``train`` and ``held_out`` are the events on either side of the split. ``is_new`` labels are
    unknown to the model so far.
    """

    kind: Task
    label: str
    is_new: bool
    accepted: int
    edited: int
    human: int
    rejected: int
    train: int
    held_out: int

    @property
    def positives(self) -> int:
        """All events."""
        return self.accepted + self.edited + self.human


@dataclass(frozen=True, slots=True)
class PlannedVideo:
    """A stretch of a video and which side of the split it is on."""

    name: str
    start_us: int
    end_us: int
    is_held_out: bool
    segments: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A video that cannot be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What will be used, and how. ``why`` is one or two sentences for people.

    ``trained`` and ``frozen`` name parts of the model, for people. ``stray_segments`` lie outside
    their video or are points without length, and are left out.
    """

    project: str
    revision: int
    init: str
    videos: tuple[PlannedVideo, ...]
    left_out: tuple[LeftOut, ...]
    labels: tuple[PlannedLabel, ...]
    stray_segments: int
    split_by: SplitBy
    depth: Depth
    trained: tuple[str, ...]
    frozen: tuple[str, ...]
    why: str

    @property
    def positives(self) -> int:
        """Events of all labels."""
        return sum(label.positives for label in self.labels)

    @property
    def hard_negatives(self) -> int:
        """Rejected segments of all labels."""
        return sum(label.rejected for label in self.labels)

    @property
    def new_labels(self) -> tuple[PlannedLabel, ...]:
        """Labels that the model does not know yet."""
        return tuple(label for label in self.labels if label.is_new)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that people should know, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """``done`` of ``of`` videos are encoded; ``share`` in [0, 1] of the one named."""

    done: int
    of: int
    video: str
    share: float


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """After step ``step`` of ``of``: the loss of each task since the last such event."""

    step: int
    of: int
    seconds_left: float
    loss: Mapping[Task, float]
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Held-out mAP (mean over tIoU 0.1:0.1:0.9) per task with held-out events, after ``step``.

    ``stopped`` says which tasks sit out for now (Dynamic Stop-and-Go). Step 0 is the old model.
    """

    step: int
    of: int
    mean_ap: Mapping[Task, float]
    stopped: Mapping[Task, bool]


@dataclass(frozen=True, slots=True)
class ComparedLabel:
    """One label before and after on the same held-out media, in [0, 1].

    ``before`` and ``after`` are average precision, mean over tIoU 0.1:0.1:0.9; ``*_at_half`` at
    tIoU 0.5. A new label was asked for as a prompt before. The whole kind has the label "".
    """

    kind: Task
    label: str
    is_new: bool
    events: int
    before: float
    after: float
    before_at_half: float
    after_at_half: float


@dataclass(frozen=True, slots=True)
class KeptDetections:
    """How far detections of the labels that were not trained are as before, on all media used.

    ``kept`` of ``shown`` detections at or above their threshold are still found (tIoU 0.5), and
    ``added`` are new ones.
    """

    kind: Task
    shown: int
    kept: int
    added: int


@dataclass(frozen=True, slots=True)
class TrainingDone:
    """The finished bundle in ``folder``.

    ``version`` and ``parent`` are the stable ids of it and of the one that it started from.
    """

    folder: str
    version: str
    parent: str
    compared: tuple[ComparedLabel, ...]
    untouched: tuple[KeptDetections, ...]
    revision: int
    seed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainingFailed:
    """Nothing was changed; one line that says why."""

    reason: str


TrainingEvent = (
    TrainingPlan | Remark | Encoding | TrainingStep | Evaluated | TrainingDone | TrainingFailed
)
_NAMES: dict[type[TrainingEvent], str] = {
    TrainingPlan: "plan",
    Remark: "remark",
    Encoding: "encoding",
    TrainingStep: "step",
    Evaluated: "evaluated",
    TrainingDone: "done",
    TrainingFailed: "failed",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}


def event_line(event: TrainingEvent) -> str:
    """One line of JSON, without the line's end."""
    return json.dumps({"event": _NAMES[type(event)], **to_json(event)}, ensure_ascii=False)


def parse_event(line: str) -> TrainingEvent:
    """The event of a line. Raises ValueError for anything else."""
    raw = json.loads(line)
    name = raw.pop("event", None) if isinstance(raw, dict) else None
    if not isinstance(name, str) or name not in _KINDS:
        raise ValueError(f"no event of a training: {line[:80]!r}")
    return from_json(_KINDS[name], raw)
