"""The real window on real files, from opening to closing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import make_window
from app.jobs import engine
from app.main_window import MainWindow
from app.panels.event_table import ONSET
from app.panels.kind_rows import KindRows
from app.settings import load_settings, settings_file
from app.theme import DARK, LIGHT
from app.window import detection
from app.window.keys_help import KeysHelp
from core_model.bundle_description import read_description
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]

ROOT = Path(__file__).resolve().parents[2]
MODEL_WAIT_MS = 60_000


@pytest.fixture
def window(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    tiny_kinds: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    for module in (engine, detection):
        monkeypatch.setattr(module, "starter_folder", lambda: bundle)
    made = make_window(qapp)
    qtbot.addWidget(made)
    made.show()
    # Keys reach the window that is active; without a window manager somebody has to say so.
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    made.shutdown()
    qapp.setStyleSheet("")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_media(tmp_path / "clip.mp4", Video(ticks=regular_ticks(100)), Audio(((0.0, 4.0),)))


def opened(window: MainWindow, qtbot: QtBot, path: Path) -> MainWindow:
    with qtbot.waitSignal(window.player.media_opened):
        window.open_path(path)
    return window


def shown_number(window: MainWindow) -> int | None:
    shown = window.player.picture.shown
    return None if shown is None else read_number(shown.image)


def events_on_timeline(window: MainWindow) -> int:
    return sum(len(row.events) for lane in window.timeline.lanes.lanes for row in lane.rows)


def events_of_list(window: MainWindow) -> int:
    return window.events._view.model().rowCount()


def test_open_play_seek_and_close(window: MainWindow, qtbot: QtBot, clip: Path) -> None:
    assert window.pane_layout.pages.currentWidget() is window.empty_page
    opened(window, qtbot, clip)
    assert window.pane_layout.pages.currentWidget() is window.pane_layout.split
    assert window.windowTitle() == "clip.mp4 — AVScope"
    qtbot.waitUntil(lambda: shown_number(window) == 0)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.player.is_playing
    qtbot.waitUntil(lambda: (shown_number(window) or 0) > 2)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not window.player.is_playing
    window.view_state.request_seek(2_010_000)
    qtbot.waitUntil(lambda: shown_number(window) == 50)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_number(window) == 51)
    assert window.view_state.playhead_us == 2_040_000
    qtbot.keyClick(window, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: shown_number(window) == 50)
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: shown_number(window) == 75)
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert window.view_state.playhead_us == 0
    qtbot.keyClick(window, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_number(window) == 99)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: shown_number(window) == 0)
    window.close()
    assert not window.isVisible()
    assert window.shutdown()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"frame reader", "sound output", "frame numbers", "detection"}


def test_detection_starts_by_itself_and_shows_what_it_finds(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    for task in Task:
        window.session.set_threshold(task, 0.0)
    opened(window, qtbot, clip)
    assert window.detection.is_running
    qtbot.waitUntil(lambda: not window.detection.is_running, timeout=MODEL_WAIT_MS)
    assert window.session.detections
    qtbot.waitUntil(lambda: events_on_timeline(window) == len(window.session.detections))
    total = len(window.session.detections)
    assert window.status.work_text == f"{total} of {total} events shown"
    assert window.status.model_text.startswith("tiny 0.1 · ")
    window.actions_by_id["detect"].trigger()
    qtbot.waitUntil(lambda: not window.detection.is_running, timeout=MODEL_WAIT_MS)
    assert window.status.work_text.endswith("read from the cache")
    window.session.set_hidden(Task.SED, True)
    shown = events_of_list(window)
    assert 0 < shown < total
    assert window.status.work_text.startswith(f"{shown} of {total} events shown")
    qtbot.waitUntil(lambda: events_on_timeline(window) == shown)


def test_detection_can_be_stopped_with_a_key_and_a_button(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    opened(window, qtbot, clip)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.detection.is_running
    assert window.status.work_text == "Detection stopped"
    window.actions_by_id["detect"].trigger()
    assert window.detection.is_running
    cancel = next(b for b in window.status.findChildren(QPushButton) if b.text() == "Cancel")
    assert cancel.isVisible()
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not window.detection.is_running
    assert not cancel.isVisible()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"no video at all, only words\n" * 9, "text"),
        ("noise.mp4", bytes(range(256)) * 40, ""),
    ],
)
def test_a_file_that_cannot_be_read_is_a_message(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path,
    name: str, content: bytes, reason: str,
) -> None:  # fmt: skip
    bad = tmp_path / name
    bad.write_bytes(content)
    with qtbot.waitSignal(window.player.open_failed):
        window.open_path(bad)
    assert window.messages.text.startswith(f"{name}: file: ")
    assert reason in window.messages.text
    assert "\n" not in window.messages.text
    said = window.messages.findChild(QLabel)
    qtbot.waitUntil(lambda: said.height() >= said.fontMetrics().height())
    assert window.isEnabled()
    assert window.pane_layout.pages.currentWidget() is window.empty_page
    opened(window, qtbot, clip)
    assert window.messages.text == ""


@pytest.mark.parametrize("missing", ["folder", "nothing"])
def test_a_folder_and_a_missing_file_are_messages(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, missing: str
) -> None:
    path = tmp_path if missing == "folder" else tmp_path / "gone.mp4"
    with qtbot.waitSignal(window.player.open_failed):
        window.open_path(path)
    assert path.name in window.messages.text
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.messages.text == ""


def test_sound_only(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened(window, qtbot, write_media(tmp_path / "voice.m4a", audio=Audio(((0.0, 2.0),))))
    window.actions_by_id["play"].trigger()
    qtbot.waitUntil(lambda: window.view_state.playhead_us > 100_000)
    assert not window.grab().isNull()


def test_picture_only(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened(window, qtbot, write_media(tmp_path / "silent.mp4", Video()))
    assert window.status.sound_text == "this file has no sound"
    window.actions_by_id["play"].trigger()
    qtbot.waitUntil(lambda: (shown_number(window) or 0) > 2)


def test_files_are_opened_by_dropping_them(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(clip)), QUrl.fromLocalFile(str(tmp_path / "b.mp4"))])
    copy, left, none = (
        Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enter = QDragEnterEvent(QPoint(50, 50), copy, dragged, left, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(window.player.media_opened):
        window.dropEvent(QDropEvent(QPointF(50, 50), copy, dragged, left, none))
    assert window.session.media is not None and window.session.media.path == clip
    assert "first of 2" in window.messages.text
    words = QMimeData()
    words.setText("not a file")
    refused = QDragEnterEvent(QPoint(50, 50), copy, words, left, none)
    refused.ignore()
    window.dragEnterEvent(refused)
    assert not refused.isAccepted()


def test_recent_files_sizes_and_volume_are_remembered(
    qapp: QApplication, window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    opened(window, qtbot, clip)
    window.stage.transport.set_volume(0.35)
    window.actions_by_id["mute"].setChecked(True)
    window.actions_by_id["theme_light"].trigger()
    window.actions_by_id["events_panel"].setChecked(False)
    window.close()
    window.shutdown()
    settings = load_settings(settings_file())
    assert settings.recent == (str(clip),)
    assert (settings.volume, settings.muted, settings.theme) == (0.35, True, "light")
    again = make_window(qapp)
    qtbot.addWidget(again)
    again.show()
    try:
        assert again.stage.volume == 0.35
        assert again.actions_by_id["mute"].isChecked()
        assert not again.events.isVisibleTo(again)
        recent = [b for b in again.empty_page.findChildren(QPushButton) if b.text() == "clip.mp4"]
        with qtbot.waitSignal(again.player.media_opened):
            recent[0].click()
        clip.unlink()
        with qtbot.waitSignal(again.player.open_failed):
            again.open_path(clip)
        assert again.memory.settings.recent == ()
    finally:
        again.close()
        again.shutdown()


def test_settings_that_cannot_be_read_are_named(qapp: QApplication, qtbot: QtBot) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text("{broken", encoding="utf-8")
    window = make_window(qapp)
    qtbot.addWidget(window)
    try:
        assert "settings.json" in window.messages._text.text()
    finally:
        window.close()
        window.shutdown()
        qapp.setStyleSheet("")


def test_themes_change_at_once(window: MainWindow, qtbot: QtBot, clip: Path) -> None:
    opened(window, qtbot, clip)
    window.actions_by_id["theme_dark"].trigger()
    dark = window.grab().toImage()
    window.actions_by_id["theme_light"].trigger()
    light = window.grab().toImage()
    corner = QPoint(light.width() - 6, light.height() - 6)
    assert dark.pixelColor(corner).name().upper() == DARK.panel
    assert light.pixelColor(corner).name().upper() == LIGHT.panel


def test_a_click_on_an_event_goes_to_its_onset(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    opened(window, qtbot, clip)
    window.detection.cancel()
    found = (
        Detection(Task.SED, "dog", 1_000_000, 2_000_000, 0.9),
        Detection(Task.TAL, "archery", 3_000_000, 3_500_000, 0.8),
    )
    window.session.set_detections(found)
    view = window.events._view
    place = view.visualRect(view.model().index(1, ONSET)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.view_state.playhead_us == 3_000_000
    qtbot.waitUntil(lambda: shown_number(window) == 75)
    qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
    assert window.view_state.playhead_us == 1_000_000
    qtbot.keyClick(window, Qt.Key.Key_BracketRight)
    assert window.view_state.playhead_us == 3_000_000


def test_nothing_moves_when_the_first_events_arrive(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    opened(window, qtbot, clip)
    window.detection.cancel()
    window.session.set_detections(())
    field, kinds = window.events.findChild(QLineEdit), window.events.findChild(KindRows)
    window.events.layout().activate()
    before = field.geometry(), kinds.geometry()
    window.session.set_detections((Detection(Task.SED, "dog", 1_000_000, 2_000_000, 0.9),))
    window.events.layout().activate()
    assert (field.geometry(), kinds.geometry()) == before


def test_keys_help_is_searchable(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["keys"].trigger()
    help_window = window.findChild(KeysHelp)
    assert help_window is not None and help_window.isVisible()
    everything = help_window.visible_rows()
    help_window.findChild(QLineEdit).setText("frame")
    assert 0 < len(help_window.visible_rows()) < len(everything)
    assert "Step on by one frame" in help_window.visible_rows()
    help_window.close()


def test_keys_go_to_the_timeline_once_a_file_is_open(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    opened(window, qtbot, clip)
    assert window.timeline.hasFocus()
    field = window.events.findChild(QLineEdit)
    field.setFocus()
    opened(window, qtbot, clip)
    assert field.hasFocus()


def test_the_model_s_thresholds_are_there_before_the_model(window: MainWindow) -> None:
    described = read_description(detection.starter_folder()).tasks
    assert {task: window.session.threshold(task) for task in Task} == {
        task: described[task].threshold for task in Task
    }


def test_the_smallest_window_has_room_for_every_control(
    window: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    opened(window, qtbot, clip)
    qtbot.waitUntil(lambda: shown_number(window) == 0)
    window.resize(1, 1)
    qtbot.waitUntil(lambda: window.width() < 1_000)
    parts = [
        part
        for part in window.stage.transport.findChildren(QWidget)
        if part.isVisible() and part.parent() is window.stage.transport
    ]
    assert len(parts) > 8
    for part in parts:
        assert window.stage.transport.rect().contains(part.geometry())
        assert part.width() >= part.minimumSizeHint().width()
        others = [other for other in parts if other is not part]
        assert not any(part.geometry().intersects(other.geometry()) for other in others)


def test_letters_in_the_filter_are_letters(window: MainWindow, qtbot: QtBot, clip: Path) -> None:
    opened(window, qtbot, clip)
    field = window.events.findChild(QLineEdit)
    field.setFocus()
    qtbot.keyClicks(field, "k l.j")
    assert field.text() == "k l.j"
    assert not window.player.is_playing


def test_the_window_is_there_before_torch(clip: Path) -> None:
    script = f"""
import sys
from PySide6.QtCore import QTimer
from app.bootstrap import make_application, make_window
app = make_application()
window = make_window(app)
window.show()
window.player.open(__import__("pathlib").Path({str(clip)!r}))
def look():
    print("torch" in sys.modules, window.isVisible())
    app.quit()
QTimer.singleShot(0, look)
app.exec()
window.shutdown()
"""
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=dict(os.environ),
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert said.stdout.split() == ["False", "True"], said.stderr


def test_closing_does_not_wait_for_a_library_that_loads() -> None:
    """A worker that never comes back stands for the loading of the model's library."""
    script = """
import sys, threading
from PySide6.QtCore import QTimer
from app import bootstrap
from app.jobs.runner import JobRunner
bootstrap.LAST_PATIENCE_S = 0.01
JobRunner._work = lambda self: threading.Event().wait()
make = bootstrap.make_window
def make_and_close(app):
    window = make(app)
    window.runner.detect(bootstrap.Path("none.mp4"))
    QTimer.singleShot(0, window.close)
    return window
bootstrap.make_window = make_and_close
print("closed", flush=True)
sys.exit(bootstrap.run_window(None))
"""
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=dict(os.environ),
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert said.stdout == "closed\n"
    # Qt's platform without a screen says so of every window that has a least size.
    assert said.stderr.replace("This plugin does not support propagateSizeHints()\n", "") == ""
