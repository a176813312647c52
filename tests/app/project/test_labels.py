"""Label sets: names, keys and parents, each change one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.project.edits import AddLabels, AddSegment, ChangeLabel, DeleteLabel, OrderLabels
from app.project.errors import EditError
from app.project.project import Project
from core_model.timeline import Detection, Task
from tests.project_factory import VIDEO_ID, model_run, new_project, segments_in, tables_of
from training.annotations.model import Origin, State

DOG, CAT, COW = 1, 2, 3


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three sounds; one segment is a dog."""
    project = new_project(tmp_path)
    project.perform(AddLabels(Task.SED, ("dog", "cat", "cow")))
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog", 0, 1))
    yield project
    project.close()


def names(project: Project) -> list[str]:
    return [label.name for label in project.document.labels_of(Task.SED)]


def test_labels_stand_in_the_order_in_which_they_came(project: Project) -> None:
    assert names(project) == ["dog", "cat", "cow"]
    assert project.perform(AddLabels(Task.SED, ("cat", " dog "))) is None
    project.perform(AddLabels(Task.SED, ("cat", "eel")))
    assert names(project) == ["dog", "cat", "cow", "eel"]
    assert project.history.undo_name == "Add label eel"


def test_everything_about_a_label_changes_in_one_step(project: Project) -> None:
    new = replace(
        project.document.label(CAT),
        name="wild cat",
        prompt="the sound of a wild cat",
        colour="#336699",
        pattern="hatch",
        key="7",
        parent_id=DOG,
    )
    project.perform(ChangeLabel(new))
    assert project.document.label(CAT) == new
    assert project.history.undo_name == "Rename label cat to wild cat"
    assert project.document.label_with_key("7") == new
    project.undo()
    assert project.document.label(CAT).parent_id is None
    assert project.document.label_with_key("7") is None


def test_renamed_label_keeps_its_segments(project: Project) -> None:
    project.perform(ChangeLabel(replace(project.document.label(DOG), name="hound")))
    assert project.document.label(segments_in(project)[0].label_id).name == "hound"


def test_name_key_and_parent_must_fit(project: Project) -> None:
    dog, cat = project.document.label(DOG), project.document.label(CAT)
    project.perform(ChangeLabel(replace(dog, key="1")))
    project.perform(ChangeLabel(replace(cat, parent_id=DOG)))
    dog, cat = project.document.label(DOG), project.document.label(CAT)
    for wrong, line in (
        (replace(cat, name="dog"), "a label 'dog' of this kind already"),
        (replace(cat, key="1"), "the key 1 belongs to 'dog'"),
        (replace(cat, kind=Task.TAL), "keeps its kind"),
        (replace(dog, parent_id=CAT), "its own parent"),
        (replace(dog, parent_id=DOG), "its own parent"),
        (replace(dog, parent_id=99), "no label 99"),
        (replace(dog, id=99), "no label 99"),
        (replace(dog, name=""), "needs a name"),
    ):
        with pytest.raises(EditError, match=line):
            project.perform(ChangeLabel(wrong))


def test_label_in_use_goes_only_into_another(project: Project) -> None:
    before = tables_of(project.path)
    with pytest.raises(EditError, match="1 segments carry 'dog'"):
        project.perform(DeleteLabel(DOG))
    with pytest.raises(EditError, match="merged into itself"):
        project.perform(DeleteLabel(DOG, DOG))
    project.perform(DeleteLabel(DOG, CAT))
    assert names(project) == ["cat", "cow"]
    assert segments_in(project)[0].label_id == CAT
    assert project.history.undo_name == "Merge label dog into cat"
    project.undo()
    assert tables_of(project.path) == before


def test_merging_labels_decides_on_nothing(project: Project) -> None:
    project.perform(model_run((Detection(Task.SED, "cow", 5, 9, 0.4),)))
    project.perform(model_run((Detection(Task.SED, "cow", 5, 9, 0.4),)))
    found = next(segment for segment in segments_in(project) if segment.label_id == COW)
    project.perform(DeleteLabel(COW, CAT))
    after = next(segment for segment in segments_in(project) if segment.id == found.id)
    assert after == replace(found, label_id=CAT)
    assert (after.state, after.origin, after.annotator) == (State.UNDECIDED, Origin.MODEL, "")


def test_children_of_a_deleted_label_move_up(project: Project) -> None:
    project.perform(ChangeLabel(replace(project.document.label(COW), parent_id=CAT)))
    project.perform(ChangeLabel(replace(project.document.label(CAT), parent_id=DOG)))
    project.perform(DeleteLabel(CAT))
    assert project.document.label(COW).parent_id == DOG


def test_order_is_kept(project: Project) -> None:
    project.perform(OrderLabels(Task.SED, (COW, DOG)))
    assert names(project) == ["cow", "dog", "cat"]
    project.undo()
    assert names(project) == ["dog", "cat", "cow"]
