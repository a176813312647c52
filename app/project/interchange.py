"""The project as the values that every exporter takes."""

from __future__ import annotations

from app.project.reader import Reader
from app.project.values import Label, Run, Segment, Video
from training.annotations import model


def annotation_set(reader: Reader, video_id: int | None = None) -> model.AnnotationSet:
    """All videos, or one, with all labels. Raises EditError where there is no such video."""
    videos = reader.videos() if video_id is None else [reader.video(video_id)]
    labels = {label.id: label for label in reader.labels()}
    runs = {run.id: run for run in reader.runs()}
    return model.AnnotationSet(
        tuple(
            model.Video(video.path, video.duration_us, video.content_hash, video.subset)
            for video in videos
        ),
        tuple(_label(label, labels) for label in labels.values()),
        tuple(
            _segment(segment, video, labels[segment.label_id], runs)
            for video in videos
            for segment in reader.segments_of(video.id)
        ),
    )


def _label(label: Label, labels: dict[int, Label]) -> model.Label:
    parent = labels[label.parent_id].name if label.parent_id is not None else ""
    return model.Label(
        label.kind,
        label.name,
        label.number,
        label.prompt,
        label.colour,
        label.pattern,
        label.key,
        parent,
    )


def _segment(segment: Segment, video: Video, label: Label, runs: dict[int, Run]) -> model.Segment:
    run = runs.get(segment.run_id) if segment.run_id is not None else None
    return model.Segment(
        video.path,
        label.kind,
        label.name,
        segment.onset_us,
        segment.offset_us,
        segment.annotator,
        segment.state,
        segment.score,
        segment.note,
        model.Provenance(
            segment.origin,
            run.model if run is not None else "",
            run.version if run is not None else "",
            segment.prompt,
        ),
    )
