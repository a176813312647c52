"""The table of segments in a real project: filters, order, selection, edits in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.panels.segment_filter import Column, SegmentFilter, ordered
from app.panels.segment_table import NO_MATCH, NO_SEGMENTS, NO_VIDEO, SegmentTable
from app.project.edits import AddSegment, AddVideos, ApplyRun, Decide, VideoFile
from app.project.project_session import ProjectSession
from app.session import Session
from app.theme import DARK, LIGHT
from app.window.annotation import Annotation
from core_model.timeline import Detection, Task
from training.annotations.model import State

FOUND = (
    Detection(Task.SED, "dog bark", 1_000_000, 2_000_000, 0.9),
    Detection(Task.TAL, "archery", 2_500_000, 2_900_123, 0.4),
    Detection(Task.SED, "speech", 3_000_000, 9_000_000, 0.6),
    Detection(Task.AVEL, "Dog bark", 4_000_000, 4_200_000, 0.2),
)


@pytest.fixture
def annotation(tmp_path: Path, qtbot: QtBot) -> Iterator[Annotation]:
    projects = ProjectSession("anna")
    assert projects.create(tmp_path / "study.avscope")
    projects.perform(AddVideos((VideoFile("video.mp4"),)))
    projects.perform(ApplyRun(1, "starter", "1", FOUND))
    qtbot.waitUntil(lambda: not projects.is_busy)
    made = Annotation(projects)
    made.set_video(1)
    yield made
    projects.close()


@pytest.fixture
def table(annotation: Annotation, qtbot: QtBot) -> SegmentTable:
    session = Session()
    for kind in Task:
        session.set_threshold(kind, 0.0)
    made = SegmentTable(annotation, session, DARK)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    return made


def shown(table: SegmentTable, column: Column = Column.LABEL) -> list[str]:
    model = table.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def put(table: SegmentTable, row: int, column: Column, value: object) -> bool:
    return table.model.setData(table.model.index(row, column), value)


def segments(annotation: Annotation) -> list[tuple[str, int, int]]:
    columns = annotation.columns
    assert columns is not None
    names = {label.id: label.name for label in annotation.labels()}
    rows = [columns.segment(row) for row in range(len(columns))]
    return [(names[each.label_id], each.onset_us, each.offset_us) for each in rows]


def state_of(annotation: Annotation, row: int) -> State:
    columns = annotation.columns
    assert columns is not None
    return columns.segment(row).state


def press(table: SegmentTable, text: str) -> None:
    next(b for b in table.findChildren(QPushButton) if b.text() == text).click()


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        (SegmentFilter(), ["dog bark", "archery", "speech", "Dog bark"]),
        (SegmentFilter(text=" DOG "), ["dog bark", "Dog bark"]),
        (SegmentFilter(kind=Task.SED), ["dog bark", "speech"]),
        (SegmentFilter(score_from=0.4, score_to=0.6), ["archery", "speech"]),
        (SegmentFilter(length_from_us=1_000_001), ["speech"]),
        (SegmentFilter(length_to_us=400_123), ["archery", "Dog bark"]),
        (SegmentFilter(state=State.REJECTED), ["speech"]),
        (SegmentFilter(annotator="anna"), ["speech"]),
        (SegmentFilter(text="anna"), ["speech"]),
        (SegmentFilter(text="whale"), []),
    ],
)
def test_each_filter_leaves_what_it_says(
    table: SegmentTable, annotation: Annotation, wanted: SegmentFilter, labels: list[str]
) -> None:
    annotation.perform(Decide((3,), State.REJECTED))
    table.set_filter(wanted)
    assert shown(table) == labels


def test_a_filter_by_label_follows_the_label(table: SegmentTable, annotation: Annotation) -> None:
    label = next(each for each in annotation.labels() if each.name == "archery")
    table.set_filter(SegmentFilter(label_id=label.id))
    assert shown(table) == ["archery"]
    annotation.perform(AddSegment(1, Task.TAL, "archery", 0, 10_000))
    assert shown(table, Column.ONSET) == ["00:00.000", "00:02.500"]


@pytest.mark.parametrize("column", list(Column))
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_and_keeps_equal_ones_in_time(
    annotation: Annotation, column: Column, descending: bool
) -> None:
    columns = annotation.columns
    document = annotation.projects.document
    assert columns is not None and document is not None
    rows = ordered(columns, np.arange(4), column, descending, document.labels)
    keys = {
        Column.KIND: [1, 0, 1, 2],
        Column.LABEL: [1, 0, 2, 1],
        Column.STATE: [0] * 4,
        Column.ONSET: [0, 1, 2, 3],
        Column.OFFSET: [0, 1, 3, 2],
        Column.LENGTH: [2, 1, 3, 0],
        Column.SCORE: [3, 1, 2, 0],
        Column.ANNOTATOR: [0] * 4,
        Column.NOTE: [0] * 4,
    }[column]
    sign = -1 if descending else 1
    assert rows.tolist() == sorted(range(4), key=lambda row: (sign * keys[row], row))


def test_the_selection_goes_both_ways(table: SegmentTable, annotation: Annotation) -> None:
    table.view.selectRow(1)
    assert annotation.selection == {2}
    annotation.select((3, 4))
    chosen = {index.row() for index in table.view.selectionModel().selectedRows()}
    assert chosen == {2, 3}
    table.view.selectAll()
    assert annotation.selection == {1, 2, 3, 4}


def test_what_the_filter_hides_stays_selected_and_is_told(
    table: SegmentTable, annotation: Annotation
) -> None:
    annotation.select((1, 2))
    table.set_filter(SegmentFilter(kind=Task.SED))
    assert annotation.selection == {1, 2}
    assert "2 selected, 1 not shown" in table._count.text()


def test_going_to_a_row_asks_for_its_onset(table: SegmentTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.chosen) as gone:
        table.view.selectRow(2)
    assert gone.args == [3_000_000]


def test_a_selection_made_elsewhere_moves_nothing(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(table.chosen):
        annotation.select((2,))
    assert table.view.currentIndex().row() == 1


def test_the_label_is_edited_in_place_with_the_keyboard(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(0, Column.LABEL))
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    editor = table.view.findChild(QLineEdit)
    assert editor is not None and editor.text() == "dog bark"
    editor.setText("wolf")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: segments(annotation)[0][0] == "wolf")
    assert state_of(annotation, 0) is State.ACCEPTED
    assert annotation.projects.undo_name == "Relabel dog bark as wolf"


def test_times_are_edited_as_time_code(table: SegmentTable, annotation: Annotation) -> None:
    assert put(table, 1, Column.ONSET, "0:02,6")
    assert put(table, 1, Column.OFFSET, "00:00:02.800")
    assert segments(annotation)[1] == ("archery", 2_600_000, 2_800_000)
    assert put(table, 1, Column.LENGTH, "0.5")
    assert segments(annotation)[1] == ("archery", 2_600_000, 3_100_000)


def test_a_time_not_touched_keeps_its_microseconds(
    table: SegmentTable, annotation: Annotation
) -> None:
    shown_text = table.model.index(1, Column.OFFSET).data(Qt.ItemDataRole.EditRole)
    assert shown_text == "00:02.900"
    assert not put(table, 1, Column.OFFSET, shown_text)
    assert segments(annotation)[1][2] == 2_900_123


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (Column.ONSET, "soon", "“soon” is no time"),
        (Column.OFFSET, "0:01", "cannot end before it starts"),
        (Column.OFFSET, "999999999", "within a thousand hours"),
    ],
)
def test_a_text_that_is_no_time_changes_nothing_and_says_why(
    table: SegmentTable,
    annotation: Annotation,
    qtbot: QtBot,
    column: Column,
    text: str,
    reason: str,
) -> None:
    before = segments(annotation)
    with qtbot.waitSignal(table.problem) as told:
        assert not put(table, 1, column, text)
    assert told.args is not None and reason in told.args[0]
    assert segments(annotation) == before


def test_kind_state_and_note_are_edited_in_place(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    assert put(table, 0, Column.STATE, State.UNSURE)
    assert state_of(annotation, 0) is State.UNSURE
    assert put(table, 0, Column.NOTE, "two dogs")
    assert put(table, 0, Column.KIND, Task.AVEL)
    assert shown(table, Column.NOTE)[0] == "two dogs"
    assert "seen and heard" in table.model.index(0, Column.LABEL).data(
        Qt.ItemDataRole.AccessibleTextRole
    )


def test_the_list_of_states_opens_with_f2(table: SegmentTable, qtbot: QtBot) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(2, Column.STATE))
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    editor = table.view.viewport().findChild(QComboBox)
    assert editor is not None and editor.currentText() == "undecided"
    editor.hidePopup()


def test_scores_and_annotators_are_not_edited(table: SegmentTable) -> None:
    for column, can in ((Column.SCORE, False), (Column.ANNOTATOR, False), (Column.NOTE, True)):
        flags = table.model.flags(table.model.index(0, column))
        assert bool(flags & Qt.ItemFlag.ItemIsEditable) is can


def test_bulk_actions_are_one_step_each(table: SegmentTable, annotation: Annotation) -> None:
    annotation.select((1, 2, 4))
    press(table, "✗ Reject")
    assert [state_of(annotation, row) for row in (0, 1, 3)] == [State.REJECTED] * 3
    assert annotation.projects.undo_name == "Reject 3 segments"
    press(table, "Delete")
    assert segments(annotation) == [("speech", 3_000_000, 9_000_000)]
    annotation.projects.undo()
    annotation.projects.undo()
    assert state_of(annotation, 0) is State.UNDECIDED


def test_relabelling_several_kinds_keeps_their_kinds(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    annotation.select((1, 2))
    press(table, "Relabel")
    field = next(f for f in table.findChildren(QLineEdit) if "New label" in f.placeholderText())
    assert field.isVisible()
    qtbot.keyClicks(field, "hunt")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert shown(table)[:2] == ["hunt", "hunt"]
    kinds = {label.kind for label in annotation.labels() if label.name == "hunt"}
    assert kinds == {Task.SED, Task.TAL}
    annotation.projects.undo()
    assert shown(table)[:2] == ["dog bark", "archery"]


def test_rows_that_leave_take_no_other_row_along(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    """With a filter on undecided ones, a decision removes one row; the rest stays in place."""
    table.set_filter(SegmentFilter(state=State.UNDECIDED))
    table.view.setCurrentIndex(table.model.index(2, Column.LABEL))
    with qtbot.assertNotEmitted(table.model.modelReset):
        annotation.perform(Decide((1,), State.ACCEPTED))
    assert shown(table) == ["archery", "speech", "Dog bark"]
    assert table.view.currentIndex().row() == 1


def test_finds_below_the_thresholds_are_shown_on_demand(
    table: SegmentTable, annotation: Annotation
) -> None:
    session = table._session
    session.set_threshold(Task.SED, 0.7)
    assert shown(table) == ["dog bark", "archery", "Dog bark"]
    assert table._count.text() == "3 of 3 · 1 below the thresholds"
    annotation.perform(Decide((3,), State.REJECTED))
    assert "speech" in shown(table)
    session.set_threshold(Task.SED, 1.0)
    assert "dog bark" not in shown(table)
    table.show_below(True)
    assert len(shown(table)) == 4


def test_delete_takes_what_is_selected(
    table: SegmentTable, annotation: Annotation, qtbot: QtBot
) -> None:
    table.view.setFocus()
    table.view.selectRow(1)
    qtbot.keyClick(table.view, Qt.Key.Key_Delete)
    assert [each[0] for each in segments(annotation)] == ["dog bark", "speech", "Dog bark"]


def test_each_emptiness_says_what_to_do(table: SegmentTable, annotation: Annotation) -> None:
    table.set_filter(SegmentFilter(text="whale"))
    assert table._hint.text() == NO_MATCH and not table.view.isVisible()
    press_clear = next(
        b for b in table.findChildren(QPushButton) if b.isVisible() and b.text() == "Clear filters"
    )
    table.filters._text.setText("whale")
    press_clear.click()
    assert table.model.rowCount() == 4
    annotation.projects.perform(AddVideos((VideoFile("other.mp4"),)))
    annotation.set_video(2)
    assert table._hint.text() == NO_SEGMENTS
    annotation.set_video(None)
    assert table._hint.text() == NO_VIDEO


def test_the_fields_make_the_filter_and_clear_it(
    table: SegmentTable, annotation: Annotation
) -> None:
    bar = table.filters
    bar._kind.setCurrentIndex(2)
    bar._score[0].setValue(0.7)
    bar._text.setText("bark")
    assert bar.filter == replace(SegmentFilter(), text="bark", kind=Task.SED, score_from=0.7)
    assert shown(table) == ["dog bark"]
    bar.clear()
    assert bar.filter == SegmentFilter()
    assert table.model.rowCount() == 4


def test_the_order_is_chosen_by_keyboard_too(table: SegmentTable) -> None:
    sort = table.filters._sort
    sort.setCurrentIndex(2 * Column.SCORE + 1)
    sort.activated.emit(sort.currentIndex())
    assert shown(table, Column.SCORE) == ["0.90", "0.60", "0.40", "0.20"]
    table.view.sortByColumn(Column.LENGTH, Qt.SortOrder.AscendingOrder)
    assert sort.currentText() == "By length ▴"


def test_a_sorted_table_keeps_the_selection(table: SegmentTable, annotation: Annotation) -> None:
    table.view.selectRow(0)
    table.view.sortByColumn(Column.SCORE, Qt.SortOrder.AscendingOrder)
    assert annotation.selection == {1}
    assert [i.row() for i in table.view.selectionModel().selectedRows()] == [3]


def test_a_screen_reader_gets_a_name_for_everything(table: SegmentTable) -> None:
    for kind in (QLineEdit, QComboBox, QPushButton, QAbstractItemView):
        for widget in table.findChildren(kind):
            if widget.window() is table.window() and widget.isEnabled():
                named = widget.accessibleName() or getattr(widget, "text", str)()
                assert named or _is_part(widget), widget
    spoken = table.model.index(1, Column.LABEL).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "archery (action), 00:02.500 – 00:02.900, undecided, score 0.40"
    heading = table.model.headerData(
        Column.STATE, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole
    )
    assert heading == "State"


def _is_part(widget: QWidget) -> bool:
    """The inside of a box that has a name itself."""
    parent = widget.parentWidget()
    while parent is not None:
        if parent.accessibleName():
            return True
        parent = parent.parentWidget()
    return False


def test_arrow_keys_stay_in_the_table(table: SegmentTable, qtbot: QtBot) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(0, Column.LABEL))
    qtbot.keyClick(table.view, Qt.Key.Key_Right)
    assert table.view.currentIndex().column() == Column.STATE
    flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
    table.view.selectionModel().select(table.model.index(3, 0), flag)
    with qtbot.waitSignal(table.play_asked) as asked:
        table.view.setCurrentIndex(table.model.index(3, Column.LABEL))
        qtbot.keyClick(table.view, Qt.Key.Key_Return)
    assert asked.args == [4_000_000, 4_200_000]


def test_both_themes_draw(table: SegmentTable) -> None:
    dark = table.grab().toImage()
    table.set_theme(LIGHT)
    assert table.grab().toImage() != dark


def test_selecting_everything_asks_no_row_whether_it_may_be_selected(
    annotation: Annotation, table: SegmentTable, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(
        Detection(Task.SED, "tick", 10_000_000 + number * 1_000, 10_000_500 + number * 1_000, 0.9)
        for number in range(2_000)
    )
    annotation.projects.perform(ApplyRun(1, "starter", "2", many))
    qtbot.waitUntil(lambda: not annotation.projects.is_busy)
    assert table.model.rowCount() >= 2_000
    asked: list[int] = []
    is_writable = type(annotation.projects).is_writable

    def counted(projects: ProjectSession) -> bool:
        asked.append(1)
        return bool(is_writable.__get__(projects))

    monkeypatch.setattr(type(annotation.projects), "is_writable", property(counted))
    table.view.selectAll()
    table.grab()
    assert len(annotation.selection) >= 2_000
    # The cells in sight, a few times.
    assert len(asked) < 1_500
