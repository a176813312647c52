"""Losses against numbers worked out by hand and formulas written out."""

import math

import pytest
import torch

from core_model.timeline import Task
from core_model.uniav import RawOutput
from training.losses import (
    Criterion,
    LossNormaliser,
    interval_iou_loss,
    sigmoid_focal_loss,
    smooth_labels,
)
from training.targets import Targets


@pytest.mark.parametrize("logit", [-3.0, 0.0, 2.0, 40.0, -40.0])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_focal_loss_is_the_formula(logit, target):
    found = sigmoid_focal_loss(torch.tensor([logit]), torch.tensor([target])).item()
    chance = 1 / (1 + math.exp(-logit if target else logit))
    weight = 0.25 if target else 0.75
    cross_entropy = math.log1p(math.exp(-logit if target else logit))
    assert found == pytest.approx(weight * (1 - chance) ** 2 * cross_entropy, rel=1e-4, abs=1e-12)


def test_smoothing_spreads_over_classes_and_none():
    found = smooth_labels(torch.tensor([[1.0, 0.0, 0.0]]), 0.1)
    torch.testing.assert_close(found, torch.tensor([[0.9 + 0.025, 0.025, 0.025]]))


@pytest.mark.parametrize(
    ("predicted", "target", "iou", "shift", "enclosing"),
    [
        ((2, 3), (2, 3), 1.0, 0.0, 5),
        ((2, 2), (4, 4), 0.5, 0.0, 8),
        ((1, 3), (3, 1), 2 / 6, 2.0, 6),
        ((0, 4), (2, 0), 0.0, 3.0, 6),
    ],
)
def test_interval_losses_by_hand(predicted, target, iou, shift, enclosing):
    first, second = (torch.tensor([pair], dtype=torch.float32) for pair in (predicted, target))
    plain = interval_iou_loss(first, second, "iou")
    assert plain.item() == pytest.approx(1 - iou, abs=1e-6)
    expected = 1 - iou + (shift / enclosing) ** 2
    assert interval_iou_loss(first, second).item() == pytest.approx(expected, abs=1e-6)
    # Both hold the point, so the enclosing interval is the union and GIoU is IoU.
    assert interval_iou_loss(first, second, "giou").item() == pytest.approx(1 - iou, abs=1e-6)


def test_empty_intervals_have_a_finite_loss_and_gradient():
    predicted = torch.zeros(1, 2, requires_grad=True)
    interval_iou_loss(predicted, torch.zeros(1, 2)).sum().backward()
    assert predicted.grad is not None
    assert predicted.grad.isfinite().all()


def test_normaliser_is_a_running_mean_per_task():
    normaliser = LossNormaliser()
    assert normaliser.update(Task.TAL, 100) == pytest.approx(0.9 * 400 + 10)
    assert normaliser.update(Task.TAL, 0) == pytest.approx(0.9 * 370 + 0.1)
    assert normaliser.update(Task.AVEL, 300) == pytest.approx(300)
    resumed = LossNormaliser()
    resumed.load_state_dict(normaliser.state_dict())
    assert resumed.values == normaliser.values
    assert LossNormaliser().values[Task.TAL] == 400


def outputs(class_aware):
    """One level, four points of which the last is padded, two classes."""
    torch.manual_seed(0)
    logits = torch.randn(1, 4, 2, requires_grad=True)
    shape = (1, 4, 2, 2) if class_aware else (1, 4, 2)
    offsets = torch.rand(shape, requires_grad=True)
    mask = torch.tensor([[True, True, True, False]])
    classes = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]])
    wanted = torch.rand(shape) + 0.5
    wanted = wanted * (classes[..., None] if class_aware else classes.amax(-1, keepdim=True))
    return RawOutput([logits], [offsets], [mask]), Targets(classes, wanted)


@pytest.mark.parametrize("class_aware", [True, False])
@pytest.mark.parametrize("task", [Task.TAL, Task.SED])
@pytest.mark.parametrize("kind", ["diou", "iou", "giou"])
def test_criterion_sums_valid_points_over_the_normaliser(class_aware, task, kind):
    raw, targets = outputs(class_aware)
    criterion = Criterion(LossNormaliser({task: 10.0}), regression_loss=kind, regression_weight=3.0)
    losses = criterion(raw, targets, task)
    divisor = 0.9 * 10 + 0.1 * 2
    smoothing = 0.1 if task is Task.TAL else 0.0
    wanted = smooth_labels(targets.classes, smoothing)
    focal = sigmoid_focal_loss(raw.logits[0], wanted)[:, :3].sum() / divisor
    pairs = [(0, 0), (2, 0), (2, 1)] if class_aware else [(0,), (2,)]
    intervals = [
        interval_iou_loss(raw.offsets[0][0][pair], targets.offsets[0][pair], kind) for pair in pairs
    ]
    regression = sum(intervals) / divisor
    torch.testing.assert_close(losses.classification, focal)
    torch.testing.assert_close(losses.regression, regression)
    torch.testing.assert_close(losses.total, focal + 3 * regression)
    losses.total.backward()
    assert (raw.logits[0].grad[:, 3] == 0).all()
    assert (raw.offsets[0].grad[:, [1, 3]] == 0).all()


def test_without_events_the_offsets_get_a_gradient_of_zero():
    raw, targets = outputs(class_aware=False)
    empty = Targets(torch.zeros_like(targets.classes), torch.zeros_like(targets.offsets))
    losses = Criterion()(raw, empty, Task.SED)
    assert losses.regression.item() == 0
    losses.total.backward()
    assert (raw.offsets[0].grad == 0).all()
    assert (raw.logits[0].grad[:, :3] != 0).all()


def test_losses_are_full_precision_whatever_the_model_ran_in():
    raw, targets = outputs(class_aware=False)
    halved = RawOutput([raw.logits[0].bfloat16()], [raw.offsets[0].bfloat16()], raw.masks)
    losses = Criterion()(halved, targets, Task.SED)
    assert losses.total.dtype == torch.float32
