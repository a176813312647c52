"""Zooming and moving the picture about in its view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRect, QSize

from app.player.picture_place import FIT, LARGEST_SCALE, PicturePlace

HD = PicturePlace(QSize(1920, 1080), QSize(960, 600))
POINTS = st.builds(QPointF, st.floats(0, 960), st.floats(0, 600))


def test_the_whole_picture_fits_with_bars() -> None:
    assert HD.rect == QRect(0, 30, 960, 540)
    assert HD.scale == 0.5
    assert not HD.can_pan


def test_at_100_percent_a_pixel_is_a_pixel_on_every_screen() -> None:
    assert HD.at_scale(1.0).rect.size() == QSize(1920, 1080)
    fine = PicturePlace(HD.own, HD.view, ratio=2.0)
    assert fine.scale == 1.0
    assert fine.at_scale(1.0).rect.size() == QSize(960, 540)


def test_a_small_picture_at_100_percent_lies_in_the_middle() -> None:
    small = PicturePlace(QSize(320, 240), QSize(960, 600)).at_scale(1.0)
    assert small.rect == QRect(320, 180, 320, 240)
    assert not small.can_pan


@given(POINTS, st.floats(1.05, 8))
def test_what_is_under_the_cursor_stays_there(point: QPointF, factor: float) -> None:
    before = HD.at_scale(2.0).rect
    after = HD.at_scale(2.0).zoomed_about(point, factor).rect
    for coordinate, near, far, size in (
        (point.x(), before.left(), after.left(), (before.width(), after.width())),
        (point.y(), before.top(), after.top(), (before.height(), after.height())),
    ):
        part = (coordinate - near) / size[0]
        assert far + part * size[1] == pytest.approx(coordinate, abs=2)


@given(st.lists(st.tuples(POINTS, st.floats(0.2, 5)), max_size=8), POINTS)
def test_no_bar_shows_where_there_is_picture_left(
    steps: list[tuple[QPointF, float]], drag: QPointF
) -> None:
    place = HD
    for point, factor in steps:
        place = place.zoomed_about(point, factor)
    for moved in (place, place.panned(drag), place.panned(-drag * 50)):
        rect = moved.rect
        if rect.width() > 962:
            assert rect.left() <= 1 and rect.right() >= 958
        if rect.height() > 602:
            assert rect.top() <= 1 and rect.bottom() >= 598
        assert 0.5 <= moved.scale <= LARGEST_SCALE * 1.01


def test_dragging_moves_the_picture_with_the_mouse() -> None:
    place = HD.at_scale(2.0)
    assert (
        place.panned(QPointF(30, -20)).rect.topLeft()
        == place.rect.topLeft() + QRect(30, -20, 0, 0).topLeft()
    )


def test_zooming_back_ends_at_fitting() -> None:
    place = HD.zoomed_about(QPointF(100, 100), 1.25).zoomed_about(QPointF(700, 300), 0.8)
    assert place.zoom == FIT and place.rect == HD.rect


def test_without_a_picture_nothing_goes_wrong() -> None:
    empty = PicturePlace(QSize(), QSize(400, 300))
    assert empty.zoomed_about(QPointF(10, 10), 2.0).panned(QPointF(5, 5)).rect.isEmpty()
    assert empty.scale > 0
