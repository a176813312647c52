"""The whole model: shapes, masks, experts, prompts and what it refuses."""

import pytest
import torch
from torch.nn import functional

from core_model.timeline import Task
from core_model.uniav import TaskConfig, make_points
from core_model.uniav.config import Classifier, ExpertPlacement, FeatureNorm
from core_model.uniav.points import level_lengths, regression_range
from tests.core_model.uniav.small import TEXT_DIM, small_batch, small_model

CONV_TASKS = {Task.TAL: TaskConfig(16, 4), Task.SED: TaskConfig(8, 3, class_aware=True)}


@pytest.mark.parametrize("length", [1, 2, 13, 16, 40])
def test_levels_halve_and_shapes_follow_the_task(length):
    model = small_model()
    batch = small_batch(length, (length, max(1, length // 2)))
    lengths = level_lengths(length, 3)
    for task, tail in ((Task.TAL, (2,)), (Task.SED, (3, 2))):
        raw = model(*batch, task)
        assert [tuple(level.shape) for level in raw.logits] == [(2, size, 3) for size in lengths]
        assert [tuple(level.shape) for level in raw.offsets] == [
            (2, size, *tail) for size in lengths
        ]
        assert [tuple(mask.shape) for mask in raw.masks] == [(2, size) for size in lengths]
        assert all((level >= 0).all() for level in raw.offsets)


def test_masks_keep_even_cells_and_padded_points_are_zero():
    model = small_model()
    visual, audio, mask = small_batch(16, (16, 5))
    raw = model(visual, audio, mask, Task.TAL)
    assert torch.equal(raw.masks[1], mask[:, ::2])
    assert torch.equal(raw.masks[2], mask[:, ::4])
    for logits, level_mask in zip(raw.logits, raw.masks, strict=True):
        assert (logits[~level_mask] == 0).all()
        assert (logits[level_mask] != 0).all()


def test_what_lies_in_the_padding_has_no_influence():
    model = small_model()
    visual, audio, mask = small_batch(16, (16, 5))
    clean = model(visual * mask[..., None], audio * mask[..., None], mask, Task.SED)
    garbage = model(visual, audio, mask, Task.SED)
    for first, second in zip(clean.logits, garbage.logits, strict=True):
        torch.testing.assert_close(first, second, atol=0, rtol=0)


def test_items_of_a_batch_do_not_touch_each_other():
    model = small_model()
    visual, audio, mask = small_batch(16, (16, 9))
    both = model(visual, audio, mask, Task.TAL)
    alone = model(visual[1:], audio[1:], mask[1:], Task.TAL)
    for first, second in zip(both.logits, alone.logits, strict=True):
        torch.testing.assert_close(first[1:], second)


def test_both_streams_reach_every_level():
    model = small_model()
    visual, audio, mask = small_batch()
    reference = model(visual, audio, mask, Task.TAL)
    for changed in (
        model(visual + 1, audio, mask, Task.TAL),
        model(visual, -audio, mask, Task.TAL),
    ):
        for first, second in zip(reference.logits, changed.logits, strict=True):
            assert (first - second).abs().max() > 1e-3


def test_prompts_are_scored_without_the_backbone():
    model = small_model()
    batch = small_batch()
    features = model.point_features(*batch, Task.TAL)
    for embeddings, mask in zip(features.embeddings, features.masks, strict=True):
        torch.testing.assert_close(embeddings[mask].norm(dim=-1), torch.ones(int(mask.sum())))
    prompts = torch.randn(11, TEXT_DIM)
    scored = model.score(features, prompts)
    model.set_text_embeddings(Task.TAL, prompts)
    for first, second in zip(scored, model(*batch, Task.TAL).logits, strict=True):
        torch.testing.assert_close(first, second)


def test_logits_are_scaled_cosines():
    model = small_model()
    features = model.point_features(*small_batch(), Task.TAL)
    prompts = torch.randn(4, TEXT_DIM)
    projected = model.classification.text_projection(prompts)
    cosine = functional.cosine_similarity(
        features.embeddings[0][0, :, None], projected[None], dim=-1
    )
    scale = model.classification.log_scale.exp()
    torch.testing.assert_close(model.score(features, prompts)[0][0], cosine * scale)


def test_offsets_are_scaled_per_level():
    model = small_model()
    before = model(*small_batch(), Task.TAL).offsets
    with torch.no_grad():
        model.regression.level_scales[1] *= 2
    after = model(*small_batch(), Task.TAL).offsets
    for level, factor in enumerate((1, 2, 1)):
        torch.testing.assert_close(after[level], before[level] * factor)
    assert before[1].max() > 0


@pytest.mark.parametrize("placement", list(ExpertPlacement))
def test_experts_lie_where_the_config_says(placement):
    model = small_model(experts=placement)
    backbone = model.backbone
    in_self = [set(block.experts) for block in backbone.visual_stages]
    in_cross = [set(stage.audio.experts) for stage in backbone.cross_stages]
    own, shared = {"tal", "sed"}, {"shared"}
    both = placement is ExpertPlacement.BOTH
    assert in_self == [own if both or placement is ExpertPlacement.UNI_MODAL else shared]
    assert in_cross == [own if both or placement is ExpertPlacement.CROSS_MODAL else shared] * 3
    assert model(*small_batch(), Task.SED).logits[0].isfinite().all()


def test_feature_norm_takes_the_scale_away():
    visual, audio, mask = small_batch()
    norms = {"visual": FeatureNorm.L2, "audio": FeatureNorm.NONE}
    model = small_model(feat_norm=norms)
    first = model(visual, audio, mask, Task.TAL).logits[0]
    torch.testing.assert_close(first, model(visual * 50, audio, mask, Task.TAL).logits[0])
    assert not torch.allclose(first, model(visual, audio * 50, mask, Task.TAL).logits[0])


def test_convolution_classifier_has_one_per_task_and_starts_rare():
    model = small_model(classifier=Classifier.CONVOLUTION, tasks=CONV_TASKS)
    raw = model(*small_batch(), Task.TAL)
    assert raw.logits[0].shape[-1] == 4
    assert (raw.logits[0][~raw.masks[0]] == 0).all()
    fresh = type(model)(model.config)
    for classifier in fresh.classification.classifiers.values():
        torch.testing.assert_close(
            classifier.bias.sigmoid(), torch.full_like(classifier.bias, 0.01)
        )
    with pytest.raises(ValueError, match="cannot score prompts"):
        model.score(model.point_features(*small_batch(), Task.TAL), torch.randn(2, TEXT_DIM))


def test_text_embeddings_are_no_weights_and_follow_the_model():
    model = small_model()
    assert not [name for name in model.state_dict() if "text_tal" in name or "text_sed" in name]
    model.double()
    assert model.text_embeddings(Task.TAL).dtype == torch.float64
    model.set_text_embeddings(Task.TAL, torch.randn(5, TEXT_DIM))
    assert model.text_embeddings(Task.TAL).dtype == torch.float64


def test_what_does_not_fit_is_refused():
    model = small_model()
    fresh = type(model)(model.config)
    with pytest.raises(ValueError, match="no text embeddings were set for task tal"):
        fresh(*small_batch(), Task.TAL)
    with pytest.raises(ValueError, match="has no task avel; it has: tal, sed"):
        model(*small_batch(), Task.AVEL)
    with pytest.raises(ValueError, match="task sed has 3 classes, not 4"):
        model.set_text_embeddings(Task.SED, torch.randn(4, TEXT_DIM))
    with pytest.raises(ValueError, match=r"must be \(classes, 7\), not \(4, 6\)"):
        model.set_text_embeddings(Task.TAL, torch.randn(4, 6))


def test_bf16_autocast_stays_close():
    model = small_model()
    exact = model(*small_batch(), Task.TAL)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model(*small_batch(), Task.TAL)
    for first, second in zip(exact.logits, rough.logits, strict=True):
        assert (first - second.float()).abs().max() < 2


def test_points_lie_on_the_stride_without_half_a_step():
    points = make_points(level_lengths(16, 3))
    assert points.positions.tolist() == [*range(16), *range(0, 16, 2), *range(0, 16, 4)]
    assert points.strides.tolist() == [1.0] * 16 + [2.0] * 8 + [4.0] * 4
    assert points.ranges[[0, 16, 24]].tolist() == [[0, 4], [4, 8], [8, 10_000]]


def test_published_ranges():
    assert [regression_range(level, 6) for level in range(6)] == [
        (0, 4),
        (4, 8),
        (8, 16),
        (16, 32),
        (32, 64),
        (64, 10_000),
    ]
