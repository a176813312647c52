"""Encodings come back as they were stored, and a bad disk never costs a result."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core_model.cache import EncodingCache, Encodings, content_hash, default_folder
from core_model.timeline import SnippetGrid

GRID = SnippetGrid(1_234_567)
IDS = ("visual-a", "audio-a")


def make_encodings(count=5, seed=0, grid=GRID, visual=True):
    random = np.random.default_rng(seed)
    return Encodings(
        grid,
        grid.origin_us + grid.window_us + (count - 1) * grid.stride_us + 7,
        random.normal(size=(count, 6)).astype(np.float16) if visual else None,
        random.normal(size=(count, 3)).astype(np.float16),
    )


@pytest.fixture
def cache(tmp_path):
    return EncodingCache(tmp_path / "cache")


def only_entry(cache) -> Path:
    (path,) = cache.folder.iterdir()
    return path


def test_an_entry_comes_back_bit_by_bit(cache):
    stored = make_encodings()
    assert cache.store("m", IDS, stored)
    loaded = cache.load("m", IDS, GRID)
    assert loaded is not None
    assert (loaded.grid, loaded.end_us, loaded.count) == (GRID, stored.end_us, 5)
    np.testing.assert_array_equal(loaded.visual, stored.visual)
    np.testing.assert_array_equal(loaded.audio, stored.audio)


def test_a_missing_stream_stays_missing(cache):
    cache.store("m", IDS, make_encodings(visual=False))
    loaded = cache.load("m", IDS, GRID)
    assert loaded is not None and loaded.visual is None and loaded.audio is not None


@pytest.mark.parametrize(
    ("media_hash", "ids", "grid"),
    [
        ("other", IDS, GRID),
        ("m", ("visual-b", "audio-a"), GRID),
        ("m", ("visual-a", "audio-b"), GRID),
        ("m", IDS, SnippetGrid(0)),
        ("m", IDS, SnippetGrid(GRID.origin_us, stride_us=500_000)),
    ],
)
def test_another_file_encoder_or_grid_is_another_entry(cache, media_hash, ids, grid):
    cache.store("m", IDS, make_encodings())
    assert cache.load(media_hash, ids, grid) is None
    assert cache.load("m", IDS, GRID) is not None


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_entry_is_a_miss_and_is_replaced(cache, caplog, kept):
    cache.store("m", IDS, make_encodings())
    path = only_entry(cache)
    path.write_bytes(path.read_bytes()[:kept])
    assert cache.load("m", IDS, GRID) is None
    assert "damaged" in caplog.text
    assert cache.store("m", IDS, make_encodings())
    assert cache.load("m", IDS, GRID) is not None


def test_a_flipped_bit_is_a_miss(cache):
    cache.store("m", IDS, make_encodings())
    path = only_entry(cache)
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x40
    path.write_bytes(content)
    assert cache.load("m", IDS, GRID) is None


def test_the_least_recently_used_entries_go_first(cache):
    cache.store("probe", IDS, make_encodings())
    size = only_entry(cache).stat().st_size
    small = EncodingCache(cache.folder, limit_bytes=3 * size)
    for age, name in enumerate(("first", "second")):
        small.store(name, IDS, make_encodings())
        for path in small.folder.iterdir():
            os.utime(path, (path.stat().st_mtime - 100 - age,) * 2)
    assert small.load("probe", IDS, GRID) is not None  # used now, so "first" is the oldest
    small.store("third", IDS, make_encodings())
    assert small.load("first", IDS, GRID) is None
    assert all(small.load(name, IDS, GRID) for name in ("probe", "second", "third"))


def test_what_a_killed_program_began_to_write_goes(cache):
    cache.store("m", IDS, make_encodings())
    begun = [cache.folder / name for name in (".part-long-ago", ".part-now")]
    for path in begun:
        path.write_bytes(bytes(1_000))
    os.utime(begun[0], (1, 1))
    cache.store("other", IDS, make_encodings())
    assert [path.exists() for path in begun] == [False, True]


def test_an_entry_beyond_the_limit_is_still_kept_alone(tmp_path):
    cache = EncodingCache(tmp_path, limit_bytes=1)
    cache.store("a", IDS, make_encodings())
    cache.store("b", IDS, make_encodings())
    assert cache.load("a", IDS, GRID) is None
    assert cache.load("b", IDS, GRID) is not None


def test_a_folder_that_takes_nothing_costs_no_result(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    cache = EncodingCache(blocked / "cache")
    with caplog.at_level(logging.WARNING):
        assert not cache.store("m", IDS, make_encodings())
    assert "not kept" in caplog.text
    assert cache.load("m", IDS, GRID) is None


def test_a_full_disk_leaves_no_half_entry(cache, monkeypatch, caplog):
    def fail(path, encodings):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core_model.cache._write", fail)
    assert not cache.store("m", IDS, make_encodings())
    assert list(cache.folder.iterdir()) == []
    assert "No space left" in caplog.text


@pytest.mark.parametrize("size", [0, 1, 1_000, 3_000_000])
def test_the_hash_tells_contents_apart_and_not_names(tmp_path, size):
    content = np.random.default_rng(size).bytes(size)
    (tmp_path / "a.mp4").write_bytes(content)
    (tmp_path / "b.mkv").write_bytes(content)
    (tmp_path / "head").write_bytes(b"\x00" + content[1:])
    (tmp_path / "tail").write_bytes(content[:-1] + b"\x00")
    (tmp_path / "longer").write_bytes(content + b"\x00")
    hashes = {name: content_hash(tmp_path / name) for name in ("a.mp4", "b.mkv", "longer")}
    assert hashes["a.mp4"] == hashes["b.mkv"] != hashes["longer"]
    if size > 1:
        assert content_hash(tmp_path / "head") != hashes["a.mp4"]
        assert content_hash(tmp_path / "tail") != hashes["a.mp4"]


def test_the_folder_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("AVSCOPE_CACHE_DIR", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    assert EncodingCache().folder.parent == tmp_path / "mine"


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", ("avscope",)),
        ("win32", "LOCALAPPDATA", ("AVScope", "Cache")),
    ],
)
def test_the_platform_names_the_folder(monkeypatch, tmp_path, platform, variable, expected):
    monkeypatch.delenv("AVSCOPE_CACHE_DIR", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert default_folder() == tmp_path.joinpath(*expected)


@pytest.mark.parametrize("header", [b"5", b"null", b"[]", b"[" * 60_000, b"{}"])
@pytest.mark.parametrize("look", [EncodingCache.load, EncodingCache.mapped])
def test_an_entry_that_is_something_else_is_a_miss(cache, look, header):
    cache.store("m", IDS, make_encodings())
    path = only_entry(cache)
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert look(cache, "m", IDS, GRID) is None
    assert not path.exists()


@pytest.mark.parametrize("look", [EncodingCache.load, EncodingCache.mapped])
def test_an_entry_that_says_nothing_of_itself_is_a_miss(cache, look):
    cache.store("m", IDS, make_encodings())
    path = only_entry(cache)
    save_file({"audio": make_encodings().audio}, path)
    assert look(cache, "m", IDS, GRID) is None
    assert not path.exists()
