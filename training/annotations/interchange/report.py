"""What a format could not keep, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from training.annotations.errors import shortened
from training.annotations.model import AnnotationSet, Label, Provenance, Segment, State, Video


@dataclass(frozen=True, slots=True)
class Loss:
    """One sort of thing that was not kept, how often, and the first instance of it."""

    what: str
    count: int
    example: str = ""

    def __str__(self) -> str:
        example = f" ({shortened(self.example)})" if self.example else ""
        return f"{self.what}: {self.count}{example}"


class Tally:
    """Counts losses by their name and remembers the first example of each."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def add(self, what: str, example: str = "", count: int = 1) -> None:
        if count:
            before, first = self._found.get(what, (0, example))
            self._found[what] = (before + count, first)

    def losses(self) -> tuple[Loss, ...]:
        return tuple(Loss(what, count, first) for what, (count, first) in self._found.items())


# What a format may keep beside the times and the names of labels.
KIND = "kind"
ANNOTATOR = "annotator"
STATE = "state"
SCORE = "score"
NOTE = "note"
PROVENANCE = "provenance"
VIDEO_NAME = "name of the video"
DURATION = "length of the video"
VIDEO_DETAILS = "hash and subset of the video"
LABEL_DETAILS = "details of labels"
LABEL_NUMBER = "numbers of labels"
UNUSED_LABELS = "labels without events"
EMPTY_VIDEOS = "videos without events"
FINE_TIMES = "times finer than the format's"
EVERYTHING = frozenset(
    {
        KIND,
        ANNOTATOR,
        STATE,
        SCORE,
        NOTE,
        PROVENANCE,
        VIDEO_NAME,
        DURATION,
        VIDEO_DETAILS,
        LABEL_DETAILS,
        LABEL_NUMBER,
        UNUSED_LABELS,
        EMPTY_VIDEOS,
    }
)


def not_kept(document: AnnotationSet, keeps: frozenset[str], resolution_us: int) -> Tally:
    """Count everything of the document that a format with these abilities drops."""
    tally = Tally()
    for what, example in _parts(document, resolution_us):
        if what not in keeps:
            tally.add(what, example)
    return tally


def _parts(document: AnnotationSet, resolution_us: int) -> Iterator[tuple[str, str]]:
    """Everything unusual in the document, by its name and with what it belongs to."""
    for segment in document.segments:
        for what in _of_segment(segment):
            yield what, segment.label
        if segment.onset_us % resolution_us or segment.offset_us % resolution_us:
            yield FINE_TIMES, segment.label
    used = {(segment.kind, segment.label) for segment in document.segments}
    for label in document.labels:
        for what in _of_label(label, (label.kind, label.name) in used):
            yield what, label.name
    busy = {segment.video for segment in document.segments}
    for video in document.videos:
        for what in _of_video(video, video.name in busy):
            yield what, video.name


def _of_segment(segment: Segment) -> list[str]:
    found = [KIND]
    if segment.annotator:
        found.append(ANNOTATOR)
    if segment.state is not State.ACCEPTED:
        found.append(STATE)
    if segment.score is not None:
        found.append(SCORE)
    if segment.note:
        found.append(NOTE)
    if segment.provenance != Provenance():
        found.append(PROVENANCE)
    return found


def _of_label(label: Label, used: bool) -> list[str]:
    found: list[str] = []
    if label.number is not None:
        found.append(LABEL_NUMBER)
    plain = {"kind", "name", "number"}
    if any(getattr(label, part.name) for part in fields(label) if part.name not in plain):
        found.append(LABEL_DETAILS)
    if not used:
        found.append(UNUSED_LABELS)
    return found


def _of_video(video: Video, busy: bool) -> list[str]:
    found = [VIDEO_NAME]
    if video.duration_us is not None:
        found.append(DURATION)
    if video.content_hash or video.subset:
        found.append(VIDEO_DETAILS)
    if not busy:
        found.append(EMPTY_VIDEOS)
    return found
