"""Splits by group, the same on every machine."""

from pathlib import Path

from tests.training.starter.tiny_corpus import make_corpus
from training.starter.corpus import half_of, read_corpus


def test_no_group_is_on_both_sides(tmp_path: Path) -> None:
    corpus = read_corpus(make_corpus(tmp_path / "data"))
    for clips in (corpus.sound, corpus.action_video, corpus.action_images):
        trained = {clip.group for clip in clips if clip.split == "train"}
        held_back = {clip.group for clip in clips if clip.split == "test"}
        assert held_back
        assert not trained & held_back


def test_halves_keep_groups_whole(tmp_path: Path) -> None:
    corpus = read_corpus(make_corpus(tmp_path / "data"))
    halves = {
        half: {c.group for c in corpus.sound if half_of(c) == half}
        for half in ("first", "second", "train")
    }
    assert halves["first"] | halves["second"]
    assert not halves["first"] & halves["second"]
    assert not halves["train"] & (halves["first"] | halves["second"])


def test_labels_of_few_sources_are_split_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    make_corpus(folder)
    table = folder / "sound.csv"
    lines = ["file,label,group"] + [f"note{i}.wav,oboe,one" for i in range(60)]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    splits = [clip.split for clip in read_corpus(folder).sound]
    assert set(splits) == {"train", "test_same_source"}
    assert 0 < splits.count("test_same_source") < 20
