"""The actions on the picture in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.player.picture_place import FIT
from app.settings import settings_file
from app.window.detached_video import DetachedVideo
from app.window.memory import WindowMemory
from core_model.media.export.clip import ClipRequest
from core_model.media.video import frames
from tests.media_factory import Audio, Video, read_number, regular_ticks, write_media


@pytest.fixture
def window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    made = MainWindow(WindowMemory(settings_file()))
    # These tests are about the picture; finding events would load the model.
    monkeypatch.setattr(made.detection, "start", lambda: None)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    yield made
    made.close()
    made.shutdown()


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    path = write_media(tmp_path / "a.mp4", Video(regular_ticks(50)), Audio())
    window.open_path(path)
    qtbot.waitUntil(lambda: window.player.picture.shown is not None)
    return window


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> list[str]:
    """Answer the next dialogs with a path; gives the names that they suggested."""
    suggested: list[str] = []

    def answer(_parent: object, _title: str, suggestion: str, _kinds: str) -> tuple[str, str]:
        suggested.append(Path(suggestion).name)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return suggested


def test_the_frame_is_copied_at_its_full_size(opened: MainWindow, qtbot: QtBot) -> None:
    opened.player.seek(400_000)
    qtbot.waitUntil(lambda: opened.player.picture.frame_number == 10)
    with qtbot.waitSignal(opened.pictures.exporter.finished):
        opened.actions_by_id["copy_frame"].trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (64, 48)
    assert "64 × 48" in opened.messages.text


def test_the_frame_is_saved(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested = choose(monkeypatch, tmp_path / "frame")
    with qtbot.waitSignal(opened.pictures.exporter.finished):
        opened.actions_by_id["save_frame"].trigger()
    assert suggested == ["a 00-00-00.000.png"]
    assert (tmp_path / "frame.png").read_bytes().startswith(b"\x89PNG")


def test_the_selection_is_saved_as_a_clip(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "clip.mp4"
    suggested = choose(monkeypatch, target)
    opened.actions_by_id["save_clip"].trigger()
    assert "Select a stretch" in opened.messages.text and not suggested
    opened.view_state.set_selection(400_000, 800_000)
    with qtbot.waitSignal(opened.pictures.exporter.finished):
        opened.actions_by_id["save_clip"].trigger()
        assert opened.pictures.bar.text == "Saving clip.mp4 Reading…"
    assert suggested == ["a 00-00-00.400 to 00-00-00.800.mp4"]
    assert opened.pictures.bar.text == ""
    assert "clip.mp4 (video coded anew, sound coded anew)" in opened.messages.text
    with closing(frames(target)) as shown:
        assert [read_number(frame.image) for frame in shown] == list(range(10, 20))


def test_esc_stops_saving(opened: MainWindow, tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    opened.pictures.start_clip(ClipRequest(source, 0, 2_000_000, tmp_path / "clip.mkv"))
    opened.messages.dismiss()
    opened.actions_by_id["back_out"].trigger()
    assert opened.pictures.bar.text == "" and not opened.pictures.is_saving
    assert opened.messages.text == "Saving was stopped."
    opened.pictures.shutdown()
    assert not (tmp_path / "clip.mkv").exists()


def test_the_picture_is_zoomed_from_the_keys(opened: MainWindow) -> None:
    view = opened.stage.video_view
    opened.actions_by_id["picture_actual"].trigger()
    assert view.place.scale == pytest.approx(1.0)
    opened.actions_by_id["picture_in"].trigger()
    assert view.place.scale == pytest.approx(1.5)
    opened.actions_by_id["picture_out"].trigger()
    opened.actions_by_id["picture_fit"].trigger()
    assert view.place.zoom == FIT


def test_the_picture_goes_to_its_own_window_and_comes_back(opened: MainWindow) -> None:
    action, view = opened.actions_by_id["picture_window"], opened.stage.video_view
    action.trigger()
    own = view.window()
    assert isinstance(own, DetachedVideo) and own.isVisible()
    assert own.windowTitle().startswith("a.mp4")
    assert view.isVisible() and opened.stage.picture_area.currentWidget() is not view
    own.close()
    assert view.window() is opened and view.isVisible() and not action.isChecked()
    action.trigger()
    action.trigger()
    assert view.window() is opened and not action.isChecked()


def test_closing_the_main_window_closes_that_of_the_picture(opened: MainWindow) -> None:
    opened.actions_by_id["picture_window"].trigger()
    own = opened.stage.video_view.window()
    opened.close()
    assert not own.isVisible()


def test_sound_alone_has_no_frame_to_keep(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", audio=Audio(codec="pcm_s16le"))
    with qtbot.waitSignal(window.player.media_opened):
        window.open_path(path)
    for action in ("copy_frame", "save_frame"):
        window.messages.dismiss()
        window.actions_by_id[action].trigger()
        assert window.messages.text == "This file has no picture."
