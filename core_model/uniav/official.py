"""The names and shapes under which the authors publish UniAV's weights.

``module.`` has to be stripped first. Their convolutions of width 1 are linear layers here, their
channel norms (1, C, 1) are (C,), and a width-3 kernel (out, in, 3) is (out, 3 * in).
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.config import (
    ConfigError,
    GridKind,
    PositionAtEvaluation,
    TaskConfig,
    UniAVConfig,
)

_TASK_NUMBERS = {Task.TAL: "TASK1", Task.AVEL: "TASK2", Task.SED: "TASK3"}
_LENGTHS = {Task.TAL: 256, Task.AVEL: 256, Task.SED: 64}
# Neither leaves a trace in the weights: all published models have four heads and one cross-modal
# stage at the full rate.
_HEADS = 4
_STREAMS = {"visual": ("V", "Va"), "audio": ("A", "Av")}
_BLOCK_PARTS = {
    "key_value_norm": "ln11",
    "query_norm": "ln12",
    "attention.query_conv": "attn.query_conv.conv",
    "attention.key_conv": "attn.key_conv.conv",
    "attention.value_conv": "attn.value_conv.conv",
    "attention.query_norm": "attn.query_norm",
    "attention.key_norm": "attn.key_norm",
    "attention.value_norm": "attn.value_norm",
    "attention.query": "attn.query",
    "attention.key": "attn.key",
    "attention.value": "attn.value",
    "attention.projection": "attn.proj",
    "attention_path": "drop_path_attn",
    "expert_path": "drop_path_mlp",
}
_EXPERT_PARTS = {"norm": "ln2_{}", "expand": "mlp_{}.0", "contract": "mlp_{}.3"}


def official_config(weights: Mapping[str, Tensor], class_counts: Mapping[Task, int]) -> UniAVConfig:
    """The sizes of published weights, read from their shapes.

    ``class_counts`` serve the tasks whose offsets do not tell how many classes there are. Raises
    :class:`ConfigError` naming the first key that is missing or misshapen.
    """
    visual = _shape(weights, "backbone.embd_V.0.conv.weight", 3)
    dim = visual[0]
    tasks = [task for task in Task if _names_task(weights, task)] or [Task.TAL]
    expert = _shape(weights, f"backbone.self_att_V.0.mlp_{tasks[0].name}.0.weight", 3)
    return UniAVConfig(
        tasks={task: _task_config(weights, task, class_counts.get(task)) for task in tasks},
        dim=dim,
        heads=_HEADS,
        ffn_ratio=expert[0] // max(dim, 1),
        visual_dim=visual[1],
        audio_dim=_shape(weights, "backbone.embd_A.0.conv.weight", 3)[1],
        text_dim=_shape(weights, "cls_head.clip_proj.weight", 2)[1],
        embedding_convs=_count(weights, r"backbone\.embd_(norm_)?[VA]"),
        self_stages=_count(weights, r"backbone\.self_att_[VA]"),
        cross_stages=1,
        down_stages=_count(weights, r"backbone\.cross_att_(Va|Av)"),
        head_convs=_count(weights, r"(cls|reg)_head\.(head|norm)"),
        pe_eval=PositionAtEvaluation.OFFICIAL,
    )


def official_names(config: UniAVConfig) -> dict[str, list[str]]:
    """Our parameter names -> the official ones (several only for the scales of the levels)."""
    names = {
        "classification.log_scale": ["cls_head.logit_scale"],
        "regression.level_scales": [
            f"reg_head.scale.{level}.scale" for level in range(config.level_count)
        ],
    }
    for ours, theirs in _modules(config).items():
        for kind in ("weight", "bias", "scale"):
            names[f"{ours}.{kind}"] = [f"{theirs}.{kind}"]
    return names


def converted(tensor: Tensor, shape: torch.Size) -> Tensor | None:
    """A copy of an official tensor in our ``shape`` and fp32; None where it cannot be that."""
    if tensor.ndim == 3 and len(shape) == 2 and tensor.shape[-1] == 3:
        tensor = tensor.transpose(1, 2).flatten(1)
    elif len(shape) < 3:
        tensor = tensor.squeeze(-1) if len(shape) == 2 else tensor.squeeze()
    if tensor.shape != shape or not tensor.is_floating_point():
        return None
    return tensor.detach().to("cpu", torch.float32, copy=True).contiguous()


def _modules(config: UniAVConfig) -> dict[str, str]:
    """Our module paths -> the official ones."""
    modules = {
        "classification.visual_projection": "cls_head.vis_proj.conv",
        "classification.text_projection": "cls_head.clip_proj",
    }
    for ours, theirs in (("classification", "cls_head"), ("regression", "reg_head")):
        for index in range(config.head_convs):
            modules[f"{ours}.trunk.convs.{index}"] = f"{theirs}.head.{index}.conv"
            modules[f"{ours}.trunk.norms.{index}"] = f"{theirs}.norm.{index}"
    for task in config.tasks:
        modules[f"regression.offsets.{task}"] = f"reg_head.offset_head.{_TASK_NUMBERS[task]}.conv"
    for stream, (own, crossed) in _STREAMS.items():
        for index in range(config.embedding_convs):
            embedding = f"backbone.{stream}_embedding"
            modules[f"{embedding}.convs.{index}"] = f"backbone.embd_{own}.{index}.conv"
            modules[f"{embedding}.norms.{index}"] = f"backbone.embd_norm_{own}.{index}"
        blocks = {
            f"backbone.{stream}_stages.{index}": f"backbone.self_att_{own}.{index}"
            for index in range(config.self_stages)
        }
        blocks[f"backbone.cross_stages.0.{stream}"] = f"backbone.ori_cross_att_{crossed}"
        for index in range(config.down_stages):
            ours = f"backbone.cross_stages.{index + 1}.{stream}"
            blocks[ours] = f"backbone.cross_att_{crossed}.{index}"
        for ours, theirs in blocks.items():
            modules |= _block_modules(ours, theirs, config)
    return modules


def _block_modules(ours: str, theirs: str, config: UniAVConfig) -> dict[str, str]:
    modules = {f"{ours}.{part}": f"{theirs}.{name}" for part, name in _BLOCK_PARTS.items()}
    for task in config.tasks:
        for part, pattern in _EXPERT_PARTS.items():
            modules[f"{ours}.experts.{task}.{part}"] = f"{theirs}.{pattern.format(task.name)}"
    return modules


def _task_config(weights: Mapping[str, Tensor], task: Task, class_count: int | None) -> TaskConfig:
    channels = _shape(weights, _offset_key(task), 3)[0]
    class_aware = channels > 2
    return TaskConfig(
        max_length=_LENGTHS[task],
        num_classes=channels // 2 if class_aware else class_count,
        class_aware=class_aware,
        grid=GridKind.RESIZED if task is Task.TAL else GridKind.FIXED,
    )


def _offset_key(task: Task) -> str:
    return f"reg_head.offset_head.{_TASK_NUMBERS[task]}.conv.weight"


def _shape(weights: Mapping[str, Tensor], key: str, axes: int) -> tuple[int, ...]:
    if key not in weights:
        raise ConfigError(f"missing {key}")
    if weights[key].ndim != axes:
        raise ConfigError(f"{key} is {tuple(weights[key].shape)}, expected {axes} axes")
    return tuple(weights[key].shape)


def _names_task(weights: Mapping[str, Tensor], task: Task) -> bool:
    """Whether any key is of a task: where others of it are missing, they can be named then."""
    pattern = re.compile(rf"\.(ln2|mlp)_{task.name}\.|\.{_TASK_NUMBERS[task]}\.")
    return any(pattern.search(key) for key in weights)


def _count(weights: Mapping[str, Tensor], layers: str) -> int:
    """How many numbered layers there are; both streams and both heads have as many."""
    pattern = re.compile(layers + r"\.(?P<number>\d+)\.")
    return len({match["number"] for key in weights if (match := pattern.match(key))})
