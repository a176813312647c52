"""The project as the values that every exporter takes."""

from __future__ import annotations

from app.project.errors import ProjectError
from app.project.reader import Reader
from app.project.values import Label, Run, Segment, Video
from training.annotations import model


def annotation_set(reader: Reader, video_id: int | None = None) -> model.AnnotationSet:
    """All videos, or one, with all labels. Raises EditError where there is no such video, and
    ProjectError where the file holds what this program does not put there.
    """
    videos = reader.videos() if video_id is None else [reader.video(video_id)]
    labels = {label.id: label for label in reader.labels()}
    runs = {run.id: run for run in reader.runs()}
    segments = [(video, segment) for video in videos for segment in reader.segments_of(video.id)]
    try:
        return model.AnnotationSet(
            tuple(_video(video) for video in videos),
            tuple(_label(label, labels) for label in labels.values()),
            tuple(
                _segment(segment, video, labels[segment.label_id], runs)
                for video, segment in segments
            ),
        )
    except (ValueError, KeyError) as error:
        raise ProjectError(reader.path, f"it holds what makes no sense ({error})") from error


def _video(video: Video) -> model.Video:
    """A length that no recording has comes from a file whose own words about it are wrong."""
    length_us = video.duration_us
    is_length = length_us is not None and 0 <= length_us <= model.LATEST_US
    return model.Video(
        video.path, length_us if is_length else None, video.content_hash, video.subset
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
    """What people and models write freely loses the blanks and signs that no format keeps."""
    run = runs.get(segment.run_id) if segment.run_id is not None else None
    return model.Segment(
        video.path,
        label.kind,
        label.name,
        segment.onset_us,
        segment.offset_us,
        model.one_line(segment.annotator),
        segment.state,
        segment.score,
        model.clean_note(segment.note),
        model.Provenance(
            segment.origin,
            model.one_line(run.model) if run is not None else "",
            model.one_line(run.version) if run is not None else "",
            model.one_line(segment.prompt),
        ),
    )
