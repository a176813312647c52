"""New labels from few corrections, on made-up scenes and the tiny bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core_model import bundle as bundle_module
from core_model.bundle import Bundle
from core_model.timeline import Task
from tests.tiny_bundle import AUDIO_DIM, VISUAL_DIM, make_tiny_bundle, tiny_kinds
from tests.training.study.small_scenes import scenes
from training.corrections.open_model import OpenModel
from training.errors import TrainingError
from training.starter.scene_store import SceneSet
from training.study.few_shot import FewShot, corrected, results, table
from training.study.runs import StudySettings
from training.study.scenes import with_pictures
from training.study.strange_head import strange_head, unlisted, without_labels

__all__ = ["tiny_kinds"]
SIREN = (Task.SED, "siren")
SETTINGS = StudySettings(dim=8, rounds=2, batch=2)


class RandomText:
    """A text encoder that is there at once."""

    dim = 384

    def embed(self, prompts):
        rows = [torch.randn(384, generator=torch.Generator().manual_seed(len(p))) for p in prompts]
        return torch.nn.functional.normalize(torch.stack(rows), dim=-1)


@pytest.fixture
def model(tmp_path: Path, tiny_kinds: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenModel]:
    monkeypatch.setitem(bundle_module.TEXT_ENCODERS, "minilm", RandomText)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield OpenModel.of(Bundle(make_tiny_bundle(tmp_path / "bundle")))
    torch.set_num_threads(threads)


def sounds(count: int, seed: int) -> SceneSet:
    """Scenes of sounds that the tiny bundle knows, for its encoders."""
    made = scenes(count, seed, AUDIO_DIM)
    named = {"dog": "dog barking", "siren": "siren"}
    events = tuple(
        tuple(replace(e, label=named[e.label]) for e in own if e.task is Task.SED)
        for own in made.events
    )
    return SceneSet(made.visual[..., :0], made.audio, events)


def test_scenes_with_a_label_are_left_out():
    whole = sounds(20, 1)
    kept = without_labels(whole, [SIREN])
    assert 0 < len(kept) < len(whole)
    assert {e.label for events in kept.events for e in events} == {"dog barking"}


def test_a_label_taken_off_the_list_leaves_the_head_as_it_was(model):
    smaller = unlisted(model, [SIREN])
    own, before = smaller.rows[Task.SED], model.rows[Task.SED]
    kept = [n for n, label in enumerate(before.labels) if label != "siren"]
    assert own.labels == tuple(before.labels[n] for n in kept)
    assert own.known == len(own.labels) == len(before.labels) - 1
    assert torch.equal(own.rows, before.rows[kept])
    assert smaller.description.tasks[Task.SED].labels == own.labels
    assert smaller.head is model.head
    assert set(smaller.rows) == set(model.rows)


def test_sounds_alone_get_a_black_picture():
    blank = np.arange(VISUAL_DIM, dtype=np.float16)
    seen = with_pictures(sounds(3, 1), blank)
    assert seen.visual.shape == (3, 128, VISUAL_DIM)
    assert (seen.visual == blank).all()
    assert with_pictures(seen, blank) is seen


def test_corrections_are_drawn_until_there_are_enough():
    whole = with_pictures(sounds(20, 1), np.zeros(VISUAL_DIM, np.float16))
    data, encoded, events = corrected(whole, SIREN, 3, seed=1)
    assert events == 3 == len(data.videos) == len(encoded)
    assert {(s.kind, s.label) for v in data.videos for s in v.segments} == {SIREN}
    assert not any(video.is_done for video in data.videos)
    assert data.prompt_of(*SIREN) == "siren"
    assert corrected(whole, SIREN, 3, 1, "it wails")[0].prompt_of(*SIREN) == "it wails"
    assert data != corrected(whole, SIREN, 3, seed=2)[0]
    with pytest.raises(TrainingError, match=r"sed siren: \d+ events in these scenes, not 50"):
        corrected(whole, SIREN, 50, seed=1)


def test_a_head_that_never_met_a_label_learns_it(tmp_path, model):
    blank = np.zeros(VISUAL_DIM, np.float16)
    train, test = (with_pictures(sounds(n, seed), blank) for n, seed in ((20, 1), (6, 2)))
    path = tmp_path / "head.safetensors"
    strange = strange_head(train, model, [SIREN], SETTINGS, path)
    assert strange.rows[Task.SED].labels == ("dog barking",)
    assert set(strange.rows) == set(strange.description.tasks) == {Task.SED}
    again = strange_head(train, model, [SIREN], SETTINGS, path)
    for name, value in strange.head.state_dict().items():
        assert torch.equal(value, again.head.state_dict()[name])
    out = tmp_path / "out"
    out.mkdir()
    asked = ([SIREN], (3,), (1,), out, 2)
    found = list(results(strange, train, test, *asked))
    assert [(one.label, one.count, one.events) for one in found] == [("siren", 3, 3)]
    assert all(0 <= value <= 1 for value in (found[0].before, found[0].after))
    # What lies there is not repeated.
    assert list(results(strange, train, test, *asked)) == found
    with pytest.raises(TrainingError, match="made with another prompt"):
        list(results(strange, train, test, *asked, "what is it"))


def shot(count: int, seed: int, after: float, old: float = 0.5) -> FewShot:
    return FewShot("sed", "siren", count, seed, count, 0.1, after, 0.5, old, 1.0)


def test_the_table_tells_mean_deviation_and_what_old_labels_lose():
    found = [shot(10, 1, 0.2), shot(10, 2, 0.24, 0.48), shot(20, 1, 0.4), shot(20, 2, 0.4)]
    assert table(found).splitlines()[2:] == [
        "| siren (SED) | 10.0 | 22.0 ± 2.8 | 40.0 | -0.5 (worst -2.0) |"
    ]
