"""The whole recipe on a corpus of a few small files, and the bundle that comes out."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core_model.bundle import Bundle
from core_model.bundle_description import read_description, starter_folder
from core_model.timeline import Task
from tests.training.starter.tiny_corpus import make_corpus
from training.starter import __main__ as command
from training.starter import calibration, head_stage, picture_bank, recipe, visual_stage
from training.starter.audio_stage import train_audio
from training.starter.scene_store import SceneSet
from training.study import strange_ears

pytestmark = pytest.mark.timeout(1500)
TRIAL = ("--pace", "0.0001", "--threads", "1", "--device", "cpu")


def _run(*arguments: str) -> None:
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        # Small batches and few weights to choose from: the same steps in a fraction of the time.
        patch.setattr(recipe, "train_audio", partial(train_audio, batch=6))
        patch.setattr(head_stage, "BATCH", 3)
        patch.setattr(picture_bank, "STILLS", visual_stage.MOVING_STILLS + 6)
        patch.setattr(picture_bank, "FILMS", 2)
        patch.setattr(calibration, "WEIGHTS", (0.0, 0.3))
        command.main([*arguments, *TRIAL])
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a trial run: two steps per stage, four scenes per set."""
    folder = tmp_path_factory.mktemp("recipe")
    data = make_corpus(folder / "data")
    out = folder / "bundle"
    _run("--data", str(data), "--out", str(out))
    return out


def test_the_bundle_opens_and_knows_its_labels(made: Path) -> None:
    bundle = Bundle(made)
    assert bundle.description.tasks[Task.SED].labels == ("clapping", "engine", "music")
    assert bundle.description.tasks[Task.TAL].labels == ("band marching", "clapping", "dancing")
    rows = bundle.text_embeddings(Task.SED, ["engine", "music"])
    assert torch.allclose(rows.norm(dim=1), torch.ones(2), atol=1e-4)
    frames = np.zeros((20, 112, 112, 3), np.uint8)
    assert bundle.visual_encoder(torch.device("cpu")).embed(frames).shape == (2, 384)
    assert bundle.audio_encoder(torch.device("cpu")).embed(np.zeros(20_000, np.float32)).shape == (
        2,
        384,
    )
    assert bundle.head(torch.device("cpu")).config.dim == 112


def test_the_figures_are_in_the_card(made: Path) -> None:
    figures = json.loads((made / "figures.json").read_text(encoding="utf-8"))
    assert set(figures["scenes"]["tasks"]) == {"tal", "sed", "avel"}
    assert 0 <= figures["sound"]["test"] <= 1
    card = (made / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{figures['sound']['test']:.1%}" in card
    assert f"{figures['pictures']['stills']:.1%}" in card


def test_a_second_run_repeats_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = made.with_name("bundle.work")
    before = {path.name: path.stat().st_mtime_ns for path in work.iterdir()}
    _run("--data", str(made.parent / "data"), "--out", str(made), "--stage", "scenes")
    assert {path.name: path.stat().st_mtime_ns for path in work.iterdir()} == before
    assert "step" not in capsys.readouterr().err


def test_what_does_not_learn_further_stays_as_it_was(made: Path, tmp_path: Path) -> None:
    # Encoders that stay as they are see the same in the same scenes: those are not made again.
    learned = shutil.ignore_patterns("audio.pt", "visual.pt", "head.pt")
    work = shutil.copytree(made.with_name("bundle.work"), tmp_path / "work", ignore=learned)
    out = tmp_path / "further"
    data = str(made.parent / "data")
    _run(
        *("--data", data, "--out", str(out), "--work", str(work)),
        *("--init", str(made), "--learn", "head"),
    )
    for part in ("visual", "audio"):
        before = load_file(made / f"{part}.safetensors")
        after = load_file(out / f"{part}.safetensors")
        assert all(torch.equal(before[name], after[name]) for name in before)
    before, after = load_file(made / "head.safetensors"), load_file(out / "head.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    was, now = read_description(made).tasks[Task.SED], read_description(out).tasks[Task.SED]
    assert now.similarity.scale == pytest.approx(was.similarity.scale, rel=1e-5)


def test_a_head_that_does_not_learn_needs_no_scenes_to_learn_from(
    made: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(made.with_name("bundle.work") / "cache", work / "cache")
    out = tmp_path / "further"
    data = str(made.parent / "data")
    _run(
        *("--data", data, "--out", str(out), "--work", str(work)),
        *("--init", str(made), "--learn", "audio"),
    )
    sets = {path.name.split("_")[1] for path in work.glob("scenes_*.npz")}
    assert sets == {"calibrate", "test", "background"}
    before, after = load_file(made / "head.safetensors"), load_file(out / "head.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_parts_learn_by_choice_only_with_a_bundle_to_go_on_from(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _run("--data", str(made.parent / "data"), "--out", str(made), "--learn", "head")
    assert "--init" in capsys.readouterr().err


def test_scenes_of_sound_alone_hold_sound_events_only(made: Path) -> None:
    sounds = SceneSet.load(made.with_name("bundle.work") / "scenes_sounds_0.npz")
    assert sounds.visual.shape == (4, 128, 0)
    assert sounds.audio.shape == (4, 128, 384)
    events = [event for scene in sounds.events for event in scene]
    assert events
    assert {event.task for event in events} == {Task.SED}


def test_an_encoder_can_be_trained_that_never_heard_a_label(made: Path, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    strange_ears.main(
        [
            *("--data", str(made.parent / "data"), "--out", str(tmp_path)),
            *("--cache", str(made.with_name("bundle.work") / "cache")),
            *("--without", "clapping", "--steps", "1", "--batch", "2"),
            *("--train-scenes", "2", "--test-scenes", "1"),
        ]
    )
    torch.set_num_threads(threads)
    bundle = Bundle(tmp_path / "bundle")
    own, heard = (
        bundle.description.tasks[Task.SED],
        load_file(tmp_path / "bundle/audio.safetensors"),
    )
    assert own.labels == Bundle(starter_folder()).description.tasks[Task.SED].labels
    scale = torch.load(tmp_path / "audio.pt", weights_only=True)["averaged"]["log_scale"].exp()
    assert own.similarity.scale == pytest.approx(scale.item(), rel=1e-5)
    assert any(
        not torch.equal(value, heard[name])
        for name, value in load_file(starter_folder() / "audio.safetensors").items()
    )
    assert SceneSet.load(tmp_path / "scenes_heardtrain_0.npz").audio.shape == (2, 128, 384)
    assert SceneSet.load(tmp_path / "scenes_heardtest_0.npz").audio.shape == (1, 128, 384)
