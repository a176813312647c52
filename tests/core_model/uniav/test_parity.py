"""The model against recorded runs: this project's own, and the authors' where it is at hand."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from core_model.postprocess import DecodeConfig, decode, gaussian_soft_nms, suppress
from core_model.timeline import Task
from core_model.uniav import make_points
from core_model.uniav.official import official_names
from tests.core_model.uniav.reference import AUTHORS, AUTHORS_MISC, OWN, Reference
from training.losses import Criterion, LossNormaliser
from training.targets import batch_targets

TOLERANCE = 1e-4


@pytest.fixture(scope="module", params=[OWN, AUTHORS], ids=["own", "authors"])
def reference(request):
    if not request.param.is_file():
        pytest.skip(f"{request.param.name} is not beside the project")
    return Reference(request.param)


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_logits_and_offsets_equal_the_recorded_ones(reference, task, mode):
    model = reference.model(training=mode == "train")
    with torch.no_grad():
        raw = model(*reference.batch(task, mode), task)
    for found, expected in zip(raw.logits, reference.logits(task, mode), strict=True):
        torch.testing.assert_close(found, expected, atol=TOLERANCE, rtol=0)
    for found, expected in zip(raw.offsets, reference.offsets(task, mode), strict=True):
        torch.testing.assert_close(found.flatten(2), expected, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("task", list(Task))
def test_a_training_step_equals_the_recorded_one(reference, task):
    model = reference.model(training=True)
    settings = reference.task(task)
    raw = model(*reference.batch(task, "train"), task)
    targets = batch_targets(
        make_points([level.shape[1] for level in raw.logits]),
        *reference.truth(task),
        settings["num_classes"],
        class_aware=settings["class_aware"],
    )
    criterion = Criterion(LossNormaliser({task: settings["loss_norm_before"]}))
    losses = criterion(raw, targets, task)
    losses.total.backward()
    recorded = settings["loss"]
    assert losses.classification.item() == pytest.approx(recorded["cls_loss"], rel=2e-6)
    assert losses.regression.item() == pytest.approx(recorded["reg_loss"], rel=2e-6)
    assert losses.total.item() == pytest.approx(recorded["final_loss"], rel=2e-6)
    assert criterion.normaliser.values[task] == pytest.approx(settings["loss_norm_after"])
    gradients = {name: value.grad for name, value in model.named_parameters()}
    found = torch.cat([value.flatten() for value in gradients.values() if value is not None])
    assert found.norm().item() == pytest.approx(settings["grad_norm"], rel=1e-3)
    names = official_names(model.config)
    unused = {key for name, value in gradients.items() if value is None for key in names[name]}
    assert unused == set(settings["params_without_grad"])


@pytest.mark.parametrize("task", list(Task))
def test_detections_equal_the_recorded_ones(reference, task):
    with torch.no_grad():
        raw = reference.model()(*reference.batch(task, "eval"), task)
    config = DecodeConfig.for_task(task)
    kept = suppress(decode(raw, config), config)
    recorded = {
        name.rpartition("/")[2]: value
        for name, value in reference.arrays.items()
        if name.startswith(f"{task.name}/eval/det_")
    }
    segments = kept.segments
    if "det_segments_s" in recorded:
        recording = reference.task(task)["eval"]
        stride, window = recording["feat_stride"], recording["feat_num_frames"]
        seconds = (segments * stride + 0.5 * window) / recording["fps"]
        segments = seconds.clip(0, recording["duration"])
        expected = recorded["det_segments_s"]
    else:
        expected = recorded["det_segments_grid"]
    np.testing.assert_allclose(kept.scores, recorded["det_scores"], atol=1e-5)
    assert_equal_up_to_ties(
        (segments, kept.labels), (expected, recorded["det_labels"]), recorded["det_scores"]
    )


@pytest.mark.parametrize("archive", [OWN, AUTHORS_MISC], ids=["own", "authors"])
@pytest.mark.parametrize("sigma", [0.75, 0.4])
def test_soft_nms_equals_the_recorded_one(archive, sigma):
    arrays = recorded_suppression(archive)
    name = f"soft_nms/sigma{sigma}_multiclass1"
    segments, labels = arrays["soft_nms/segs"], arrays["soft_nms/labels"]
    kept, scores = gaussian_soft_nms(segments, arrays["soft_nms/scores"], labels, sigma=sigma)
    np.testing.assert_allclose(scores, arrays[f"{name}/scores"], atol=1e-6)
    assert_equal_up_to_ties(
        (segments[kept], labels[kept]),
        (arrays[f"{name}/segs"], arrays[f"{name}/labels"]),
        arrays[f"{name}/scores"],
    )


@pytest.mark.parametrize("sigma", [0.75, 0.4])
def test_soft_nms_over_all_classes_equals_the_authors(sigma):
    arrays = recorded_suppression(AUTHORS_MISC)
    name = f"soft_nms/sigma{sigma}_multiclass0"
    segments, scores, labels = (arrays[f"soft_nms/{key}"] for key in ("segs", "scores", "labels"))
    kept, decayed = gaussian_soft_nms(segments, scores, np.zeros_like(labels), sigma=sigma)
    np.testing.assert_allclose(decayed, arrays[f"{name}/scores"], atol=1e-6)
    # In this setting, which UniAV itself does not use, the authors also average each kept segment
    # over all that overlap it by 0.75 or more, weighted by score.
    weights = (pairwise_iou(segments[kept], segments) >= 0.75) * scores
    voted = weights @ segments / weights.sum(axis=1, keepdims=True)
    assert_equal_up_to_ties(
        (voted, labels[kept]),
        (arrays[f"{name}/segs"], arrays[f"{name}/labels"]),
        arrays[f"{name}/scores"],
    )


def recorded_suppression(archive):
    if not archive.is_file():
        pytest.skip(f"{archive.name} is not beside the project")
    return Reference(archive).arrays


def pairwise_iou(first, second):
    onsets = np.maximum(first[:, None, 0], second[None, :, 0])
    shared = (np.minimum(first[:, None, 1], second[None, :, 1]) - onsets).clip(0)
    lengths = np.diff(first, axis=1) + np.diff(second, axis=1).T
    return shared / (lengths - shared)


def assert_equal_up_to_ties(found, expected, scores):
    """Same rows in the same order; rows of (nearly) equal score may change places."""
    found_rows, expected_rows = (
        np.column_stack((np.round(segments, 3), labels)) for segments, labels in (found, expected)
    )
    assert found_rows.shape == expected_rows.shape
    ends = [0, *(np.flatnonzero(np.diff(scores) < -2e-6) + 1), len(scores)]
    for first, last in pairwise(ends):
        # The last group may be cut by the cap, and then holds any of the tied.
        if last == len(scores) and last - first > 1:
            break
        mine, theirs = found_rows[first:last], expected_rows[first:last]
        np.testing.assert_allclose(
            mine[np.lexsort(mine.T)], theirs[np.lexsort(theirs.T)], atol=2e-3
        )
