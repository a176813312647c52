"""Tracks hidden, alone, folded, locked, higher and in another order, and remembered so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.messages import MessageBar
from app.project.edits import AddSegment, DecideByScore, Relabel
from app.theme import DARK
from app.timeline.hit_test import hit_at
from app.timeline.lanes import Lane, lane_of
from app.timeline.time_pane import MARGIN_PX
from app.timeline.timeline_view import TimelineView
from app.timeline.tracks import TrackKey, Tracks
from app.window.annotation import LOCKED, Annotation
from app.window.track_commands import TrackCommands
from core_model.timeline import Task
from tests.app.timeline.test_segment_hand import Mouse, S, annotation, mouse, view
from tests.project_factory import VIDEO_ID, tables_of
from training.annotations.model import State

__all__ = ["annotation", "mouse", "view"]

TAL, SED, AVEL = Task.TAL, Task.SED, Task.AVEL
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def commands(annotation: Annotation, view: TimelineView, qtbot: QtBot) -> Iterator[TrackCommands]:
    host = QWidget()
    qtbot.addWidget(host)
    messages = MessageBar(host, DARK)
    yield TrackCommands(annotation, view.tracks, view.lanes, messages)
    messages.dismiss()


def label_id(annotation: Annotation, name: str) -> int:
    return next(label.id for label in annotation.labels() if label.name == name)


def shown(view: TimelineView) -> list[str]:
    return [lane.name or str(lane.task) for lane in view.lanes.lanes]


def head(lane: Lane, x_px: int = 60) -> QPoint:
    return QPoint(x_px, lane.top_px + 12)


def events(view: TimelineView) -> int:
    return sum(lane.count for lane in view.lanes.lanes)


def test_hidden_and_solo_tracks(view: TimelineView) -> None:
    tracks = view.tracks
    assert shown(view) == ["tal", "sed", "avel"]
    tracks.set(TrackKey(SED), hidden=True)
    assert shown(view) == ["tal", "avel"]
    tracks.set(TrackKey(TAL), solo=True)
    assert shown(view) == ["tal"]
    tracks.show_all()
    assert shown(view) == ["tal", "sed", "avel"]
    for kind in Task:
        tracks.set(TrackKey(kind), hidden=True)
    assert shown(view) == []
    view.lanes.grab()


def test_a_track_per_label_and_one_of_them_hidden(
    annotation: Annotation, view: TimelineView
) -> None:
    view.tracks.set_apart(SED, True)
    assert shown(view) == ["tal", "bark", "word", "sed", "avel"]
    view.tracks.set(TrackKey(SED, label_id(annotation, "bark")), hidden=True)
    assert shown(view) == ["tal", "word", "sed", "avel"]
    view.tracks.set_apart(SED, False)
    assert (shown(view), events(view)) == (["tal", "sed", "avel"], 2)
    view.tracks.set(TrackKey(SED, label_id(annotation, "bark")), hidden=False, solo=True)
    assert events(view) == 2
    assert shown(view) == ["sed"]


def test_one_persons_work_alone(annotation: Annotation, view: TimelineView) -> None:
    annotation.projects.set_author("ben")
    annotation.perform(AddSegment(VIDEO_ID, SED, "bell", 40 * S, 42 * S))
    view.tracks.show_person("anna", False)
    assert events(view) == 1
    view.tracks.show_person("ben", False)
    assert events(view) == 0
    annotation.perform(AddSegment(VIDEO_ID, SED, "bell", 44 * S, 45 * S))
    assert events(view) == 0
    view.tracks.show_all()
    assert events(view) == 6


def test_an_edit_keeps_labels_apart(annotation: Annotation, view: TimelineView) -> None:
    view.tracks.set_apart(SED, True)
    annotation.perform(AddSegment(VIDEO_ID, SED, "bell", 40 * S, 42 * S))
    assert shown(view) == ["tal", "bark", "word", "bell", "sed", "avel"]
    annotation.select((1,))
    annotation.perform(Relabel((1,), SED, "word"))
    lanes = {lane.name: lane.count for lane in view.lanes.lanes if lane.task is SED}
    assert lanes == {"bark": 1, "word": 2, "bell": 1, "": 0}


def test_a_folded_track_shows_everything_and_gives_nothing_into_the_hand(
    view: TimelineView, mouse: Mouse
) -> None:
    lane = view.lanes.lanes[1]
    place = mouse.place(9, SED)
    scale = view.lanes.scale()
    assert scale is not None
    assert hit_at(view.lanes.lanes, place.x(), place.y(), scale) is not None
    QApplication.processEvents()
    mouse.click(head(lane, 6))
    folded = view.lanes.lanes[1]
    assert (folded.rows, folded.count, folded.track.folded) == ((), 3, True)
    assert folded.height_px < lane.height_px
    assert hit_at(view.lanes.lanes, place.x(), place.y(), scale) is None
    view.lanes.grab()


def test_the_switches_in_the_head(view: TimelineView, mouse: Mouse) -> None:
    lane = view.lanes.lanes[1]
    mouse.click(head(lane, MARGIN_PX - 12))
    assert view.tracks.of(TrackKey(SED)).locked
    mouse.click(head(lane, MARGIN_PX - 30))
    assert shown(view) == ["sed"]
    mouse.click(head(view.lanes.lanes[0], MARGIN_PX - 30))
    assert shown(view) == ["tal", "sed", "avel"]
    assert "Lock" in view.lanes.heads.tool_tip(head(lane, MARGIN_PX - 12).toPointF())


def test_heads_are_dragged_into_another_order(
    annotation: Annotation, view: TimelineView, mouse: Mouse
) -> None:
    first, last = view.lanes.lanes[0], view.lanes.lanes[-1]
    mouse.drag(head(first), head(last), QPoint(60, last.bottom_px - 2))
    assert shown(view) == ["sed", "avel", "tal"]
    view.tracks.set_apart(SED, True)
    bark, word = view.lanes.lanes[0], view.lanes.lanes[1]
    mouse.drag(head(word), QPoint(60, bark.top_px + 2))
    assert shown(view)[:2] == ["word", "bark"]


def test_folded_heads_are_dragged_like_open_ones(
    annotation: Annotation, view: TimelineView, mouse: Mouse
) -> None:
    for kind in (TAL, AVEL):
        view.tracks.set(TrackKey(kind), folded=True)
    first, last = view.lanes.lanes[0], view.lanes.lanes[-1]
    mouse.drag(head(first), head(last), QPoint(60, last.bottom_px - 2))
    assert shown(view) == ["sed", "avel", "tal"]
    last, first = view.lanes.lanes[-1], view.lanes.lanes[0]
    mouse.drag(QPoint(8, last.top_px + 12), QPoint(8, first.top_px + 2))
    assert shown(view) == ["tal", "sed", "avel"]
    view.tracks.set_apart(SED, True)
    bark, word = view.lanes.lanes[1], view.lanes.lanes[2]
    for name in ("bark", "word"):
        view.tracks.set(TrackKey(SED, label_id(annotation, name)), folded=True)
    bark, word = view.lanes.lanes[1], view.lanes.lanes[2]
    mouse.drag(head(word), QPoint(60, bark.top_px + 2))
    assert shown(view)[1:3] == ["word", "bark"]


def test_esc_puts_a_head_back(view: TimelineView, mouse: Mouse) -> None:
    first, last = view.lanes.lanes[0], view.lanes.lanes[-1]
    mouse.press(head(first))
    mouse.move(head(last))
    assert view.cancel_gesture()
    mouse.release(head(last))
    assert shown(view) == ["tal", "sed", "avel"]


def test_a_locked_track_takes_no_changes_by_hand(
    annotation: Annotation, view: TimelineView, mouse: Mouse, commands: TrackCommands
) -> None:
    refused: list[str] = []
    annotation.projects.refused.connect(refused.append)
    view.tracks.set(TrackKey(SED), locked=True)
    before = annotation.columns
    mouse.drag(mouse.place(9, SED), mouse.place(20, SED))
    mouse.drag(mouse.place(6, SED), mouse.place(5, SED))
    assert refused == []
    assert not annotation.perform(AddSegment(VIDEO_ID, SED, "bark", 0, S))
    assert not annotation.perform(Relabel((4,), SED, "bark"))
    assert not annotation.perform(DecideByScore(State.ACCEPTED, 0.1))
    assert refused == [LOCKED] * 3
    assert annotation.columns is before
    assert annotation.perform(AddSegment(VIDEO_ID, TAL, "wave", 20 * S, 21 * S))
    view.tracks.set(TrackKey(SED), locked=False)
    assert annotation.perform(AddSegment(VIDEO_ID, SED, "bark", 0, S))


def test_one_locked_label_locks_only_itself(
    annotation: Annotation, view: TimelineView, commands: TrackCommands
) -> None:
    view.tracks.set(TrackKey(SED, label_id(annotation, "bark")), locked=True)
    assert not annotation.perform(Relabel((2,), SED, "bark"))
    assert not annotation.perform(Relabel((1,), SED, "word"))
    assert not annotation.perform(DecideByScore(State.ACCEPTED, 0.1))
    assert annotation.perform(DecideByScore(State.ACCEPTED, 0.1, kind=SED, label="word"))
    assert annotation.perform(DecideByScore(State.ACCEPTED, 0.1, kind=TAL))
    assert annotation.perform(Relabel((2,), SED, "other"))


def test_a_segment_goes_to_the_track_of_another_label(
    annotation: Annotation, view: TimelineView, mouse: Mouse
) -> None:
    view.tracks.set_apart(SED, True)
    bark, word = (lane_of(view.lanes.lanes, SED, label_id(annotation, n)) for n in ("bark", "word"))
    assert bark is not None and word is not None
    scale = view.lanes.scale()
    assert scale is not None
    from_place = QPoint(round(scale.to_px(33 * S)), bark.box_top_px(0) + 6)
    mouse.drag(from_place, QPoint(from_place.x(), word.box_top_px(0) + 6))
    assert annotation.projects.undo_name == "Relabel bark as word"


def test_a_drawing_in_a_labels_track_has_that_label(
    annotation: Annotation, view: TimelineView, mouse: Mouse
) -> None:
    view.tracks.set_apart(SED, True)
    word = lane_of(view.lanes.lanes, SED, label_id(annotation, "word"))
    scale = view.lanes.scale()
    assert word is not None and scale is not None
    y_px = word.box_top_px(0) + 6
    start, end = (QPoint(round(scale.to_px(s * S)), y_px) for s in (45, 48))
    mouse.drag(start, end)
    assert annotation.projects.undo_name == "Add word"


def test_tracks_are_remembered_with_the_project(
    annotation: Annotation, view: TimelineView, commands: TrackCommands, tmp_path: Path
) -> None:
    projects = annotation.projects
    projects.project_changed.emit()
    view.tracks.set(TrackKey(AVEL), hidden=True)
    view.tracks.set(TrackKey(SED), height="tall", locked=True)
    view.tracks.move_kind(SED, 0)
    stored = json.loads(json.dumps(view.tracks.stored()))
    rows = tables_of(tmp_path / "study.avscope")
    projects.close()
    assert shown(view) == ["tal", "sed", "avel"]
    projects.create(tmp_path / "other.avscope")
    assert shown(view) == ["tal", "sed", "avel"]
    projects.close()
    with_signal = projects.project_changed
    projects.open(tmp_path / "study.avscope")
    while projects.project is None:
        QApplication.processEvents()
    assert with_signal is projects.project_changed
    assert shown(view) == ["sed", "tal"]
    assert view.tracks.stored() == stored
    assert tables_of(tmp_path / "study.avscope") == rows
    assert projects.undo_name == "Add wave"


def test_keys_act_on_the_kind_that_was_worked_on(
    annotation: Annotation, view: TimelineView, commands: TrackCommands
) -> None:
    slots = commands.slots()
    annotation.set_current_label(SED, "bark")
    slots["track_down"]()
    assert shown(view) == ["tal", "avel", "sed"]
    slots["track_up"]()
    slots["track_up"]()
    slots["track_up"]()
    assert shown(view) == ["sed", "tal", "avel"]
    slots["track_taller"]()
    slots["track_taller"]()
    assert view.lanes.lanes[0].row_px == 36
    slots["track_lower"]()
    slots["track_lower"]()
    assert view.lanes.lanes[0].row_px == 16
    slots["track_fold"]()
    slots["track_lock"]()
    track = view.tracks.of(TrackKey(SED))
    assert (track.folded, track.locked) == (True, True)
    slots["tracks_apart"]()
    assert "bark" in shown(view)
    slots["track_solo"]()
    assert shown(view) == ["bark", "sed"]
    slots["track_hide"]()
    slots["tracks_show_all"]()
    assert "tal" in shown(view)


KEYS = st.sampled_from([TrackKey(TAL), TrackKey(SED), TrackKey(SED, 1), TrackKey(AVEL, 7)])
FLAGS = st.sampled_from(["hidden", "solo", "folded", "locked"])


@given(st.lists(st.tuples(KEYS, FLAGS), max_size=12), st.permutations(list(Task)))
def test_what_is_stored_is_what_comes_back(
    changes: list[tuple[TrackKey, str]], order: list[Task]
) -> None:
    tracks, again = Tracks(), Tracks()
    for key, flag in changes:
        tracks.toggle(key, flag)
    for place, kind in enumerate(order):
        tracks.move_kind(kind, place)
    again.restore(json.loads(json.dumps(tracks.stored())))
    assert again.stored() == tracks.stored()
    assert again.kinds == tuple(order)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["order", "apart", "labels", "tracks", "sed", "sed:x", "hidden"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_views_that_make_no_sense_do_no_harm(value: object) -> None:
    tracks = Tracks()
    tracks.restore(value)
    assert set(tracks.kinds) == set(Task)


def test_track_of_a_label_beyond_all_numbers_is_left_out() -> None:
    tracks = Tracks()
    tracks.restore({"tracks": {f"sed:{'9' * 5_000}": {"folded": True}}})
    assert tracks.stored()["tracks"] == {}
