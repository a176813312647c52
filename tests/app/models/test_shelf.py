"""The shelf of models: versions appear whole, go whole, and never lead anywhere else."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.models.shelf import STARTER_ID, ModelShelf, data_folder
from core_model.bundle_description import BundleError, read_description
from tests.tiny_bundle import make_tiny_bundle


@pytest.fixture
def shelf() -> ModelShelf:
    return ModelShelf()


def put(shelf: ModelShelf, seed: int = 0, name: str = "tiny 0.1") -> str:
    with shelf.draft() as draft:
        make_tiny_bundle(draft, seed, name=name)
        return shelf.take_in(draft).id


def put_copy(shelf: ModelShelf, source: Path) -> str:
    with shelf.draft() as draft:
        shutil.copytree(source, draft, dirs_exist_ok=True)
        return shelf.take_in(draft).id


def test_an_empty_shelf_has_the_starter(shelf: ModelShelf, own_folders: Path) -> None:
    assert data_folder() == own_folders / "data"
    (starter,) = shelf.versions()
    assert starter.is_starter and starter.id == STARTER_ID and not starter.problem
    assert starter.name.startswith("starter ")
    assert shelf.version(STARTER_ID) == starter


def test_what_is_taken_in_is_there_for_every_window(shelf: ModelShelf) -> None:
    version_id = put(shelf)
    version = ModelShelf().version(version_id)
    assert version is not None and version.name == "tiny 0.1" and not version.problem
    assert read_description(version.folder).name == "tiny 0.1"
    assert [each.id for each in shelf.versions()] == [STARTER_ID, version_id]
    assert not list(shelf.folder.glob(".*"))


def test_the_same_model_is_one_version_and_the_same_name_two(
    shelf: ModelShelf, tmp_path: Path
) -> None:
    made = [make_tiny_bundle(tmp_path / str(seed), seed) for seed in (0, 1)]
    first, again, other = (put_copy(shelf, made[n]) for n in (0, 0, 1))
    assert first == again != other
    names = {version.id: version.name for version in shelf.versions()}
    assert names[first] == "tiny 0.1" and names[other] == "tiny 0.1-2"
    # Its digest is that of what came, whatever it is called here.
    assert put_copy(shelf, made[1]) == other
    assert len(shelf.versions()) == 3


def test_a_draft_that_was_not_taken_in_leaves_nothing(shelf: ModelShelf) -> None:
    with pytest.raises(RuntimeError), shelf.draft() as draft:
        make_tiny_bundle(draft)
        raise RuntimeError
    assert not draft.exists() and list(shelf.folder.iterdir()) == []
    with shelf.draft() as draft, pytest.raises(BundleError, match=r"bundle\.json"):
        shelf.take_in(draft)
    with shelf.draft() as draft:
        make_tiny_bundle(draft)
        (draft / "head.safetensors").unlink()
        with pytest.raises(BundleError, match=r"head\.safetensors: is missing"):
            shelf.take_in(draft)
    assert len(shelf.versions()) == 1


def test_drafts_of_dead_programs_are_swept_and_those_of_living_ones_are_not(
    shelf: ModelShelf,
) -> None:
    program = """
import os, sys
from app.models.shelf import ModelShelf
with ModelShelf().draft() as draft:
    (draft / "half").write_text("x")
    print(draft, flush=True)
    if sys.argv[1] == "dies":
        os._exit(9)
    sys.stdin.readline()
"""
    dead = subprocess.run(
        [sys.executable, "-c", program, "dies"], capture_output=True, text=True, check=False
    )
    left = Path(dead.stdout.strip())
    assert left.is_dir()
    with subprocess.Popen(
        [sys.executable, "-c", program, "lives"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as living:
        assert living.stdin is not None and living.stdout is not None
        held = Path(living.stdout.readline().strip())
        shelf.sweep()
        assert not left.exists()
        assert held.is_dir()
        living.stdin.write("\n")
    assert not held.exists()


def test_states_of_trainings_are_kept_for_a_while(shelf: ModelShelf, tmp_path: Path) -> None:
    one, other = (shelf.state_file(tmp_path / name) for name in ("a.avscope", "b.avscope"))
    assert one != other
    shelf.folder.mkdir(parents=True)
    for file in (one, other):
        file.write_text("state")
    long_ago_s = time.time() - 31 * 24 * 3_600
    os.utime(other, (long_ago_s, long_ago_s))
    shelf.sweep()
    assert one.exists() and not other.exists()
    assert [each.id for each in shelf.versions()] == [STARTER_ID]


def test_damaged_versions_say_what_is_wrong(shelf: ModelShelf) -> None:
    gone, torn = put(shelf), put(shelf, seed=1)
    (shelf.folder / gone / "bundle.json").unlink()
    (shelf.folder / torn / "bundle.json").write_text("{", encoding="utf-8")
    for version_id, words in ((gone, "No such file"), (torn, "not JSON")):
        version = shelf.version(version_id)
        assert version is not None and words in version.problem and "\n" not in version.problem


@pytest.mark.parametrize("version_id", ["", "..", "../models", "a" * 16, "/etc", "0" * 15 + "/"])
def test_ids_of_strangers_lead_nowhere(shelf: ModelShelf, version_id: str) -> None:
    shelf.folder.mkdir(parents=True)
    assert shelf.version(version_id) is None
    shelf.remove(version_id)
    assert shelf.folder.is_dir()


def test_versions_can_be_deleted_but_not_the_starter(shelf: ModelShelf) -> None:
    version_id = put(shelf)
    shelf.remove(version_id)
    assert shelf.version(version_id) is None and list(shelf.folder.iterdir()) == []
    with pytest.raises(BundleError, match="cannot be deleted"):
        shelf.remove(STARTER_ID)
    assert not shelf.starter().problem


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be written")
def test_a_shelf_that_cannot_be_written_is_one_line(shelf: ModelShelf) -> None:
    shelf.folder.parent.mkdir(parents=True)
    shelf.folder.parent.chmod(0o500)
    with pytest.raises(BundleError, match="Permission denied"), shelf.draft():
        pass


def test_a_name_is_kept_as_it_was_written(shelf: ModelShelf) -> None:
    version_id = put(shelf, name="Übung 1.0")
    text = (shelf.folder / version_id / "bundle.json").read_text(encoding="utf-8")
    assert json.loads(text)["name"] == "Übung 1.0"


def test_a_shelf_that_takes_no_lock_is_told(
    shelf: ModelShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(BundleError, match="No space left"), shelf.draft():
        pass
    assert not [path for path in shelf.folder.iterdir() if path.is_dir()]
