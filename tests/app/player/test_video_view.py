"""The picture on screen: letter-boxed, unscaled where it fits, events over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.player.video_view import SURROUND, VideoView
from app.session import Session
from app.theme import DARK
from app.view_state import ViewState
from core_model.media.probe import MediaInfo
from core_model.media.video import VideoFrame
from core_model.timeline import Detection, Task


@pytest.fixture
def state() -> ViewState:
    made = ViewState()
    made.set_media_range(0, 10_000_000)
    return made


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def view(session: Session, state: ViewState, qtbot: QtBot) -> VideoView:
    made = VideoView(session, state, DARK)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def stripes(width: int, height: int) -> VideoFrame:
    """Left half red, right half blue, BGRA."""
    image = np.zeros((height, width, 4), np.uint8)
    image[:, : width // 2, 2] = 255
    image[:, width // 2 :, 0] = 255
    image[:, :, 3] = 255
    return VideoFrame(0, image)


def colour(view: VideoView, x: int, y: int) -> QColor:
    return view.grab().toImage().pixelColor(x, y)


def test_a_frame_is_letter_boxed_with_its_own_colours(view: VideoView) -> None:
    view.set_frame(stripes(400, 200))
    assert view.picture_rect.getRect() == (0, 50, 400, 200)
    assert colour(view, 10, 150) == QColor(255, 0, 0)
    assert colour(view, 390, 150) == QColor(0, 0, 255)
    assert colour(view, 10, 40) == QColor(SURROUND)
    assert colour(view, 10, 255) == QColor(SURROUND)


def test_a_narrow_frame_has_bars_at_its_sides(view: VideoView) -> None:
    view.set_frame(stripes(100, 300))
    assert view.picture_rect.getRect() == (150, 0, 100, 300)


def test_without_a_frame_there_is_a_caption_or_nothing(view: VideoView) -> None:
    blank = view.grab().toImage()
    view.set_caption("voice.m4a")
    assert view.grab().toImage() != blank
    view.set_caption("")
    assert view.grab().toImage() == blank


def test_the_events_of_the_moment_are_painted_over_the_picture(
    view: VideoView, session: Session, state: ViewState
) -> None:
    session.set_media(MediaInfo(Path("a.mp4"), 0, 10_000_000, None, None))
    session.set_detections((Detection(Task.SED, "dog", 2_000_000, 3_000_000, 0.9),))
    view.set_frame(stripes(400, 300))
    before = view.grab().toImage()
    state.set_playhead(2_500_000)
    assert view.grab().toImage() != before
    session.set_threshold(Task.SED, 0.95)
    assert view.grab().toImage() == before


def test_the_size_is_told_in_device_pixels_once_it_rests(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.view_resized) as told:
        view.resize(500, 320)
        view.resize(640, 360)
    assert told.args == [QSize(640, 360) * view.devicePixelRatioF()]


def wheel(view: VideoView, x: int, y: int, notches: int, *, control: bool = True) -> None:
    """Turn the wheel over a point of the view."""
    keys = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(x, y), view.mapToGlobal(QPointF(x, y)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_ctrl_and_the_wheel_zoom_about_the_cursor(view: VideoView) -> None:
    view.set_frame(stripes(400, 200))
    zooms: list[float] = []
    view.zoom_changed.connect(zooms.append)
    wheel(view, 0, 150, 2)
    assert zooms == [pytest.approx(1.25**2)]
    # The left edge is under the cursor and stays; the border of the colours moves right.
    assert view.picture_rect.left() == 0
    border = view.picture_rect.center().x()
    assert border > 300
    assert colour(view, border - 20, 150) == QColor(255, 0, 0)
    assert colour(view, border + 20, 150) == QColor(0, 0, 255)
    wheel(view, 0, 150, 3, control=False)
    assert len(zooms) == 1


def test_a_zoomed_picture_is_dragged_and_a_double_click_fits_it(
    view: VideoView, qtbot: QtBot
) -> None:
    view.set_frame(stripes(400, 200))
    view.zoom_by(2.0)
    before = view.picture_rect
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(view, QPoint(230, 150))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(230, 150))
    assert view.picture_rect.left() == before.left() + 30
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert view.picture_rect.getRect() == (0, 50, 400, 200)


def test_100_percent_goes_by_the_pixels_of_the_video(view: VideoView) -> None:
    view.set_own_size(QSize(1600, 800))
    view.set_frame(stripes(400, 200))
    assert view.picture_rect.getRect() == (0, 50, 400, 200)
    view.show_actual_size()
    ratio = view.devicePixelRatioF()
    assert view.picture_rect.size() == QSize(1600, 800) / ratio
    assert view.place.scale == pytest.approx(1.0)
    view.fit()
    assert view.picture_rect.getRect() == (0, 50, 400, 200)


def test_another_video_is_shown_whole(view: VideoView) -> None:
    view.set_own_size(QSize(400, 200))
    view.set_frame(stripes(400, 200))
    view.zoom_by(3.0)
    view.set_own_size(QSize(300, 300))
    view.set_frame(stripes(300, 300))
    assert view.picture_rect.getRect() == (50, 0, 300, 300)


def test_a_caption_has_a_headline_and_what_it_means(view: VideoView) -> None:
    view.set_caption("Sound only")
    short = view.grab().toImage()
    view.set_caption("Sound only", "voice.m4a has no picture.")
    assert view.grab().toImage() != short
