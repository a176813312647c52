"""Both themes can be read, and the style sheet uses nothing but their tokens."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.kind_style import contrast_ratio
from app.theme import DARK, LIGHT, Theme, apply_theme, style_sheet, tabular, theme_for
from resources import resource_path

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)


@THEMES
def test_contrast(theme: Theme) -> None:
    for ground in (theme.ground, theme.panel):
        assert contrast_ratio(theme.text, ground) >= 7.0
        for colour in (theme.text_secondary, theme.accent, theme.danger):
            assert contrast_ratio(colour, ground) >= 4.5
    assert contrast_ratio(theme.text, theme.raised) >= 7.0
    assert contrast_ratio(theme.on_accent, theme.accent) >= 4.5


@THEMES
def test_tokens_are_colours(theme: Theme) -> None:
    for name, value in asdict(theme).items():
        if name != "name":
            assert re.fullmatch(r"#[0-9A-F]{6}", value), name
    assert theme.is_dark == (theme is DARK)


def test_style_sheet_names_no_colour_itself() -> None:
    source = resource_path("style", "window.qss").read_text(encoding="utf-8")
    assert re.search(r"#[0-9A-Fa-f]{6}\b", source) is None
    assert DARK.accent in style_sheet(DARK)


def test_theme_for() -> None:
    assert theme_for("dark") is DARK
    assert theme_for("light") is LIGHT
    with pytest.raises(ValueError, match="pink"):
        theme_for("pink")


def test_system_theme_follows_the_system(qapp: QApplication) -> None:
    assert theme_for("system") in (DARK, LIGHT)


def test_a_theme_applies_at_once(qapp: QApplication, qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    try:
        for theme in (LIGHT, DARK):
            apply_theme(qapp, theme)
            assert widget.palette().color(QPalette.ColorRole.Window) == QColor(theme.ground)
    finally:
        qapp.setStyleSheet("")


def test_tabular_leaves_the_font_alone_but_for_its_figures(qapp: QApplication) -> None:
    font = QFont(qapp.font())
    font.setPixelSize(17)
    changed = tabular(font)
    assert changed.pixelSize() == 17
    assert changed.isFeatureSet(QFont.Tag("tnum"))
    assert not font.isFeatureSet(QFont.Tag("tnum"))
