"""Average precision against its definition written out, and against the published evaluation."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.timeline import Task
from training import metrics
from training.metrics import (
    TIOU_THRESHOLDS,
    Events,
    average_precision,
    mean_average_precision,
    temporal_iou,
    without_duplicates,
)

AUTHORS = Path(__file__).parents[3] / "shared" / "golden" / "uniav_misc.npz"
THRESHOLDS = np.array([0.1, 0.5, 0.9])


def events(rows, *, scored=False):
    """From (video, onset, offset, label) or (video, onset, offset, label, score)."""
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 5
    return Events(
        np.array(columns[0]),
        np.array(columns[1:3], dtype=np.float64).T.reshape(-1, 2),
        np.array(columns[3]),
        np.array(columns[4], dtype=np.float64) if scored else None,
    )


def naive_average_precision(predictions, truth, threshold):
    """One class, one threshold, one prediction after the other."""
    free = list(range(len(truth)))
    hits = []
    for index in np.argsort(-predictions.scores):
        overlaps = {
            other: temporal_iou(predictions.segments[index][None], truth.segments[other][None])[0]
            for other in free
            if truth.videos[other] == predictions.videos[index]
        }
        best = max(overlaps, key=lambda other: overlaps[other], default=None)
        hit = best is not None and overlaps[best] >= threshold
        if hit:
            free.remove(best)
        hits.append(hit)
    points = [
        (sum(hits[: rank + 1]) / len(truth), sum(hits[: rank + 1]) / (rank + 1))
        for rank in range(len(hits))
    ]
    area, recall_before = 0.0, 0.0
    for recall in sorted({recall for recall, _ in points}):
        best = max(precision for reached, precision in points if reached >= recall)
        area += (recall - recall_before) * best
        recall_before = recall
    return area


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    found=st.integers(0, 25),
    true=st.integers(1, 12),
    chunk=st.sampled_from([1, 5, 1000]),
)
def test_average_precision_equals_the_definition(seed, found, true, chunk):
    generator = np.random.default_rng(seed)

    def some(count):
        onsets = generator.uniform(0, 20, count)
        segments = np.stack((onsets, onsets + generator.uniform(1, 12, count)), axis=1)
        return generator.integers(0, 3, count), segments, np.zeros(count, dtype=int)

    truth = Events(*some(true))
    predictions = Events(*some(found), generator.permutation(found) / 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "_PAIRS_AT_ONCE", chunk)
        result = average_precision(predictions, truth, THRESHOLDS)
    expected = [naive_average_precision(predictions, truth, value) for value in THRESHOLDS]
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_by_hand():
    truth = events([("a", 0, 10, 0), ("a", 20, 30, 0)])
    predictions = events(
        [("a", 0, 10, 0, 0.9), ("a", 0, 9, 0, 0.8), ("a", 20, 26, 0, 0.7)], scored=True
    )
    # Right, wrong (its event is taken), right at 0.5: precision 1, 1/2, 2/3.
    result = average_precision(predictions, truth, np.array([0.5, 0.7]))
    np.testing.assert_allclose(result, [0.5 + 0.5 * 2 / 3, 0.5])


def test_a_prediction_takes_the_event_it_overlaps_most():
    truth = events([("a", 0, 10, 0), ("a", 1, 11, 0)])
    predictions = events([("a", 1, 11, 0, 0.9), ("a", 0, 10, 0, 0.8)], scored=True)
    np.testing.assert_allclose(average_precision(predictions, truth, np.array([0.5, 1.0])), 1)


def test_a_taken_event_leaves_the_next_best():
    truth = events([("a", 0, 10, 0), ("a", 4, 14, 0)])
    predictions = events([("a", 0, 10, 0, 0.9), ("a", 1, 11, 0, 0.8)], scored=True)
    result = average_precision(predictions, truth, np.array([0.5, 0.6]))
    np.testing.assert_allclose(result, [1.0, 0.5])


def test_mean_runs_over_the_classes_of_the_truth():
    truth = events([("a", 0, 10, "dog"), ("b", 0, 10, "bell"), ("b", 0, 10.0005, "bell")])
    predictions = events(
        [("a", 0, 10, "dog", 0.9), ("b", 0, 10, "cat", 0.95), ("a", 0, 10, "bell", 0.5)],
        scored=True,
    )
    result = mean_average_precision(predictions, truth, np.array([0.5]))
    assert {label: value.tolist() for label, value in result.per_class.items()} == {
        "bell": [0.0],
        "dog": [1.0],
    }
    assert result.average == 0.5


def test_repeated_truth_counts_once():
    truth = events(
        [("a", 0, 1, 0), ("b", 0, 1, 0), ("a", 0, 1.0009, 0), ("a", 0, 1, 1), ("a", 0, 1.002, 0)]
    )
    kept = without_duplicates(truth)
    assert kept.segments[:, 1].tolist() == [1, 1, 1, 1.002]
    assert kept.labels.tolist() == [0, 0, 1, 0]


def test_no_predictions_score_nothing():
    truth = events([("a", 0, 1, 0)])
    empty = Events(np.array([], dtype=str), np.zeros((0, 2)), np.array([], dtype=int), np.zeros(0))
    assert mean_average_precision(empty, truth, THRESHOLDS).average == 0


def test_what_cannot_be_measured_is_refused():
    truth = events([("a", 0, 1, 0)])
    empty = Events(np.array([], dtype=str), np.zeros((0, 2)), np.array([], dtype=int))
    with pytest.raises(ValueError, match="at least one event"):
        mean_average_precision(truth, empty, THRESHOLDS)
    with pytest.raises(ValueError, match="need scores"):
        mean_average_precision(truth, truth, THRESHOLDS)
    scored = events([("a", 0, 1, 0, 0.5)], scored=True)
    with pytest.raises(ValueError, match="thresholds, not 0"):
        average_precision(scored, truth, np.zeros(0))


def test_published_thresholds():
    assert TIOU_THRESHOLDS[Task.TAL] == pytest.approx([0.5 + 0.05 * step for step in range(10)])
    for task in (Task.AVEL, Task.SED):
        assert TIOU_THRESHOLDS[task] == pytest.approx([0.1 * step for step in range(1, 10)])


@pytest.mark.parametrize(("name", "task"), [("anet", Task.TAL), ("unav", Task.AVEL)])
def test_results_equal_the_published_evaluation(name, task):
    if not AUTHORS.is_file():
        pytest.skip(f"{AUTHORS.name} is not beside the project")
    with np.load(AUTHORS) as archive:
        meta = json.loads(archive["meta"].tobytes())
        column = {key: archive[f"map/pred/{key}"] for key in ("t-start", "t-end", "label", "score")}
    truth = events(
        [
            (video, *event["segment"], event["label_id"])
            for video, entry in meta["map_gt"].items()
            for event in entry["annotations"]
        ]
    )
    predictions = Events(
        np.array(meta["map_pred_video"]),
        np.stack((column["t-start"], column["t-end"]), axis=1),
        column["label"],
        column["score"],
    )
    result = mean_average_precision(predictions, truth, np.array(TIOU_THRESHOLDS[task]))
    expected = meta["map_result"][name]
    np.testing.assert_allclose(result.per_threshold, expected["mAP"], atol=1e-6)
    assert result.average == pytest.approx(expected["avg"], abs=1e-6)
    per_class = np.stack([result.per_class[label] for label in sorted(result.per_class)], axis=1)
    np.testing.assert_allclose(per_class, expected["ap"], atol=1e-6)
