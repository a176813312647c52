"""The published variants as run descriptions: each trains, and what cannot work is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core_model.checkpoint import load_checkpoint
from core_model.encoders.minilm import MiniLM
from core_model.timeline import Task
from tests.training.recipe.folders import LABELS, write_run
from training.errors import TrainingError
from training.recipe.feature_folder import FolderDescription
from training.recipe.label_text import prompted_rows
from training.recipe.run import MODEL as MODEL_FILE
from training.recipe.run import read_run, train

CPU = torch.device("cpu")
CLASSES = {"tal": {"max_length": 16, "num_classes": 3}, "sed": {"max_length": 16, "num_classes": 3}}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {"tasks": CLASSES, "experts": "none", "classifier": "conv"},
    "experts, own classifiers": {"tasks": CLASSES, "classifier": "conv"},
    "experts in L1": {"experts": "l1"},
    "experts in L2": {"experts": "l2"},
    "no experts": {"experts": "none"},
}


def changed(path: Path, **changes: Any) -> Path:
    """The run description with other values; keys of ``data`` change in every task."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["model"] = {**raw["model"], **changes.pop("model", {})}
    only = changes.pop("tasks", None)
    if only:
        raw["data"] = {name: raw["data"][name] for name in only}
        raw["model"]["tasks"] = {name: raw["model"]["tasks"][name] for name in only}
    for task in raw["data"].values():
        task.update(changes.get("data", {}))
    raw.update(changes.get("top", {}))
    out = path.with_name(f"changed{len(list(path.parent.iterdir()))}.json")
    out.write_text(json.dumps(raw), encoding="utf-8")
    return out


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_trains(tmp_path, name):
    path = changed(write_run(tmp_path, epochs=1, warm_up_epochs=0), model=VARIANTS[name])
    report = train(read_run(path), tmp_path / "out", CPU, say=lambda _: None)
    assert set(report) == {"tal", "sed"}
    model, _ = load_checkpoint(tmp_path / "out" / MODEL_FILE)
    names = {n.split(".")[5] for n in model.state_dict() if "cross" in n and ".experts." in n}
    own = name in ("experts, own classifiers", "experts in L2")
    assert names == ({"tal", "sed"} if own else {"shared"})


@pytest.mark.parametrize("recipe", [{"streams": "visual"}, {"precision": "bf16"}, {"keep_mb": 0}])
def test_recipes_of_every_kind_train(tmp_path, recipe):
    path = write_run(tmp_path, epochs=1, warm_up_epochs=0, **recipe)
    report = train(read_run(path), tmp_path / "out", CPU, say=lambda _: None)
    assert 0 <= report["sed"]["average"] <= 1
    model, _ = load_checkpoint(tmp_path / "out" / MODEL_FILE)
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_a_single_task_goes_on_from_all_tasks(tmp_path):
    path = write_run(tmp_path, epochs=1, warm_up_epochs=0)
    train(read_run(path), tmp_path / "all", CPU, say=lambda _: None)
    single = changed(
        path,
        model=VARIANTS["base"],
        tasks=("sed",),
        data={"text": ""},
        top={"init": f"all/{MODEL_FILE}"},
    )
    said: list[str] = []
    report = train(read_run(single), tmp_path / "one", CPU, say=said.append)
    assert set(report) == {"sed"}
    model, _ = load_checkpoint(tmp_path / "one" / MODEL_FILE)
    count = len(model.state_dict())
    assert said[0] == f"taken over: {count - 2} of {count} of the weights"


def test_prompts_can_be_left_out():
    with_prompt = prompted_rows("A sound event of {label}.", LABELS)
    alone = prompted_rows("{label}", LABELS)
    assert with_prompt.shape == alone.shape == (3, 384)
    torch.testing.assert_close(alone, MiniLM().embed(list(LABELS)))
    assert (with_prompt * alone).sum(dim=1).max() < 0.99


def test_prompts_stand_in_for_a_file(tmp_path):
    path = write_run(tmp_path, epochs=1, warm_up_epochs=0)
    prompts = changed(path, model={"text_dim": 384}, data={"text": "", "prompt": "{label}"})
    report = train(read_run(prompts), tmp_path / "out", CPU, say=lambda _: None)
    assert set(report["tal"]["per_label"]) <= set(LABELS)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": {"text": ""}}, "tal: needs 'text' or 'prompt'"),
        ({"data": {"prompt": "{label}"}}, "'text' and 'prompt' exclude each other"),
        ({"data": {"text": "", "prompt": "a sound"}}, "'prompt' must hold {label}"),
        ({"data": {"text": "", "prompt": "{label}"}}, "tal: text embeddings of 384 numbers, not"),
        (
            {"model": {"tasks": {**CLASSES, "tal": {"max_length": 16, "num_classes": 7}}}},
            "actions.json: 3 labels, but the model's task tal has 7",
        ),
    ],
)
def test_what_cannot_work_is_named(tmp_path, changes, reason):
    path = changed(write_run(tmp_path), **changes)
    with pytest.raises(TrainingError) as caught:
        train(read_run(path), tmp_path / "out", CPU, say=lambda _: None)
    assert reason in str(caught.value)


EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "runs").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_descriptions_are_right(path):
    description = read_run(path)
    assert set(description.data) <= set(description.model.tasks)
    assert all(isinstance(about, FolderDescription) for about in description.data.values())
    assert all(isinstance(task, Task) for task in description.data)
    assert (description.init is not None) == ("finetuned" in path.stem)


def test_there_are_examples():
    assert len(EXAMPLES) >= 6
