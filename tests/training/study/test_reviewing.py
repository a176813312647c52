"""The simulated review: orders, what decisions change, and the whole command."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core_model.timeline import Task
from tests.tiny_bundle import AUDIO_DIM, make_tiny_bundle, tiny_kinds
from tests.training.study.small_scenes import scenes
from training.metrics import Events
from training.study.reviewing import ORDERS, Finds, corrected, main, ordered, study, table

__all__ = ["tiny_kinds"]
EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def finds(rows: list[tuple[str, float, bool, list[float]]]) -> Finds:
    """Finds of one second in scenes of their own: label, score, whether right, likeness."""
    count = len(rows)
    segments = np.tile([[1.0, 2.0]], (count, 1))
    labels = np.array([row[0] for row in rows])
    outcome = np.array([row[2] for row in rows])
    events = Events(np.arange(count), segments, labels, np.array([row[1] for row in rows]))
    wanted = Events(np.arange(count), segments, labels).where(outcome)
    return Finds(events, outcome, np.array([row[3] for row in rows]), wanted)


DECIDED = finds([("dog", 0.6, False, EAST), ("dog", 0.4, True, NORTH), ("cat", 0.9, True, EAST)])
JUDGED = finds([("dog", 0.6, False, EAST), ("dog", 0.55, True, NORTH), ("cat", 0.5, True, EAST)])


def test_decisions_move_like_finds_of_their_label():
    scores = corrected(JUDGED, DECIDED, np.array([0])).scores
    assert scores[0] < 0.4
    assert scores[1] == pytest.approx(0.55, abs=0.01)
    assert scores[2] == pytest.approx(0.5)


def test_no_decision_moves_nothing():
    scores = corrected(JUDGED, DECIDED, np.array([], int)).scores
    np.testing.assert_allclose(scores, JUDGED.scores, atol=1e-9)


def test_orders_are_what_they_are_called():
    assert ordered(DECIDED, "time", 0.5, 1).tolist() == [0, 1, 2]
    assert ordered(DECIDED, "uncertainty", 0.5, 1).tolist() == [0, 1, 2]
    assert ordered(DECIDED, "uncertainty", 0.9, 1).tolist() == [2, 0, 1]
    for order in ORDERS:
        assert sorted(ordered(DECIDED, order, 0.5, 1).tolist()) == [0, 1, 2]


def test_reviewing_all_teaches_what_is_right():
    found = study(DECIDED, JUDGED, 0.5, (0, 3), (1, 2, 3))
    for values in found.values():
        assert np.mean(values[1]) >= np.mean(values[0])
    lines = table(found, (0, 3)).splitlines()
    assert lines[0] == "| reviewed | time | chance | uncertainty | most to learn |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 0", "| 3"]


def test_the_command_prints_a_table(tmp_path, tiny_kinds, capsys):
    bundle = make_tiny_bundle(tmp_path / "bundle")
    names = {"dog": "dog barking", "siren": "siren"}
    for name, seed in (("calibrate_0", 1), ("test_0", 2)):
        made = scenes(4, seed, AUDIO_DIM)
        events = tuple(
            tuple(replace(e, label=names[e.label]) for e in own if e.task is Task.SED)
            for own in made.events
        )
        quiet = replace(made, visual=made.visual[..., :0], events=events)
        quiet.save(tmp_path / f"scenes_{name}.npz")
    asked = ["--scenes", str(tmp_path), "--bundle", str(bundle), "--seeds", "2", "--threads", "1"]
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "| 0 |" in out and "mAP in per cent of SED on 4 scenes" in out
    assert main([*asked, "--judge", "nowhere"]) == 1
    assert "no scenes_nowhere_*.npz" in capsys.readouterr().err
