"""From which score on an event is shown: by its label where one has its own, else by its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.project.columns import SegmentColumns
from app.project.values import KINDS, Label
from core_model.timeline import Task

LabelKey = tuple[Task, str]
Floats = npt.NDArray[np.float64]
# More than any score: nothing of a hidden kind reaches it.
HIDDEN = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Scores in [0, 1] by kind, ``HIDDEN`` for a kind that is not shown at all, and by label.

    A kind that is not named shows everything.
    """

    kinds: Mapping[Task, float] = field(default_factory=dict)
    labels: Mapping[LabelKey, float] = field(default_factory=dict)

    def of(self, task: Task, label: str) -> float:
        """The limit of a label."""
        kind = self.kinds.get(task, 0.0)
        return kind if kind > 1 else self.labels.get((task, label), kind)

    def of_each(self, task: Task, keys: Iterable[LabelKey]) -> list[float]:
        """The limits of labels of one kind."""
        kind = self.kinds.get(task, 0.0)
        return [kind if kind > 1 else self.labels.get(key, kind) for key in keys]

    def of_segments(self, labels: Iterable[Label]) -> SegmentLimits:
        """The same for a project's labels, by their ids."""
        own = {each.id: self.labels.get((each.kind, each.name)) for each in labels}
        return SegmentLimits(
            self.kinds, {number: limit for number, limit in own.items() if limit is not None}
        )


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """Limits of a project's segments: by kind, and by the id of a label that has its own."""

    kinds: Mapping[Task, float] = field(default_factory=dict)
    label_ids: Mapping[int, float] = field(default_factory=dict)

    def of(
        self, columns: SegmentColumns, rows: npt.NDArray[np.int64] | slice = slice(None)
    ) -> Floats:
        """The limit of each of these rows (n,)."""
        return self.of_labels(columns.kinds[rows], columns.label_ids[rows])

    def of_labels(self, kinds: npt.NDArray[np.integer], label_ids: npt.NDArray[np.int64]) -> Floats:
        """The limits of labels, by their kinds (n,), indexes into KINDS, and their ids (n,)."""
        per_kind = np.array([self.kinds.get(kind, 0.0) for kind in KINDS])
        limits = per_kind[kinds]
        if not self.label_ids:
            return limits
        table = np.full(max(int(label_ids.max(initial=0)), *self.label_ids, 0) + 1, np.nan)
        table[list(self.label_ids)] = list(self.label_ids.values())
        own = table[label_ids]
        return np.where(np.isnan(own) | (limits > 1), limits, own)


class Thresholds:
    """What the model suggests, and what somebody has chosen instead.

    A choice for a label counts most, then one for its kind, then the model's own for the label
    and at last the model's own for the kind.
    """

    def __init__(self, first: float) -> None:
        self._suggested = dict.fromkeys(Task, first)
        self._suggested_labels: dict[LabelKey, float] = {}
        self._chosen: dict[Task, float] = {}
        self._chosen_labels: dict[LabelKey, float] = {}
        self.hidden: frozenset[Task] = frozenset()

    def kind(self, task: Task) -> float:
        return self._chosen.get(task, self._suggested[task])

    def label(self, key: LabelKey) -> float:
        return self._chosen_labels.get(key, self.inherited(key))

    def inherited(self, key: LabelKey) -> float:
        """Where a label stands while nobody has chosen for it alone."""
        task = key[0]
        return self._chosen[task] if task in self._chosen else self.suggested_label(key)

    def suggested(self, task: Task) -> float:
        return self._suggested[task]

    def suggested_label(self, key: LabelKey) -> float:
        return self._suggested_labels.get(key, self._suggested[key[0]])

    def is_chosen(self, key: LabelKey) -> bool:
        return key in self._chosen_labels

    @property
    def chosen_labels(self) -> dict[LabelKey, float]:
        return dict(self._chosen_labels)

    def suggest(self, kinds: Mapping[Task, float], labels: Mapping[LabelKey, float] | None) -> None:
        """Take on the model's own; ``labels`` of None leaves those of labels as they are."""
        self._suggested.update(kinds)
        if labels is not None:
            self._suggested_labels = dict(labels)

    def choose(self, task: Task, threshold: float) -> None:
        self._chosen[task] = checked(threshold)

    def choose_label(self, key: LabelKey, threshold: float) -> None:
        self._chosen_labels[key] = checked(threshold)

    def forget(self, task: Task) -> None:
        self._chosen.pop(task, None)

    def forget_label(self, key: LabelKey) -> None:
        self._chosen_labels.pop(key, None)

    def limits(self) -> Limits:
        kinds = {task: HIDDEN if task in self.hidden else self.kind(task) for task in Task}
        own = {
            key: limit
            for key, limit in self._suggested_labels.items()
            if key[0] not in self._chosen
        }
        return Limits(kinds, {**own, **self._chosen_labels})


def checked(threshold: float) -> float:
    """The threshold. Raises ValueError outside [0, 1]."""
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold must lie in [0, 1]: {threshold}")
    return threshold
