"""Kinds differ in colour, shape and fill, and text on them can be read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.kind_style import (
    KIND_STYLES,
    blend,
    contrast_ratio,
    draw_symbol,
    fill_opacity,
    outline_colour,
    pattern_brush,
    score_text,
    symbol_path,
)
from app.theme import DARK, LIGHT, Theme
from core_model.timeline import Task

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])


def pixels(image: QImage) -> np.ndarray:
    buffer = np.frombuffer(image.constBits(), np.uint8)
    return buffer.reshape(image.height(), image.width(), 4).copy()


def test_the_table_is_what_the_legend_says() -> None:
    table = {task: (s.name, s.colour, s.shape, s.pattern) for task, s in KIND_STYLES.items()}
    assert table == {
        Task.TAL: ("actions", "#E69F00", "diamond", "plain"),
        Task.SED: ("sounds", "#56B4E9", "circle", "hatch"),
        Task.AVEL: ("both", "#009E73", "triangle", "dots"),
    }
    assert len({style.dashes for style in KIND_STYLES.values()}) == 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert blend("#FFFFFF", "#000000", 0.5) == "#808080"


@THEMES
@pytest.mark.parametrize("task", list(Task))
def test_text_can_be_read_on_every_fill(theme: Theme, task: Task) -> None:
    colour = KIND_STYLES[task].colour
    for score in (0.0, 0.3, 0.7, 1.0):
        # The marks of the pattern are the densest ground that a letter can meet.
        opacity = fill_opacity(score)
        fill = blend(colour, theme.ground, opacity)
        assert contrast_ratio(theme.text, fill) >= 4.5


@THEMES
@pytest.mark.parametrize("task", list(Task))
def test_outlines_stand_out(theme: Theme, task: Task) -> None:
    assert contrast_ratio(outline_colour(task, theme), theme.panel) >= 3.0


def test_surer_is_denser() -> None:
    assert fill_opacity(0.2) < fill_opacity(0.6) < fill_opacity(1.0)
    assert fill_opacity(7.0) == fill_opacity(1.0)


def test_fills_differ_without_their_colour(qapp: QApplication) -> None:
    pictures = []
    for style in KIND_STYLES.values():
        image = QImage(32, 32, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.fillRect(QRect(0, 0, 32, 32), pattern_brush(style.pattern, "#404040", 0.4, 1.0))
        painter.end()
        pictures.append(pixels(image)[..., 0].astype(int))
    assert np.ptp(pictures[0]) == 0
    for first, second in combinations(pictures, 2):
        assert np.abs(first - second).max() > 20


def test_shapes_differ_without_their_colour() -> None:
    centre = QPointF(50, 50)
    areas = []
    for style in KIND_STYLES.values():
        path = symbol_path(style.shape, centre, 80)
        inside = [path.contains(QPointF(x, y)) for x in range(0, 100, 4) for y in range(0, 100, 4)]
        areas.append(np.array(inside))
        assert path.contains(QPointF(50, 55))
    for first, second in combinations(areas, 2):
        assert np.mean(first != second) > 0.05


def test_a_symbol_is_drawn_in_the_colour_of_its_kind(qapp: QApplication) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    draw_symbol(painter, Task.SED, QPointF(10, 10), 16, DARK)
    painter.end()
    assert image.pixelColor(10, 10).name().upper() == "#56B4E9"
    assert image.pixelColor(1, 1).name() == "#000000"


@pytest.mark.parametrize(
    ("score", "text"), [(0.914, ".91"), (0.0, ".00"), (0.996, "1.0"), (1.0, "1.0")]
)
def test_scores_are_short(score: float, text: str) -> None:
    assert score_text(score) == text


# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009: deuteranopia, on linear RGB.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
XYZ_OF_RGB = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def seen_by_deuteranopes(colour: str) -> np.ndarray:
    """CIE L*a*b* (3,) of a colour as somebody sees it who lacks the green cones."""
    parts = QColor(colour)
    srgb = np.array([parts.redF(), parts.greenF(), parts.blueF()])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ_OF_RGB @ np.clip(DEUTERANOPIA @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@THEMES
def test_kinds_differ_for_deuteranopes(theme: Theme) -> None:
    for one, other in combinations(Task, 2):
        seen = [seen_by_deuteranopes(outline_colour(task, theme)) for task in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) > 20, (one, other)


def test_kinds_differ_in_fill_without_any_colour(qapp: QApplication) -> None:
    pictures = []
    for style in KIND_STYLES.values():
        image = QImage(48, 24, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        # One colour for all: what is left is the pattern.
        painter.fillRect(image.rect(), pattern_brush(style.pattern, "#808080", 0.45, 1.0))
        painter.end()
        pictures.append(pixels(image)[..., 0].astype(int))
    for one, other in combinations(pictures, 2):
        assert (abs(one - other) > 8).mean() > 0.08
