"""Decoding, suppression and the way to presentation time, against definitions written out."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.postprocess import (
    Candidates,
    DecodeConfig,
    ResizedGrid,
    decode,
    gaussian_soft_nms,
    suppress,
    to_detections,
)
from core_model.timeline import Detection, SnippetGrid, Task
from core_model.uniav import RawOutput


def raw_output(logits, offsets, masks=None):
    """One item, levels as nested lists."""
    logits = [torch.tensor(level, dtype=torch.float32)[None] for level in logits]
    offsets = [torch.tensor(level, dtype=torch.float32)[None] for level in offsets]
    if masks is None:
        masks = [torch.ones(level.shape[:2], dtype=torch.bool) for level in logits]
    return RawOutput(logits, offsets, masks)


def test_offsets_are_in_strides_of_the_level():
    raw = raw_output(
        [[[0.0], [1.0], [-9.0], [-9.0]], [[-9.0], [2.0]]],
        [[[1, 2], [0.5, 1]] + [[1, 1]] * 2, [[1, 1], [1.5, 3]]],
    )
    found = decode(raw, DecodeConfig())
    np.testing.assert_allclose(found.segments, [[-1, 2], [0.5, 2], [-1, 8]])
    np.testing.assert_allclose(
        found.scores, [1 / (1 + math.exp(-logit)) for logit in (0, 1, 2)], rtol=1e-6
    )
    assert found.labels.tolist() == [0, 0, 0]


def test_class_aware_offsets_belong_to_their_class():
    raw = raw_output([[[1.0, 2.0]]], [[[[1, 1], [3, 4]]]])
    found = decode(raw, DecodeConfig())
    assert found.segments.tolist() == [[-1, 1], [-3, 4]]
    assert found.labels.tolist() == [0, 1]


def test_padded_points_short_segments_and_low_scores_give_no_candidates():
    offsets = [[[1, 1], [1, 1], [0.02, 0.03], [1, 1]]]
    masks = [torch.tensor([[True, True, True, False]])]
    raw = raw_output([[[5.0], [math.log(0.001 / 0.999) - 1e-3], [5.0], [5.0]]], offsets, masks)
    assert decode(raw, DecodeConfig()).segments.tolist() == [[-1, 1]]


def test_only_the_best_of_each_level_stay():
    raw = raw_output([[[1.0, 4.0], [3.0, 2.0]], [[0.0, 1.0]]], [[[1, 1], [1, 1]], [[1, 1]]])
    found = decode(raw, DecodeConfig(max_per_level=2))
    assert sorted(found.labels[:2].tolist()) == [0, 1]
    assert found.scores[:2].min() == pytest.approx(1 / (1 + math.exp(-3)))
    assert len(found.scores) == 4
    assert len(decode(raw, DecodeConfig(max_per_level=None)).scores) == 6


def test_the_item_of_a_batch_is_chosen():
    logits, offsets = torch.tensor([[[1.0]], [[2.0]]]), torch.ones(2, 1, 2)
    raw = RawOutput([logits], [offsets], [torch.ones(2, 1, dtype=torch.bool)])
    assert decode(raw, DecodeConfig(), item=1).scores[0] == pytest.approx(1 / (1 + math.exp(-2)))


def naive_soft_nms(segments, scores, labels, sigma, min_score, max_per_class, max_total):
    """Class by class, one segment after the other."""
    found = []
    for label in set(labels.tolist()):
        left = {int(i): float(scores[i]) for i in np.flatnonzero(labels == label)}
        taken = 0
        while left and taken < (max_per_class or math.inf):
            best = max(left, key=lambda index: left[index])
            if left[best] < min_score:
                break
            found.append((left.pop(best), best))
            taken += 1
            for other in list(left):
                left[other] *= math.exp(-(naive_iou(segments[best], segments[other]) ** 2) / sigma)
                if left[other] < min_score:
                    del left[other]
    found.sort(key=lambda pair: -pair[0])
    return found[:max_total]


def naive_iou(first, second):
    shared = max(0.0, float(min(first[1], second[1]) - max(first[0], second[0])))
    return shared / (float(first[1] - first[0] + second[1] - second[0]) + 2e-6 - shared)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 60),
    classes=st.integers(1, 4),
    per_class=st.sampled_from([None, 1, 5]),
    total=st.sampled_from([None, 3, 20]),
    min_score=st.sampled_from([0.001, 0.2]),
)
def test_suppression_equals_the_definition(seed, count, classes, per_class, total, min_score):
    generator = np.random.default_rng(seed)
    onsets = generator.uniform(0, 30, count)
    segments = np.stack((onsets, onsets + generator.uniform(0.1, 20, count)), 1).astype(np.float32)
    scores = generator.uniform(min_score, 1, count).astype(np.float32)
    labels = generator.integers(0, classes, count)
    kept, decayed = gaussian_soft_nms(
        segments,
        scores,
        labels,
        sigma=0.4,
        min_score=min_score,
        max_per_class=per_class,
        max_total=total,
    )
    expected = naive_soft_nms(segments, scores, labels, 0.4, min_score, per_class, total)
    assert len(set(kept.tolist())) == len(kept)
    # Rounding may let a score on the very edge of the floor pass one way and not the other.
    assert abs(len(kept) - len(expected)) <= 1
    shared = min(len(kept), len(expected))
    np.testing.assert_allclose(decayed[:shared], [score for score, _ in expected[:shared]], 2e-4)


def test_equal_segments_of_other_classes_do_not_suppress():
    segments = np.array([[0, 4], [0, 4], [0, 4]], dtype=np.float32)
    scores = np.array([0.9, 0.8, 0.7], dtype=np.float32)
    kept, decayed = gaussian_soft_nms(segments, scores, np.array([0, 1, 0]), sigma=0.4)
    assert kept.tolist() == [0, 1, 2]
    np.testing.assert_allclose(decayed, [0.9, 0.8, 0.7 * math.exp(-1 / 0.4)], rtol=1e-5)


def test_suppress_carries_segments_and_labels_along():
    candidates = Candidates(
        np.array([[0, 4], [9, 12]], dtype=np.float32),
        np.array([0.5, 0.9], dtype=np.float32),
        np.array([3, 1]),
    )
    kept = suppress(candidates, DecodeConfig.for_task(Task.SED))
    assert kept.segments.tolist() == [[9, 12], [0, 4]]
    assert kept.labels.tolist() == [1, 3]


def test_published_widths():
    widths = {task: DecodeConfig.for_task(task).sigma for task in Task}
    assert widths == {Task.TAL: 0.75, Task.AVEL: 0.4, Task.SED: 0.4}


def test_nothing_comes_of_nothing():
    raw = raw_output([[[-20.0]]], [[[1, 1]]])
    candidates = decode(raw, DecodeConfig())
    assert len(suppress(candidates, DecodeConfig()).scores) == 0


@pytest.mark.parametrize("count", [1, 37, 220])
def test_resized_grid_is_the_published_formula(count):
    source = SnippetGrid(3_000_000, 500_000, 1_000_000)
    grid = ResizedGrid(source, count, 256)
    frames_per_cell = ((count - 1) * 8 + 16) / 256
    for coordinate in (-0.5, 0.0, 17.25, 255.5):
        expected_s = 3 + (coordinate * frames_per_cell + 0.5 * frames_per_cell) / 16
        assert grid.centre_us(coordinate) == pytest.approx(expected_s * 1e6, abs=0.51)
        assert grid.coordinate(grid.centre_us(coordinate)) == pytest.approx(coordinate, abs=1e-4)
    assert grid.centre_us(-0.5) == 3_000_000


def test_detections_lie_on_the_time_axis_and_are_clipped():
    candidates = Candidates(
        np.array([[4, 10.5], [-9, 3], [90, 99], [-9, -3]], dtype=np.float32),
        np.array([0.75, 0.5, 0.25, 0.25], dtype=np.float32),
        np.array([1, 0, 0, 0]),
    )
    grid = SnippetGrid(origin_us=-500_000)
    found = to_detections(
        candidates, Task.SED, ["Dog", "Bell"], grid, start_us=-500_000, end_us=5_000_000
    )
    assert found == [
        Detection(Task.SED, "Bell", 1_000_000, 2_625_000, 0.75),
        Detection(Task.SED, "Dog", -500_000, 750_000, 0.5),
    ]


def test_calibration_maps_the_scores():
    candidates = Candidates(
        np.array([[4, 10]], dtype=np.float32), np.array([0.5], dtype=np.float32), np.array([0])
    )
    found = to_detections(
        candidates,
        Task.TAL,
        ["Dive"],
        SnippetGrid(0),
        start_us=0,
        end_us=60_000_000,
        calibrate=lambda scores: scores / 2,
    )
    assert found[0].score == 0.25
