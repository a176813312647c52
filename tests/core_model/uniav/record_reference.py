"""Record ``tests/data/uniav_tiny.npz``: python -m tests.core_model.uniav.record_reference

A tiny model with weights far from their initial values (so that no branch is too small to be
seen), rounded to fp16, with inputs, outputs, losses and detections. Run it again only after the
model agreed with the authors' archive: see ``test_parity.py``.
"""

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core_model.postprocess import DecodeConfig, decode, gaussian_soft_nms, suppress
from core_model.timeline import Task
from core_model.uniav import GridKind, TaskConfig, UniAV, UniAVConfig, make_points
from core_model.uniav.config import PositionAtEvaluation
from core_model.uniav.official import official_names
from tests.core_model.uniav.reference import LEVELS, OWN, Reference
from training.losses import Criterion, LossNormaliser
from training.targets import batch_targets

SEED = 20240404
TINY = UniAVConfig(
    tasks={
        Task.TAL: TaskConfig(256, 6, class_aware=False, grid=GridKind.RESIZED),
        Task.AVEL: TaskConfig(256, 5, class_aware=True),
        Task.SED: TaskConfig(64, 4, class_aware=True),
    },
    dim=8,
    visual_dim=12,
    audio_dim=10,
    text_dim=9,
    pe_eval=PositionAtEvaluation.OFFICIAL,
)
_LENGTHS = {Task.TAL: 64, Task.AVEL: 48, Task.SED: 64}
_VALID = {Task.TAL: (64, 61, 64), Task.AVEL: (48, 31, 45), Task.SED: (37, 64, 37)}
_LOSS_NORM_BEFORE = 100.0


def official_state_dict(model: UniAV) -> dict[str, Tensor]:
    """The weights of a model under the names and in the shapes of the authors."""
    names = official_names(model.config)
    official = {}
    for ours, value in model.state_dict().items():
        keys = names[ours]
        if len(keys) > 1:
            official |= {key: value[level].clone() for level, key in enumerate(keys)}
        else:
            official[keys[0]] = official_shape(keys[0], value)
    return official


def official_shape(key: str, value: Tensor) -> Tensor:
    """One of our weights in the shape that the authors store under ``key``."""
    if key.endswith(".conv.weight") and value.ndim == 2:
        return value.unflatten(1, (3, -1)).transpose(1, 2).contiguous()
    if value.ndim == 2 and key != "cls_head.clip_proj.weight":
        return value[..., None]
    is_norm = any(part.startswith("ln") or "norm" in part for part in key.split("."))
    if is_norm or ".drop_path_" in key:
        return value[None, :, None]
    return value


def random_model(config: UniAVConfig, generator: torch.Generator) -> UniAV:
    """Every parameter random and of a size that matters."""
    model = UniAV(config)
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            if name.endswith("path.scale") or name == "regression.level_scales":
                value.copy_(0.4 + 0.2 * noise.abs())
            elif name.startswith("regression.offsets") and value.ndim == 1:
                value.copy_(0.5 + 0.3 * noise.abs())
            elif value.ndim == 1:
                value.copy_(0.2 * noise + float("norm" in name and name.endswith("weight")))
            elif value.ndim > 1:
                value.copy_(noise / value[0].numel() ** 0.5)
            value.copy_(value.half().float())
    return model


def record(seed: int = SEED) -> None:
    generator = torch.Generator().manual_seed(seed)
    model = random_model(TINY, generator)
    arrays = {f"sd/{key}": value.half() for key, value in official_state_dict(model).items()}
    tasks: dict[str, dict[str, Any]] = {}
    for task in Task:
        arrays |= _inputs(task, generator)
        settings = TINY.tasks[task]
        tasks[task.name] = {
            "max_len": _LENGTHS[task],
            "num_classes": settings.num_classes,
            "class_aware": settings.class_aware,
            "loss_norm_before": _LOSS_NORM_BEFORE,
        }
    _write(arrays, {"dim": TINY.dim, "heads": TINY.heads, "tasks": tasks})
    reference = Reference(OWN)
    for task in Task:
        arrays |= _outputs(reference, task)
        tasks[task.name] |= _training_step(reference, task)
    arrays |= _suppression(generator)
    _write(arrays, reference.meta | {"tasks": tasks})


def _inputs(task: Task, generator: torch.Generator) -> dict[str, Tensor]:
    count = TINY.tasks[task].num_classes or 0
    arrays = {f"{task.name}/text": torch.randn(count, TINY.text_dim, generator=generator)}
    for item, length in zip(("train0", "train1", "eval"), _VALID[task], strict=True):
        for stream, dim in (("visual", TINY.visual_dim), ("audio", TINY.audio_dim)):
            features = torch.randn(dim, length, generator=generator)
            arrays[f"{task.name}/{item}/{stream}"] = features.half()
        onsets = torch.rand(7, generator=generator) * length * 0.8
        lengths = 1 + torch.rand(7, generator=generator) ** 2 * length
        segments = torch.stack((onsets, (onsets + lengths).clamp(max=length)), dim=1)
        if item != "eval":
            arrays[f"{task.name}/{item}/segments_grid"] = segments
            labels = torch.randint(count, (7,), generator=generator)
            arrays[f"{task.name}/{item}/labels"] = labels
    return arrays


def _outputs(reference: Reference, task: Task) -> dict[str, Tensor]:
    arrays = {}
    for mode in ("train", "eval"):
        model = reference.model(training=mode == "train")
        with torch.no_grad():
            raw = model(*reference.batch(task, mode), task)
        for level in range(LEVELS):
            arrays[f"{task.name}/{mode}/logits{level}"] = raw.logits[level]
            offsets = raw.offsets[level].flatten(2).transpose(1, 2).contiguous()
            arrays[f"{task.name}/{mode}/offsets{level}"] = offsets
        if mode == "eval":
            config = DecodeConfig.for_task(task)
            kept = suppress(decode(raw, config), config)
            arrays[f"{task.name}/eval/det_segments_grid"] = torch.from_numpy(kept.segments)
            arrays[f"{task.name}/eval/det_scores"] = torch.from_numpy(kept.scores)
            arrays[f"{task.name}/eval/det_labels"] = torch.from_numpy(kept.labels)
    return arrays


def _training_step(reference: Reference, task: Task) -> dict[str, Any]:
    model = reference.model(training=True)
    raw = model(*reference.batch(task, "train"), task)
    settings = TINY.tasks[task]
    targets = batch_targets(
        make_points([level.shape[1] for level in raw.logits]),
        *reference.truth(task),
        settings.num_classes or 0,
        class_aware=settings.class_aware,
    )
    criterion = Criterion(LossNormaliser({task: _LOSS_NORM_BEFORE}))
    losses = criterion(raw, targets, task)
    losses.total.backward()
    names = official_names(TINY)
    gradients = {name: value.grad for name, value in model.named_parameters()}
    found = [gradient.flatten() for gradient in gradients.values() if gradient is not None]
    unused = [key for name, value in gradients.items() if value is None for key in names[name]]
    return {
        "loss": {
            "cls_loss": losses.classification.item(),
            "reg_loss": losses.regression.item(),
            "final_loss": losses.total.item(),
        },
        "loss_norm_after": criterion.normaliser.values[task],
        "grad_norm": torch.cat(found).norm().item(),
        "params_without_grad": unused,
    }


def _suppression(generator: torch.Generator) -> dict[str, Tensor]:
    onsets = torch.rand(300, generator=generator) * 80
    lengths = torch.rand(300, generator=generator) * 20 + 0.5
    segments = torch.stack((onsets, onsets + lengths), dim=1)
    scores = torch.rand(300, generator=generator) ** 2
    labels = torch.randint(6, (300,), generator=generator)
    arrays = {"soft_nms/segs": segments, "soft_nms/scores": scores, "soft_nms/labels": labels}
    for sigma in (0.75, 0.4):
        kept, decayed = gaussian_soft_nms(
            segments.numpy(), scores.numpy(), labels.numpy(), sigma=sigma
        )
        name = f"soft_nms/sigma{sigma}_multiclass1"
        arrays[f"{name}/segs"] = segments[kept]
        arrays[f"{name}/scores"] = torch.from_numpy(decayed)
        arrays[f"{name}/labels"] = labels[kept]
    return arrays


def _write(arrays: dict[str, Tensor], meta: dict[str, Any]) -> None:
    encoded = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    OWN.parent.mkdir(exist_ok=True)
    np.savez_compressed(OWN, meta=encoded, **{name: a.numpy() for name, a in arrays.items()})


if __name__ == "__main__":
    record()
