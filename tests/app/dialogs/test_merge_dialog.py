"""One layer of two annotators, by rule and by hand, as one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.merge_dialog import Keep, MergeDialog
from app.panels.agreement_work import Comparison, Question, compare
from app.project.edits import AddSegment, AddVideos, Decide, VideoFile
from app.project.edits.merging import MergeLayers
from app.project.project_session import ProjectSession
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID, tables_of
from training.annotations.agreement import MergeRule
from training.annotations.model import State

S = 1_000_000


class Two:
    """Anna and Ben agree on one bark, differ on a label, and each has one more."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.qtbot = qtbot
        self.path = folder / "study.avscope"
        self.projects = ProjectSession("anna", self.window)
        self.projects.create(self.path)
        self.projects.perform(AddVideos((VideoFile("video.mp4"),)))
        self.draw(("bark", 0, 2), ("word", 10, 12), ("bell", 20, 21))
        self.projects.set_author("ben")
        self.draw(("bark", 0.2, 2.2), ("song", 10, 12), ("horn", 30, 31))

    def draw(self, *events: tuple[str, float, float]) -> None:
        for label, onset_s, offset_s in events:
            edit = AddSegment(VIDEO_ID, Task.SED, label, round(onset_s * S), round(offset_s * S))
            self.projects.perform(edit)

    def dialog(self) -> MergeDialog:
        made = MergeDialog(self.window, self.compared())
        made.merge_asked.connect(self.projects.perform)
        made.show()
        return made

    def compared(self) -> Comparison:
        return compare(Question(1, self.path, ("anna", "ben"), 500_000))

    def merge(self, dialog: MergeDialog) -> list[tuple[str, int]]:
        dialog._start()
        self.qtbot.waitUntil(lambda: not dialog.isVisible())
        self.qtbot.waitUntil(lambda: not self.projects.is_busy)
        return self.layer("merged")

    def layer(self, name: str) -> list[tuple[str, int]]:
        tables = tables_of(self.path)
        names = {row[0]: row[2] for row in tables["labels"]}
        rows = [row for row in tables["segments"] if row[8] == name]
        return sorted((names[row[2]], row[3]) for row in rows)


@pytest.fixture
def two(qtbot: QtBot, tmp_path: Path) -> Iterator[Two]:
    made = Two(tmp_path, qtbot)
    yield made
    made.projects.close()


AGREED = ("bark", 100_000)


@pytest.mark.parametrize(
    ("rule", "others"),
    [
        (MergeRule.AGREED, []),
        (MergeRule.FIRST, [("bell", 20 * S), ("horn", 30 * S), ("song", 10 * S), ("word", 10 * S)]),
    ],
)
def test_by_rule(two: Two, rule: MergeRule, others: list[tuple[str, int]]) -> None:
    dialog = two.dialog()
    dialog.use_rule(rule)
    found = two.merge(dialog)
    bark = AGREED if rule is MergeRule.AGREED else ("bark", 0)
    assert bark in found
    assert set(found) - {bark} <= set(others)
    assert len(two.layer("anna")) == len(two.layer("ben")) == 3


def test_by_hand_and_one_undo(two: Two) -> None:
    before = tables_of(two.path)
    dialog = two.dialog()
    played: list[object] = []
    dialog.play_asked.connect(played.append)
    assert [dialog.table.cell(row) for row in range(3)] == ["A", "A", "B"]
    dialog._view.selectRow(0)
    dialog.keep(Keep.SECOND)
    assert len(played) == 1
    dialog.keep(Keep.NEITHER)
    assert two.merge(dialog) == [AGREED, ("horn", 30 * S), ("song", 10 * S)]
    assert two.projects.undo_name == "Merge anna and ben into merged"
    two.projects.undo()
    two.qtbot.waitUntil(lambda: not two.projects.is_busy)
    assert tables_of(two.path) == before


def test_the_layers_can_go_but_what_was_rejected_stays(two: Two) -> None:
    two.projects.perform(Decide((6,), State.REJECTED))
    dialog = two.dialog()
    dialog._replace.setChecked(True)
    dialog._layer.setText("gold")
    two.merge(dialog)
    assert AGREED in two.layer("gold")
    assert (two.layer("anna"), two.layer("ben")) == ([], [("horn", 30 * S)])


def test_what_was_drawn_since_the_comparison_stays(two: Two) -> None:
    dialog = two.dialog()
    dialog._replace.setChecked(True)
    two.draw(("late", 40, 41))
    two.merge(dialog)
    assert (two.layer("anna"), two.layer("ben")) == ([], [("late", 40 * S)])


def test_what_only_one_has_seen_is_not_taken_out(two: Two) -> None:
    two.projects.perform(AddVideos((VideoFile("second.mp4"),)))
    two.projects.perform(AddSegment(VIDEO_ID + 1, Task.SED, "alone", 0, S))
    dialog = two.dialog()
    dialog.use_rule(MergeRule.AGREED)
    dialog._replace.setChecked(True)
    assert two.merge(dialog) == [AGREED]
    assert (two.layer("anna"), two.layer("ben")) == ([], [("alone", 0)])


def test_a_layer_needs_a_name(two: Two) -> None:
    dialog = two.dialog()
    dialog._layer.setText("  ")
    assert not dialog._merge.isEnabled()
    dialog.reject()


def test_merging_nothing_but_videos_in_common(two: Two) -> None:
    compared = two.compared()
    assert compared.sides is not None
    edit = MergeLayers(compared.sides[0], ("anna", "ben"), "copy")
    assert two.projects.perform(edit)
    two.qtbot.waitUntil(lambda: not two.projects.is_busy)
    assert two.layer("copy") == two.layer("anna")
