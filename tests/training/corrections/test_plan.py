"""What is used of which corrections, and how they are split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.timeline import Task
from tests.tiny_bundle import tiny_description
from tests.training.corrections.made_up import S, corrections, segment, video
from training.corrections.data import Decision
from training.corrections.events import Depth, SplitBy
from training.corrections.plan import (
    ENOUGH_FOR_CLASSIFIER,
    ENOUGH_FOR_EXPERTS,
    depth_for,
    make_plan,
    prepare,
)
from training.corrections.split import split
from training.errors import TrainingError

DESCRIPTION = tiny_description()


def test_counts_by_label_and_decision() -> None:
    data = corrections(
        video(
            "a.mp4",
            segment("siren", 0, 2, Decision.ACCEPTED),
            segment("siren", 4, 6, Decision.EDITED),
            segment("siren", 8, 9, Decision.REJECTED),
            segment("siren", 12, 13, Decision.OPEN),
            segment("kettle", 20, 22),
        ),
        video("b.mp4", segment("SIREN ", 3, 4), segment("kettle", 5, 6)),
        video("untouched.mp4", segment("siren", 3, 4, Decision.OPEN)),
        video("gone.mp4", segment("siren", 3, 4), path=""),
    )
    plan = make_plan(data, DESCRIPTION, seed=0)
    siren = next(label for label in plan.labels if label.label == "siren")
    kettle = next(label for label in plan.labels if label.label == "kettle")
    assert (siren.accepted, siren.edited, siren.human, siren.rejected) == (1, 1, 1, 1)
    assert not siren.is_new and kettle.is_new and kettle.positives == 2
    assert plan.positives == 5 and plan.hard_negatives == 1
    assert [each.name for each in plan.left_out] == ["gone.mp4"]
    assert {each.name for each in plan.videos} == {"a.mp4", "b.mp4"}
    assert (plan.revision, plan.init) == (12, "tiny 0.1")


def test_no_corrections_is_an_error_that_says_what_to_do() -> None:
    data = corrections(video("a.mp4", segment("siren", 0, 2, Decision.OPEN)))
    with pytest.raises(TrainingError, match="accept, reject, fix or draw"):
        make_plan(data, DESCRIPTION, seed=0)
    with pytest.raises(TrainingError, match="accept, reject, fix or draw"):
        make_plan(corrections(), DESCRIPTION, seed=0)
    with pytest.raises(TrainingError, match=r"gone\.mp4: its file is missing"):
        make_plan(corrections(video("gone.mp4", segment("a", 1, 2), path="")), DESCRIPTION, 0)


def test_segments_outside_their_video_are_left_out_and_counted() -> None:
    inside = [segment("siren", place, place + 2) for place in (0, 10, 20, 58.9)]
    outside = [segment("siren", 59.5, 62), segment("siren", 100, 101), segment("siren", 5, 5)]
    plan = make_plan(corrections(video("a.mp4", *inside, *outside)), DESCRIPTION, seed=0)
    assert plan.stray_segments == 3
    assert plan.positives == 4
    with pytest.raises(TrainingError, match="all 2 segments lie outside"):
        make_plan(corrections(video("a.mp4", *outside[:2])), DESCRIPTION, seed=0)


def test_kinds_that_the_model_lacks_are_left_out() -> None:
    tasks = {Task.SED: DESCRIPTION.tasks[Task.SED]}
    data = corrections(video("a.mp4", segment("siren", 0, 2), segment("x", 0, 2, kind=Task.TAL)))
    plan = make_plan(data, tiny_description(tasks=tasks), seed=0)
    assert [label.kind for label in plan.labels] == [Task.SED]
    assert [each.name for each in plan.left_out] == ["tal"]


def test_one_video_is_split_where_no_event_is_cut() -> None:
    events = [segment("siren", place, place + 2) for place in range(0, 40, 4)]
    halves = split([video("a.mp4", *events)], seed=0)
    assert halves.by is SplitBy.STRETCH
    cut_us = halves.train[0].end_us
    assert all(not each.onset_us < cut_us < each.offset_us for each in events)
    assert len(halves.held_out[0].events) in (2, 3)
    assert len(halves.train[0].events) + len(halves.held_out[0].events) == 10


def test_very_few_events_are_not_split() -> None:
    halves = split([video("a.mp4", segment("a", 0, 1)), video("b.mp4", segment("a", 0, 1))], 0)
    assert halves.by is SplitBy.NOTHING
    assert not halves.held_out


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=6),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 5),
)
def test_splits_lose_nothing_and_teach_every_label(videos: list, seed: int) -> None:
    made = [
        video(f"{i}.mp4", *(segment(label, at, at + 3) for label, at in each))
        for i, each in enumerate(videos)
    ]
    halves = split(made, seed)
    assert halves == split(made, seed)
    sides = [[e for s in side for e in s.events] for side in (halves.train, halves.held_out)]
    assert len(sides[0]) + len(sides[1]) == sum(map(len, videos))
    if halves.by is SplitBy.VIDEO:
        names = [{s.video.name for s in side} for side in (halves.train, halves.held_out)]
        assert not names[0] & names[1]
        assert {e.label for e in sides[1]} <= {e.label for e in sides[0]}
    assert (halves.by is SplitBy.NOTHING) == (not halves.held_out)
    assert halves.by is SplitBy.NOTHING or (sides[0] and sides[1])


def test_depth_grows_with_the_events() -> None:
    assert depth_for(1) is Depth.LABELS
    assert depth_for(ENOUGH_FOR_CLASSIFIER) is Depth.CLASSIFIER
    assert depth_for(ENOUGH_FOR_EXPERTS) is Depth.EXPERTS
    data = corrections(video("a.mp4", *(segment("siren", t, t + 1) for t in range(0, 58, 2))))
    prepared = prepare(data, DESCRIPTION, 0, Depth.EXPERTS)
    assert prepared.plan.depth is Depth.EXPERTS
    assert "29" not in prepared.plan.why and "last part is held back" in prepared.plan.why
    assert prepared.plan.videos[0].end_us == prepared.plan.videos[1].start_us < 60 * S
