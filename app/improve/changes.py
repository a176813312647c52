"""What another model finds differently in the same video."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from app.project.values import temporal_iou
from core_model.bundle_description import BundleDescription
from core_model.timeline import Detection, Task

SAME_EVENT_IOU = 0.5
# Edges that differ by less are the same to the eye.
SAME_EDGE_US = 100_000


@dataclass(frozen=True, slots=True)
class Change:
    """An event before and after; None where a model does not show it."""

    before: Detection | None
    after: Detection | None

    @property
    def shown(self) -> Detection:
        """What there is now, else what there was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change of nothing")
        return found

    @property
    def word(self) -> str:
        """ "new", "gone", "moved" or, where both models agree, "same"."""
        before, after = self.before, self.after
        if before is None or after is None:
            return "gone" if after is None else "new"
        onset_us = abs(before.onset_us - after.onset_us)
        offset_us = abs(before.offset_us - after.offset_us)
        return "same" if max(onset_us, offset_us) < SAME_EDGE_US else "moved"


def visible(
    detections: Iterable[Detection], description: BundleDescription
) -> tuple[Detection, ...]:
    """What a model shows by its own thresholds."""
    tasks = description.tasks
    return tuple(
        each
        for each in detections
        if each.task in tasks and each.score >= tasks[each.task].threshold_of(each.label)
    )


def changes(before: Iterable[Detection], after: Iterable[Detection]) -> tuple[Change, ...]:
    """Events of the same kind and label are one where their temporal IoU is 0.5 or more, each
    paired with the one that it overlaps most. By onset.
    """
    old: dict[tuple[Task, str], list[Detection]] = defaultdict(list)
    new: dict[tuple[Task, str], list[Detection]] = defaultdict(list)
    for found, side in ((before, old), (after, new)):
        for each in found:
            side[each.task, each.label].append(each)
    result: list[Change] = []
    for key in {**old, **new}:
        result += _paired(old[key], new[key])
    return tuple(sorted(result, key=_by_time))


def _by_time(change: Change) -> tuple[int, int, str]:
    return change.shown.onset_us, change.shown.offset_us, change.shown.label


def _paired(old: list[Detection], new: list[Detection]) -> list[Change]:
    overlaps = sorted(
        (
            (-temporal_iou((a.onset_us, a.offset_us), (b.onset_us, b.offset_us)), i, j)
            for i, a in enumerate(old)
            for j, b in enumerate(new)
        ),
    )
    left_old, left_new = dict(enumerate(old)), dict(enumerate(new))
    pairs: list[Change] = []
    for overlap, i, j in overlaps:
        if -overlap >= SAME_EVENT_IOU and i in left_old and j in left_new:
            pairs.append(Change(left_old.pop(i), left_new.pop(j)))
    gone = [Change(each, None) for each in left_old.values()]
    return [*pairs, *gone, *(Change(None, each) for each in left_new.values())]
