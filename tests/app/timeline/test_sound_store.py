"""Pictures on disk: what was written is read, damage is noticed, old ones go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.timeline.sound_features import SEGMENT_FRAMES, Segment
from app.timeline.sound_layout import Layout, SoundIndex
from app.timeline.sound_settings import SoundPlan
from app.timeline.sound_shelf import SoundShelf
from app.timeline.sound_store import SoundStore, SoundWriter, StoreError

PLAN = SoundPlan(8_000, 16, 80, "hann", None, 4)
WHOLE = SEGMENT_FRAMES * PLAN.hop_samples


def segment(seed: int) -> Segment:
    chance = np.random.default_rng(seed)
    codes = chance.integers(0, 256, (SEGMENT_FRAMES, PLAN.bins)).astype(np.uint8)
    reach = chance.integers(-9, 30_000, (SEGMENT_FRAMES * 4, 2)).astype(np.int16)
    return Segment(codes, reach)


def write(writer: SoundWriter, filled: dict[int, int]) -> SoundIndex:
    """Segments by number, with how many samples each has, in the order given."""
    index = SoundIndex(Layout.of(PLAN))
    for number, count in filled.items():
        index.add(writer.write(writer.prepare(number, count, segment(number))))
    return index


@pytest.fixture
def shelf(tmp_path: Path) -> SoundShelf:
    return SoundShelf(tmp_path / "shelf")


@pytest.fixture
def stored(shelf: SoundShelf) -> Iterator[SoundStore]:
    writer = shelf.create("key", PLAN, 5_000)
    writer.finish(write(writer, {1: WHOLE, 0: WHOLE, 3: 10 * 80}))
    store = shelf.find("key")
    assert store is not None
    yield store
    shelf.release(store)


def never() -> bool:
    return False


def test_every_level_is_read_as_it_was_built(stored: SoundStore) -> None:
    assert (stored.plan, stored.origin_us) == (PLAN, 5_000)
    for level in range(stored.codes.level_count):
        size = 4**level
        per_segment = SEGMENT_FRAMES // size
        rows, known = stored.codes.read(level, 0, 2 * per_segment)
        joined = np.concatenate([segment(0).codes, segment(1).codes])
        expected = joined.reshape(2 * per_segment, size, -1).max(axis=1)
        assert known.all()
        np.testing.assert_array_equal(rows, expected)
    rows, _ = stored.reach.read(0, 4_000, 4_200)
    joined = np.concatenate([segment(0).reach, segment(1).reach])
    np.testing.assert_array_equal(rows, joined[4_000:4_200])


def test_what_is_not_there_is_not_known(stored: SoundStore) -> None:
    _, known = stored.codes.read(0, 2 * SEGMENT_FRAMES - 5, 3 * SEGMENT_FRAMES + 20)
    expected = [True] * 5 + [False] * SEGMENT_FRAMES + [True] * 10 + [False] * 10
    assert known.tolist() == expected
    for first, end in ((-50, -10), (9 * SEGMENT_FRAMES, 9 * SEGMENT_FRAMES + 3)):
        assert not stored.codes.read(0, first, end)[1].any()
    assert stored.reach.read(0, 2 * SEGMENT_FRAMES * 4, 2 * SEGMENT_FRAMES * 4 + 1)[0].max() < -9


def test_parts_are_the_same_in_whatever_order_they_are_read(stored: SoundStore) -> None:
    source = np.random.default_rng(1)
    for levels in (stored.codes, stored.reach):
        for level in (0, 1, 0):
            end = 4 * SEGMENT_FRAMES * (1 if levels is stored.codes else 4) // 4**level
            whole, all_known = levels.read(level, -9, end + 9)
            for _ in range(12):
                first = int(source.integers(-9, end))
                last = min(first + int(source.integers(1, end // 3)), end + 9)
                rows, known = levels.read(level, first, last)
                np.testing.assert_array_equal(rows, whole[first + 9 : last + 9])
                np.testing.assert_array_equal(known, all_known[first + 9 : last + 9])


def test_what_is_added_shows_beside_what_was_read_before(shelf: SoundShelf) -> None:
    writer = shelf.create("growing", PLAN, 0)
    store = SoundStore(writer.path, PLAN, 0)
    store.index.add(writer.write(writer.prepare(1, WHOLE, segment(1))))
    span = (SEGMENT_FRAMES - 9, SEGMENT_FRAMES + 9)
    assert store.codes.read(0, *span)[1].tolist() == [False] * 9 + [True] * 9
    store.index.add(writer.write(writer.prepare(0, WHOLE, segment(0))))
    rows, known = store.codes.read(0, *span)
    assert known.all()
    np.testing.assert_array_equal(rows[:9], segment(0).codes[-9:])
    shelf.release(store)
    writer.abandon()


def test_a_picture_is_read_while_it_is_written(shelf: SoundShelf) -> None:
    writer = shelf.create("growing", PLAN, 0)
    store = SoundStore(writer.path, PLAN, 0)
    assert not store.codes.read(0, 0, 5)[1].any()
    store.index.add(writer.write(writer.prepare(2, WHOLE, segment(2))))
    rows, known = store.codes.read(0, 2 * SEGMENT_FRAMES, 2 * SEGMENT_FRAMES + 5)
    assert known.all()
    np.testing.assert_array_equal(rows, segment(2).codes[:5])
    assert shelf.find("growing") is None  # nobody else sees it before it is whole
    shelf.release(store)
    writer.abandon()
    assert not list(shelf.folder.iterdir())


def test_intact_pictures_are_told_from_damaged_ones(stored: SoundStore) -> None:
    assert stored.is_intact(never)
    with stored.path.open("r+b") as file:
        file.seek(3_000)
        file.write(b"damage")
    assert not stored.is_intact(never)
    assert stored.is_intact(lambda: True)


@pytest.mark.parametrize("cut", [0, 10, 500, 1_500, -300, -1])
def test_a_shortened_file_is_no_picture(stored: SoundStore, cut: int) -> None:
    content = stored.path.read_bytes()
    copy = stored.path.with_name("cut.sound")
    copy.write_bytes(content[:cut] if cut else b"")
    with pytest.raises(StoreError):
        SoundStore.open_complete(copy)


@pytest.mark.parametrize("place", [2, 20, 60, -20])
def test_damage_in_head_or_tail_is_noticed(stored: SoundStore, place: int) -> None:
    content = bytearray(stored.path.read_bytes())
    content[place] ^= 0xFF
    copy = stored.path.with_name("bent.sound")
    copy.write_bytes(bytes(content))
    with pytest.raises(StoreError):
        SoundStore.open_complete(copy)


def test_a_folder_that_takes_nothing_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    shelf = SoundShelf(tmp_path / "file" / "shelf")
    writer = shelf.create("key", PLAN, 0)
    writer.finish(write(writer, {0: WHOLE}))
    store = SoundStore.open_complete(writer.path)
    assert store.codes.read(0, 0, 3)[1].all()
    shelf.release(store)
    assert not writer.path.parent.exists()


def test_the_least_used_pictures_go(tmp_path: Path) -> None:
    limit_bytes = 100_000
    shelf = SoundShelf(tmp_path, limit_bytes)
    paths: list[Path] = []
    for number in range(4):
        writer = shelf.create(f"key{number}", PLAN, 0)
        writer.finish(write(writer, {0: WHOLE}))
        os.utime(writer.path, (1e9 + number, 1e9 + number))
        paths.append(writer.path)
    size = paths[0].stat().st_size
    shelf.shrink(spared=paths[0])
    left = [path for path in paths if path.exists()]
    assert paths[0] in left
    assert paths[1] not in left
    assert len(left) * size <= limit_bytes < 4 * size


def test_what_a_crash_left_goes_after_a_day(shelf: SoundShelf) -> None:
    old, young, kept = (shelf.create(key, PLAN, 0) for key in ("old", "young", "kept"))
    kept.finish(write(kept, {0: WHOLE}))
    for writer in (old, young):
        write(writer, {0: WHOLE})
        writer._file.close()
    for path in (old.path, kept.path):
        os.utime(path, (1e9, 1e9))
    shelf.shrink(spared=kept.path)
    assert [path.exists() for path in (old.path, young.path, kept.path)] == [False, True, True]


def test_another_file_or_plan_is_another_picture(shelf: SoundShelf, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    other = SoundPlan(8_000, 16, 80, "hann", 1, 4)
    keys = {
        shelf.key(first, PLAN, 0, 9),
        shelf.key(second, PLAN, 0, 9),
        shelf.key(first, other, 0, 9),
    }
    assert len(keys | {shelf.key(first, PLAN, 7, 9), shelf.key(first, PLAN, 0, 10)}) == 5
    assert shelf.key(first, PLAN, 0, 9) in keys
