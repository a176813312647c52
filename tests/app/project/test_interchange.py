"""Annotations in and out: nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.project.edits import Decide, ImportAnnotations
from app.project.errors import EditError
from app.project.project import Project
from app.project.values import LONGEST_NOTE
from core_model.timeline import Detection, Task
from tests.project_factory import VIDEO_ID, model_run, new_project, tables_of
from training.annotations.model import (
    AnnotationSet,
    Label,
    Origin,
    Provenance,
    Segment,
    State,
    Video,
)

SED, TAL = Task.SED, Task.TAL
FOUND = Provenance(Origin.MODEL, "starter", "2", "a barking dog")
WHOLE = AnnotationSet(
    (Video("a.mp4", 9_000_000, "abc", "train"), Video("sub/b.mp4")),
    (
        Label(SED, "bark", 3, "a dog", "#123456", "hatch", "b", parent="animal"),
        Label(SED, "animal"),
        Label(TAL, "wave"),
    ),
    (
        Segment("a.mp4", SED, "bark", 0, 500_000, "anna", State.REJECTED, 0.25, "far\noff", FOUND),
        Segment("a.mp4", TAL, "wave", 5, 5, "ben"),
        Segment("sub/b.mp4", SED, "animal", -9, 8, "anna", State.UNSURE),
    ),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "p.avscope", "carla")


def same(first: AnnotationSet, second: AnnotationSet) -> bool:
    return (
        set(first.videos) == set(second.videos)
        and set(first.labels) == set(second.labels)
        and set(first.segments) == set(second.segments)
    )


def test_what_comes_in_goes_out(project: Project) -> None:
    project.perform(ImportAnnotations(WHOLE, "work.json"))
    assert project.history.undo_name == "Import 3 segments from work.json"
    assert same(project.annotations(), WHOLE)
    project.undo()
    assert all(not rows for rows in tables_of(project.path).values())
    project.redo()
    assert same(project.annotations(), WHOLE)
    (video,) = (v for v in project.document.videos.values() if v.path == "sub/b.mp4")
    part = project.annotations(video.id)
    assert [segment.label for segment in part.segments] == ["animal"]
    project.close()


def test_known_videos_and_labels_are_taken_for_the_same(project: Project) -> None:
    project.perform(ImportAnnotations(WHOLE, "one"))
    renamed = replace(
        WHOLE,
        videos=(replace(WHOLE.videos[0], name="same film.mp4"),),
        segments=(replace(WHOLE.segments[1], video="same film.mp4"),),
    )
    project.perform(ImportAnnotations(renamed, "two"))
    assert {v.path for v in project.document.videos.values()} == {"a.mp4", "sub/b.mp4"}
    assert len(project.document.labels) == 3
    assert len(project.annotations().segments) == 4
    project.close()


def test_nameless_work_becomes_the_authors(project: Project) -> None:
    found = replace(WHOLE.segments[0], annotator="")
    drawn = replace(WHOLE.segments[1], annotator="")
    project.perform(ImportAnnotations(replace(WHOLE, segments=(found, drawn)), "x"))
    assert [segment.annotator for segment in project.annotations().segments] == ["", "carla"]
    project.close()


def test_circles_of_parents_are_cut(project: Project) -> None:
    labels = (Label(SED, "a", parent="b"), Label(SED, "b", parent="a"), Label(SED, "c", parent="c"))
    project.perform(ImportAnnotations(AnnotationSet(labels=labels), "x"))
    parents = {label.name: label.parent_id for label in project.document.labels.values()}
    assert parents == {"a": 2, "b": None, "c": None}
    project.close()


def test_key_that_is_taken_is_left_out(project: Project) -> None:
    project.perform(ImportAnnotations(WHOLE, "x"))
    more = AnnotationSet(labels=(Label(TAL, "jump", key="b"), Label(TAL, "run", key="r")))
    project.perform(ImportAnnotations(more, "y"))
    keys = {label.name: label.key for label in project.document.labels.values()}
    assert (keys["bark"], keys["jump"], keys["run"]) == ("b", "", "r")
    project.close()


def test_note_beyond_all_measure_is_refused(project: Project) -> None:
    huge = replace(WHOLE.segments[1], note="x" * (LONGEST_NOTE + 1))
    with pytest.raises(EditError, match="a note is longer"):
        project.perform(ImportAnnotations(replace(WHOLE, segments=(huge,)), "x"))
    assert project.annotations().videos == ()
    project.close()


def test_imported_rejections_hold_against_model_runs(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    drawn = Segment("video.mp4", SED, "bark", 0, 1_000_000)
    project.perform(ImportAnnotations(AnnotationSet((Video("video.mp4"),), (), (drawn,)), "x"))
    project.perform(Decide((1,), State.REJECTED))
    project.perform(model_run((Detection(SED, "bark", 0, 1_000_000, 0.9),)))
    assert len(project.document.columns(VIDEO_ID)) == 1
    project.close()
