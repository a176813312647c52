"""The whole recipe on a corpus of a few small files, and the bundle that comes out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.timeline import Task
from tests.training.starter.tiny_corpus import make_corpus
from training.starter import __main__ as recipe


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a trial run: two steps per stage, four scenes per set."""
    folder = tmp_path_factory.mktemp("recipe")
    data = make_corpus(folder / "data")
    out = folder / "bundle"
    threads = torch.get_num_threads()
    recipe.main(
        [
            "--data",
            str(data),
            "--out",
            str(out),
            "--pace",
            "0.0004",
            "--threads",
            "1",
            "--device",
            "cpu",
        ]
    )
    torch.set_num_threads(threads)
    return out


@pytest.mark.timeout(300)
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
    threads = torch.get_num_threads()
    recipe.main(
        [
            "--data",
            str(made.parent / "data"),
            "--out",
            str(made),
            "--pace",
            "0.0004",
            "--threads",
            "1",
            "--device",
            "cpu",
            "--stage",
            "scenes",
        ]
    )
    torch.set_num_threads(threads)
    assert {path.name: path.stat().st_mtime_ns for path in work.iterdir()} == before
    assert "step" not in capsys.readouterr().err
