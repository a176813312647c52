"""What training is told of a project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from app.project.edits import AddSegment, Decide, Reshape, SetVideoStatus
from app.project.project import Project
from app.project.training_data import training_data
from app.project.values import VideoStatus
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID, detections, model_run, new_project, segments_in
from training.annotations.model import State
from training.corrections.data import Decision, TrainingData


def test_decisions_and_places(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(model_run(detections(10)))
    ids = [segment.id for segment in segments_in(project)]
    project.perform(Decide(tuple(ids[:3]), State.ACCEPTED))
    project.perform(Decide(tuple(ids[3:5]), State.REJECTED))
    project.perform(Decide((ids[5],), State.UNSURE))
    project.perform(Reshape(ids[6], 12_000_001, 13_000_001))
    project.perform(AddSegment(VIDEO_ID, Task.SED, "kettle", 40_000_000, 41_000_000))
    revision = project.history.revision

    data = training_data(project)
    (video,) = data.videos
    assert Counter(each.decision for each in video.segments) == {
        Decision.ACCEPTED: 3,
        Decision.REJECTED: 2,
        Decision.EDITED: 1,
        Decision.HUMAN: 1,
        Decision.OPEN: 4,
    }
    edited = next(each for each in video.segments if each.decision is Decision.EDITED)
    assert (edited.onset_us, edited.offset_us) == (12_000_001, 13_000_001)
    assert (video.path, video.is_done) == ("", False)
    assert data.revision == revision == project.history.revision
    assert "kettle" in {label.name for label in data.labels}

    (tmp_path / "video.mp4").write_bytes(b"not opened here")
    project.perform(SetVideoStatus((VIDEO_ID,), VideoStatus.DONE))
    again = training_data(project)
    assert again.videos[0].path == str(tmp_path / "video.mp4")
    assert again.videos[0].is_done and again.revision == revision + 1
    project.close()

    reopened = Project.open(project.path, "someone", read_only=True)
    assert training_data(reopened) == again
    assert TrainingData.from_text(again.to_text()) == again
    reopened.close()
