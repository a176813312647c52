"""The training loop on embeddings in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core_model.detection.run import Features
from core_model.timeline import Task
from tests.tiny_bundle import LABELS, make_tiny_bundle, tiny_kinds
from tests.training.corrections.learning import (
    NEW,
    heard_scenes,
    light_text,
    one_thread,
    open_tiny,
    quick,
)
from training.corrections.events import Depth, Evaluated, TrainingStep
from training.corrections.learner import Learner
from training.corrections.measure import label_results
from training.corrections.open_model import OpenModel
from training.errors import TrainingError

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__, light_text.__name__, one_thread.__name__)


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def model(tiny_kinds, bundle_folder) -> OpenModel:
    return open_tiny(bundle_folder)


def learned(model: OpenModel, depth: Depth, steps: int = 8, seed: int = 0) -> Learner:
    data, encoded = heard_scenes(4)
    learner = Learner.begin(
        model, data, encoded, seed=seed, depth=depth, settings=quick(depth, steps)
    )
    for _ in learner.events():
        pass
    return learner


def changed(before: torch.nn.Module, after: torch.nn.Module) -> set[str]:
    old = before.state_dict()
    return {name for name, value in after.state_dict().items() if not torch.equal(value, old[name])}


def test_a_new_label_is_learned(model: OpenModel) -> None:
    only = replace(model, rows={Task.SED: model.rows[Task.SED]})
    learner = learned(only, Depth.CLASSIFIER, steps=40)
    assert learner.held_out
    before, after = (
        label_results(one, learner.held_out, Task.SED, [NEW])[0].average
        for one in (learner.before, learner.result)
    )
    assert after > before + 0.02
    assert learner.result.rows[Task.SED].labels == (*LABELS[Task.SED], NEW)
    assert learner.result.rows[Task.SED].known == 3


def test_depths_change_what_they_say(model: OpenModel) -> None:
    rows = model.rows[Task.SED].rows
    labels = learned(model, Depth.LABELS, steps=3)
    assert changed(model.head, labels.result.head) == set()
    assert not torch.equal(
        labels.result.rows[Task.SED].rows[2], labels.before.rows[Task.SED].rows[2]
    )
    assert torch.equal(labels.result.rows[Task.SED].rows[:2], rows)
    classifier = changed(model.head, learned(model, Depth.CLASSIFIER, steps=3).result.head)
    assert classifier and all(name.startswith("classification.") for name in classifier)
    experts = changed(model.head, learned(model, Depth.EXPERTS, steps=3).result.head)
    others = {name for name in experts if not name.startswith("classification.")}
    assert {name.split(".")[0] for name in others} == {"regression", "backbone"}
    backbone = {name for name in others if name.startswith("backbone.")}
    assert all(".experts.sed." in name for name in backbone)


def test_the_model_that_it_starts_from_stays(model: OpenModel) -> None:
    old = {name: value.clone() for name, value in model.head.state_dict().items()}
    learned(model, Depth.EXPERTS, steps=3)
    assert all(torch.equal(value, old[name]) for name, value in model.head.state_dict().items())
    assert model.rows[Task.SED].labels == LABELS[Task.SED]


def test_the_same_seed_gives_the_same_model(model: OpenModel) -> None:
    one, two = (learned(model, Depth.CLASSIFIER, steps=4).result for _ in range(2))
    other = learned(model, Depth.CLASSIFIER, steps=4, seed=1).result
    assert changed(one.head, two.head) == set()
    assert changed(one.head, other.head)


def test_a_new_label_leaves_the_others_as_they_were(model: OpenModel) -> None:
    learner = learned(model, Depth.LABELS, steps=5)
    after = learner.result.rows[Task.SED]
    assert after.compared == len(LABELS[Task.SED])
    assert torch.equal(after.reference, model.rows[Task.SED].reference)
    for stretch in learner.train:
        old, new = model.detect(stretch, Task.SED), learner.result.detect(stretch, Task.SED)
        kept = new.pick(new.labels < len(LABELS[Task.SED]))
        assert sorted(kept.scores.tolist()) == pytest.approx(sorted(old.scores.tolist()))


def test_old_labels_keep_their_scores(model: OpenModel) -> None:
    """Other kinds have no corrections: what the old model said is all that they learn from."""
    learner = learned(model, Depth.CLASSIFIER, steps=10)
    for task in (Task.TAL, Task.AVEL):
        stretch = learner.train[0]
        before, after = (one.detect(stretch, task) for one in (learner.before, learner.result))
        assert abs(before.scores.max() - after.scores.max()) < 0.05


def test_events_count_and_judge(model: OpenModel) -> None:
    data, encoded = heard_scenes(4)
    learner = Learner.begin(
        model, data, encoded, seed=0, depth=Depth.LABELS, settings=quick(Depth.LABELS, 6)
    )
    events = list(learner.events())
    steps = [each for each in events if isinstance(each, TrainingStep)]
    judged = [each for each in events if isinstance(each, Evaluated)]
    assert steps[-1].step == steps[-1].of == 6 and steps[-1].seconds_left == 0
    assert all(set(each.loss) == {Task.SED} for each in steps)
    assert [each.step for each in judged] == [0, 3, 6]
    assert all(0 <= each.mean_ap[Task.SED] <= 1 for each in judged)


def test_a_loss_that_is_no_number_names_the_videos(model: OpenModel) -> None:
    data, encoded = heard_scenes(2)
    for name, one in encoded.items():
        audio = one.features.audio.copy()
        audio[:] = np.nan
        encoded[name] = replace(one, features=Features(one.features.visual, audio))
    learner = Learner.begin(
        model, data, encoded, seed=0, depth=Depth.LABELS, settings=quick(Depth.LABELS)
    )
    with pytest.raises(TrainingError, match=r"sed: the loss of step 1 is nan; videos: scene 0"):
        list(learner.events())


def test_one_video_only_is_split_within(model: OpenModel) -> None:
    data, encoded = heard_scenes(1, events=4)
    learner = Learner.begin(model, data, encoded, seed=0, settings=quick(Depth.LABELS, 2))
    assert learner.train[0].last == learner.held_out[0].first
    assert len(learner.held_out[0].stretch.events) == 1
    assert list(learner.events())


def test_a_model_with_built_in_classes_is_refused(tmp_path, tiny_kinds) -> None:
    folder = make_tiny_bundle(tmp_path / "closed", class_aware=True)
    with pytest.raises(TrainingError, match=r"tiny 0\.1: its classes are built in"):
        open_tiny(folder)
