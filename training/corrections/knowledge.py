"""What corrections say about each point of the pyramid: events, absences, and nothing at all.

A label of the project (one with decided segments) is known at a point

- as present, where the published target assignment makes the point answer for an event of it;
- as absent, fully: inside a rejected segment of it; inside and up to :data:`MARGIN_CELLS` around
  an event of it where the point does not answer for it; everywhere in a video that is done;
- as absent, in part: inside events of other labels (whoever marked them looked there, but perhaps
  not for this), and for a new label everywhere else, because most labels are rare at most places
  and nothing else would keep a new one from being found everywhere;
- not at all: elsewhere, and in open segments. A label that the model knew is then taught by the
  model as it was, and so are all labels that the project says nothing about, in videos that are
  done, too: who annotates dogs has not listened for sirens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.points import Points
from training.corrections.data import Decision
from training.corrections.encoded import EncodedStretch
from training.targets import assign_targets

MARGIN_CELLS = 8.0
ABSENT_BESIDE_OTHERS = 0.5
# An event cut by the window is kept if this many cells of it are left, or half of it.
LEAST_KEPT_CELLS = 2.0
SHORTEST_HALF_CELLS = 0.55


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The project's labels of one task: places among all of the model's, and which are new."""

    task: Task
    labels: tuple[str, ...]
    places: tuple[int, ...]
    is_new: tuple[bool, ...]

    @classmethod
    def of(
        cls, task: Task, labels: tuple[str, ...], own: tuple[str, ...], known: int
    ) -> Vocabulary:
        """``own`` are all labels of the model, of which the first ``known`` are not new."""
        places = tuple(own.index(label) for label in labels)
        return cls(task, labels, places, tuple(place >= known for place in places))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Of one window, for the labels of a vocabulary (v).

    ``present`` is 0 or 1 and ``weight`` in [0, 1] how far that is known, (points, v);
    ``offsets`` (points, 2) in strides, zero where no event answers. ``snippet_present`` and
    ``snippet_weight`` (cells, v) say the same of the snippets themselves.
    """

    present: Float[Tensor, "*batch points v"]
    weight: Float[Tensor, "*batch points v"]
    offsets: Float[Tensor, "*batch points 2"]
    snippet_present: Float[Tensor, "*batch cells v"]
    snippet_weight: Float[Tensor, "*batch cells v"]

    @classmethod
    def stacked(cls, items: list[Knowledge]) -> Knowledge:
        """A batch."""
        return cls(
            torch.stack([each.present for each in items]),
            torch.stack([each.weight for each in items]),
            torch.stack([each.offsets for each in items]),
            torch.stack([each.snippet_present for each in items]),
            torch.stack([each.snippet_weight for each in items]),
        )


@dataclass(frozen=True, slots=True)
class Marks:
    """Everything marked of a task in a stretch: spans (n, 2) in cells of it, label indices (n,)
    in the vocabulary (-1 for labels that are not in it), and what was decided."""

    spans: Float[Tensor, "n 2"]
    labels: Tensor
    is_event: Bool[Tensor, " n"]
    is_rejected: Bool[Tensor, " n"]
    is_open: Bool[Tensor, " n"]

    @classmethod
    def of(cls, stretch: EncodedStretch, vocabulary: Vocabulary) -> Marks:
        """What the stretch holds."""
        index = {label: i for i, label in enumerate(vocabulary.labels)}
        marked = [each for each in stretch.segments if each.kind is vocabulary.task]
        spans = [stretch.span(each) for each in marked]
        return cls(
            torch.tensor(spans, dtype=torch.float32).reshape(-1, 2),
            torch.tensor([index.get(each.label, -1) for each in marked], dtype=torch.int64),
            torch.tensor([each.decision.is_event for each in marked], dtype=torch.bool),
            torch.tensor([each.decision is Decision.REJECTED for each in marked], dtype=torch.bool),
            torch.tensor([each.decision is Decision.OPEN for each in marked], dtype=torch.bool),
        )


def knowledge_of(
    points: Points,
    marks: Marks,
    vocabulary: Vocabulary,
    start: int,
    length: int,
    *,
    is_done: bool,
    absent_elsewhere: float,
) -> Knowledge:
    """What is known of the window of ``length`` cells from ``start`` of the stretch on.

    ``absent_elsewhere`` is how surely a new label is absent where nobody looked.
    """
    spans = marks.spans - start
    events, labels = _answerable(spans, marks, length)
    count = len(vocabulary.labels)
    chosen = assign_targets(points, events, labels, count, class_aware=False)
    matching = assign_targets(points, events, labels, count, class_aware=True)
    weight = _absence(
        points.positions, spans, marks, vocabulary, is_done=is_done, elsewhere=absent_elsewhere
    )
    weight[chosen.classes > 0] = 1.0
    # A longer event that the point would answer for, too: its offsets are not what is learned.
    weight[(matching.classes > 0) & (chosen.classes == 0)] = 0.0
    cells = torch.arange(length, dtype=torch.float32)
    inside = _inside(cells, events)
    one_hot = torch.nn.functional.one_hot(labels, count).float()
    present = (inside.float() @ one_hot).clamp(max=1)
    snippet_weight = _absence(
        cells, spans, marks, vocabulary, is_done=is_done, elsewhere=absent_elsewhere
    )
    snippet_weight[present > 0] = 1.0
    return Knowledge(chosen.classes, weight, chosen.offsets, present, snippet_weight)


def _answerable(spans: Tensor, marks: Marks, length: int) -> tuple[Tensor, Tensor]:
    """The events of the vocabulary that reach far enough into the window, clipped to it."""
    clipped = torch.stack((spans[:, 0].clamp(min=-2.0), spans[:, 1].clamp(max=length + 1.0)), dim=1)
    left = clipped[:, 1] - clipped[:, 0]
    least = (0.5 * (spans[:, 1] - spans[:, 0])).clamp(max=LEAST_KEPT_CELLS)
    kept = marks.is_event & (marks.labels >= 0) & (left >= least)
    # An event shorter than a stride must still hold the point nearest to it.
    middle = clipped[kept].mean(dim=1, keepdim=True)
    half = (left[kept] / 2).clamp(min=SHORTEST_HALF_CELLS)[:, None]
    return torch.cat((middle - half, middle + half), dim=1), marks.labels[kept]


def _absence(
    places: Float[Tensor, " n"],
    spans: Float[Tensor, "marks 2"],
    marks: Marks,
    vocabulary: Vocabulary,
    *,
    is_done: bool,
    elsewhere: float,
) -> Float[Tensor, "n v"]:
    """How surely each label is absent at places where no event of it answers."""
    is_new = torch.tensor(vocabulary.is_new)
    base = torch.ones(len(is_new)) if is_done else is_new.float() * elsewhere
    weight = base.expand(len(places), -1).clone()
    near_any = _inside(places, spans[marks.is_event]).any(dim=1)
    weight[near_any] = weight[near_any].clamp(min=ABSENT_BESIDE_OTHERS)
    margin = torch.tensor([-MARGIN_CELLS, MARGIN_CELLS])
    for label in range(len(is_new)):
        own = marks.labels == label
        sure = _inside(places, spans[own & marks.is_event] + margin).any(dim=1)
        sure |= _inside(places, spans[own & marks.is_rejected]).any(dim=1)
        weight[sure, label] = 1.0
        undecided = _inside(places, spans[own & marks.is_open]).any(dim=1)
        weight[undecided, label] = 0.0
    return weight


def _inside(places: Float[Tensor, " n"], spans: Float[Tensor, "m 2"]) -> Bool[Tensor, "n m"]:
    return (places[:, None] > spans[:, 0]) & (places[:, None] < spans[:, 1])


def vocabularies(
    labels: tuple[tuple[Task, str], ...], own: Mapping[Task, tuple[tuple[str, ...], int]]
) -> dict[Task, Vocabulary]:
    """The vocabulary of each task that the corrections name; ``own`` as in Vocabulary.of."""
    found = {}
    for task, (names, known) in own.items():
        named = tuple(label for kind, label in labels if kind is task)
        if named:
            found[task] = Vocabulary.of(task, named, names, known)
    return found
