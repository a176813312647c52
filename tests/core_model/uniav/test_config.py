"""Sizes from JSON: what is accepted, what is refused, and that files give the published counts."""

import json

import pytest
import torch

from core_model.timeline import Task
from core_model.uniav import ConfigError, GridKind, UniAV, UniAVConfig, load_model_config
from core_model.uniav.config import ExpertPlacement, FeatureNorm, PositionAtEvaluation
from resources import resource_path
from tests.core_model.uniav.small import small_config

PUBLISHED_COUNTS = {
    "uniav_at": 130_750_693,
    "uniav_st_tal": 61_922_512,
    "uniav_st_avel": 62_073_138,
    "uniav_st_sed": 61_658_148,
    "uniav_base": 62_429_722,
    "uniav_tal_avel": 97_108_177,
    "uniav_tal_sed": 96_831_517,
    "uniav_avel_sed": 97_135_843,
    "uniav_no_experts": 63_527_141,
    "uniav_experts_l1": 80_333_029,
    "uniav_experts_l2": 113_944_805,
    "uniav_d352": 63_139_173,
}
# All bundled weights together, stored in half precision.
STARTER_LIMIT_BYTES = 30_000_000
VALID = {"tasks": {"sed": {"max_length": 64, "num_classes": 10, "class_aware": True}}}


@pytest.mark.parametrize(("name", "count"), PUBLISHED_COUNTS.items())
def test_parameter_counts_are_the_published_ones(name, count):
    with torch.device("meta"):
        model = UniAV(load_model_config(name))
    assert sum(value.numel() for value in model.parameters()) == count


def test_every_bundled_file_is_tested_or_the_starter():
    names = {path.stem for path in resource_path("models").glob("*.json")}
    assert names == {*PUBLISHED_COUNTS, "starter"}


def test_starter_needs_no_class_counts():
    config = load_model_config("starter")
    assert config.tasks.keys() == set(Task)
    assert config.experts is ExpertPlacement.BOTH
    assert config.pe_eval is PositionAtEvaluation.CONSISTENT
    assert (config.dim, config.visual_dim, config.audio_dim, config.text_dim) == (112, *[384] * 3)
    for settings in config.tasks.values():
        assert settings.num_classes is None
        assert not settings.class_aware
        assert settings.grid is GridKind.FIXED
    with torch.device("meta"):
        model = UniAV(config)
    assert 2 * sum(value.numel() for value in model.parameters()) < STARTER_LIMIT_BYTES


def test_config_survives_json():
    feat_norm = {"visual": FeatureNorm.L2, "audio": FeatureNorm.NONE}
    config = small_config(experts=ExpertPlacement.CROSS_MODAL, feat_norm=feat_norm)
    text = json.dumps(config.to_dict())
    assert UniAVConfig.from_dict(json.loads(text)) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dimm": 3}, "unknown key 'dimm'"),
        ({"tasks": {"sed": {"max_length": 8, "classes": 3}}}, "unknown key 'classes'"),
        ({"tasks": {"speech": {"max_length": 8}}}, "'tasks' must be one of tal, sed, avel"),
        ({"tasks": {"sed": {"num_classes": 3}}}, "'max_length' is missing"),
        ({"tasks": {"sed": {"max_length": 0}}}, r"'max_length' must lie in \[1, "),
        ({"tasks": {"sed": {"max_length": 8, "class_aware": True}}}, "'num_classes' is needed"),
        ({"tasks": {"sed": {"max_length": 8, "class_aware": 1}}}, "'class_aware' cannot be 1"),
        ({"tasks": {"sed": {"max_length": 8, "grid": "wavy"}}}, "'grid' must be one of"),
        ({"tasks": {"sed": {"max_length": 8}}, "classifier": "conv"}, "'num_classes' is needed"),
        ({"tasks": {"sed": {"max_length": 10**6}}}, "'max_length' 1000000 is too long for 'dim'"),
        ({"tasks": {}}, "at least one task"),
        ({"tasks": ["sed"]}, "'tasks' must map"),
        ({"tasks": None}, "'tasks' must map"),
        ({"dim": "512"}, "'dim' cannot be '512'"),
        ({"dim": True}, "'dim' cannot be True"),
        ({"dim": 10, "heads": 4}, "not a multiple of 'heads'"),
        ({"dim": 5, "heads": 5}, "must be even"),
        ({"dim": 10**30}, "'dim' must lie in"),
        ({"heads": 0}, "'heads' must lie in"),
        ({"down_stages": 10**9}, "'down_stages' must lie in"),
        ({"drop_path": 1.0}, "'drop_path' must lie in"),
        ({"drop_path": "much"}, "'drop_path' cannot be 'much'"),
        ({"layer_scale": 2}, "'layer_scale' must lie in"),
        ({"layer_scale": float("nan")}, "'layer_scale' cannot be nan"),
        ({"drop_path": 10**400}, "'drop_path' cannot be 1000"),
        ({"prior_probability": 0}, "'prior_probability' must lie in"),
        ({"experts": "l3"}, "'experts' must be one of both, l1, l2, none, not 'l3'"),
        ({"pe_eval": None}, "'pe_eval' must be one of"),
        ({"feat_norm": {"visual": "l2"}}, "'feat_norm' must name visual and audio"),
        ({"feat_norm": {"visual": "l2", "audio": "l3"}}, "'feat_norm' must be one of none, l2"),
    ],
)
def test_bad_values_are_named(change, message):
    with pytest.raises(ConfigError, match=f"^sizes.json: .*{message}"):
        UniAVConfig.from_dict(VALID | change, "sizes.json")


@pytest.mark.parametrize("text", ["", "[]", "{", "3", '{"tasks":'])
def test_files_that_are_no_object_are_named(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^broken\.json: "):
        UniAVConfig.from_json(path)


def test_missing_file_and_unknown_name_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"^absent\.json: "):
        UniAVConfig.from_json(tmp_path / "absent.json")
    with pytest.raises(ConfigError, match=r"no model named 'uniaf'; there are: starter, uniav_at"):
        load_model_config("uniaf")
