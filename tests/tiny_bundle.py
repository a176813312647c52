"""A whole bundle in a few kilobytes: random weights of a fixed seed, through the real code path.

Its encoders are simple enough to see through: the picture's is a linear map of mean colours over
a coarse raster and their change, the sound's one of band energies. Its head is a small UniAV.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core_model import bundle as bundle_module
from core_model.bundle import save_bundle
from core_model.bundle_description import (
    BundleDescription,
    Calibration,
    Part,
    TaskDescription,
)
from core_model.checkpoint import save_checkpoint
from core_model.encoders.base import (
    FRAMES_PER_STRIDE,
    FRAMES_PER_WINDOW,
    SAMPLES_PER_STRIDE,
    SAMPLES_PER_WINDOW,
)
from core_model.timeline import Task
from core_model.uniav.config import TaskConfig, UniAVConfig
from core_model.uniav.model import UniAV

VISUAL_DIM, AUDIO_DIM, TEXT_DIM = 12, 10, 384
FRAME_SIZE_PX = (16, 8)
BANDS = 20
LABELS = {
    Task.TAL: ("archery", "swimming", "climbing stairs"),
    Task.SED: ("dog barking", "siren"),
    Task.AVEL: ("clapping", "band marching", "snoring", "drinking"),
}


class TinyVisualEncoder:
    """Frames -> mean and change of 4 x 2 colour patches -> 12 numbers."""

    def __init__(self, network: nn.Sequential, dim: int) -> None:
        self.network = network.eval()
        self.dim = dim
        self.calls = 0

    @classmethod
    def load(cls, path: Path, device: torch.device | None = None) -> TinyVisualEncoder:
        weights = load_file(path)
        dim = len(weights["0.bias"])
        network = nn.Sequential(nn.Linear(48, dim), nn.Identity())
        network.load_state_dict(weights)
        return cls(network, dim)

    def frame_size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        return FRAME_SIZE_PX

    def embed(self, frames: np.ndarray) -> Tensor:
        width_px, height_px = FRAME_SIZE_PX
        assert frames.dtype == np.uint8
        assert frames.shape[1:] == (height_px, width_px, 3)
        assert (len(frames) - FRAMES_PER_WINDOW) % FRAMES_PER_STRIDE == 0
        self.calls += 1
        pixels = torch.from_numpy(frames).float().div(255)
        patches = pixels.unflatten(1, (2, 4)).unflatten(3, (4, 4)).mean((2, 4)).flatten(1)
        snippets = patches.unfold(0, FRAMES_PER_WINDOW, FRAMES_PER_STRIDE)
        change = snippets.diff(dim=2).abs().mean(2)
        return self.network(torch.cat([snippets.mean(2), 8 * change], dim=1)).float()


class TinyAudioEncoder:
    """Samples -> log energies of 20 bands -> 10 numbers."""

    def __init__(self, network: nn.Sequential, dim: int) -> None:
        self.network = network.eval()
        self.dim = dim
        self.calls = 0

    @classmethod
    def load(cls, path: Path, device: torch.device | None = None) -> TinyAudioEncoder:
        weights = load_file(path)
        dim = len(weights["0.bias"])
        network = nn.Sequential(nn.Linear(BANDS, dim), nn.Identity())
        network.load_state_dict(weights)
        return cls(network, dim)

    def embed(self, samples: np.ndarray) -> Tensor:
        assert samples.dtype == np.float32 and samples.ndim == 1
        assert (len(samples) - SAMPLES_PER_WINDOW) % SAMPLES_PER_STRIDE == 0
        self.calls += 1
        windows = torch.from_numpy(samples).unfold(0, SAMPLES_PER_WINDOW, SAMPLES_PER_STRIDE)
        power = torch.fft.rfft(windows).abs().square()[:, 1:].unflatten(1, (BANDS, -1)).mean(2)
        return self.network((power + 1e-4).log() / 4).float()


@pytest.fixture
def tiny_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the bundle loader know the encoders of this file."""
    monkeypatch.setitem(bundle_module.VISUAL_ENCODERS, "tiny", TinyVisualEncoder.load)
    monkeypatch.setitem(bundle_module.AUDIO_ENCODERS, "tiny", TinyAudioEncoder.load)


def tiny_description(**changes: object) -> BundleDescription:
    """The description of the tiny bundle; ``changes`` replace fields."""
    fields: dict = {
        "name": "tiny 0.1",
        "visual": Part("tiny", "visual.safetensors"),
        "audio": Part("tiny", "audio.safetensors"),
        "head": "head.safetensors",
        "text": "minilm",
        "tasks": {
            Task.TAL: TaskDescription(LABELS[Task.TAL], "A visual event of {label}."),
            Task.SED: TaskDescription(
                LABELS[Task.SED],
                "A sound event of {label}.",
                threshold=0.4,
                label_thresholds={"siren": 0.6},
                calibration=Calibration(1.2, -0.3),
            ),
            Task.AVEL: TaskDescription(LABELS[Task.AVEL], "An audio visual event of {label}."),
        },
        "window": 64,
        "hop": 48,
    }
    return BundleDescription(**{**fields, **changes})


def make_tiny_bundle(
    folder: Path,
    seed: int = 0,
    *,
    class_aware: bool = False,
    wide: bool = False,
    **changes: object,
) -> Path:
    """Write a bundle into ``folder`` (made if needed) and return the folder.

    ``wide`` gives encoders whose embeddings are as wide as those of the text.
    ``class_aware`` gives the head a pair of distances for every class; ``changes`` replace fields
    of the description.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    description = tiny_description(**changes)
    for part, inputs, outputs in (
        (description.visual, 48, TEXT_DIM if wide else VISUAL_DIM),
        (description.audio, BANDS, TEXT_DIM if wide else AUDIO_DIM),
    ):
        weight = torch.randn(outputs, inputs, generator=generator)
        bias = torch.randn(outputs, generator=generator)
        save_file({"0.weight": weight, "0.bias": bias}, folder / part.file)
    save_checkpoint(folder / description.head, _tiny_head(description, seed, class_aware, wide))
    rows = {
        task: torch.nn.functional.normalize(
            torch.randn(len(settings.labels), TEXT_DIM, generator=generator), dim=-1
        )
        for task, settings in description.tasks.items()
    }
    means = {Task.SED: torch.randn(TEXT_DIM, generator=generator) / 40}
    save_bundle(folder, description, rows, {t: m for t, m in means.items() if t in rows})
    return folder


def _tiny_head(description: BundleDescription, seed: int, class_aware: bool, wide: bool) -> UniAV:
    config = UniAVConfig(
        tasks={
            task: TaskConfig(
                max_length=64, num_classes=len(settings.labels), class_aware=class_aware
            )
            for task, settings in description.tasks.items()
        },
        dim=16,
        heads=2,
        ffn_ratio=2,
        visual_dim=TEXT_DIM if wide else VISUAL_DIM,
        audio_dim=TEXT_DIM if wide else AUDIO_DIM,
        text_dim=TEXT_DIM,
        self_stages=1,
        down_stages=3,
        layer_scale=0.3,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = UniAV(config)
        # Untrained distances are near zero; these give events of some cells.
        for offsets in head.regression.offsets.values():
            torch.nn.init.constant_(offsets.bias, 1.5)
    return head.eval()
