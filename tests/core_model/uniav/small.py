"""A model small enough for a test, and inputs for it."""

import torch
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav import TaskConfig, UniAV, UniAVConfig

VISUAL_DIM, AUDIO_DIM, TEXT_DIM = 6, 5, 7


def small_config(**changes) -> UniAVConfig:
    """Class-agnostic TAL, class-aware SED with 3 classes; 3 levels, two heads of four channels."""
    values = {
        "tasks": {Task.TAL: TaskConfig(16), Task.SED: TaskConfig(8, 3, class_aware=True)},
        "dim": 8,
        "heads": 2,
        "visual_dim": VISUAL_DIM,
        "audio_dim": AUDIO_DIM,
        "text_dim": TEXT_DIM,
        "self_stages": 1,
        "down_stages": 2,
        "drop_path": 0.0,
        "layer_scale": 0.5,
    }
    return UniAVConfig(**values | changes)


def small_model(seed: int = 0, **changes) -> UniAV:
    """With random weights, biases and text embeddings, in evaluation mode."""
    torch.manual_seed(seed)
    model = UniAV(small_config(**changes))
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim == 1:
                value.add_(0.3 * torch.randn_like(value))
    for task in model.config.tasks:
        model.set_text_embeddings(task, torch.randn(3, TEXT_DIM))
    return model.eval()


def small_batch(length: int = 13, valid: tuple[int, ...] = (13, 6)) -> tuple[Tensor, ...]:
    """Visual, audio, mask; the padded cells hold garbage."""
    torch.manual_seed(length)
    mask = torch.arange(length) < torch.tensor(valid)[:, None]
    visual = torch.randn(len(valid), length, VISUAL_DIM)
    audio = torch.randn(len(valid), length, AUDIO_DIM)
    return visual, audio, mask
