"""Weights written and read back, and the authors' names: what fits and what is refused."""

import json
import pickle

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from core_model import checkpoint
from core_model.checkpoint import (
    CheckpointError,
    load_checkpoint,
    load_official_uniav,
    save_checkpoint,
)
from core_model.timeline import Task
from core_model.uniav import GridKind, UniAV
from core_model.uniav.config import PositionAtEvaluation
from tests.core_model.uniav.record_reference import TINY, official_state_dict, random_model
from tests.core_model.uniav.small import small_batch, small_model


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, small_model(), {"step": 7, "labels": ["Dog"]})
    return path


@pytest.fixture(scope="module")
def official():
    model = random_model(TINY, torch.Generator().manual_seed(3))
    text = {
        task: torch.randn(settings.num_classes, TINY.text_dim)
        for task, settings in TINY.tasks.items()
    }
    return model, official_state_dict(model), text


def test_a_saved_model_rebuilds_itself(saved):
    model = small_model()
    loaded, extra = load_checkpoint(saved)
    assert extra == {"step": 7, "labels": ["Dog"]}
    assert loaded.config == model.config
    assert not loaded.training
    assert all(value.requires_grad for value in loaded.parameters())
    loaded.set_text_embeddings(Task.TAL, model.text_embeddings(Task.TAL))
    batch = small_batch()
    for first, second in zip(
        model(*batch, Task.TAL).logits, loaded(*batch, Task.TAL).logits, strict=True
    ):
        assert torch.equal(first, second)


def test_half_precision_is_widened_again(tmp_path):
    path = tmp_path / "half.safetensors"
    model = small_model()
    save_checkpoint(path, model, dtype=torch.float16)
    assert {value.dtype for value in load_file(path).values()} == {torch.float16}
    loaded, extra = load_checkpoint(path)
    assert extra == {}
    weights = model.state_dict()
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, weights[name].half().float()), name


def test_a_failed_write_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    before = saved.read_bytes()

    def write_half(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint, "save_file", write_half)
    with pytest.raises(
        CheckpointError, match=r"^model\.safetensors: cannot be written .*disk full"
    ):
        save_checkpoint(saved, small_model())
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["model.safetensors"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"^model\.safetensors: cannot be written"):
        save_checkpoint(tmp_path / "absent" / "model.safetensors", small_model())


def test_a_loaded_model_does_not_hang_on_its_file(saved):
    loaded, _ = load_checkpoint(saved)
    before = loaded.backbone.visual_embedding.convs[0].weight.clone()
    with saved.open("rb+") as file:
        file.seek(-1000, 2)
        file.write(bytes(1000))
    torch.testing.assert_close(loaded.backbone.visual_embedding.convs[0].weight, before)


def test_files_that_are_no_checkpoint_are_named(tmp_path, saved):
    whole = saved.read_bytes()
    cases = {
        "empty": b"",
        "text": b"these are no weights",
        "cut": whole[: len(whole) // 2],
        "header": whole[:20],
        "huge": b"\xff" * 8 + whole[8:],
        "pickle": pickle.dumps({"state_dict": 1}),
    }
    for name, content in cases.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=rf"^{name}\.safetensors: "):
            load_checkpoint(path)
    for path in (tmp_path / "absent.safetensors", tmp_path):
        with pytest.raises(CheckpointError, match=f"^{path.name}: not a readable"):
            load_checkpoint(path)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_damage_gives_one_clear_line_or_a_model(saved, data):
    content = bytearray(saved.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 6000))] = data.draw(st.integers(0, 255))
    path = saved.with_name("damaged.safetensors")
    path.write_bytes(content)
    try:
        model, _ = load_checkpoint(path)
    except CheckpointError as error:
        assert str(error).startswith("damaged.safetensors: ")
        assert "\n" not in str(error)
    else:
        assert isinstance(model, UniAV)


def rewritten(path, change_weights=None, **metadata):
    """The saved file with other weights or another description."""
    weights = load_file(path)
    if change_weights is not None:
        change_weights(weights)
    described = {
        "format": "avscope-uniav-1",
        "config": json.dumps(small_model().config.to_dict()),
        "extra": "{}",
    }
    save_file(weights, path, described | metadata)
    return path


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": "other"}, "not a checkpoint of this program"),
        ({"config": "{"}, "description is damaged"),
        ({"config": "[" * 100_000}, "description is damaged"),
        ({"config": "[]"}, "description is damaged"),
        ({"extra": "3"}, "description is damaged"),
        ({"config": '{"tasks": {}, "surprise": 1}'}, "unknown key 'surprise'"),
        ({"config": '{"tasks": {"tal": {"max_length": 16}}, "dim": 1000000000}'}, "'dim' must"),
        ({"config": '{"tasks": {"tal": {"max_length": 16}}}'}, "missing backbone.audio_stages.1"),
        (
            {"config": '{"tasks": {"tal": {"max_length": 1000000}}, "dim": 65536}'},
            "'max_length' 1000000 is too long",
        ),
    ],
)
def test_a_wrong_description_is_named(saved, metadata, message):
    with pytest.raises(CheckpointError, match=rf"^model\.safetensors: .*{message}"):
        load_checkpoint(rewritten(saved, **metadata))


def test_weights_that_do_not_fit_the_description_are_named(saved):
    scale = "classification.log_scale"
    cases = [
        (lambda weights: weights.pop(scale), f"missing {scale}"),
        (lambda weights: weights.update(extra=torch.zeros(1)), "unknown extra"),
        (lambda weights: weights.update({scale: torch.zeros(2)}), rf"{scale} is F32 \(2,\), not"),
        (
            lambda weights: weights.update({scale: torch.zeros((), dtype=torch.int64)}),
            f"{scale} is I64",
        ),
    ]
    whole = saved.read_bytes()
    for change, message in cases:
        saved.write_bytes(whole)
        with pytest.raises(CheckpointError, match=rf"^model\.safetensors: {message}"):
            load_checkpoint(rewritten(saved, change))


@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_weights_come_back_as_they_were(official, prefix):
    model, state_dict, text = official
    loaded = load_official_uniav({prefix + key: value for key, value in state_dict.items()}, text)
    assert loaded.config == model.config
    assert loaded.config.pe_eval is PositionAtEvaluation.OFFICIAL
    assert loaded.config.tasks[Task.TAL].grid is GridKind.RESIZED
    assert not loaded.training
    weights = loaded.state_dict()
    assert weights.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        assert torch.equal(weights[name], value), name
    for task in Task:
        assert torch.equal(loaded.text_embeddings(task), text[task])


def test_the_imported_model_owns_its_weights(official):
    _, state_dict, text = official
    loaded = load_official_uniav(state_dict, text)
    before = state_dict["cls_head.logit_scale"].clone()
    with torch.no_grad():
        for value in loaded.parameters():
            value.zero_()
    torch.testing.assert_close(state_dict["cls_head.logit_scale"], before)
    assert all((value != 0).any() for value in state_dict.values())


def test_published_weights_without_texts_take_them_later(official):
    _, state_dict, text = official
    loaded = load_official_uniav(state_dict, {})
    assert loaded.config.tasks[Task.TAL].num_classes is None
    assert loaded.text_embeddings(Task.TAL) is None
    loaded.set_text_embeddings(Task.TAL, text[Task.TAL])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cls_head.logit_scale": None}, "missing cls_head.logit_scale"),
        ({"backbone.embd_V.0.conv.weight": None}, "missing backbone.embd_V.0.conv.weight"),
        ({"backbone.fpn.weight": torch.zeros(1)}, "unknown backbone.fpn.weight"),
        ({"cls_head.norm.0.weight": torch.ones(1, 9, 1)}, r"cls_head.norm.0.weight is .* \(1, 9"),
        ({"reg_head.scale.2.scale": torch.ones(2)}, "reg_head.scale.2.scale is"),
        ({"cls_head.clip_proj.weight": torch.ones(3)}, "cls_head.clip_proj.weight is .*2 axes"),
        ({"cls_head.logit_scale": torch.tensor(3)}, "cls_head.logit_scale is torch.int64"),
        ({"epoch": 6}, "not a tensor: epoch"),
        ({"state_dict_ema": {}}, "pass the entry 'state_dict_ema'"),
        ({0: torch.ones(1)}, "unknown 0"),
        ({"module.cls_head.logit_scale": torch.ones(())}, "a key occurs with and without"),
    ],
)
def test_published_weights_that_do_not_fit_are_named(official, change, message):
    _, state_dict, text = official
    changed = {key: value for key, value in (state_dict | change).items() if value is not None}
    with pytest.raises(CheckpointError, match=f"^official weights: {message}"):
        load_official_uniav(changed, text)


@pytest.mark.parametrize(
    "key",
    [
        "backbone.embd_V.1.conv.weight",
        "cls_head.head.1.conv.weight",
        "reg_head.norm.1.bias",
        "backbone.self_att_A.1.ln11.weight",
        "reg_head.offset_head.TASK1.conv.weight",
        "reg_head.offset_head.TASK3.conv.weight",
        "backbone.self_att_V.0.mlp_TAL.0.weight",
    ],
)
def test_the_key_that_is_missing_is_the_one_that_is_named(official, key):
    _, state_dict, text = official
    changed = {other: value for other, value in state_dict.items() if other != key}
    with pytest.raises(CheckpointError, match=f"^official weights: missing {key}$"):
        load_official_uniav(changed, text)


def test_missing_keys_are_counted(official):
    _, state_dict, text = official
    changed = {key: value for key, value in state_dict.items() if "cross_att_Av.3" not in key}
    with pytest.raises(CheckpointError, match=r"missing .*Av\.3\..* and \d+ more$"):
        load_official_uniav(changed, text)


def test_texts_that_do_not_fit_are_named(official):
    _, state_dict, text = official
    with pytest.raises(CheckpointError, match=r"^text embeddings: task sed has 4 classes, not 3"):
        load_official_uniav(state_dict, text | {Task.SED: torch.ones(3, TINY.text_dim)})
    with pytest.raises(CheckpointError, match=r"^text embeddings: text embeddings must be \(cl"):
        load_official_uniav(state_dict, text | {Task.TAL: torch.ones(6, 5)})
    with pytest.raises(CheckpointError, match=r"^text embeddings: those of tal are \(\)$"):
        load_official_uniav(state_dict, text | {Task.TAL: torch.ones(())})
