"""The study: its rows, its results on disk, its table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core_model.timeline import Task
from core_model.uniav.model import UniAV
from tests.training.study.small_scenes import DIM, LABELS, scenes, write_scenes
from training.errors import TrainingError
from training.study.__main__ import main
from training.study.runs import RunResult
from training.study.scenes import SCENE_S, StudyData, read_scenes, some
from training.study.table import order_lines, table
from training.study.variants import PAPER_ORDER, VARIANTS, model_config

SMALL = ["--dim", "8", "--rounds", "2", "--batch", "4", "--seeds", "1", "--threads", "1"]


def study(folder: Path, out: Path, *more: str) -> int:
    return main(["--scenes", str(folder), "--out", str(out), *SMALL, *more])


def test_scenes_become_examples_of_one_task():
    data = StudyData.of(scenes(4, 1), scenes(2, 2))
    assert data.labels == LABELS
    example = data.example(data.train, Task.SED, 1)
    event = next(e for e in data.train.events[1] if e.task is Task.SED)
    assert example.visual.shape == (128, DIM) and example.duration_s == SCENE_S
    np.testing.assert_allclose(
        example.times.seconds(example.segments.numpy()),
        [[event.onset_s, event.offset_s]],
        rtol=1e-5,
    )
    assert LABELS[Task.SED][int(example.labels[0])] == event.label
    assert data.task_data(Task.TAL).count == 4


def test_labels_that_nothing_teaches_are_not_asked_for():
    train = scenes(6, 1)
    quiet = [i for i, events in enumerate(train.events) if any(e.label == "dog" for e in events)]
    other = some(train, np.setdiff1d(np.arange(6), quiet))
    data = StudyData.of(other, train)
    assert data.labels[Task.SED] == ("siren",)
    assert set(data.examples(data.test, Task.SED)) == set(range(6)) - set(quiet)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_row_is_a_model(variant):
    for tasks in variant.task_sets(tuple(Task)):
        model = UniAV(model_config(variant, tasks, LABELS, 8, (DIM, DIM)))
        names = {name.split(".experts.")[1].split(".")[0] for name in _experts(model)}
        own = {str(task) for task in tasks}
        expected = {"both": own, "none": {"shared"}}.get(variant.experts, own | {"shared"})
        assert names == expected
        assert set(model.config.tasks) == set(tasks)


def _experts(model: UniAV) -> list[str]:
    return [name for name in model.state_dict() if ".experts." in name]


def test_a_study_is_written_down_and_not_repeated(tmp_path, capsys):
    folder, out = write_scenes(tmp_path), tmp_path / "out"
    assert study(folder, out, "--only", "ST", "AT fine-tuned") == 0
    first = capsys.readouterr()
    # The row that another one starts from is trained, too.
    assert [path.stem for path in sorted(out.glob("*.json"))] == sorted(
        ["AT-seed1"] + [f"{row}-{task}-seed1" for row in ("ST", "AT_fine-tuned") for task in Task]
    )
    assert first.err.count(" s)\n") == 7
    assert "| AT fine-tuned |" in first.out and "| Base |" not in first.out
    result = RunResult.read(out / "AT-seed1.json")
    assert set(result.average) == set(map(str, Task))
    assert all(0 <= value <= 1 for value in result.average.values())
    assert study(folder, out, "--only", "ST", "AT fine-tuned") == 0
    again = capsys.readouterr()
    assert again.err == "" and again.out == first.out


def test_the_same_seed_gives_the_same_result(tmp_path, capsys):
    folder = write_scenes(tmp_path)
    for out in ("one", "two"):
        assert study(folder, tmp_path / out, "--only", "sound alone") == 0
        torch.manual_seed(99)
    one, two = (RunResult.read(tmp_path / out / "sound_alone-seed1.json") for out in ("one", "two"))
    assert one.average == two.average
    capsys.readouterr()


def test_results_of_other_sizes_are_not_mixed_in(tmp_path, capsys):
    folder, out = write_scenes(tmp_path), tmp_path / "out"
    assert study(folder, out, "--only", "Base") == 0
    assert study(folder, out, "--only", "Base", "--train-scenes", "6") == 1
    assert "Base-seed1.json: made with other settings" in capsys.readouterr().err


def test_missing_or_broken_scenes_are_named(tmp_path, capsys):
    assert study(tmp_path, tmp_path / "out") == 1
    assert "no scenes_train_*.npz" in capsys.readouterr().err
    (tmp_path / "scenes_train_0.npz").write_bytes(b"nonsense")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_scenes(tmp_path, "train")
    (tmp_path / "result.json").write_text(json.dumps({"variant": "AT"}), encoding="utf-8")
    with pytest.raises(TrainingError, match=r"result\.json: not a result of this study"):
        RunResult.read(tmp_path / "result.json")


def result(variant: str, seed: int, **average: float) -> RunResult:
    return RunResult(variant, seed, average, 2_000_000, 1.0)


def test_the_table_has_mean_and_deviation():
    found = [result("AT", 1, sed=0.30), result("AT", 2, sed=0.34), result("Base", 1, sed=0.1)]
    lines = table(found).splitlines()
    assert lines[2:] == [
        "| Base | 10.0 | 2.00M | 62M |",
        "| AT | 32.0 ± 2.8 | 2.00M | 130M |",
    ]


def test_models_of_single_tasks_add_up():
    found = [result("ST", 1, sed=0.1), result("ST", 1, tal=0.2), result("ST", 2, tal=0.2)]
    assert table(found).splitlines()[-1] == "| ST | 20.0 ± 0.0 | 10.0 | 4.00M | 3 x 62M |"


def test_the_order_of_the_paper_is_looked_for():
    rising = [result(name, 1, sed=0.1 * i) for i, name in enumerate(PAPER_ORDER)]
    assert order_lines(rising) == ["sed: ST < Base < AT < AT fine-tuned: as in the paper's order"]
    falling = [result(name, 1, sed=-0.1 * i) for i, name in enumerate(PAPER_ORDER)]
    assert order_lines(falling) == ["sed: AT fine-tuned < AT < Base < ST: not the paper's order"]
    assert order_lines(rising[:3]) == []
