"""Hands on the lanes: every gesture on the real widgets, one step of undo each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.project.edits import AddSegment, AddVideos, VideoFile
from app.project.project_session import ProjectSession
from app.theme import DARK
from app.timeline.segment_hand import SegmentHand
from app.timeline.time_pane import GUTTER_PX, MARGIN_PX
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.timeline import Task
from tests.project_factory import VIDEO_ID

S = 1_000_000
# 100 px are six seconds.
LENGTH_US = 60 * S
WIDTH_PX = 1_000 + MARGIN_PX + GUTTER_PX
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def annotation(qtbot: QtBot, tmp_path: Path) -> Iterator[Annotation]:
    """Two barks and a word between them, drawn by hand, and a wave."""
    projects = ProjectSession("anna")
    projects.create(tmp_path / "study.avscope")
    projects.perform(AddVideos((VideoFile("video.mp4"),)))
    for label, onset_s, offset_s in (("bark", 6, 12), ("word", 12, 18), ("bark", 30, 36)):
        projects.perform(AddSegment(VIDEO_ID, Task.SED, label, onset_s * S, offset_s * S))
    projects.perform(AddSegment(VIDEO_ID, Task.TAL, "wave", 6 * S, 12 * S))
    made = Annotation(projects)
    made.set_has_media(True)
    made.set_video(VIDEO_ID)
    yield made
    projects.close()


@pytest.fixture
def view(annotation: Annotation, qtbot: QtBot) -> Iterator[TimelineView]:
    state = ViewState()
    timeline = TimelineView(state, DARK)
    qtbot.addWidget(timeline)
    timeline.resize(WIDTH_PX, 520)
    timeline.show()
    state.set_media_range(0, LENGTH_US)
    state.seek_requested.connect(state.set_playhead)
    timeline.attach(annotation)
    annotation.changed.emit()
    yield timeline
    timeline.shutdown()


class Mouse:
    """Presses, drags and lets go in the lanes, at times and in lanes."""

    def __init__(self, view: TimelineView) -> None:
        self.view, self.pane = view, view.lanes

    def place(self, time_s: float, task: Task = Task.SED, row: int = 0) -> QPoint:
        scale = self.pane.scale()
        assert scale is not None
        lane = next(lane for lane in self.pane.lanes if lane.task is task)
        return QPoint(round(scale.to_px(round(time_s * S))), lane.box_top_px(row) + 8)

    def send(
        self, kind: QEvent.Type, place: QPoint, keys: Qt.KeyboardModifier, button: Qt.MouseButton
    ) -> None:
        where = QPointF(place)
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
        world = QPointF(self.pane.mapToGlobal(place))
        QApplication.sendEvent(self.pane, QMouseEvent(kind, where, world, button, held, keys))

    def press(self, place: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.MouseButtonPress, place, keys, LEFT)

    def move(self, place: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.MouseMove, place, keys, Qt.MouseButton.NoButton)

    def release(self, place: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        self.send(QEvent.Type.MouseButtonRelease, place, keys, LEFT)

    def drag(self, *places: QPoint, keys: Qt.KeyboardModifier = ALT) -> None:
        """Alt is held, unless another key is: places then mean what they say."""
        self.press(places[0], keys)
        for place in places[1:]:
            self.move(place, keys)
        self.release(places[-1], keys)

    def click(self, place: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        self.drag(place, keys=keys)


@pytest.fixture
def mouse(view: TimelineView) -> Mouse:
    return Mouse(view)


def spans(annotation: Annotation, task: Task = Task.SED) -> list[tuple[float, float]]:
    """Onsets and offsets in seconds of the segments of a kind, in the order of time."""
    columns = annotation.columns
    assert columns is not None
    code = list(Task).index(task)
    return [
        (columns.onset_us[row] / S, columns.offset_us[row] / S)
        for row in range(len(columns))
        if columns.kinds[row] == code
    ]


def revision(annotation: Annotation) -> int:
    project = annotation.projects.project
    assert project is not None
    return project.history.revision


def hand_of(view: TimelineView) -> SegmentHand:
    assert view.hand is not None
    return view.hand


def test_drawing_makes_one_segment_of_the_current_label_and_one_step(
    annotation: Annotation, mouse: Mouse
) -> None:
    annotation.set_current_label(Task.SED, "word")
    before = revision(annotation)
    mouse.drag(mouse.place(42), mouse.place(45), mouse.place(48))
    assert spans(annotation)[-1] == (42, 48)
    assert revision(annotation) == before + 1
    assert annotation.projects.undo_name == "Add word"
    assert len(annotation.selection) == 1
    annotation.projects.undo()
    assert len(spans(annotation)) == 3


def test_drawing_asks_for_a_label_where_none_was_chosen(
    annotation: Annotation, mouse: Mouse, view: TimelineView, qtbot: QtBot
) -> None:
    mouse.drag(mouse.place(42), mouse.place(48))
    popup = hand_of(view).labels.popup
    assert popup.isVisible() and len(spans(annotation)) == 3
    qtbot.keyClicks(popup.search, "siren")
    qtbot.keyClick(popup.search, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert spans(annotation)[-1] == (42, 48)
    assert annotation.current_label(Task.SED) == "siren"


def test_a_label_that_is_not_chosen_draws_nothing(
    annotation: Annotation, mouse: Mouse, view: TimelineView, qtbot: QtBot
) -> None:
    before = revision(annotation)
    mouse.drag(mouse.place(42), mouse.place(48))
    qtbot.keyClick(hand_of(view).labels.popup, Qt.Key.Key_Escape)
    assert revision(annotation) == before
    assert not hand_of(view).labels.popup.isVisible()


def test_trimming_an_edge_shows_its_frame_and_is_one_step(
    annotation: Annotation, mouse: Mouse, view: TimelineView
) -> None:
    asked: list[int] = []
    view.ruler.view_state.seek_requested.connect(asked.append)
    before = revision(annotation)
    end = mouse.place(36) - QPoint(2, 0)
    mouse.drag(end, end + QPoint(50, 0), end + QPoint(100, 0))
    assert spans(annotation)[-1] == (30, 42)
    assert asked[-1] == 42 * S
    assert revision(annotation) == before + 1
    assert annotation.projects.undo_name == "Trim end of bark"
    start = mouse.place(30) + QPoint(2, 0)
    mouse.drag(start, start - QPoint(50, 0))
    assert spans(annotation)[-1] == (27, 42)


def test_an_edge_never_passes_the_other(annotation: Annotation, mouse: Mouse) -> None:
    start = mouse.place(30) + QPoint(2, 0)
    mouse.drag(start, start + QPoint(300, 0))
    assert spans(annotation)[-1] == (35.999, 36)


@pytest.mark.parametrize("from_s", [30.1, 33, 35.9])
def test_a_drag_back_to_its_start_is_no_step(
    annotation: Annotation, mouse: Mouse, from_s: float
) -> None:
    before, old = revision(annotation), spans(annotation)
    place = mouse.place(from_s)
    mouse.drag(place, place + QPoint(40, 0), place)
    assert (revision(annotation), spans(annotation)) == (before, old)


@pytest.mark.parametrize("from_s", [30.1, 33, 48])
def test_letting_go_of_a_gesture_leaves_all_as_it_was(
    annotation: Annotation, mouse: Mouse, view: TimelineView, from_s: float
) -> None:
    before, old = revision(annotation), spans(annotation)
    place = mouse.place(from_s)
    mouse.press(place)
    mouse.move(place + QPoint(40, 0))
    assert view.cancel_gesture()
    mouse.move(place + QPoint(60, 0))
    mouse.release(place + QPoint(60, 0))
    assert not view.cancel_gesture()
    assert (revision(annotation), spans(annotation)) == (before, old)


def test_moving_takes_along_all_that_are_selected(annotation: Annotation, mouse: Mouse) -> None:
    mouse.click(mouse.place(9))
    mouse.click(mouse.place(33), CONTROL)
    assert len(annotation.selection) == 2
    before = revision(annotation)
    mouse.drag(mouse.place(33), mouse.place(36), mouse.place(39))
    assert spans(annotation) == [(12, 18), (12, 18), (36, 42)]
    assert revision(annotation) == before + 1
    assert annotation.projects.undo_name == "Move 2 × bark"


def test_moving_to_another_lane_changes_the_kind(annotation: Annotation, mouse: Mouse) -> None:
    before = revision(annotation)
    mouse.drag(mouse.place(33), mouse.place(39), mouse.place(39, Task.TAL))
    assert spans(annotation, Task.TAL) == [(6, 12), (36, 42)]
    assert revision(annotation) == before + 1


def test_edges_snap_to_others_unless_alt_is_held(annotation: Annotation, mouse: Mouse) -> None:
    end = mouse.place(18) - QPoint(2, 0)
    near = mouse.place(30) + QPoint(3, 0)
    mouse.drag(end, near, keys=NONE)
    assert spans(annotation)[1] == (12, 30)
    annotation.projects.undo()
    mouse.drag(end, near)
    assert spans(annotation)[1][1] == pytest.approx(30.3)


def test_a_shared_boundary_moves_together_with_shift(annotation: Annotation, mouse: Mouse) -> None:
    before = revision(annotation)
    boundary = mouse.place(12) - QPoint(2, 0)
    mouse.drag(boundary, boundary + QPoint(27, 0), boundary + QPoint(52, 0), keys=SHIFT | ALT)
    assert spans(annotation)[:2] == [(6, 15), (15, 18)]
    assert spans(annotation, Task.TAL) == [(6, 12)], "other kinds stay"
    assert revision(annotation) == before + 1


def test_a_rectangle_selects_what_it_touches(annotation: Annotation, mouse: Mouse) -> None:
    mouse.drag(mouse.place(4, Task.TAL), mouse.place(10), mouse.place(13), keys=CONTROL)
    assert len(annotation.selection) == 3
    mouse.click(mouse.place(50))
    assert annotation.selection == frozenset()


def test_clicks_select_one_more_or_a_range(annotation: Annotation, mouse: Mouse) -> None:
    mouse.click(mouse.place(9))
    first = annotation.selection
    mouse.click(mouse.place(15), CONTROL)
    assert len(annotation.selection) == 2
    mouse.click(mouse.place(15), CONTROL)
    assert annotation.selection == first
    mouse.click(mouse.place(9))
    mouse.click(mouse.place(33), SHIFT)
    assert len(annotation.selection) == 3


def test_a_double_click_asks_for_another_label(
    annotation: Annotation, mouse: Mouse, view: TimelineView, qtbot: QtBot
) -> None:
    mouse.send(QEvent.Type.MouseButtonDblClick, mouse.place(33), NONE, LEFT)
    popup = hand_of(view).labels.popup
    assert popup.isVisible()
    qtbot.keyClicks(popup.search, "wo")
    qtbot.keyClick(popup.search, Qt.Key.Key_Return)
    assert annotation.projects.undo_name == "Relabel bark as word"


def test_nothing_changes_in_a_project_that_is_read_only(
    annotation: Annotation, mouse: Mouse, qtbot: QtBot, tmp_path: Path
) -> None:
    other = ProjectSession("ben")
    reader = Annotation(other)
    with qtbot.waitSignal(other.project_changed):
        other.open(tmp_path / "study.avscope")
    reader.set_has_media(True)
    reader.set_video(VIDEO_ID)
    assert not reader.takes_drawings
    assert not reader.perform(AddSegment(VIDEO_ID, Task.SED, "bark", 0, S))
    other.close()
