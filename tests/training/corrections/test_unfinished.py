"""A training that is cut off goes on as if nothing had happened."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from core_model.timeline import Task
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds
from tests.training.corrections.learning import (
    heard_scenes,
    light_text,
    one_thread,
    open_tiny,
    quick,
)
from tests.training.corrections.made_up import corrections, segment, video
from training.corrections.events import Depth, Evaluated, Remark, TrainingStep
from training.corrections.learner import Learner
from training.corrections.learner_state import LearnerState, StateFile
from training.corrections.unfinished import (
    HEADER_KEY,
    Control,
    DrawState,
    Progress,
    fingerprint,
    read_progress,
)
from training.errors import TrainingError
from training.recipe.schedule import StopAndGo

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__, light_text.__name__, one_thread.__name__)
ROOT = Path(__file__).resolve().parents[3]
STEPS, CUT = 4, 2
# A training that is killed where its second step is judged: the first is kept by then.
KILLED = """
import os, signal, sys, types
from pathlib import Path
sys.modules["tests"] = tests = types.ModuleType("tests")
tests.__path__ = ["tests"]
import torch
from core_model import bundle
from tests import tiny_bundle
from tests.training.corrections import learning, test_unfinished as told
bundle.VISUAL_ENCODERS["tiny"] = tiny_bundle.TinyVisualEncoder.load
bundle.AUDIO_ENCODERS["tiny"] = tiny_bundle.TinyAudioEncoder.load
bundle.TEXT_ENCODERS["minilm"] = learning.SpokenNumbers
torch.set_num_threads(1)
model = learning.open_tiny(Path(sys.argv[1]))
events = told.begun(model, told.Depth.CLASSIFIER).events(told.state_file(Path(sys.argv[2])))
told.until_cut(events)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def model(tiny_kinds, bundle_folder):
    return open_tiny(bundle_folder)


def begun(model, depth: Depth) -> Learner:
    data, encoded = heard_scenes(2)
    return Learner.begin(model, data, encoded, seed=0, depth=depth, settings=quick(depth, STEPS))


def state_file(path: Path) -> StateFile:
    return StateFile(path, "this one", pause_s=0.0)


def until_cut(events) -> None:
    for event in events:
        if isinstance(event, Evaluated) and event.step == CUT:
            return
    raise AssertionError("the training ended before it was cut off")


def assert_alike(one: Learner, other: Learner) -> None:
    old, new = one.result, other.result
    weights = new.head.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in old.head.state_dict().items())
    assert all(torch.equal(old.rows[task].rows, new.rows[task].rows) for task in old.rows)
    assert one.control == other.control


@pytest.mark.parametrize("depth", [Depth.LABELS, Depth.EXPERTS])
def test_it_goes_on_to_the_same_weights(model, depth: Depth, tmp_path: Path) -> None:
    whole, cut, again = (begun(model, depth) for _ in range(3))
    expected = [each for each in whole.events() if isinstance(each, Evaluated)]
    file = state_file(tmp_path / "state")
    until_cut(cut.events(file))
    state = file.read()
    assert state is not None and 0 < state.progress.step < CUT
    again.go_on(state)
    told = list(again.events(file))
    assert_alike(whole, again)
    # What was told before is told again: curves are whole.
    assert [each for each in told if isinstance(each, Evaluated)] == expected
    assert again.spent_s > state.progress.spent_s
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_a_killed_process_is_gone_on_with(model, bundle_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "state"
    arguments = [sys.executable, "-c", KILLED, str(bundle_folder), str(file)]
    assert subprocess.run(arguments, cwd=ROOT, check=False).returncode == -9
    whole, again = (begun(model, Depth.CLASSIFIER) for _ in range(2))
    state = state_file(file).read()
    assert state is not None and 0 < state.progress.step < CUT
    again.go_on(state)
    for learner in (whole, again):
        assert list(learner.events())
    assert_alike(whole, again)


def test_a_state_of_another_training_is_refused(model, tmp_path: Path) -> None:
    file = state_file(tmp_path / "state")
    assert file.read() is None
    cut = begun(model, Depth.LABELS)
    until_cut(cut.events(file))
    state = file.read()
    assert state is not None
    assert StateFile(file.path, "another one", 0.0).read() is None
    with pytest.raises(TrainingError, match="other settings"):
        begun(model, Depth.CLASSIFIER).go_on(state)
    less = LearnerState(state.progress, {"random": state.tensors["random"]})
    with pytest.raises(TrainingError, match=r"average\.0"):
        begun(model, Depth.LABELS).go_on(less)
    late = replace(state.progress, step=STEPS + 1)
    with pytest.raises(TrainingError, match="step 5 of 4"):
        begun(model, Depth.LABELS).go_on(LearnerState(late, state.tensors))
    file.path.write_bytes(file.path.read_bytes()[:-100])
    assert file.read() is None


def test_a_disk_that_is_full_is_told_once(model, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    told = list(begun(model, Depth.LABELS).events(state_file(tmp_path / "state")))
    (remark,) = [each for each in told if isinstance(each, Remark)]
    assert "state: cannot be written" in remark.text and "starts anew" in remark.text
    last = [each for each in told if isinstance(each, TrainingStep)][-1]
    assert last.step == STEPS
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_what_is_kept_says_how_far_it_is_without_torch(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    random.integers(5, dtype=np.uint32)
    draw = DrawState.of(random)
    control = {Task.SED: Control.of(StopAndGo()), Task.TAL: Control(0.5, True, 2, 1)}
    progress = Progress("f", "s", 3, 8, 1.5, {Task.SED: 40.0}, control, draw, ("{}",))
    file = tmp_path / "state"
    save_file({"x": np.zeros(1)}, file, metadata={HEADER_KEY: progress.to_text()})
    assert read_progress(file) == progress
    assert control[Task.SED].restored() == StopAndGo()
    assert control[Task.TAL].restored() == StopAndGo(
        best=0.5, stopped=True, worse_epochs=2, unjudged=1
    )
    expected = random.integers(1000, size=5).tolist()
    other = np.random.default_rng(4)
    draw.restore(other)
    assert other.integers(1000, size=5).tolist() == expected
    for content in (b"", b"nonsense", b"\xff" * 64):
        file.write_bytes(content)
        assert read_progress(file) is None
    save_file({"x": np.zeros(1)}, file, metadata={HEADER_KEY: "[]"})
    assert read_progress(file) is None


def test_the_fingerprint_is_of_what_is_learned(bundle_folder: Path, tmp_path: Path) -> None:
    data = corrections(video("a.mp4", segment("dog", 1, 2)))
    known = fingerprint(data, bundle_folder, 0)
    # Edits that came to nothing do not count.
    assert fingerprint(replace(data, revision=99), bundle_folder, 0) == known
    more = corrections(video("a.mp4", segment("dog", 1, 2), segment("dog", 3, 4)))
    others = (
        fingerprint(more, bundle_folder, 0),
        fingerprint(data, bundle_folder, 1),
        fingerprint(data, make_tiny_bundle(tmp_path / "other", 5), 0),
    )
    assert known not in others and len(set(others)) == 3
