"""Random annotated videos for the tests of interchange."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from core_model.timeline import Task
from training.annotations.model import (
    AnnotationSet,
    Label,
    Origin,
    Provenance,
    Segment,
    State,
    Video,
    clean_note,
    is_inside,
    labels_of,
    one_line,
)

WORDS = (
    "dog",
    "a dog, barking",
    'he said "no"',
    "Ünïcode → 狗",
    "<b>bold</b> & co",
    "tab's; semi",
    "100 %",
    "1",
    "a > b",
    "NA",
    "=sum(1)",
    "\U0001f415 bark",
)
_LATEST_US = 4 * 3_600 * 1_000_000
_names = st.text(min_size=1, max_size=30).map(one_line).filter(bool)


def random_project(seed: int, videos: int = 3, segments: int = 200) -> AnnotationSet:
    """The project of a seed: overlaps, points, all kinds, states and origins."""
    chance = random.Random(seed)
    names = [f"folder {place}/clip {place}.mp4" for place in range(videos)]
    made = tuple(_segment(chance, chance.choice(names)) for _ in range(segments))
    known = tuple(
        Video(name, duration_us=_LATEST_US if chance.random() < 0.5 else None) for name in names
    )
    labels = [
        Label(label.kind, label.name, number=place if chance.random() < 0.5 else None)
        for place, label in enumerate(labels_of(made))
    ]
    labels.append(Label(Task.SED, "never heard", prompt="the sound of nothing"))
    return AnnotationSet(known, tuple(labels), made)


def _segment(chance: random.Random, video: str) -> Segment:
    onset_us = chance.randrange(_LATEST_US // 2)
    length_us = chance.choice((0, 1, 999, 1_000, chance.randrange(60_000_000)))
    is_model = chance.random() < 0.4
    return Segment(
        video=video,
        kind=chance.choice(list(Task)),
        label=chance.choice(WORDS),
        onset_us=onset_us,
        offset_us=onset_us + length_us,
        annotator=chance.choice(("", "anna", "Bö & <co>#2")),
        state=chance.choice(list(State)),
        score=chance.random() if is_model else None,
        note=chance.choice(("", "", "two\nlines", 'a, "quoted"\tnote')),
        provenance=Provenance(Origin.MODEL, "starter", "1.0", "a dog") if is_model else _HUMAN,
    )


_HUMAN = Provenance()


@st.composite
def anything(draw: st.DrawFn, max_videos: int = 3) -> tuple[list[str], list[Segment]]:
    """Videos and events with texts from all of Unicode.

    ``built`` makes a project of them, but not in here: where types are checked, a list is checked
    at a random place, which hypothesis does not allow within a strategy.
    """
    names = draw(st.lists(_names.filter(is_inside), min_size=1, max_size=max_videos, unique=True))
    segments = draw(st.lists(_segments(names), max_size=8))
    return names, segments


def built(parts: tuple[list[str], list[Segment]]) -> AnnotationSet:
    names, segments = parts
    return AnnotationSet(tuple(map(Video, names)), labels_of(segments), tuple(segments))


@st.composite
def _segments(draw: st.DrawFn, videos: Sequence[str]) -> Segment:
    onset_us = draw(st.integers(-5_000_000, _LATEST_US))
    return Segment(
        video=draw(st.sampled_from(videos)),
        kind=draw(st.sampled_from(Task)),
        label=draw(_names),
        onset_us=onset_us,
        offset_us=onset_us + draw(st.integers(0, 60_000_000)),
        annotator=draw(st.text(max_size=10).map(one_line)),
        state=draw(st.sampled_from(State)),
        score=draw(st.none() | st.floats(0, 1)),
        note=draw(st.text(max_size=20).map(clean_note)),
        provenance=draw(
            st.builds(Provenance, st.sampled_from(Origin), *[st.text(max_size=8).map(one_line)] * 3)
        ),
    )
