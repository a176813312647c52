"""Go on from a bundle: its weights as the state with which a stage of the recipe begins."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from core_model.bundle_description import BundleDescription, read_description
from core_model.checkpoint import load_checkpoint
from core_model.timeline import Task
from core_model.uniav.model import UniAV

State = dict[str, Tensor]


class WarmStart:
    """The weights of a bundle that an earlier run of the recipe made."""

    def __init__(self, folder: Path) -> None:
        """Raises BundleError where the description cannot be read."""
        self.folder = folder
        self.description: BundleDescription = read_description(folder)

    def encoder(self, stage: str) -> State:
        """What the model of stage 'audio' or 'visual' is saved as: network and sharpness."""
        part, task = {
            "audio": (self.description.audio, Task.SED),
            "visual": (self.description.visual, Task.TAL),
        }[stage]
        state = {
            f"network.{name}": value.float() if value.is_floating_point() else value
            for name, value in load_file(self.folder / part.file).items()
        }
        scale = self.description.tasks[task].similarity.scale
        return {"log_scale": torch.tensor(math.log(scale)), **state}

    def head(self) -> UniAV:
        """The head, in full precision."""
        model, _ = load_checkpoint(self.folder / self.description.head)
        return model.float()
