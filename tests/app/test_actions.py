"""The table of actions is whole: no key twice, nothing without words."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from app.actions import (
    ACTIONS,
    MENUS,
    connect_actions,
    enable_for_media,
    keys_text,
    make_actions,
    tooltip_text,
)


def test_ids_and_keys_are_used_once(qapp: QApplication) -> None:
    assert max(Counter(spec.id for spec in ACTIONS).values()) == 1
    keys = [
        QKeySequence(key).toString()
        for spec in ACTIONS
        for key in (*spec.keys, *spec.timeline_keys)
    ]
    assert all(keys), "every key is one that Qt knows"
    assert max(Counter(keys).values()) == 1


def test_every_action_has_words_and_a_menu() -> None:
    for spec in ACTIONS:
        assert spec.text and spec.tooltip, spec.id
        assert spec.menu in MENUS
    for menu in MENUS:
        sections = [spec.section for spec in ACTIONS if spec.menu == menu]
        assert sections == sorted(sections), f"sections of {menu} stand together"


def test_tooltips_name_the_keys(qapp: QApplication) -> None:
    spec = next(spec for spec in ACTIONS if spec.id == "frame_back")
    assert keys_text(spec) == "Left or ,"
    assert tooltip_text(spec) == "Step back by one frame (Left or ,)"
    actions = make_actions(parent := QObject())
    assert actions["frame_back"].toolTip() == tooltip_text(spec)
    assert [key.toString() for key in actions["frame_back"].shortcuts()] == ["Left", ","]
    assert parent.children()


def test_every_action_is_connected(qapp: QApplication) -> None:
    actions = make_actions(parent := QObject())
    called: list[str] = []
    slots = {spec.id: (lambda *_, name=spec.id: called.append(name)) for spec in ACTIONS}
    connect_actions(actions, slots)
    for spec in ACTIONS:
        before = len(called)
        actions[spec.id].trigger()
        assert spec.id in called[before:], spec.id
    del slots["play"]
    with pytest.raises(KeyError, match="play"):
        connect_actions(actions, slots)
    assert parent.children()


def test_choices_exclude_each_other(qapp: QApplication) -> None:
    actions = make_actions(parent := QObject())
    actions["theme_dark"].setChecked(True)
    actions["theme_light"].setChecked(True)
    assert not actions["theme_dark"].isChecked()
    assert parent.children()


def test_without_media_what_needs_media_is_grey(qapp: QApplication) -> None:
    actions = make_actions(parent := QObject())
    enable_for_media(actions, False)
    assert not actions["play"].isEnabled()
    assert actions["open"].isEnabled()
    enable_for_media(actions, True)
    assert actions["play"].isEnabled()
    assert parent.children()
