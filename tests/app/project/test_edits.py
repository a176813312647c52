"""Every edit: what it does, what its step is called, and that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.project.edits import (
    AddSegment,
    ApplyRun,
    ChangeKind,
    Clip,
    Decide,
    DecideByScore,
    DeleteSegments,
    Duplicate,
    Edit,
    MergeSegments,
    MoveBoundary,
    MoveSegments,
    Paste,
    Relabel,
    Reshape,
    SetNote,
    SetVideoComment,
    SetVideoStatus,
    SplitSegments,
    Together,
    clips_of,
)
from app.project.errors import EditError
from app.project.project import Project
from app.project.values import Segment, VideoStatus
from core_model.timeline import Detection, Task
from tests.project_factory import VIDEO_ID, new_project, segments_in, tables_of
from training.annotations.model import Origin, State

BARK = 1
CLAP = 2
FOUND = 3


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A bark at 1-2 s and a clap at 2-4 s by hand, and a bark at 10-12 s that a model found."""
    project = new_project(tmp_path)
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", 1_000_000, 2_000_000))
    project.perform(AddSegment(VIDEO_ID, Task.TAL, "clapping", 2_000_000, 4_000_000))
    found = Detection(Task.SED, "dog bark", 10_000_000, 12_000_000, 0.75)
    project.perform(ApplyRun(VIDEO_ID, "starter", "2", (found,), prompts=(("dog bark", "a dog"),)))
    project.author = "ben"
    yield project
    project.close()


def by_id(project: Project) -> dict[int, Segment]:
    return {segment.id: segment for segment in segments_in(project)}


def span(project: Project, segment_id: int) -> tuple[int, int]:
    segment = by_id(project)[segment_id]
    return segment.onset_us, segment.offset_us


STEPS: list[tuple[Edit, str]] = [
    (AddSegment(VIDEO_ID, Task.SED, "dog bark", 5, 9), "Add dog bark"),
    (Reshape(BARK, 1_000_000, 2_500_000), "Trim end of dog bark"),
    (Reshape(BARK, 900_000, 2_000_000), "Trim start of dog bark"),
    (Reshape(BARK, 3_000_000, 4_000_000), "Move dog bark"),
    (Reshape(BARK, 3_000_000, 4_500_000), "Reshape dog bark"),
    (MoveSegments((BARK, CLAP), -500_000), "Move 2 segments"),
    (MoveSegments((BARK, FOUND), 7), "Move 2 × dog bark"),
    (MoveBoundary((BARK,), (CLAP,), 2_200_000), "Move boundary of 2 segments"),
    (SplitSegments((CLAP,), 3_000_000), "Split clapping"),
    (MergeSegments((BARK, FOUND)), "Merge 2 × dog bark"),
    (Relabel((BARK,), Task.SED, "howl"), "Relabel dog bark as howl"),
    (ChangeKind((CLAP,), Task.AVEL), "Change kind of clapping to AVEL"),
    (DeleteSegments((BARK, CLAP)), "Delete 2 segments"),
    (Decide((FOUND,), State.ACCEPTED), "Accept dog bark"),
    (Decide((FOUND,), State.REJECTED), "Reject dog bark"),
    (Decide((FOUND,), State.UNSURE), "Mark as unsure: dog bark"),
    (DecideByScore(State.ACCEPTED, 0.5), "Accept 1 segments from 0.50"),
    (DecideByScore(State.REJECTED, 0.9, label="dog bark"), "Reject 1 × dog bark below 0.90"),
    (SetNote((BARK,), "far away\nand faint"), "Note on dog bark"),
    (Duplicate((BARK,), 5_000_000), "Duplicate dog bark"),
    (Paste(VIDEO_ID, (Clip(Task.TAL, "wave", 0, 9),), 50), "Paste wave"),
    (SetVideoStatus((VIDEO_ID,), VideoStatus.DONE), "Mark video.mp4 as done"),
    (SetVideoComment(VIDEO_ID, "dark"), "Comment on video.mp4"),
    (Together("Drag to another track", (MoveSegments((BARK,), 9), ChangeKind((BARK,), Task.TAL))),
     "Drag to another track"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "name"), STEPS, ids=[name for _edit, name in STEPS])
def test_edit_is_one_named_step_there_and_back(project: Project, edit: Edit, name: str) -> None:
    before = tables_of(project.path)
    assert project.perform(edit) is not None
    assert project.history.undo_name == name
    after = tables_of(project.path)
    assert after != before
    project.undo()
    assert tables_of(project.path) == before
    assert project.history.redo_name == name
    project.redo()
    assert tables_of(project.path) == after


@pytest.mark.parametrize(
    "edit",
    [
        Reshape(BARK, 1_000_000, 2_000_000),
        MoveSegments((BARK, CLAP), 0),
        MoveBoundary((BARK,), (CLAP,), 2_000_000),
        SplitSegments((BARK,), 2_000_000),
        Relabel((BARK,), Task.SED, "dog bark"),
        Decide((BARK,), State.ACCEPTED),
        SetNote((BARK,), ""),
        SetVideoStatus((VIDEO_ID,), VideoStatus.PREDICTED),
        DecideByScore(State.ACCEPTED, 0.9),
    ],
)
def test_what_changes_nothing_is_no_step(project: Project, edit: Edit) -> None:
    revision = project.history.revision
    assert project.perform(edit) is None
    assert project.history.revision == revision


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (Reshape(99, 0, 1), "there is no segment 99"),
        (Reshape(BARK, 3_000_000, 2_000_000), "must end after it starts"),
        (Reshape(BARK, 0, 10**16), "within a thousand hours"),
        (MoveSegments((BARK,), -(10**16)), "within a thousand hours"),
        (AddSegment(VIDEO_ID, Task.SED, "bark", 5, 4), "must end after it starts"),
        (AddSegment(7, Task.SED, "bark", 4, 5), "there is no video 7"),
        (AddSegment(VIDEO_ID, Task.SED, " \t", 4, 5), "a label needs a name"),
        (AddSegment(VIDEO_ID, Task.SED, "a\nb", 4, 5), "one line"),
        (SetNote((BARK,), "half \ud83d"), "characters that are no text"),
        (SetNote((BARK,), "x" * 100_001), "longer than 100,000"),
        (MergeSegments((BARK, CLAP)), "only segments with the same label"),
        (MoveBoundary((BARK,), (BARK,), 5), "cannot start and end"),
        (MoveBoundary((BARK,), (CLAP,), 0), "must end after it starts"),
        (DecideByScore(State.ACCEPTED, 1.5), "between 0 and 1"),
        (Paste(VIDEO_ID, (Clip(Task.SED, "a", 9, 4),), 0), "must end after it starts"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(project: Project, edit: Edit, line: str) -> None:
    before = tables_of(project.path)
    with pytest.raises(EditError, match=line):
        project.perform(edit)
    assert tables_of(project.path) == before


def test_one_bad_part_undoes_the_whole_of_edits_done_together(project: Project) -> None:
    before = tables_of(project.path)
    with pytest.raises(EditError, match="no segment 99"):
        project.perform(Together("Both", (MoveSegments((BARK,), 9), MoveSegments((99,), 9))))
    assert tables_of(project.path) == before


def test_touching_a_find_makes_it_the_persons(project: Project) -> None:
    project.perform(Reshape(FOUND, 10_000_000, 11_000_000))
    found = by_id(project)[FOUND]
    assert (found.origin, found.state, found.annotator) == (Origin.EDITED, State.ACCEPTED, "ben")
    assert (found.score, found.prompt, found.run_id) == (0.75, "a dog", 1)


@pytest.mark.parametrize(
    ("onset_us", "offset_us", "is_asked"),
    [
        (2_100_000, 2_500_000, False),  # inside the accepted clapping
        (3_500_000, 4_020_000, False),  # nine tenths of it are
        (3_500_000, 4_500_000, True),
    ],
)
def test_parts_of_what_was_accepted_are_not_asked_again(
    project: Project, onset_us: int, offset_us: int, is_asked: bool
) -> None:
    found = Detection(Task.TAL, "clapping", onset_us, offset_us, 0.9)
    other = replace(found, task=Task.SED)
    project.perform(ApplyRun(VIDEO_ID, "starter", "3", (found, other)))
    undecided = [s for s in segments_in(project) if s.state is State.UNDECIDED]
    assert len(undecided) == 1 + is_asked


def test_parts_of_what_was_rejected_are_asked(project: Project) -> None:
    project.perform(Decide((FOUND,), State.REJECTED))
    part = Detection(Task.SED, "dog bark", 10_100_000, 10_500_000, 0.9)
    project.perform(ApplyRun(VIDEO_ID, "starter", "3", (part,)))
    assert any(s.onset_us == part.onset_us for s in segments_in(project))


def test_touching_a_rejected_find_leaves_it_rejected(project: Project) -> None:
    project.perform(Decide((FOUND,), State.REJECTED))
    project.perform(Reshape(FOUND, 10_000_000, 11_000_000))
    assert by_id(project)[FOUND].state is State.REJECTED


def test_accepting_a_find_keeps_that_a_model_made_it(project: Project) -> None:
    project.perform(Decide((FOUND,), State.ACCEPTED))
    found = by_id(project)[FOUND]
    assert (found.origin, found.annotator) == (Origin.MODEL, "ben")
    project.perform(Decide((FOUND,), State.UNDECIDED))
    assert by_id(project)[FOUND].annotator == ""


def test_trimming_somebody_elses_segment_leaves_it_theirs(project: Project) -> None:
    project.perform(Reshape(BARK, 1_000_000, 1_500_000))
    assert by_id(project)[BARK].annotator == "anna"


def test_shared_boundary_moves_both(project: Project) -> None:
    project.perform(MoveBoundary((BARK,), (CLAP,), 2_400_000))
    assert span(project, BARK) == (1_000_000, 2_400_000)
    assert span(project, CLAP) == (2_400_000, 4_000_000)


def test_split_halves_touch_and_carry_the_same(project: Project) -> None:
    project.perform(SetNote((FOUND,), "faint"))
    project.perform(SplitSegments((BARK, FOUND), 11_000_000))
    first, second = by_id(project)[FOUND], by_id(project)[4]
    assert (first.offset_us, second.onset_us, second.offset_us) == (
        11_000_000,
        11_000_000,
        12_000_000,
    )
    assert (second.note, second.score, second.origin) == ("faint", 0.75, Origin.EDITED)
    assert span(project, BARK) == (1_000_000, 2_000_000)


def test_merge_spans_all_and_joins_notes(project: Project) -> None:
    project.perform(SetNote((BARK,), "first"))
    project.perform(SetNote((FOUND,), "second"))
    project.perform(MergeSegments((FOUND, BARK, CLAP)))
    merged = by_id(project)
    assert set(merged) == {BARK, CLAP}
    assert span(project, BARK) == (1_000_000, 12_000_000)
    assert merged[BARK].note == "first\nsecond"


def test_what_is_merged_into_a_find_is_the_authors(project: Project) -> None:
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", 10_500_000, 11_000_000))
    project.perform(MergeSegments((FOUND, 4)))
    merged = by_id(project)[FOUND]
    assert (merged.state, merged.origin, merged.annotator) == (
        State.ACCEPTED,
        Origin.EDITED,
        "ben",
    )
    project.perform(ApplyRun(VIDEO_ID, "starter", "3", ()))
    assert by_id(project)[FOUND] == merged


def test_what_was_accepted_is_not_rejected_by_a_merge(project: Project) -> None:
    project.perform(Decide((FOUND,), State.REJECTED))
    project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", 11_000_000, 13_000_000))
    project.perform(MergeSegments((FOUND, 4)))
    assert by_id(project)[FOUND].state is State.ACCEPTED
    assert span(project, FOUND) == (10_000_000, 13_000_000)


def test_relabel_makes_the_label_once(project: Project) -> None:
    project.perform(Relabel((BARK, FOUND), Task.SED, "howl"))
    howls = [label for label in project.document.labels.values() if label.name == "howl"]
    assert len(howls) == 1
    assert {by_id(project)[i].label_id for i in (BARK, FOUND)} == {howls[0].id}


def test_kind_changes_under_the_same_name(project: Project) -> None:
    project.perform(ChangeKind((BARK,), Task.TAL))
    label = project.document.label(by_id(project)[BARK].label_id)
    assert (label.kind, label.name) == (Task.TAL, "dog bark")


def test_paste_keeps_distances_and_is_the_authors(project: Project) -> None:
    clips = clips_of(list(by_id(project).values()), list(project.document.labels.values()))
    project.perform(Paste(VIDEO_ID, clips, 60_000_000))
    pasted = [segment for segment in segments_in(project) if segment.id > FOUND]
    assert [(s.onset_us, s.offset_us) for s in pasted] == [
        (60_000_000, 61_000_000),
        (61_000_000, 63_000_000),
        (69_000_000, 71_000_000),
    ]
    assert {(s.annotator, s.origin, s.score) for s in pasted} == {("ben", Origin.HUMAN, None)}


def test_paste_onto_a_track_takes_its_label(project: Project) -> None:
    project.perform(Paste(VIDEO_ID, (Clip(Task.SED, "a", 0, 9),), 5, onto=(Task.TAL, "clapping")))
    assert segments_in(project)[0].label_id == by_id(project)[CLAP].label_id


def test_points_are_kept(project: Project) -> None:
    project.perform(AddSegment(VIDEO_ID, Task.SED, "click", 5, 5))
    assert segments_in(project)[0].duration_us == 0


def test_ids_are_never_used_again(project: Project) -> None:
    project.perform(DeleteSegments((FOUND,)))
    project.perform(AddSegment(VIDEO_ID, Task.SED, "x", 0, 1))
    path = project.path
    project.perform(DeleteSegments((4,)))
    project.close()
    again = Project.open(path, "anna")
    again.perform(AddSegment(VIDEO_ID, Task.SED, "x", 0, 1))
    assert [segment.id for segment in segments_in(again)] == [5, BARK, CLAP]
    again.close()


def test_text_is_data_and_never_sql(project: Project) -> None:
    text = "'); DROP TABLE segments; --\" OR 1=1"
    project.perform(AddSegment(VIDEO_ID, Task.SED, text, 0, 1, note=text))
    project.author = text
    project.perform(Relabel((BARK,), Task.TAL, text + "2"))
    assert by_id(project)[4].note == text
    assert [label.name for label in project.document.labels_of(Task.SED)] == ["dog bark", text]
    assert project.log(1)[0].author == text


def test_counts_per_label_and_state(project: Project) -> None:
    project.perform(Decide((FOUND,), State.REJECTED))
    assert project.counts() == [
        (VIDEO_ID, 1, State.ACCEPTED, 1),
        (VIDEO_ID, 1, State.REJECTED, 1),
        (VIDEO_ID, 2, State.ACCEPTED, 1),
    ]
