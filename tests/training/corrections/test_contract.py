"""What goes into a training and what it says: both survive being lines of JSON."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_model.timeline import Task
from tests.training.corrections.made_up import corrections, segment, video
from training.corrections.data import Decision, TrainingData, TrainingLabel
from training.corrections.events import (
    ComparedLabel,
    Depth,
    Encoding,
    Evaluated,
    KeptDetections,
    LeftOut,
    PlannedLabel,
    PlannedVideo,
    Remark,
    SplitBy,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
    TrainingPlan,
    TrainingStep,
    event_line,
    parse_event,
)
from training.errors import TrainingError

EVENTS: tuple[TrainingEvent, ...] = (
    TrainingPlan(
        "p.avscope",
        7,
        "starter 1.1",
        (PlannedVideo("a/b.mp4", 0, 5, True, 3),),
        (LeftOut("c.mp4", "its file is missing"),),
        (PlannedLabel(Task.SED, "Ünïcode 狗", True, 1, 2, 3, 4, 5, 1),),
        2,
        SplitBy.STRETCH,
        Depth.CLASSIFIER,
        ("classifier",),
        ("encoders",),
        "because",
    ),
    Remark("line\nend"),
    Encoding(1, 3, "a.mp4", 0.5),
    TrainingStep(3, 100, 12.5, {Task.TAL: 0.25, Task.SED: 1e-9}, 1e-3),
    Evaluated(10, 100, {Task.SED: 0.5}, {Task.SED: True}),
    TrainingDone(
        "/out",
        "b-1",
        "b-0",
        (ComparedLabel(Task.AVEL, "", False, 3, 0.1, 0.2, 0.3, 0.4),),
        (KeptDetections(Task.TAL, 10, 9, 1),),
        7,
        0,
        3.5,
    ),
    TrainingFailed("the disk is full"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_survive_a_line(event: TrainingEvent) -> None:
    line = event_line(event)
    assert "\n" not in line
    assert parse_event(line) == event


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"event": "nonsense"}',
        '{"event": "failed"}',
        '{"event": "failed", "reason": 3}',
        '{"event": "failed", "reason": "x", "more": 1}',
        '{"event": "evaluated", "step": 1, "of": 2, "mean_ap": {"dogs": 1}, "stopped": {}}',
        '{"event": "encoding", "done": true, "of": 2, "video": "v", "share": 0.1}',
        '{"event": "encoding", "done": 1, "of": 2, "video": "v", "share": NaN}',
        "loading ...",
    ],
)
def test_other_lines_are_no_events(line: str) -> None:
    with pytest.raises(ValueError):
        parse_event(line)


segments = st.builds(
    segment,
    st.text(min_size=1, max_size=20),
    st.floats(0, 10),
    st.floats(10, 60),
    st.sampled_from(Decision),
    st.sampled_from(Task),
)


@given(st.lists(st.lists(segments, max_size=5), max_size=4))
def test_training_data_survives_json(videos: list) -> None:
    data = corrections(*(video(f"{i}.mp4", *each) for i, each in enumerate(videos)))
    assert TrainingData.from_text(data.to_text()) == data


def test_bad_training_data_names_the_field() -> None:
    data = corrections(video("a.mp4", segment("dog", 1, 2)))
    with pytest.raises(TrainingError, match=r"videos\[0\]\.segments\[0\]\.onset_us"):
        TrainingData.from_text(data.to_text().replace("1000000", '"soon"', 1))
    with pytest.raises(TrainingError, match="revision"):
        TrainingData.from_text('{"project": "p", "videos": []}')
    with pytest.raises(TrainingError):
        TrainingData.from_text("[" * 100_000)


def test_prompt_of_a_label() -> None:
    data = TrainingData(
        "p", 0, (), (TrainingLabel(Task.SED, "a", "the sound of a"), TrainingLabel(Task.TAL, "b"))
    )
    assert data.prompt_of(Task.SED, "a") == "the sound of a"
    assert data.prompt_of(Task.TAL, "a") == "a"
    assert data.prompt_of(Task.TAL, "b") == "b"


def test_contract_is_torch_free() -> None:
    program = (
        "import sys; import training.corrections.plan, training.corrections.events;"
        " assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
