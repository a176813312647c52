"""What a training on corrections would use and how it would go, before anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core_model.bundle_description import BundleDescription, plain_label
from core_model.timeline import Task
from training.corrections.data import Decision, TrainingData, TrainingSegment, TrainingVideo
from training.corrections.events import (
    Depth,
    LeftOut,
    PlannedLabel,
    PlannedVideo,
    SplitBy,
    TrainingPlan,
)
from training.corrections.split import ENDLESS_US, Split, Stretch, split
from training.errors import TrainingError

# Events to learn from, from which on more of the model learns.
ENOUGH_FOR_CLASSIFIER = 80
ENOUGH_FOR_EXPERTS = 400
# A segment of which less than this part lies inside its video is not about it.
LEAST_INSIDE = 0.5

_TRAINED = {
    Depth.LABELS: ("thresholds", "embeddings of the labels in question"),
    Depth.CLASSIFIER: ("thresholds", "embeddings of the labels in question", "classifier"),
    Depth.EXPERTS: (
        "thresholds",
        "embeddings of the labels in question",
        "classifier",
        "boundaries",
        "experts",
    ),
}
_FROZEN = {
    Depth.LABELS: ("encoders", "text model", "backbone", "experts", "boundaries", "classifier"),
    Depth.CLASSIFIER: ("encoders", "text model", "backbone", "experts", "boundaries"),
    Depth.EXPERTS: ("encoders", "text model", "shared backbone"),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and the parts of the data behind it. Labels are written as the model writes them."""

    plan: TrainingPlan
    split: Split
    labels: tuple[tuple[Task, str], ...]


def make_plan(data: TrainingData, description: BundleDescription, seed: int) -> TrainingPlan:
    """What would be used to train the described bundle. Raises TrainingError where nothing can."""
    return prepare(data, description, seed).plan


def prepare(
    data: TrainingData, description: BundleDescription, seed: int, depth: Depth | None = None
) -> Prepared:
    """Sort out what can be used; ``depth`` of None is chosen by the number of events.

    Raises TrainingError where there is nothing to learn from.
    """
    left_out: list[LeftOut] = []
    strays = 0
    videos: list[TrainingVideo] = []
    names = _names(data, description)
    for video in data.videos:
        kept = tuple(_usable(video, description, names))
        decided = [each for each in video.segments if each.decision is not Decision.OPEN]
        if not decided and not video.is_done:
            continue
        if not video.path:
            left_out.append(LeftOut(video.name, "its file is missing"))
            continue
        strays += len(decided) - sum(each.decision is not Decision.OPEN for each in kept)
        videos.append(replace(video, segments=kept))
    left_out += [
        LeftOut(str(kind), f"{description.name} knows no events of this kind")
        for kind in sorted({each.kind for video in data.videos for each in video.segments})
        if kind not in description.tasks
    ]
    videos = _of_use(videos)
    if not any(each.decision is not Decision.OPEN for v in videos for each in v.segments):
        raise TrainingError(_nothing(data, left_out, strays))
    halves = split(videos, seed)
    labels = _planned_labels(halves, description)
    events = sum(label.train for label in labels)
    depth = depth or depth_for(events)
    plan = TrainingPlan(
        project=data.project,
        revision=data.revision,
        init=description.name,
        videos=tuple(_planned_videos(halves)),
        left_out=tuple(left_out),
        labels=labels,
        stray_segments=strays,
        split_by=halves.by,
        depth=depth,
        trained=_TRAINED[depth],
        frozen=_FROZEN[depth],
        why=_why(depth, halves.by, events),
    )
    return Prepared(plan, halves, tuple((each.kind, each.label) for each in labels))


def depth_for(events: int) -> Depth:
    """How much of the model that many events can teach."""
    if events >= ENOUGH_FOR_EXPERTS:
        return Depth.EXPERTS
    return Depth.CLASSIFIER if events >= ENOUGH_FOR_CLASSIFIER else Depth.LABELS


def _names(data: TrainingData, description: BundleDescription) -> dict[tuple[Task, str], str]:
    """The model's spelling of every label; of a new one the first in the project."""
    names = {
        (task, plain_label(label)): label
        for task, settings in description.tasks.items()
        for label in settings.labels
    }
    for video in data.videos:
        for each in video.segments:
            names.setdefault((each.kind, plain_label(each.label)), each.label)
    return names


def _usable(
    video: TrainingVideo, description: BundleDescription, names: dict[tuple[Task, str], str]
) -> Iterator[TrainingSegment]:
    """The segments that lie inside their video, with the model's names."""
    end_us = ENDLESS_US if video.duration_us is None else video.start_us + video.duration_us
    for each in video.segments:
        inside_us = min(each.offset_us, end_us) - max(each.onset_us, video.start_us)
        length_us = each.offset_us - each.onset_us
        if each.kind not in description.tasks or length_us <= 0:
            continue
        if inside_us >= LEAST_INSIDE * length_us:
            yield replace(each, label=names[each.kind, plain_label(each.label)])


def _of_use(videos: Sequence[TrainingVideo]) -> list[TrainingVideo]:
    """Videos with something decided, and those that are known to hold nothing more."""
    return [
        video
        for video in videos
        if video.is_done or any(each.decision is not Decision.OPEN for each in video.segments)
    ]


def _nothing(data: TrainingData, left_out: Sequence[LeftOut], strays: int) -> str:
    if left_out:
        first = f"{left_out[0].name}: {left_out[0].reason}"
        more = f" (and {len(left_out) - 1} more)" if len(left_out) > 1 else ""
        return f"{data.project}: nothing to learn from: {first}{more}"
    if strays:
        return f"{data.project}: nothing to learn from: all {strays} segments lie outside the video"
    return (
        f"{data.project}: no corrections to learn from; accept, reject, fix or draw some events"
        " first"
    )


def _planned_labels(halves: Split, description: BundleDescription) -> tuple[PlannedLabel, ...]:
    counts: Counter[tuple[Task, str, Decision]] = Counter()
    sides: Counter[tuple[Task, str, bool]] = Counter()
    for is_held_out, stretches in ((False, halves.train), (True, halves.held_out)):
        for each in (segment for stretch in stretches for segment in stretch.segments):
            counts[each.kind, each.label, each.decision] += 1
            sides[each.kind, each.label, is_held_out] += each.decision.is_event
    keys = sorted({key[:2] for key in counts if key[2] is not Decision.OPEN})
    return tuple(
        PlannedLabel(
            kind,
            label,
            label not in description.tasks[kind].labels,
            counts[kind, label, Decision.ACCEPTED],
            counts[kind, label, Decision.EDITED],
            counts[kind, label, Decision.HUMAN],
            counts[kind, label, Decision.REJECTED],
            sides[kind, label, False],
            sides[kind, label, True],
        )
        for kind, label in keys
    )


def _planned_videos(halves: Split) -> Iterator[PlannedVideo]:
    for is_held_out, stretches in ((False, halves.train), (True, halves.held_out)):
        for stretch in stretches:
            video = stretch.video
            end_us = video.start_us + (video.duration_us or _last_us(stretch))
            decided = sum(each.decision is not Decision.OPEN for each in stretch.segments)
            yield PlannedVideo(
                video.name,
                max(stretch.start_us, video.start_us),
                min(stretch.end_us, end_us),
                is_held_out,
                decided,
            )


def _last_us(stretch: Stretch) -> int:
    return max((each.offset_us for each in stretch.segments), default=0)


def _why(depth: Depth, by: SplitBy, events: int) -> str:
    count = f"{events} event{'' if events == 1 else 's'}"
    how_much = {
        Depth.LABELS: f"With {count} to learn from, only the labels in question are adjusted: more"
        " would be learned by heart.",
        Depth.CLASSIFIER: f"With {count} to learn from, the classifier learns; where events begin"
        " and end stays as it was.",
        Depth.EXPERTS: f"With {count} to learn from, experts and boundaries learn as well.",
    }[depth]
    measured = {
        SplitBy.VIDEO: "Whole videos are held back to measure with.",
        SplitBy.STRETCH: "There is one video with events, so its last part is held back to measure"
        " with; other recordings may come out worse.",
        SplitBy.NOTHING: "There are too few events to hold any back, so the result is not"
        " measured.",
    }[by]
    return f"{how_much} {measured}"
