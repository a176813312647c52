"""The door of panels to the open project's current video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.project.edits import (
    AddSegment,
    AddVideos,
    ChangeLabel,
    DeleteSegments,
    RemoveVideos,
    VideoFile,
)
from app.project.project_session import ProjectSession
from app.window.annotation import Annotation
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID

S = 1_000_000


@pytest.fixture
def projects(qtbot: QtBot, tmp_path: Path) -> Iterator[ProjectSession]:
    session = ProjectSession("anna")
    session.create(tmp_path / "study.avscope")
    session.perform(AddVideos((VideoFile("video.mp4"), VideoFile("other.mp4"))))
    yield session
    session.close()


@pytest.fixture
def annotation(projects: ProjectSession) -> Annotation:
    made = Annotation(projects)
    made.set_video(VIDEO_ID)
    return made


def add(annotation: Annotation, label: str = "dog bark", onset_s: int = 1) -> frozenset[int]:
    edit = AddSegment(VIDEO_ID, Task.SED, label, onset_s * S, (onset_s + 1) * S)
    assert annotation.perform_and_select(edit)
    return annotation.selection


def test_nothing_is_open_without_a_project(qtbot: QtBot) -> None:
    annotation = Annotation(ProjectSession("anna"))
    assert annotation.video_id is None
    assert annotation.columns is None
    assert not annotation.is_writable
    annotation.select([1])
    assert annotation.selection == frozenset()


def test_what_is_added_is_selected_and_told(annotation: Annotation, qtbot: QtBot) -> None:
    with qtbot.waitSignals([annotation.changed, annotation.selection_changed]):
        first = add(annotation)
    second = add(annotation, onset_s=5)
    assert len(first) == len(second) == 1 and first != second
    annotation.select([*first, *second, 999])
    assert annotation.selection == first | second


def test_what_is_gone_is_not_selected(annotation: Annotation) -> None:
    first, second = add(annotation), add(annotation, onset_s=5)
    annotation.select(first | second)
    annotation.perform(DeleteSegments(tuple(first)))
    assert annotation.selection == second
    annotation.projects.undo()
    assert annotation.selection == second
    annotation.projects.close()
    assert annotation.selection == frozenset()
    assert annotation.video_id is None


def test_another_video_has_other_segments(annotation: Annotation) -> None:
    add(annotation)
    annotation.set_video(VIDEO_ID + 1)
    assert annotation.selection == frozenset()
    assert annotation.columns is not None and len(annotation.columns) == 0


def test_a_video_that_leaves_the_project_is_no_longer_open(
    annotation: Annotation, qtbot: QtBot
) -> None:
    annotation.perform(RemoveVideos((VIDEO_ID,)))
    qtbot.waitUntil(lambda: annotation.video_id is None)


def test_a_current_label_is_one_that_somebody_chose(annotation: Annotation, qtbot: QtBot) -> None:
    add(annotation, "dog bark")
    assert annotation.current_label(Task.SED) == ""
    with qtbot.waitSignal(annotation.current_label_changed):
        annotation.set_current_label(Task.SED, "speech")
    assert annotation.current_label(Task.SED) == "speech"
    assert annotation.current_kind is Task.SED
    assert annotation.current_label(Task.TAL) == ""


def test_without_a_project_one_is_asked_for(qtbot: QtBot) -> None:
    annotation = Annotation(ProjectSession("anna"))
    annotation.set_has_media(True)
    assert annotation.takes_drawings
    asked: list[object] = []
    annotation.project_wanted.connect(asked.append)

    def make(video_id: int) -> AddSegment:
        return AddSegment(video_id, Task.SED, "dog bark", 0, S)

    assert not annotation.propose(make)
    assert asked == [make]


def test_a_key_starts_the_label_that_has_it(annotation: Annotation) -> None:
    add(annotation, "dog bark")
    assert annotation.label_on("1") is None
    label = annotation.labels(Task.SED)[0]
    annotation.perform(ChangeLabel(replace(label, key="1")))
    assert annotation.label_on("1") == annotation.labels(Task.SED)[0]
