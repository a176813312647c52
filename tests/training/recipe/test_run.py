"""Whole training runs on small feature folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core_model.checkpoint import load_checkpoint
from core_model.timeline import Task
from core_model.uniav import UniAV, UniAVConfig
from tests.training.recipe.folders import MODEL, write_run
from training.__main__ import main
from training.errors import TrainingError
from training.recipe.feature_folder import FolderDescription, TaskFolder
from training.recipe.run import MODEL as MODEL_FILE
from training.recipe.run import STATE, STEPS, read_run, train
from training.recipe.settings import RecipeSettings
from training.recipe.trainer import TaskData, Trainer

CPU = torch.device("cpu")


def steps(folder: Path) -> list[dict]:
    lines = (folder / STEPS).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_run_learns_and_leaves_a_model(tmp_path, capsys):
    path = write_run(tmp_path, epochs=10)
    out = tmp_path / "out"
    assert main([str(path), "--out", str(out), "--device", "cpu"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"tal", "sed"}
    assert set(report["tal"]["mAP"]) == {f"{t:.2f}" for t in np.linspace(0.5, 0.95, 10)}
    history = steps(out)
    assert [row["task"] for row in history[:4]] == ["tal", "sed", "tal", "sed"]
    for task in ("tal", "sed"):
        totals = [row["total"] for row in history if row["task"] == task]
        assert np.mean(totals[-4:]) < 0.7 * np.mean(totals[1:5])
    model, extra = load_checkpoint(out / MODEL_FILE)
    assert model.config == UniAVConfig.from_dict(MODEL)
    assert extra["epochs"] == 11


def test_a_run_that_was_cut_off_ends_like_one_that_was_not(tmp_path):
    description = read_run(write_run(tmp_path))
    whole, part = tmp_path / "whole", tmp_path / "part"
    train(description, whole, CPU, say=lambda _: None)

    def cut_off(line: str) -> None:
        if "epoch 2 of" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(description, part, CPU, say=cut_off)
    assert (part / STATE).is_file()
    said: list[str] = []
    train(description, part, CPU, say=said.append)
    assert said[0] == "going on after epoch 1"
    expected, _ = load_checkpoint(whole / MODEL_FILE)
    found, _ = load_checkpoint(part / MODEL_FILE)
    for name, weight in expected.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], weight, msg=name)


def test_two_processes_compute_the_losses_of_one(tmp_path):
    path = write_run(tmp_path, epochs=1, warm_up_epochs=1)
    train(read_run(path), tmp_path / "one", CPU, say=lambda _: None)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--standalone", "-m", "training", str(path), "--device", "cpu"]
    command += ["--out", str(tmp_path / "two")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = steps(tmp_path / "one"), steps(tmp_path / "two")
    assert len(one) == len(two) == 8
    for key in ("classification", "regression", "total", "gradient_norm"):
        np.testing.assert_allclose([r[key] for r in two], [r[key] for r in one], rtol=2e-4)


def trainer_of(path: Path, **changes) -> Trainer:
    description = read_run(path)
    model = UniAV(description.model)
    data = {}
    for task, about in description.data.items():
        folder = TaskFolder.open(task, description.model.tasks[task], about, path.parent)
        model.set_text_embeddings(task, folder.text)
        entries = folder.names(about.train)
        data[task] = TaskData(len(entries), lambda i, f=folder, e=entries: f.example(e[i]), 3, 16)
    settings = RecipeSettings(epochs=1, warm_up_epochs=0, batch=4, **changes)
    return Trainer(model, data, settings)


def test_experts_of_a_stopped_task_are_not_touched(tmp_path):
    trainer = trainer_of(write_run(tmp_path))
    trainer.control[Task.SED].stopped = True
    before = {name: value.clone() for name, value in trainer.model.named_parameters()}
    list(trainer.epoch())
    moved = {
        name
        for name, value in trainer.model.named_parameters()
        if not torch.equal(value, before[name])
    }
    # Round 0 is one of those in which a stopped task trains, so both kinds of expert move in it.
    assert any("sed" in name for name in moved)
    before = {name: value.clone() for name, value in trainer.model.named_parameters()}
    trainer.epochs_done = 1
    trainer.rounds_per_epoch = 1
    list(trainer.epoch())
    for name, value in trainer.model.named_parameters():
        if "sed" in name:
            assert torch.equal(value, before[name]), name


def test_a_loss_that_is_no_number_names_the_videos(tmp_path):
    trainer = trainer_of(write_run(tmp_path))
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"tal: the loss of round 0 is nan; videos: video"):
        list(trainer.epoch())


def test_too_few_videos_are_named(tmp_path):
    path = write_run(tmp_path, batch=100)
    with pytest.raises(TrainingError, match=r"tal: 8 videos are less than one batch of 100"):
        train(read_run(path), tmp_path / "out", CPU)


def test_settings_are_checked():
    assert RecipeSettings.from_dict({"epochs": 3, "learning_rate": 1}).learning_rate == 1.0
    for raw, reason in (
        ({"epoch": 3}, "unknown key 'epoch'"),
        ({"epochs": "3"}, "'epochs' must be int"),
        ({"epochs": 0}, "'epochs' must lie between"),
        ({"streams": "smell"}, "must be one of both, visual, audio"),
        ({"label_smoothing": {"tal": 2}}, r"must lie in \[0, 1\)"),
        ({"regression_loss": "l1"}, "one of diou, iou, giou"),
        ({"precision": "int8"}, "one of auto, bf16, fp32"),
    ):
        with pytest.raises(TrainingError, match=reason):
            RecipeSettings.from_dict(raw)


def test_a_video_name_cannot_lead_out_of_the_folder(tmp_path):
    path = write_run(tmp_path)
    raw = json.loads((tmp_path / "actions.json").read_text(encoding="utf-8"))
    raw["database"]["../sounds/video0"] = raw["database"]["video0"]
    (tmp_path / "actions.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(TrainingError, match="leads out of the feature folder"):
        train(read_run(path), tmp_path / "out", CPU)


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("actions.json", "{", "not an annotation file"),
        ("actions.json", '{"database": {}}', "holds no event"),
        ("actions/video0_one_peace_audio.npy", "nonsense", "video0_one_peace_audio.npy"),
    ],
)
def test_bad_files_are_named(tmp_path, capsys, file, content, reason):
    path = write_run(tmp_path)
    (tmp_path / file).write_text(content, encoding="utf-8")
    assert main([str(path), "--out", str(tmp_path / "out"), "--device", "cpu"]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert reason in said


def test_features_of_the_wrong_width_are_named(tmp_path, capsys):
    path = write_run(tmp_path)
    wrong = tmp_path / "sounds" / "video1_one_peace_audio.npy"
    np.save(wrong, np.zeros((20, 3), np.float32))
    assert main([str(path), "--out", str(tmp_path / "out"), "--device", "cpu"]) == 1
    assert "video1_one_peace_audio.npy: 3 numbers wide, not 5" in capsys.readouterr().err


def test_a_description_names_what_is_missing():
    with pytest.raises(TrainingError, match=r"run\.json: tal: 'annotations' is missing"):
        FolderDescription.from_dict({"features": "f"}, "run.json: tal")
