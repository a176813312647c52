"""A day of annotating in the real window: draw, correct, undo, close and find it all again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.main_window import MainWindow
from app.player.player import Player
from app.project.edits import ChangeLabel
from core_model.timeline import Task
from tests.app.timeline.test_segment_hand import Mouse
from tests.journeys.test_window import clip, opened, tiny_kinds, window
from tests.project_factory import tables_of

__all__ = ["clip", "tiny_kinds", "window"]

S = 1_000_000
FRAME_US = 40_000
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def settled(window: MainWindow, qtbot: QtBot) -> None:
    """Detection is over, and what it found is in the project."""
    projects = window.annotation.projects
    qtbot.waitUntil(lambda: not window.detection.is_running and not projects.is_busy)


def project_beside(window: MainWindow, qtbot: QtBot, clip: Path) -> Path:
    """A new project with the clip in it, made from the menu, and detection done."""
    path = clip.with_suffix(".avscope")
    window.projects.files._create(path)
    opened(window, qtbot, clip)
    qtbot.waitUntil(lambda: window.annotation.video_id is not None)
    settled(window, qtbot)
    return path


def human_spans(window: MainWindow) -> list[tuple[int, int]]:
    columns = window.annotation.columns
    assert columns is not None
    segments = [columns.segment(row) for row in range(len(columns))]
    return [(s.onset_us, s.offset_us) for s in segments if s.annotator]


def name_of_selected(window: MainWindow) -> str:
    columns = window.annotation.columns
    assert columns is not None
    (row,) = columns.rows_of(window.annotation.selection)
    names = {label.id: label.name for label in window.annotation.labels()}
    return names[int(columns.label_ids[row])]


def choose_label(window: MainWindow, qtbot: QtBot, name: str) -> None:
    hand = window.timeline.hand
    assert hand is not None
    qtbot.waitUntil(hand.labels.popup.isVisible)
    qtbot.keyClicks(hand.labels.popup.search, name)
    qtbot.keyClick(hand.labels.popup.search, Qt.Key.Key_Return)
    # Without a window manager somebody has to say where the keys go now.
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def free_place(mouse: Mouse, time_s: float) -> QPoint:
    """Below the boxes of the lane of actions, where a drag draws."""
    lane = mouse.pane.lanes[0]
    return QPoint(mouse.place(time_s, Task.TAL).x(), lane.top_px + lane.height_px - 3)


def test_from_the_first_drawing_to_the_next_day(
    window: MainWindow, qtbot: QtBot, clip: Path, qapp: QApplication
) -> None:
    opened(window, qtbot, clip)
    settled(window, qtbot)
    mouse = Mouse(window.timeline)
    mouse.drag(free_place(mouse, 1.0), free_place(mouse, 1.5), free_place(mouse, 2.0))
    choose_label(window, qtbot, "wave")
    (offer,) = (b for b in window.messages.findChildren(QPushButton) if "beside" in b.text())
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.annotation.selection))
    settled(window, qtbot)
    (drawn,) = human_spans(window)
    assert drawn == pytest.approx((S, 2 * S), abs=10_000)
    assert "all changes saved" in window.status.project_text

    qtbot.keyClick(window, Qt.Key.Key_Right, ALT | SHIFT)
    assert human_spans(window)[0][1] == pytest.approx(drawn[1], abs=FRAME_US)
    trimmed = human_spans(window)
    assert trimmed != [drawn]
    qtbot.keyClick(window, Qt.Key.Key_F2)
    choose_label(window, qtbot, "greeting")
    assert name_of_selected(window) == "greeting"
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert name_of_selected(window) == "wave"
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert human_spans(window) == [drawn]
    qtbot.keyClick(window, Qt.Key.Key_Y, CONTROL)
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert (human_spans(window), name_of_selected(window)) == (trimmed, "greeting")
    rows = tables_of(clip.with_suffix(".avscope"))
    window.close()
    window.shutdown()

    again = make_window(qapp)
    qtbot.addWidget(again)
    again.show()
    again.projects.files.open(clip.with_suffix(".avscope"))
    qtbot.waitUntil(lambda: again.annotation.video_id is not None)
    assert again.session.media is not None and again.session.media.path == clip
    assert human_spans(again) == trimmed
    assert tables_of(clip.with_suffix(".avscope")) == rows
    assert not again.detection.is_running, "what was looked for once is not looked for again"
    again.actions_by_id["undo"].trigger()
    again.actions_by_id["undo"].trigger()
    assert human_spans(again) == [drawn]
    again.close()
    again.shutdown()


def test_a_run_of_the_model_leaves_alone_what_people_did(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    path = project_beside(window, qtbot, clip)
    annotation = window.annotation
    window.annotation.set_current_label(Task.TAL, "wave")
    window.view_state.set_selection(S, 2 * S)
    window.timeline.setFocus()
    qtbot.keyClick(window.timeline, Qt.Key.Key_Return)
    assert human_spans(window) == [(S, 2 * S)]
    own = [row for row in tables_of(path)["segments"] if row[0] in annotation.selection]
    window.actions_by_id["detect"].trigger()
    settled(window, qtbot)
    document = annotation.projects.document
    assert document is not None and len(document.runs) == 2
    assert [row for row in tables_of(path)["segments"] if row[0] == own[0][0]] == own


def test_keys_split_merge_copy_and_delete(window: MainWindow, qtbot: QtBot, clip: Path) -> None:
    project_beside(window, qtbot, clip)
    window.annotation.set_current_label(Task.SED, "bark")
    window.view_state.set_selection(S, 2 * S)
    window.timeline.setFocus()
    qtbot.keyClick(window.timeline, Qt.Key.Key_Return)
    first = window.annotation.selection
    window.view_state.request_seek(1_480_000)
    qtbot.waitUntil(lambda: window.view_state.playhead_us == 1_480_000)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert human_spans(window) == [(S, 1_480_000), (1_480_000, 2 * S)]
    columns = window.annotation.columns
    assert columns is not None
    window.annotation.select(s.id for s in map(columns.segment, range(len(columns))) if s.annotator)
    qtbot.keyClick(window, Qt.Key.Key_M, CONTROL)
    assert human_spans(window) == [(S, 2 * S)]
    assert window.annotation.selection == first
    qtbot.keyClick(window, Qt.Key.Key_C, CONTROL)
    window.view_state.request_seek(2_480_000)
    qtbot.waitUntil(lambda: window.view_state.playhead_us == 2_480_000)
    qtbot.keyClick(window, Qt.Key.Key_V, CONTROL)
    assert human_spans(window) == [(S, 2 * S), (2_480_000, 3_480_000)]
    qtbot.keyClick(window.timeline, Qt.Key.Key_Delete)
    assert human_spans(window) == [(S, 2 * S)]
    window.annotation.select(first)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.annotation.selection == frozenset()


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_labels_are_started_and_stopped_while_playing(
    window: MainWindow, qtbot: QtBot, clip: Path, speed: float
) -> None:
    project_beside(window, qtbot, clip)
    annotation, player = window.annotation, window.player
    annotation.set_current_label(Task.SED, "bark")
    window.view_state.set_selection(0, S)
    window.timeline.setFocus()
    qtbot.keyClick(window.timeline, Qt.Key.Key_Return)
    label = next(label for label in annotation.labels(Task.SED) if label.name == "bark")
    annotation.perform(ChangeLabel(replace(label, key="1")))
    window.memory.update(reaction_ms=180)
    player.set_speed(speed)
    times_us = [press_while_playing(player, window, qtbot, after_us) for after_us in (S, 2 * S)]
    player.pause()
    wanted = tuple(time_us - round(180_000 * speed) for time_us in times_us)
    assert human_spans(window)[-1] == pytest.approx(wanted, abs=FRAME_US)
    assert annotation.running == ()


def press_while_playing(player: Player, window: MainWindow, qtbot: QtBot, after_us: int) -> int:
    """Press the key 1 once playback has come past a time; returns where it stood."""
    player.play()
    qtbot.waitUntil(lambda: window.view_state.playhead_us >= after_us)
    here_us = window.view_state.playhead_us
    QTest.keyClick(window, Qt.Key.Key_1)
    return here_us


def test_a_project_is_made_and_closed_from_the_menu(
    window: MainWindow,
    qtbot: QtBot,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "mine"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    assert not window.actions_by_id["project_close"].isEnabled()
    window.actions_by_id["project_new"].trigger()
    assert path.with_suffix(".avscope").exists()
    assert window.memory.settings.recent_projects == (str(path.with_suffix(".avscope")),)
    opened(window, qtbot, clip)
    qtbot.waitUntil(lambda: window.annotation.video_id is not None)
    settled(window, qtbot)
    window.actions_by_id["project_save"].trigger()
    assert "all changes saved" in window.messages.text
    window.actions_by_id["project_close"].trigger()
    assert window.annotation.video_id is None
    assert window.status.project_text == ""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(clip), ""))
    window.actions_by_id["project_open"].trigger()
    qtbot.waitUntil(lambda: "clip.mp4" in window.messages.text)
