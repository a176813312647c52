"""Models as files: out of one shelf and into another, and what strangers send instead."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.models.archive_thread import ArchiveThread, take_in_file, write_file
from app.models.shelf import ModelShelf, ModelVersion
from core_model.bundle_description import BundleError
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds

__all__ = ["tiny_kinds"]

pytestmark = pytest.mark.usefixtures("tiny_kinds")


def put(shelf: ModelShelf) -> ModelVersion:
    with shelf.draft() as draft:
        return shelf.take_in(make_tiny_bundle(draft / "model", name="study r4"))


def test_a_model_goes_to_another_machine_as_the_same_version(tmp_path: Path) -> None:
    here, there = ModelShelf(tmp_path / "here"), ModelShelf(tmp_path / "there")
    version = put(here)
    file = tmp_path / "model.zip"
    file.write_bytes(b"what was there before is replaced")
    write_file(version, file)
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["model.zip"]
    assert take_in_file(there, file) == "study r4 is here now. It is used when you say so."
    (_, arrived) = there.versions()
    assert (arrived.id, arrived.name) == (version.id, version.name)
    # A second time it is there already.
    take_in_file(there, file)
    assert len(there.versions()) == 2 and not list(there.folder.glob(".*"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"x" * 1_000])
def test_what_is_no_archive_is_one_line_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    shelf = ModelShelf(tmp_path / "shelf")
    file = tmp_path / "model.zip"
    file.write_bytes(content)
    with pytest.raises(BundleError) as raised:
        take_in_file(shelf, file)
    assert "model.zip" in str(raised.value) and "\n" not in str(raised.value)
    assert list(shelf.folder.iterdir()) == []


def test_no_file_is_written_outside(tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path / "shelf")
    file = tmp_path / "model.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../escaped.safetensors", "x")
    with pytest.raises(BundleError):
        take_in_file(shelf, file)
    assert not list(tmp_path.rglob("escaped*")) and list(shelf.folder.iterdir()) == []


def test_the_thread_tells_how_it_went(qtbot: QtBot, tmp_path: Path) -> None:
    shelf = ModelShelf()
    version = put(shelf)
    parent = QObject()
    for given, file, words in (
        (version, tmp_path / "m.zip", "study r4 is in m.zip now."),
        (None, tmp_path / "m.zip", "study r4 is here now."),
        (None, tmp_path / "nowhere.zip", "nowhere.zip"),
        (version, tmp_path / "no folder" / "m.zip", "m.zip"),
    ):
        thread = ArchiveThread(shelf, given, file, parent)
        with qtbot.waitSignal(thread.told, timeout=60_000) as told:
            thread.start()
        thread.wait()
        assert words in told.args[0] and "\n" not in told.args[0]
