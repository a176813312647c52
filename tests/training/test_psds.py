"""PSDS against values worked out by hand."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from training import psds as psds_module
from training.errors import TrainingError
from training.metrics import Events
from training.psds import SCENARIOS, Scenario, ScoreCurves, main, psds, psds_of_curves

# Two files, an hour together: one false alarm is one per hour.
DURATIONS_S = {"a": 1800.0, "b": 1800.0}
TRUTH = [("a", 10, 20, "dog"), ("b", 100, 110, "dog")]
FOUND = [
    ("a", 10, 20, "dog", 0.9),
    ("b", 300, 310, "dog", 0.8),
    ("b", 100, 110, "dog", 0.7),
    ("b", 100, 110, "cat", 0.9),
]


def events(rows: list[tuple[Any, ...]]) -> Events:
    scores = np.array([row[4] for row in rows], float) if len(rows[0]) > 4 else None
    segments = np.array([row[1:3] for row in rows], float)
    return Events(np.array([r[0] for r in rows]), segments, np.array([r[3] for r in rows]), scores)


@pytest.fixture
def _library():
    """The optional library; what it warns of at import is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("sed_scores_eval")


@pytest.mark.usefixtures("_library")
def test_one_label_by_hand():
    """Half of the events at no false alarm, all of them from one per hour on."""
    result = psds(events(FOUND), events(TRUTH), DURATIONS_S, SCENARIOS[1])
    assert result.value == pytest.approx((0.5 * 1 + 1.0 * 99) / 100)
    assert result.per_label == {"dog": pytest.approx(result.value)}


@pytest.mark.usefixtures("_library")
def test_labels_that_differ_cost_their_deviation():
    """Of two labels one is never found: mean and deviation are equal halves."""
    truth = events([*TRUTH, ("a", 500, 510, "bell")])
    stable = Scenario(0.7, 0.7, instability_weight=0.0)
    assert psds(events(FOUND), truth, DURATIONS_S, stable).value == pytest.approx(0.995 / 2)
    assert psds(events(FOUND), truth, DURATIONS_S, SCENARIOS[1]).value == pytest.approx(0)


@pytest.mark.usefixtures("_library")
def test_cross_triggers_by_hand():
    """The false dog lies in the bell of ten seconds: 360 triggers per hour of bells, weighed by
    half, are more than a hundred false alarms. So dogs stay at 0.5, bells are at 1."""
    truth = events([*TRUTH, ("b", 300, 310, "bell")])
    found = events([*FOUND, ("b", 300, 310, "bell", 0.95)])
    result = psds(found, truth, DURATIONS_S, SCENARIOS[2])
    assert result.per_label == {"bell": pytest.approx(1.0), "dog": pytest.approx(0.5)}
    assert result.value == pytest.approx(0.75 - 0.25)


@pytest.mark.usefixtures("_library")
def test_scenarios_ask_for_different_things():
    """Half of the event is found: the right label, but no good offset."""
    found = events([("a", 10, 15, "dog", 0.9), ("b", 100, 105, "dog", 0.9)])
    assert psds(found, events(TRUTH), DURATIONS_S, SCENARIOS[1]).value == pytest.approx(0)
    assert psds(found, events(TRUTH), DURATIONS_S, SCENARIOS[2]).value == pytest.approx(1)


@pytest.mark.usefixtures("_library")
def test_curves_give_what_their_detections_give():
    curves = {
        "a": ScoreCurves(np.array([0.0, 10, 20, 1800]), np.array([[0.0], [0.9], [0]]), ("dog",)),
        "b": ScoreCurves(
            np.array([0.0, 100, 110, 300, 310, 1800]),
            np.array([[0.0], [0.7], [0], [0.8], [0]]),
            ("dog",),
        ),
    }
    result = psds_of_curves(curves, events(TRUTH), DURATIONS_S, SCENARIOS[1])
    assert result.value == pytest.approx(0.995)


@pytest.mark.usefixtures("_library")
def test_touching_events_of_the_truth_are_one():
    truth = events([("a", 10, 15, "dog"), ("a", 14, 20, "dog"), ("b", 100, 110, "dog")])
    assert psds(events(FOUND), truth, DURATIONS_S, SCENARIOS[1]).value == pytest.approx(0.995)


@pytest.mark.usefixtures("_library")
def test_the_command_reads_what_detect_prints(tmp_path, capsys):
    detections = tmp_path / "found.json"
    files = [
        {
            "video": f"/videos/{name}.mp4",
            "duration_s": 1800.0,
            "events": [
                {"task": "sed", "label": r[3], "onset_s": r[1], "offset_s": r[2], "score": r[4]}
                for r in FOUND
                if r[0] == name
            ],
        }
        for name in DURATIONS_S
    ]
    detections.write_text(json.dumps(files), encoding="utf-8")
    truth = tmp_path / "truth.tsv"
    rows = "".join(f"{r[0]}.wav\t{r[1]}\t{r[2]}\t{r[3]}\n" for r in TRUTH)
    truth.write_text("filename\tonset\toffset\tevent_label\n" + rows, encoding="utf-8")
    assert main([str(detections), str(truth)]) == 0
    assert "PSDS, scenario 1: 0.9950" in capsys.readouterr().out
    truth.write_text("nonsense", encoding="utf-8")
    assert main([str(detections), str(truth)]) == 1
    assert "at least one event" in capsys.readouterr().err
    detections.write_text("[{}]", encoding="utf-8")
    assert main([str(detections), str(truth)]) == 1
    assert "found.json: not detections as JSON" in capsys.readouterr().err


def test_a_missing_library_is_named(monkeypatch):
    def missing(name: str):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(psds_module.importlib, "import_module", missing)
    with pytest.raises(TrainingError, match=r"pip install 'avscope\[psds\]'"):
        psds(events(FOUND), events(TRUTH), DURATIONS_S, SCENARIOS[1])


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="needs scores"):
        psds(events(TRUTH), events(TRUTH), DURATIONS_S, SCENARIOS[1])
