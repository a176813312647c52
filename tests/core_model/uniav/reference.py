"""Recorded runs of UniAV: weights under their published names, inputs, and what came out.

Two archives with the same layout: ``tests/data/uniav_tiny.npz``, recorded from this project's own
model by ``record_reference.py``, and the authors' run at width 32 where it lies beside the
project.
"""

import json
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core_model.checkpoint import load_official_uniav
from core_model.timeline import Task
from core_model.uniav import UniAV
from core_model.uniav.blocks import AffineDropPath

OWN = Path(__file__).parents[2] / "data" / "uniav_tiny.npz"
AUTHORS = Path(__file__).parents[4] / "shared" / "golden" / "uniav_dim32.npz"
AUTHORS_MISC = AUTHORS.with_name("uniav_misc.npz")
LEVELS = 6


class Reference:
    """One archive."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as archive:
            self.arrays = {name: archive[name] for name in archive.files}
        self.meta = json.loads(self.arrays.pop("meta").tobytes())

    @cached_property
    def state_dict(self) -> dict[str, Tensor]:
        return {
            name.removeprefix("sd/"): torch.from_numpy(value).float()
            for name, value in self.arrays.items()
            if name.startswith("sd/")
        }

    @cached_property
    def text(self) -> dict[Task, Tensor]:
        return {task: self.tensor(f"{task.name}/text") for task in Task}

    def task(self, task: Task) -> dict:
        return self.meta["tasks"][task.name]

    def tensor(self, name: str) -> Tensor:
        value = torch.from_numpy(self.arrays[name])
        return value.float() if value.is_floating_point() else value

    def model(self, *, training: bool = False) -> UniAV:
        """The recorded model; the recordings were made without stochastic depth."""
        model = load_official_uniav(self.state_dict, self.text)
        for module in model.modules():
            if isinstance(module, AffineDropPath):
                module.drop_probability = 0.0
        return model.train(training)

    def items(self, mode: str) -> list[str]:
        return ["eval"] if mode == "eval" else ["train0", "train1"]

    def batch(self, task: Task, mode: str) -> tuple[Tensor, Tensor, Tensor]:
        """Visual and audio features (batch, time, dim), zero-padded, and their mask."""
        length = self.task(task)["max_len"]
        sequences = {"visual": [], "audio": []}
        mask = torch.zeros(len(self.items(mode)), length, dtype=torch.bool)
        for row, item in enumerate(self.items(mode)):
            for stream, batch in sequences.items():
                features = self.tensor(f"{task.name}/{item}/{stream}").t()
                padding = features.new_zeros(length - len(features), features.shape[1])
                batch.append(torch.cat((features, padding)))
                mask[row, : len(features)] = True
        return torch.stack(sequences["visual"]), torch.stack(sequences["audio"]), mask

    def logits(self, task: Task, mode: str) -> list[Tensor]:
        """(batch, time_l, classes) per level."""
        return [self.tensor(f"{task.name}/{mode}/logits{level}") for level in range(LEVELS)]

    def offsets(self, task: Task, mode: str) -> list[Tensor]:
        """(batch, time_l, 2 or 2 * classes) per level."""
        return [
            self.tensor(f"{task.name}/{mode}/offsets{level}").transpose(1, 2)
            for level in range(LEVELS)
        ]

    def truth(self, task: Task) -> tuple[list[Tensor], list[Tensor]]:
        """Segments on the grid and labels of the training items."""
        items = self.items("train")
        segments = [self.tensor(f"{task.name}/{item}/segments_grid") for item in items]
        return segments, [self.tensor(f"{task.name}/{item}/labels") for item in items]
