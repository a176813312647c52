"""The starter visual encoder: what a picture shows, and how it moves.

Appearance: one colour frame per quarter second through a residual network; a snippet takes the
mean of its four. Motion: the 15 differences between the 16 brightness frames of the second, at
half the size, through a small network of their own. Both meet in one projection.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core_model.encoders.base import FRAMES_PER_STRIDE, FRAMES_PER_WINDOW
from core_model.encoders.starter.blocks import ResidualBlock, channels_last, convolution

FRAME_SIDE_PX = 112
GREY_SIDE_PX = FRAME_SIDE_PX // 2
EMBEDDING_DIM = 384
APPEARANCE_DIM = 256
MOTION_DIM = 128
CELLS_PER_WINDOW = FRAMES_PER_WINDOW // FRAMES_PER_STRIDE
# Frames per forward pass: enough to fill the matrix units, little enough to stay in cache.
CHUNK = 32


class AppearanceNetwork(nn.Sequential):
    """Colour in [-1, 1] (N, 3, side, side) -> (N, 256)."""

    def __init__(self) -> None:
        super().__init__(
            convolution(3, 32, stride=2),
            convolution(32, 64, stride=2),
            ResidualBlock(64, 64),
            ResidualBlock(64, 128, stride=2, gated=True),
            ResidualBlock(128, 128, gated=True),
            ResidualBlock(128, APPEARANCE_DIM, stride=2, gated=True),
            ResidualBlock(APPEARANCE_DIM, APPEARANCE_DIM, gated=True),
            ResidualBlock(APPEARANCE_DIM, APPEARANCE_DIM, gated=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )


class MotionNetwork(nn.Sequential):
    """Differences of brightness (N, 15, side, side) -> (N, 128)."""

    def __init__(self) -> None:
        super().__init__(
            convolution(FRAMES_PER_WINDOW - 1, 32, stride=2),
            ResidualBlock(32, 64, stride=2),
            ResidualBlock(64, MOTION_DIM, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )


class VisualNetwork(nn.Module):
    """Colour and brightness of snippets -> embeddings (N, 384), not normalised."""

    def __init__(self, dim: int = EMBEDDING_DIM) -> None:
        super().__init__()
        self.appearance = AppearanceNetwork()
        self.motion = MotionNetwork()
        self.mix = nn.Sequential(nn.Linear(APPEARANCE_DIM + MOTION_DIM, 512), nn.ReLU(inplace=True))
        self.project = nn.Linear(512, dim)

    def combine(
        self, appearance: Float[Tensor, "n a"], motion: Float[Tensor, "n m"]
    ) -> Float[Tensor, "n dim"]:
        """Mean appearance and motion of each snippet -> its embedding."""
        return self.project(self.mix(torch.cat([appearance, motion], dim=1)))


def colour_input(frames: Tensor) -> Float[Tensor, "n c h w"]:
    """uint8 (N, H, W, 3) -> float (N, 3, H, W) in [-1, 1], channels last in memory."""
    return frames.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def motion_input(grey: Float[Tensor, "n f h w"]) -> Float[Tensor, "n d h w"]:
    """Brightness in [0, 1] (N, 16, H, W) -> its 15 differences, amplified to about unit range."""
    return (grey[:, 1:] - grey[:, :-1]) * 8.0


class StarterVisualEncoder:
    """:class:`core_model.encoders.base.VisualEncoder` over :class:`VisualNetwork`."""

    dim = EMBEDDING_DIM

    def __init__(self, network: VisualNetwork, device: torch.device | None = None) -> None:
        self.device = device or torch.device("cpu")
        self.network = channels_last(network.eval().to(self.device))

    @classmethod
    def load(cls, path: Path, device: torch.device | None = None) -> StarterVisualEncoder:
        """Read weights (safetensors); RuntimeError or SafetensorError where they do not fit."""
        network = VisualNetwork()
        network.load_state_dict(load_file(path))
        return cls(network.float(), device)

    def frame_size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Every picture is squeezed to one square, as the training pictures were."""
        return FRAME_SIDE_PX, FRAME_SIDE_PX

    @torch.inference_mode()
    def embed(self, frames: np.ndarray) -> Tensor:
        """uint8 RGB (16 + 4 (n - 1), 112, 112, 3) -> float32 (n, 384)."""
        extra = len(frames) - FRAMES_PER_WINDOW
        if extra < 0 or extra % FRAMES_PER_STRIDE:
            raise ValueError(f"{len(frames)} frames are not whole snippets of 16 + 4 n")
        pixels = torch.from_numpy(np.ascontiguousarray(frames)).to(self.device)
        return self.embed_cells(pixels[::FRAMES_PER_STRIDE], brightness(pixels))

    @torch.inference_mode()
    def embed_cells(self, colour: Tensor, grey: Float[Tensor, "f h w"]) -> Float[Tensor, "n dim"]:
        """What :meth:`embed` does once frames are taken apart.

        ``colour`` is uint8 (n + 3, 112, 112, 3), a frame per quarter second; ``grey`` is the
        brightness in [0, 1] of all 4 (n + 3) frames, 56 x 56.
        """
        cells = self._in_chunks(lambda part: self.network.appearance(colour_input(part)), colour)
        appearance = functional.avg_pool1d(cells.T[None], CELLS_PER_WINDOW, stride=1)[0].T
        windows = grey.unfold(0, FRAMES_PER_WINDOW, FRAMES_PER_STRIDE).permute(0, 3, 1, 2)
        motion = self._in_chunks(lambda part: self.network.motion(motion_input(part)), windows)
        return self.network.combine(appearance, motion).float().cpu()

    def _in_chunks(self, network: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        return torch.cat([network(part).float() for part in inputs.split(CHUNK)])


def brightness(pixels: Tensor) -> Float[Tensor, "f h w"]:
    """uint8 RGB (F, 2h, 2w, 3) -> brightness in [0, 1] (F, h, w): mean of channels and 2 x 2."""
    frames, height, width, channels = pixels.shape
    # Rows are paired as short integers and the six numbers of a pair of pixels summed by a
    # product: four times as fast as averaging floats.
    pairs = pixels[:, 0::2].short() + pixels[:, 1::2].short()
    sixes = pairs.reshape(-1, 2 * channels).float()
    total = torch.mv(sixes, sixes.new_full((2 * channels,), 1 / (255 * 4 * channels)))
    return total.reshape(frames, height // 2, width // 2)
