"""What is remembered, and what happens to files that people or accidents have changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import (
    FOLDER_VARIABLE,
    RECENT_LIMIT,
    Settings,
    SettingsError,
    load_settings,
    save_settings,
    settings_file,
)
from app.window.memory import WindowMemory


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "settings.json"
    settings = Settings("light", 0.25, True, False).with_recent(tmp_path / "ä b.mp4")
    settings = settings.with_layout({"window": b"\x00\xff\x10"})
    save_settings(file, settings)
    assert load_settings(file) == settings
    assert load_settings(file).layout_state("window") == b"\x00\xff\x10"
    assert [entry.name for entry in file.parent.iterdir()] == ["settings.json"]


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == Settings()


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "\x00\x01", '"text"'])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"settings\.json"):
        load_settings(file)


def test_values_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    content = {
        "theme": "pink",
        "volume": 7,
        "muted": "yes",
        "recent": [1],
        "layout": {"window": 3},
        "unknown": 1,
        "events_panel": False,
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    assert load_settings(file) == Settings(events_panel=False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="settings"):
        save_settings(blocked / "settings.json", Settings())


def test_recent_files_are_newest_first_without_doubles_and_few(tmp_path: Path) -> None:
    settings = Settings()
    for number in range(RECENT_LIMIT + 3):
        settings = settings.with_recent(tmp_path / f"{number}.mp4")
    settings = settings.with_recent(tmp_path / "5.mp4")
    assert len(settings.recent) == RECENT_LIMIT
    assert settings.recent[0] == str(tmp_path / "5.mp4")
    assert len(set(settings.recent)) == RECENT_LIMIT
    gone = settings.without_recent(tmp_path / "5.mp4")
    assert str(tmp_path / "5.mp4") not in gone.recent


def test_layout_that_is_no_base64_is_ignored() -> None:
    assert replace(Settings(), layout={"window": "?!"}).layout_state("window") is None
    assert Settings().layout_state("window") is None


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert settings_file() == tmp_path / "settings.json"
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert settings_file().name == "settings.json"
    assert "avscope" in settings_file().parts


def test_broken_settings_are_kept_beside_the_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{ theme: dark", encoding="utf-8")
    memory = WindowMemory(file)
    assert str(file) in memory.problem
    assert memory.settings == Settings()
    assert memory.save() == ""
    assert load_settings(file) == Settings()
    kept = tmp_path / "settings.broken.json"
    assert kept.name in memory.problem
    assert kept.read_text(encoding="utf-8") == "{ theme: dark"
