"""Corrections of videos that do not exist, for tests of what is done before anything is read."""

from __future__ import annotations

from core_model.timeline import Task
from training.corrections.data import Decision, TrainingData, TrainingSegment, TrainingVideo

S = 1_000_000


def segment(
    label: str,
    onset_s: float,
    offset_s: float,
    decision: Decision = Decision.HUMAN,
    kind: Task = Task.SED,
) -> TrainingSegment:
    """A segment of seconds."""
    return TrainingSegment(kind, label, round(onset_s * S), round(offset_s * S), decision)


def video(
    name: str,
    *segments: TrainingSegment,
    is_done: bool = False,
    path: str | None = None,
    duration_s: float = 60,
) -> TrainingVideo:
    """A video of a minute."""
    where = f"/videos/{name}" if path is None else path
    return TrainingVideo(name, where, f"hash of {name}", round(duration_s * S), is_done, segments)


def corrections(*videos: TrainingVideo) -> TrainingData:
    """A project of these videos."""
    return TrainingData("test.avscope", 12, videos)
