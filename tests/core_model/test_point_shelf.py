"""Points come back as they were, within the limit of the cache, and damage costs only time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core_model.cache import EncodingCache
from core_model.detection.windows import WindowPoints
from core_model.point_shelf import PointShelf
from core_model.timeline import SnippetGrid, Task

GRID = SnippetGrid(1_234_567)


def windows(count: int = 3, points: int = 5, dim: int = 4) -> list[WindowPoints]:
    random = torch.Generator().manual_seed(count)
    return [
        WindowPoints(
            number * 8,
            10,
            torch.randn(points, dim, generator=random).half(),
            torch.rand(points, 2, generator=random),
        )
        for number in range(count)
    ]


@pytest.fixture
def cache(tmp_path: Path) -> EncodingCache:
    return EncodingCache(tmp_path / "cache")


@pytest.fixture
def shelf(cache: EncodingCache) -> PointShelf:
    return PointShelf(cache, "head", 10, 8)


def test_points_come_back_bit_by_bit(shelf: PointShelf) -> None:
    stored = windows()
    shelf.store("m", Task.SED, GRID, stored)
    loaded = shelf.load("m", Task.SED, GRID)
    assert [(each.first, each.count) for each in loaded] == [(0, 10), (8, 10), (16, 10)]
    for one, other in zip(loaded, stored, strict=True):
        assert torch.equal(one.embeddings, other.embeddings)
        assert torch.equal(one.offsets, other.offsets)


def test_others_are_not_taken_for_them(shelf: PointShelf, cache: EncodingCache) -> None:
    shelf.store("m", Task.SED, GRID, windows())
    assert shelf.load("other", Task.SED, GRID) == []
    assert shelf.load("m", Task.TAL, GRID) == []
    assert shelf.load("m", Task.SED, SnippetGrid(0)) == []
    for cut in (("another head", 10, 8), ("head", 12, 8), ("head", 10, 4)):
        assert PointShelf(cache, *cut).load("m", Task.SED, GRID) == []


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x08" + b"\0" * 7 + b"{}      "])
def test_a_damaged_entry_goes(shelf: PointShelf, cache: EncodingCache, content: bytes) -> None:
    shelf.store("m", Task.SED, GRID, windows())
    (path,) = cache.folder.iterdir()
    path.write_bytes(content)
    assert shelf.load("m", Task.SED, GRID) == []
    assert not path.exists()


def test_blocks_that_never_reached_the_disk_are_damage(
    shelf: PointShelf, cache: EncodingCache
) -> None:
    shelf.store("m", Task.SED, GRID, windows())
    (path,) = cache.folder.iterdir()
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    assert shelf.load("m", Task.SED, GRID) == []
    assert not path.exists()


def test_parts_that_do_not_fit_are_damage(shelf: PointShelf, cache: EncodingCache) -> None:
    wrong = [WindowPoints(0, 10, torch.zeros(5, 4), torch.zeros(5, 2))]
    shelf.store("m", Task.SED, GRID, wrong)
    assert shelf.load("m", Task.SED, GRID) == []
    assert list(cache.folder.iterdir()) == []


def test_they_count_towards_the_limit_of_the_cache(tmp_path: Path) -> None:
    small = EncodingCache(tmp_path / "cache", limit_bytes=1_500)
    shelf = PointShelf(small, "head", 10, 8)
    for number in range(6):
        shelf.store(f"m{number}", Task.SED, GRID, windows())
    sizes = [path.stat().st_size for path in small.folder.iterdir()]
    assert sum(sizes) <= 1_500 and 0 < len(sizes) < 6
    assert shelf.load("m5", Task.SED, GRID)


def test_a_folder_that_takes_nothing_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    shelf = PointShelf(EncodingCache(tmp_path / "cache"), "head", 10, 8)
    shelf.store("m", Task.SED, GRID, windows())
    assert shelf.load("m", Task.SED, GRID) == []
