"""Annotations in and out: nothing is lost on the way."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.project.edits import (
    AddLabels,
    AddSegment,
    AddVideos,
    ApplyRun,
    Decide,
    ImportAnnotations,
    SetNote,
    VideoFile,
)
from app.project.errors import EditError, ProjectError
from app.project.project import Project
from app.project.values import LONGEST_NOTE
from core_model.timeline import Detection, Task
from tests.project_factory import VIDEO_ID, model_run, new_project, segments_in, tables_of
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


def test_what_was_typed_carelessly_still_goes_out(tmp_path: Path) -> None:
    project = new_project(tmp_path, author="Anna  B ")
    project.perform(AddSegment(VIDEO_ID, SED, "bark", 0, 1_000_000, note=" far \r\noff\t"))
    project.perform(AddSegment(VIDEO_ID, SED, "bark", 2_000_000, 3_000_000))
    project.perform(SetNote((2,), "so \n"))
    found = (Detection(TAL, "wave", 0, 1_000_000, 0.9),)
    project.perform(ApplyRun(VIDEO_ID, "My  model", " 2", found, prompts=(("wave", "a  hand"),)))
    first, model, second = project.annotations().segments
    assert (first.annotator, first.note, second.note) == ("Anna B", "far \noff", "so")
    assert model.provenance == Provenance(Origin.MODEL, "My model", "2", "a hand")
    assert segments_in(project)[-1].note == "so"
    project.close()


def test_length_that_no_recording_has_is_not_known(project: Project) -> None:
    project.perform(AddVideos((VideoFile("a.mp4", duration_us=2**62),)))
    assert project.annotations().videos == (Video("a.mp4"),)
    project.close()


def test_project_that_holds_nonsense_is_told_in_a_line(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute("UPDATE videos SET path = '../../secret.mp4'")
    connection.commit()
    connection.close()
    again = Project.open(project.path, "anna")
    with pytest.raises(ProjectError, match="makes no sense"):
        again.annotations()
    again.close()


def test_import_below_labels_in_a_circle_ends(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    project.perform(AddLabels(SED, ("a", "b")))
    project.close()
    connection = sqlite3.connect(project.path)
    connection.execute("UPDATE labels SET parent_id = 3 - id")
    connection.commit()
    connection.close()
    again = Project.open(project.path, "anna")
    again.perform(ImportAnnotations(AnnotationSet(labels=(Label(SED, "c", parent="a"),)), "x"))
    assert again.document.label(3).parent_id is None
    again.close()


def test_views_keep_what_is_no_text(project: Project) -> None:
    project.set_view("sets", {"name": "half \ud83d"})
    assert project.view("sets") == {"name": "half \ud83d"}
    project.close()


def test_name_of_a_file_that_is_no_text(project: Project) -> None:
    project.perform(ImportAnnotations(WHOLE, "caf\udce9.csv"))
    assert project.history.undo_name == "Import 3 segments from caf .csv"
    project.close()
