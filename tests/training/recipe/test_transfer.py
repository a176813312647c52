"""Starting from the weights of another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from core_model.checkpoint import save_checkpoint
from core_model.uniav import UniAV, UniAVConfig
from tests.training.recipe.folders import MODEL
from training.errors import TrainingError
from training.recipe.transfer import take_over

SED = {"tasks": {"sed": {"max_length": 16, "num_classes": 3}}}


def model(**changes: Any) -> UniAV:
    return UniAV(UniAVConfig.from_dict({**MODEL, **changes}))


@pytest.fixture
def all_tasks(tmp_path: Path) -> Path:
    """Where to save a model of all tasks."""
    return tmp_path / "all.safetensors"


def taken(target: UniAV, source: dict[str, torch.Tensor], name: str, other: str) -> bool:
    return torch.equal(target.state_dict()[name], source[other])


def test_a_part_of_the_same_model_is_taken_over_whole(all_tasks):
    save_checkpoint(all_tasks, whole := model())
    source = whole.state_dict()
    single = model(tasks={"sed": {"max_length": 16}})
    count = len(single.state_dict())
    assert take_over(single, all_tasks) == f"{count} of {count}"
    for name in single.state_dict():
        assert taken(single, source, name, name)


def test_a_single_task_gets_its_expert_and_a_new_classifier(all_tasks):
    save_checkpoint(all_tasks, whole := model())
    source = whole.state_dict()
    single = model(**SED, experts="none", classifier="conv")
    first = single.state_dict()["classification.classifiers.sed.weight"].clone()
    said = take_over(single, all_tasks)
    new = ["classification.classifiers.sed.weight", "classification.classifiers.sed.bias"]
    count = len(single.state_dict())
    assert said == f"{count - len(new)} of {count}"
    assert torch.equal(single.state_dict()[new[0]], first)
    for name in set(single.state_dict()) - set(new):
        assert taken(single, source, name, name.replace("experts.shared", "experts.sed")), name


def test_experts_start_from_a_shared_one(tmp_path):
    path = tmp_path / "base.safetensors"
    save_checkpoint(path, base := model(experts="none"))
    both = model()
    take_over(both, path)
    for name in both.state_dict():
        other = name.replace("experts.tal", "experts.shared").replace(
            "experts.sed", "experts.shared"
        )
        assert taken(both, base.state_dict(), name, other), name


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"nowhere\.safetensors"):
        take_over(model(), tmp_path / "nowhere.safetensors")
