"""A model run among the work of people: nothing that a person did is touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.project.edits import AddSegment, Decide, Reshape, SetNote, SetVideoStatus
from app.project.errors import EditError
from app.project.project import Project
from app.project.values import Segment, VideoStatus, temporal_iou
from core_model.timeline import Detection, Task
from tests.project_factory import (
    VIDEO_ID,
    detections,
    model_run,
    new_project,
    segments_in,
    tables_of,
)
from training.annotations.model import Origin, State

FOUND = detections(40)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """40 finds: the first 10 accepted, 5 edited, 5 rejected, 5 unsure, 1 with a note; and 3
    segments drawn by hand.
    """
    project = new_project(tmp_path)
    project.perform(model_run(FOUND))
    ids = [segment.id for segment in segments_in(project)]
    project.perform(Decide(tuple(ids[:10]), State.ACCEPTED))
    for segment in segments_in(project)[10:15]:
        project.perform(Reshape(segment.id, segment.onset_us, segment.offset_us + 1))
    project.perform(Decide(tuple(ids[15:20]), State.REJECTED))
    project.perform(Decide(tuple(ids[20:25]), State.UNSURE))
    project.perform(SetNote((ids[25],), "what is this?"))
    for index in range(3):
        onset_us = 200_000_000 + index * 2_000_000
        project.perform(AddSegment(VIDEO_ID, Task.SED, "door", onset_us, onset_us + 500_000))
    yield project
    project.close()


def rows_by_id(project: Project) -> dict[int, tuple[Any, ...]]:
    return {row[0]: row for row in tables_of(project.path)["segments"]}


def is_undecided_find(segment: Segment) -> bool:
    return segment.origin is Origin.MODEL and segment.state is State.UNDECIDED and not segment.note


def test_human_work_stays_byte_for_byte(project: Project) -> None:
    human = {s.id for s in segments_in(project) if not is_undecided_find(s)}
    assert len(human) == 29
    before = rows_by_id(project)
    project.perform(model_run(detections(60, seed=5), version="2"))
    after = rows_by_id(project)
    assert {n: after[n] for n in human} == {n: before[n] for n in human}
    assert {n for n in before if n not in after} == before.keys() - human


def test_same_finds_again_come_once_and_rejected_ones_not_at_all(project: Project) -> None:
    nudged = tuple(
        replace(found, onset_us=found.onset_us + 200_000, offset_us=found.offset_us + 200_000)
        for found in FOUND
    )
    project.perform(model_run(nudged, version="2"))
    segments = segments_in(project)
    assert sum(is_undecided_find(segment) for segment in segments) == 14
    rejected = [segment for segment in segments if segment.state is State.REJECTED]
    assert len(rejected) == 5
    for old in rejected:
        for new in filter(is_undecided_find, segments):
            if new.label_id == old.label_id:
                spans = (old.onset_us, old.offset_us), (new.onset_us, new.offset_us)
                assert temporal_iou(*spans) < 0.5


@pytest.mark.parametrize(
    ("task", "label", "shift_us", "comes"),
    [
        (Task.SED, "dog bark", 333_333, False),  # tIoU 0.5000002
        (Task.SED, "dog bark", 333_334, True),  # tIoU 0.4999995
        (Task.SED, "cat", 0, True),
        (Task.TAL, "dog bark", 0, True),
    ],
)
def test_rejected_is_same_kind_label_and_half_of_both(
    tmp_path: Path, task: Task, label: str, shift_us: int, comes: bool
) -> None:
    project = new_project(tmp_path)
    project.perform(model_run((Detection(Task.SED, "dog bark", 0, 1_000_000, 0.5),)))
    project.perform(Decide((1,), State.REJECTED))
    new = Detection(task, label, shift_us, 1_000_000 + shift_us, 0.9)
    project.perform(model_run((new,), version="2"))
    assert len(segments_in(project)) == 1 + comes
    project.close()


def test_run_replaces_only_what_it_looked_for(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    found = tuple(
        Detection(task, label, onset_us, onset_us + 1_000_000, 0.5)
        for task in (Task.SED, Task.TAL)
        for label in ("dog bark", "door")
        for onset_us in (0, 10_000_000)
    )
    project.perform(model_run(found))
    project.perform(
        model_run(
            (),
            version="2",
            kinds=frozenset({Task.SED}),
            labels=frozenset({"door"}),
            span_us=(5_000_000, 20_000_000),
        )
    )
    names = {label.id: (label.kind, label.name) for label in project.document.labels.values()}
    left = {(*names[s.label_id], s.onset_us) for s in segments_in(project)}
    assert len(left) == 7
    assert (Task.SED, "door", 10_000_000) not in left
    project.close()


def test_find_tells_where_it_comes_from(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    settings = json.dumps({"floor": 0.05})
    found = (Detection(Task.SED, "dog bark", 0, 9, 0.25),)
    prompts = (("dog bark", "the sound of a dog"),)
    project.perform(model_run(found, "abc123", prompts=prompts, settings=settings))
    (segment,) = segments_in(project)
    assert (segment.score, segment.prompt, segment.origin) == (
        0.25,
        "the sound of a dog",
        Origin.MODEL,
    )
    assert segment.run_id is not None
    run = project.document.runs[segment.run_id]
    assert (run.model, run.version, run.settings) == ("starter", "abc123", settings)
    project.close()


def test_video_is_predicted_unless_the_work_is_further(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(model_run(()))
    assert project.document.videos[VIDEO_ID].status is VideoStatus.PREDICTED
    project.perform(SetVideoStatus((VIDEO_ID,), VideoStatus.DONE))
    project.perform(model_run((), version="2"))
    assert project.document.videos[VIDEO_ID].status is VideoStatus.DONE
    project.close()


@pytest.mark.parametrize(
    "found",
    [
        Detection(Task.SED, "dog bark", 0, 9, float("nan")),
        Detection(Task.SED, "dog bark", 9, 0, 0.5),
        Detection(Task.SED, "", 0, 9, 0.5),
    ],
)
def test_impossible_find_is_refused_as_a_whole(tmp_path: Path, found: Detection) -> None:
    project = new_project(tmp_path)
    with pytest.raises(EditError):
        project.perform(model_run((FOUND[0], found)))
    assert segments_in(project) == []
    assert project.history.undo_name == "Add video.mp4"
    project.close()
