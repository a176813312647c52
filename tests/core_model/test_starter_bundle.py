"""The bundle inside the box: complete, small enough, and right about real recordings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleDescription, starter_folder
from core_model.predictor import Predictor
from core_model.timeline import Detection, Task

LARGEST_BYTES = 30_000_000


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle(starter_folder())


def _found(bundle: Bundle, path: Path, task: Task) -> list[Detection]:
    """What is shown of a task at the bundle's own threshold."""
    description: BundleDescription = bundle.description
    *_, last = Predictor(bundle, "cpu").detect(path, tasks=[task])
    assert last.done
    settings = description.tasks[task]
    return [d for d in last.detections if d.score >= settings.threshold_of(d.label)]


def test_size() -> None:
    assert sum(path.stat().st_size for path in starter_folder().iterdir()) <= LARGEST_BYTES


def test_card_says_what_was_measured() -> None:
    figures = json.loads((starter_folder() / "figures.json").read_text(encoding="utf-8"))
    card = (starter_folder() / "MODEL_CARD.md").read_text(encoding="utf-8")
    for part, keys in (
        ("sound", ("test", "esc", "test_same_source")),
        ("pictures", ("stills", "films")),
    ):
        for key in keys:
            assert f"{figures[part][key]:.1%}" in card
    for task, row in figures["scenes"]["tasks"].items():
        assert f"| {task.upper()} | {row['events']} | {row['map_at_half']:.3f} |" in card


def test_labels_are_ready_without_the_text_model(bundle: Bundle) -> None:
    for task, settings in bundle.description.tasks.items():
        rows = bundle.text_embeddings(task, settings.labels)
        assert rows.shape == (len(settings.labels), 384)
        np.testing.assert_allclose(rows.norm(dim=1).numpy(), 1, atol=1e-4)
    assert len(bundle.description.tasks[Task.SED].labels) == 76


@pytest.mark.parametrize(
    ("near", "label", "far"),
    [
        ("a barking dog", "dog", "piano"),
        ("somebody knocking at the door", "door wood knock", "sheep"),
        ("thunder and lightning", "thunderstorm", "flute"),
    ],
)
def test_other_wordings_lie_near_their_label(
    bundle: Bundle, near: str, label: str, far: str
) -> None:
    wording, right, wrong = bundle.text_embeddings(Task.SED, [near, label, far])
    assert torch.dot(wording, right) > torch.dot(wording, wrong) + 0.2


@pytest.mark.parametrize(
    ("clip", "label"), [("clip_llp_dog_BjCEufrlXm4.mp4", "dog"), ("clip_nasa_13013.mp4", "speech")]
)
def test_real_sounds_are_named(bundle: Bundle, shared_data: Path, clip: str, label: str) -> None:
    found = _found(bundle, shared_data / "clips" / clip, Task.SED)
    assert label in {detection.label for detection in found}
