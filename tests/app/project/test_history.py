"""Undo and redo without end, across restarts, from the log alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.project.columns import SegmentColumns
from app.project.edits import (
    AddLabels,
    AddSegment,
    ChangeKind,
    ChangeLabel,
    Decide,
    DecideByScore,
    DeleteLabel,
    DeleteSegments,
    Duplicate,
    Edit,
    MergeSegments,
    MoveSegments,
    Relabel,
    Reshape,
    SetNote,
    SetVideoStatus,
    SplitSegments,
)
from app.project.errors import DamagedError, EditError
from app.project.project import Project
from app.project.values import VideoStatus
from core_model.timeline import Task
from tests.project_factory import (
    LABELS,
    VIDEO_ID,
    detections,
    model_run,
    new_project,
    segments_in,
    tables_of,
)
from training.annotations.model import State

times_us = st.integers(-1_000_000, 60_000_000)
lengths_us = st.integers(0, 5_000_000)
kinds = st.sampled_from(tuple(Task))
names = st.sampled_from(LABELS)
states = st.sampled_from(tuple(State))


class ProjectMachine(RuleBasedStateMachine):
    """Random work on a project, with restarts: the document always shows what the tables hold,
    undo leads back to the empty project and redo to where it began.
    """

    def __init__(self) -> None:
        super().__init__()
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="avscope-test-", dir=memory))
        self.project = new_project(self.folder)
        self.empty = tables_of(self.project.path)

    def teardown(self) -> None:
        while self.project.history.redo_name is not None:
            self.project.redo()
        final = tables_of(self.project.path)
        steps = 0
        while self.project.history.undo_name != "Add video.mp4":
            self.project.undo()
            steps += 1
        assert tables_of(self.project.path) == self.empty
        self.shows_the_tables()
        for _ in range(steps):
            self.project.redo()
        assert tables_of(self.project.path) == final
        assert self.project.history.redo_name is None
        self.shows_the_tables()
        self.project.close()
        shutil.rmtree(self.folder)

    @initialize()
    def look_at_the_video(self) -> None:
        self.project.document.columns(VIDEO_ID)

    @invariant()
    def shows_the_tables(self) -> None:
        shown = self.project.document.columns(VIDEO_ID)
        reader = self.project._store.reader
        stored = SegmentColumns.from_rows(VIDEO_ID, reader.column_rows(VIDEO_ID), shown.texts)
        assert segments_in(self.project) == [stored.segment(row) for row in range(len(stored))]
        assert (shown.kinds == stored.kinds).all()
        assert (shown.reach_us == stored.reach_us).all()
        assert list(self.project.document.labels.values()) == reader.labels()
        assert list(self.project.document.videos.values()) == reader.videos()

    def perform(self, edit: Edit) -> None:
        """An edit may be refused; then nothing has changed, which the invariants see."""
        before = tables_of(self.project.path)
        try:
            self.project.perform(edit)
        except EditError:
            assert tables_of(self.project.path) == before

    def chosen(self, data: st.DataObject) -> tuple[int, ...]:
        ids = [segment.id for segment in segments_in(self.project)]
        picked = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True))
        return tuple(picked)

    @rule(kind=kinds, label=names, onset_us=times_us, length_us=lengths_us)
    def draw(self, kind: Task, label: str, onset_us: int, length_us: int) -> None:
        self.perform(AddSegment(VIDEO_ID, kind, label, onset_us, onset_us + length_us))

    @rule(count=st.integers(0, 12), seed=st.integers(0, 3))
    def detect(self, count: int, seed: int) -> None:
        self.perform(model_run(detections(count, seed)))

    @rule(state=states, score=st.floats(0, 1), kind=st.none() | kinds)
    def decide_by_score(self, state: State, score: float, kind: Task | None) -> None:
        self.perform(DecideByScore(state, score, kind=kind))

    @rule(status=st.sampled_from(tuple(VideoStatus)))
    def mark(self, status: VideoStatus) -> None:
        self.perform(SetVideoStatus((VIDEO_ID,), status))

    @rule(kind=kinds, new=st.lists(names, max_size=3))
    def add_labels(self, kind: Task, new: list[str]) -> None:
        self.perform(AddLabels(kind, tuple(new)))

    @precondition(lambda self: self.project.document.labels)
    @rule(data=st.data(), name=names, key=st.sampled_from(("", "1", "2")))
    def change_label(self, data: st.DataObject, name: str, key: str) -> None:
        ids = list(self.project.document.labels)
        label = self.project.document.label(data.draw(st.sampled_from(ids)))
        parent = data.draw(st.none() | st.sampled_from(ids))
        self.perform(ChangeLabel(replace(label, name=name, key=key, parent_id=parent)))

    @precondition(lambda self: self.project.document.labels)
    @rule(data=st.data())
    def delete_label(self, data: st.DataObject) -> None:
        ids = list(self.project.document.labels)
        gone = data.draw(st.sampled_from(ids))
        self.perform(DeleteLabel(gone, data.draw(st.none() | st.sampled_from(ids))))

    @precondition(lambda self: len(self.project.document.columns(VIDEO_ID)) > 0)
    @rule(
        data=st.data(),
        time_us=times_us,
        length_us=lengths_us,
        kind=kinds,
        label=names,
        state=states,
        note=st.text(alphabet="ab\n", max_size=3),
    )
    def work_on_segments(
        self,
        data: st.DataObject,
        time_us: int,
        length_us: int,
        kind: Task,
        label: str,
        state: State,
        note: str,
    ) -> None:
        ids = self.chosen(data)
        edits: list[Edit] = [
            Reshape(ids[0], time_us, time_us + length_us),
            MoveSegments(ids, time_us),
            SplitSegments(ids, time_us),
            MergeSegments(ids),
            Relabel(ids, kind, label),
            ChangeKind(ids, kind),
            DeleteSegments(ids),
            Decide(ids, state),
            SetNote(ids, note),
            Duplicate(ids, time_us),
        ]
        self.perform(data.draw(st.sampled_from(edits)))

    @rule(steps=st.integers(1, 5))
    def undo(self, steps: int) -> None:
        for _ in range(steps):
            if self.project.history.undo_name != "Add video.mp4":
                self.project.undo()

    @rule(steps=st.integers(1, 5))
    def redo(self, steps: int) -> None:
        for _ in range(steps):
            self.project.redo()

    @rule()
    def restart(self) -> None:
        history, path = self.project.history, self.project.path
        self.project.close()
        self.project = Project.open(path, "anna")
        assert self.project.history == history


ProjectMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=40, deadline=None)
TestProjectMachine = ProjectMachine.TestCase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project in which three segments were drawn, closed."""
    project = new_project(tmp_path)
    for index in range(3):
        project.perform(AddSegment(VIDEO_ID, Task.SED, "dog bark", index, index + 1))
    project.close()
    return project.path


def test_undo_and_redo_survive_restarts(path: Path) -> None:
    project = Project.open(path, "ben")
    project.undo()
    project.undo()
    project.close()
    project = Project.open(path, "ben")
    assert [segment.id for segment in segments_in(project)] == [1]
    project.redo()
    project.close()
    project = Project.open(path, "ben")
    project.redo()
    assert [segment.id for segment in segments_in(project)] == [1, 2, 3]
    assert project.redo() is None
    project.close()


def test_an_edit_after_undo_leaves_nothing_to_redo(path: Path) -> None:
    project = Project.open(path, "ben")
    project.undo()
    project.perform(AddSegment(VIDEO_ID, Task.TAL, "wave", 9, 10))
    assert project.history.redo_name is None
    assert project.redo() is None
    assert project.undo_names() == ["Add wave", "Add dog bark", "Add dog bark", "Add video.mp4"]
    project.close()


def test_log_tells_who_did_what(path: Path) -> None:
    project = Project.open(path, "ben")
    project.undo()
    newest, *_others, first = project.log()
    assert (newest.author, newest.action, newest.name) == ("ben", "undo", "Add dog bark")
    assert (first.author, first.action, first.name) == ("anna", "edit", "Add video.mp4")
    project.close()


def test_bulk_step_is_one_undo(path: Path) -> None:
    project = Project.open(path, "ben")
    before = tables_of(path)
    project.perform(model_run(detections(800)))
    project.perform(DecideByScore(State.ACCEPTED, 0.2))
    assert project.history.undo_is_bulk
    project.undo()
    project.undo()
    assert tables_of(path) == before
    project.close()


def test_log_cannot_be_rewritten(path: Path) -> None:
    connection = sqlite3.connect(path)
    for statement in ("UPDATE edits SET name = 'x'", "DELETE FROM edits"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended to"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "changes",
    [
        "not json",
        '[["segments", 1, {"onset_us = 0; --": 1}, {"onset_us": 2}]]',
        '[["sqlite_master", 1, {"name": 1}, {"name": 2}]]',
        '[["segments", 1, null, null]]',
        '[["segments", "1", null, {"note": ""}]]',
        '[["segments", 99, {"note": "", "video_id": 1}, {"note": "a", "video_id": 1}]]',
        '[["segments", 1, {"video_id": [1]}, null]]',
        f'[["videos", 1, {{"size_bytes": {10**25}}}, {{"size_bytes": 1}}]]',
        b"\x78\x9c not packed",
        None,
    ],
)
def test_log_entry_that_makes_no_sense_harms_nothing(path: Path, changes: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO edits VALUES (5, '', '', 'Evil', 'edit', NULL, 4, 5, NULL, ?, 1)", (changes,)
    )
    connection.commit()
    connection.close()
    before = tables_of(path)
    project = Project.open(path, "ben")
    with pytest.raises(DamagedError, match="edit log"):
        project.undo()
    assert tables_of(path) == before
    project.close()


def test_redo_of_what_is_no_undo_harms_nothing(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO edits VALUES (5, '', '', 'Evil', 'edit', NULL, 4, 5, 4, '[]', 0)"
    )
    connection.commit()
    connection.close()
    project = Project.open(path, "ben")
    with pytest.raises(DamagedError, match="edit log is missing"):
        project.redo()
    project.close()
