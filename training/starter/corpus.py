"""What the recipe learns from: clips with their labels, groups and split.

The folder is laid out as three tables (``sound.csv``, ``action_video.csv``,
``action_images.csv``) beside the media that they name. Splits are drawn per group (recording,
speaker, piece, film), never per file, so that a held-back clip is never another take of one
seen in training. Labels whose clips all come from one or two sources cannot be split so; they
keep a held-back part by file, marked as such and reported apart.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HELD_BACK_FRACTION = 0.12
FEWEST_GROUPS_TO_SPLIT = 8


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled file. ``split`` is 'train', 'test' (other groups) or 'test_same_source'."""

    file: str
    label: str
    group: str
    split: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """The three tables, split."""

    sound: tuple[Clip, ...]
    action_video: tuple[Clip, ...]
    action_images: tuple[Clip, ...]


def read_corpus(folder: Path) -> Corpus:
    """Read and split the tables in ``folder``; OSError or KeyError where one does not fit."""
    return Corpus(
        sound=_split(_rows(folder / "sound.csv")),
        action_video=_split(_rows(folder / "action_video.csv")),
        action_images=_split(_rows(folder / "action_images.csv")),
    )


def _rows(path: Path) -> list[tuple[str, str, str]]:
    """(file, label, group) of each row; a table without groups takes each file as its own."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            (row["file"], row["label"], row.get("group") or row["file"])
            for row in csv.DictReader(stream)
        ]


def _split(rows: list[tuple[str, str, str]]) -> tuple[Clip, ...]:
    groups_of_label: dict[str, set[str]] = defaultdict(set)
    for _, label, group in rows:
        groups_of_label[label].add(group)
    held_back: set[str] = set()
    for groups in groups_of_label.values():
        if len(groups) >= FEWEST_GROUPS_TO_SPLIT:
            count = max(2, round(HELD_BACK_FRACTION * len(groups)))
            held_back.update(sorted(groups, key=_draw)[:count])
    clips = []
    for file, label, group in rows:
        if len(groups_of_label[label]) >= FEWEST_GROUPS_TO_SPLIT:
            split = "test" if group in held_back else "train"
        else:
            by_file = _draw(file) < HELD_BACK_FRACTION
            split = "test_same_source" if by_file else "train"
        # A group can hold clips of several labels: no clip of a held-back group is trained on.
        clips.append(Clip(file, label, group, "test" if group in held_back else split))
    return tuple(clips)


def half_of(clip: Clip) -> str:
    """'first' or 'second' for held-back clips (by group), 'train' for the others."""
    if clip.split == "train":
        return "train"
    return (
        "first"
        if _draw("half " + clip.group + clip.file * (clip.split != "test")) < 0.5
        else "second"
    )


def _draw(key: str) -> float:
    """A fixed pseudo-random number in [0, 1) for a name: the same split on every machine."""
    digest = hashlib.blake2b(key.encode("utf-8"), digest_size=8, person=b"avscope split")
    return int.from_bytes(digest.digest(), "big") / 2**64
