"""The user's guide is whole: every page is reached, every picture is there, every key is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.window.guide import FIRST_PAGE, GuideWindow, chapters, guide_folder
from scripts.guide.camera import save_small
from scripts.guide.keys import FILE, GUIDE, keys_page

MOST_BYTES = 3_000_000
PAGES = sorted(GUIDE.glob("*.md"))
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
BOLD_KEY = re.compile(r"\*\*((?:(?:Ctrl|Shift|Alt)\+)*(?:[A-Z0-9]|F\d+|←|→|↑|↓))\*\*")
ARROWS = {"←": "Left", "→": "Right", "↑": "Up", "↓": "Down"}


def test_every_page_is_a_chapter() -> None:
    assert guide_folder() == GUIDE
    assert sorted(page for _title, page in chapters(GUIDE)) == PAGES
    assert all(title for title, _page in chapters(GUIDE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).is_file(), link


def test_every_picture_is_shown_and_they_are_small() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = list((GUIDE / "images").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert f"(images/{picture.name})" in texts, picture.name
    assert sum(picture.stat().st_size for picture in pictures) < MOST_BYTES


def test_the_page_of_keys_is_the_table_of_actions(qapp: QApplication) -> None:
    assert FILE.read_text(encoding="utf-8") == keys_page(), "run python -m scripts.guide.keys"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_keys_in_the_text_exist(page: Path) -> None:
    known = {key for spec in ACTIONS for key in (*spec.keys, *spec.timeline_keys)}
    for key in BOLD_KEY.findall(page.read_text(encoding="utf-8")):
        spelled = "".join(ARROWS.get(sign, sign) for sign in key)
        assert spelled in known, key


def test_the_window_shows_pages_and_follows_links(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    guide = GuideWindow(GUIDE, parent)
    guide.show()
    assert guide.list.count() == len(PAGES)
    assert guide.page.source().fileName() == FIRST_PAGE
    guide.list.setCurrentRow(1)
    first_chapter = guide.page.source().fileName()
    assert first_chapter != FIRST_PAGE
    assert guide.page.toPlainText().startswith(guide.list.item(1).text())
    guide.page.setSource(guide.page.source().resolved("keys.md"))
    current = guide.list.currentItem()
    assert current is not None and current.text() == "Keys"


def test_pictures_fit_the_page(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    guide = GuideWindow(GUIDE, parent)
    guide.resize(700, 500)
    guide.show()
    guide.list.setCurrentRow(1)
    kind = QTextDocument.ResourceType.ImageResource.value
    shown = guide.page.loadResource(kind, "images/window.png")
    assert isinstance(shown, QImage)
    width = shown.width() / shown.devicePixelRatio()
    assert 0 < width <= guide.page.viewport().width()


def test_small_pictures_look_like_the_widget(qtbot: QtBot, tmp_path: Path) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    widget.setStyleSheet("background: #336699;")
    widget.resize(61, 40)
    save_small(widget, tmp_path / "a.png")
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height()) == (61, 40)
    assert image.pixelColor(30, 20).name() == "#336699"
