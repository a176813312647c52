"""``main.py train`` and ``main.py evaluate`` as people and programs meet them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import main
from app.headless.evaluate import find_videos
from app.project.edits import AddSegment
from app.project.project import Project
from core_model import bundle_description
from core_model.bundle import Bundle
from core_model.timeline import Task
from tests.tiny_bundle import make_tiny_bundle, tiny_kinds
from tests.training.corrections.learning import KNOWN, NEW, clip, light_text, one_thread, quick
from training.corrections import learner
from training.corrections.events import (
    Depth,
    TrainingDone,
    TrainingFailed,
    TrainingPlan,
    parse_event,
)

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__, light_text.__name__, one_thread.__name__)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def tiny_starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny bundle in the place of the one that comes along, and hardly any steps."""
    folder = make_tiny_bundle(tmp_path / "starter")
    monkeypatch.setattr(bundle_description, "starter_folder", lambda: folder)
    monkeypatch.setattr("app.headless.train.starter_folder", lambda: folder)
    monkeypatch.setattr("app.headless.evaluate.starter_folder", lambda: folder)
    monkeypatch.setattr(learner, "SETTINGS", {depth: quick(depth, 2) for depth in Depth})
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two videos with three drawn events each."""
    opened = Project.create(tmp_path / "kettles.avscope", "anna")
    for number in range(2):
        added, _ = opened.add_video(clip(tmp_path, f"clip {number}.mp4"))
        for label, start_s in ((NEW, 1), (NEW, 7), (KNOWN, 4)):
            start_us = start_s * 1_000_000
            opened.perform(AddSegment(added.id, Task.SED, label, start_us, start_us + 2_000_000))
    opened.close()
    return opened.path


def test_lines_for_programs(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    arguments = ["train", "--project", str(project), "--out", str(out), "--format", "jsonl"]
    assert main.main(arguments) == 0
    events = [parse_event(line) for line in capsys.readouterr().out.splitlines()]
    assert isinstance(events[0], TrainingPlan) and isinstance(events[-1], TrainingDone)
    assert events[0].positives == 6 and events[-1].folder == str(out)
    assert Bundle(out).version == events[-1].version
    assert main.main(arguments) == 1
    last = parse_event(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(last, TrainingFailed) and "something of this name" in last.reason


def test_results_and_messages(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["train", "--project", str(project), "--seed", "3"]
    assert main.main([*common, "--out", str(tmp_path / "a"), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["seed"] == 3 and len(result["plan"]["labels"]) == 2
    assert "6 events and 0 rejected segments of 2 labels, 1 of them new" in err
    assert main.main([*common, "--out", str(tmp_path / "b")]) == 0
    out, _ = capsys.readouterr()
    assert "kettle (new)" in out and "version" in out
    assert Bundle(tmp_path / "a").version == Bundle(tmp_path / "b").version


def test_a_project_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.avscope")
    for form in ("table", "jsonl"):
        arguments = ["train", "--project", missing, "--out", str(tmp_path / "m"), "--format", form]
        assert main.main(arguments) == 1
        out, err = capsys.readouterr()
        assert "none.avscope" in err and len(err.splitlines()) == 1
        assert (form == "jsonl") == bool(out)


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_asked_to_end_it_leaves_nothing(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    child = subprocess.Popen(
        [sys.executable, "main.py", "train", "--project", project, "--out", out, "--format=jsonl"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert child.stdout is not None
    assert isinstance(parse_event(child.stdout.readline()), TrainingPlan)
    time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=120)
    assert child.returncode == main.EXIT_INTERRUPTED
    assert err == ""
    assert sorted(path.name for path in tmp_path.iterdir() if "model" in path.name) == []


def test_evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny_starter: Path) -> None:
    folder = tmp_path / "videos"
    (folder / "deep").mkdir(parents=True)
    clip(folder / "deep", "here.mp4")
    annotations = tmp_path / "truth.json"
    events = [
        {"segment": [1.0, 3.0], "label": KNOWN.upper()},
        {"segment": [5.0, 8.0], "label": NEW},
    ]
    database = {
        "here": {"subset": "validation", "duration": 12.0, "annotations": events},
        "gone": {"subset": "validation", "duration": 12.0, "annotations": events},
        "../here": {"subset": "training", "duration": 12.0, "annotations": events},
    }
    annotations.write_text(json.dumps({"database": database}))
    common = ["evaluate", "--annotations", str(annotations), "--videos", str(folder)]
    common += ["--kind", "sed", "--subset", "Validation"]
    assert main.main([*common, "--bundle", str(tiny_starter), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    (scored,) = json.loads(out).items()
    assert scored[0] == "sed" and scored[1]["events"] == 2
    assert list(scored[1]["mAP"]) == [f"0.{n}" for n in range(1, 10)]
    assert scored[1]["average"] == pytest.approx(sum(scored[1]["mAP"].values()) / 9, abs=1e-5)
    assert set(scored[1]["per_label"]) == {KNOWN, NEW}
    assert scored[1]["open_set"] == [NEW]
    assert "gone: not found" in err and f"asked for as prompts: {NEW}" in err
    assert main.main(common) == 0
    assert f"{NEW} (prompt)" in capsys.readouterr().out
    assert main.main([*common[:-1], "testing"]) == 1
    assert "it has: training, validation" in capsys.readouterr().err
    annotations.write_text(json.dumps({"database": {"gone": database["gone"]}}))
    assert main.main(common) == 1
    assert "nothing could be measured" in capsys.readouterr().err


def test_videos_are_found_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.mp4", "a.wav", "a.json", "sub/b.mkv", "c.d.mp4"):
        (folder / name).touch()
    (tmp_path / "secret.mp4").touch()
    names = ["a.mp4", "a", "sub/b.mkv", "other/b.avi", "c.d", "../secret.mp4", "none"]
    names.append("x" * 300)
    found = {
        name: [path.relative_to(folder).as_posix() for path in paths]
        for name, paths in find_videos(names, folder).items()
    }
    assert found == {
        "a.mp4": ["a.mp4"],
        "a": ["a.mp4", "a.wav"],
        "sub/b.mkv": ["sub/b.mkv"],
        "other/b.avi": ["sub/b.mkv"],
        "c.d": ["c.d.mp4"],
        "../secret.mp4": [],
        "x" * 300: [],
        "none": [],
    }
