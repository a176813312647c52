"""A bundle against annotated videos: mean average precision per kind, as the command prints it.

tIoU thresholds are 0.1:0.1:0.9 for every kind, so that kinds can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core_model.bundle_description import plain_label
from core_model.timeline import Task
from training.corrections.data import TrainingSegment, TrainingVideo
from training.corrections.encoded import EncodedStretch, EncodedVideo
from training.corrections.measure import TIOU, truth
from training.corrections.open_model import OpenModel
from training.corrections.split import whole_stretch
from training.metrics import MeanAveragePrecision, mean_average_precision


@dataclass(frozen=True, slots=True)
class Scored:
    """One kind: its mAP, and the labels that the bundle does not know (asked for as prompts)."""

    task: Task
    result: MeanAveragePrecision
    events: int
    open_set: tuple[str, ...]


def with_labels_of(model: OpenModel, segments: Sequence[TrainingSegment]) -> OpenModel:
    """The model asked for every label that occurs, new ones by their names.

    Raises TextEncoderError where the text model is not installed.
    """
    known = {task: {plain_label(label) for label in own.labels} for task, own in model.rows.items()}
    wordings = {
        (each.kind, each.label): each.label
        for each in segments
        if each.kind in known and plain_label(each.label) not in known[each.kind]
    }
    return model.with_prompts(wordings)


def named_as_known(model: OpenModel, video: TrainingVideo) -> TrainingVideo:
    """The video with labels spelled as the model spells them."""
    names = {
        (task, plain_label(label)): label
        for task, own in model.rows.items()
        for label in reversed(own.labels)
    }
    segments = tuple(
        replace(each, label=names.get((each.kind, plain_label(each.label)), each.label))
        for each in video.segments
    )
    return replace(video, segments=segments)


def score(
    model: OpenModel, videos: Sequence[tuple[TrainingVideo, EncodedVideo]], task: Task
) -> Scored | None:
    """mAP of a kind over all videos, completely annotated; None where it has no event."""
    stretches = [
        EncodedStretch(encoded, whole_stretch(named_as_known(model, video)), 0, encoded.count)
        for video, encoded in videos
    ]
    events = truth(stretches, task)
    if not len(events):
        return None
    found = model.events(stretches, task)
    own = model.rows[task]
    present = set(np.unique(events.labels).tolist())
    new = tuple(label for label in own.labels[own.known :] if label in present)
    return Scored(task, mean_average_precision(found, events, TIOU), len(events), new)
