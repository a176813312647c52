"""The simulated review: orders, what decisions change, and the whole command."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core_model.bundle import Bundle
from core_model.timeline import Task
from tests.tiny_bundle import AUDIO_DIM, VISUAL_DIM, make_tiny_bundle, tiny_kinds
from tests.training.study.small_scenes import scenes
from training.metrics import Events
from training.starter.scene_store import SceneSet
from training.study import reviewing
from training.study.reviewing import ORDERS, Finds, corrected, find, main, ordered, study, table
from training.study.scenes import with_pictures

__all__ = ["tiny_kinds"]
EAST, NORTH = np.eye(2)


def finds(likes: list[np.ndarray], labels: list[str]) -> Finds:
    """Finds of a second in scenes of their own, which are events of ``labels``."""
    count = len(labels)
    segments = np.tile([[1.0, 2.0]], (count, 1))
    found = Events(np.arange(count), segments, np.full(count, "any"), np.full(count, 0.5))
    return Finds(found, np.array(likes), Events(np.arange(count), segments, np.array(labels)))


def test_a_find_is_what_it_meets_by_half():
    made = finds([EAST, NORTH, EAST], ["dog", "cat", "dog"])
    assert made.are("dog").tolist() == [True, False, True]
    moved = replace(made.wanted, segments=made.wanted.segments + 0.4)
    assert not replace(made, wanted=moved).are("dog").any()


def test_decisions_move_what_is_alike():
    scores = np.array([0.5, 0.5])
    moved = corrected(scores, np.array([EAST, NORTH]), np.array([-0.5]), EAST[None])
    assert moved[0] == pytest.approx(0.5 - 0.5 / 1.3)
    assert moved[1] == pytest.approx(0.5, abs=0.01)
    none = corrected(scores, np.array([EAST, NORTH]), np.empty(0), np.empty((0, 2)))
    assert none.tolist() == scores.tolist()


def test_orders_are_what_they_are_called():
    scores, rows = np.array([0.9, 0.5, 0.45, 0.1]), np.array([EAST, EAST, EAST, NORTH])
    expected = {
        "time": [0, 1, 2, 3],
        "best first": [0, 1, 2, 3],
        "uncertainty": [1, 2, 0, 3],
        "most to learn": [1, 3, 0, 2],
    }
    for order in ORDERS:
        found = ordered(scores, rows, order, 1).tolist()
        assert sorted(found) == [0, 1, 2, 3]
        assert found == expected.get(order, found)


def test_decisions_on_all_teach_what_is_right():
    random = np.random.default_rng(0)
    middles = dict(zip("abcd", np.eye(8)[:4], strict=True))
    labels = [name for name in "abcd" for _ in range(12)]

    def drawn() -> Finds:
        likes = np.array([middles[name] + random.normal(0, 0.15, 8) for name in labels])
        return finds(list(likes / np.linalg.norm(likes, axis=1, keepdims=True)), labels)

    found = study(drawn(), drawn(), middles, (0, 48), (1, 2))
    for values in found.values():
        assert len(values[0]) == 2
        assert np.mean(values[1]) > np.mean(values[0])
    lines = table(found, (0, 48)).splitlines()
    assert lines[0] == "| reviewed | time | chance | best first | uncertainty | most to learn |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 0", "| 48"]
    assert study(finds([EAST], ["a"]), finds([EAST], ["a"]), middles, (0,), (1,)) == {}


def sounds(count: int, seed: int) -> SceneSet:
    """Scenes of sounds alone that the tiny bundle knows."""
    names = {"dog": "dog barking", "siren": "siren"}
    made = scenes(count, seed, AUDIO_DIM)
    events = tuple(
        tuple(replace(e, label=names[e.label]) for e in own if e.task is Task.SED)
        for own in made.events
    )
    return replace(made, visual=made.visual[..., :0], events=events)


def test_finds_of_a_bundle_come_in_the_order_of_time(tmp_path, tiny_kinds):
    bundle = Bundle(make_tiny_bundle(tmp_path / "bundle"))
    seen = with_pictures(sounds(3, 1), np.zeros(VISUAL_DIM, np.float16))
    found = find(bundle, seen, Task.SED)
    assert 0 < len(found.events) <= 3 * reviewing.PER_SCENE
    assert found.rows.shape == (len(found.events), AUDIO_DIM)
    np.testing.assert_allclose(np.linalg.norm(found.rows, axis=1), 1, rtol=1e-4)
    places = list(zip(found.events.videos, found.events.segments[:, 0], strict=True))
    assert places == sorted(places)
    assert len(found.wanted) == 3


def test_what_cannot_be_simulated_is_named(tmp_path, tiny_kinds, capsys):
    bundle = make_tiny_bundle(tmp_path / "bundle")
    for name, seed in (("calibrate_0", 1), ("test_0", 2)):
        sounds(2, seed).save(tmp_path / f"scenes_{name}.npz")
    asked = ["--scenes", str(tmp_path), "--bundle", str(bundle), "--threads", "1"]
    assert main([*asked, "--judge", "nowhere"]) == 1
    assert "no scenes_nowhere_*.npz" in capsys.readouterr().err
    assert main(asked) == 1
    assert "cannot be compared with its texts" in capsys.readouterr().err
