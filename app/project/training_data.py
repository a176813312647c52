"""A project as what training learns from: decided segments, and where the videos lie."""

from __future__ import annotations

from app.project.project import Project
from app.project.values import VideoStatus
from training.annotations.model import Origin, Segment, State
from training.corrections.data import (
    Decision,
    TrainingData,
    TrainingLabel,
    TrainingSegment,
    TrainingVideo,
)

_ACCEPTED = {
    Origin.MODEL: Decision.ACCEPTED,
    Origin.EDITED: Decision.EDITED,
    Origin.HUMAN: Decision.HUMAN,
}


def training_data(project: Project) -> TrainingData:
    """Everything decided at the project's present revision; changes nothing.

    Reads all segments from the disk, so a window calls it in a worker. Raises ProjectError where
    the file cannot be read.
    """
    annotations = project.annotations()
    segments: dict[str, list[TrainingSegment]] = {video.name: [] for video in annotations.videos}
    for each in annotations.segments:
        segments[each.video].append(
            TrainingSegment(each.kind, each.label, each.onset_us, each.offset_us, _decision(each))
        )
    return TrainingData(
        project.path.name,
        project.history.revision,
        tuple(
            TrainingVideo(
                video.path,
                str(project.locate(video.id) or ""),
                video.content_hash,
                video.duration_us,
                video.status is VideoStatus.DONE,
                tuple(segments.get(video.path, ())),
                video.start_us,
            )
            for video in project.document.videos.values()
        ),
        tuple(TrainingLabel(each.kind, each.name, each.prompt) for each in annotations.labels),
    )


def _decision(segment: Segment) -> Decision:
    if segment.state is State.ACCEPTED:
        return _ACCEPTED[segment.provenance.origin]
    return Decision.REJECTED if segment.state is State.REJECTED else Decision.OPEN
