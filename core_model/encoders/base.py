"""The one small interface behind which every encoder family stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from torch import Tensor

SAMPLE_RATE_HZ = 16_000
FRAME_RATE_HZ = 16
FRAMES_PER_STRIDE = 4
FRAMES_PER_WINDOW = 16
SAMPLES_PER_STRIDE = SAMPLE_RATE_HZ * FRAMES_PER_STRIDE // FRAME_RATE_HZ
SAMPLES_PER_WINDOW = SAMPLE_RATE_HZ * FRAMES_PER_WINDOW // FRAME_RATE_HZ


@runtime_checkable
class VisualEncoder(Protocol):
    """Frames at 16 per second -> one embedding per snippet."""

    dim: int

    def frame_size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) to which the caller scales displayed frames of that shape."""
        ...

    def embed(self, frames: np.ndarray) -> Tensor:
        """uint8 RGB (16 + 4 (n - 1), H, W, 3) -> float32 (n, dim), on the CPU."""
        ...


@runtime_checkable
class AudioEncoder(Protocol):
    """A 16 kHz mono waveform in [-1, 1] -> one embedding per snippet."""

    dim: int

    def embed(self, samples: np.ndarray) -> Tensor:
        """float32 (16000 + 4000 (n - 1),) -> float32 (n, dim), on the CPU."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """Prompts -> embeddings in the space of the two others."""

    dim: int

    def embed(self, prompts: Sequence[str]) -> Tensor:
        """n prompts -> float32 (n, dim), each of unit length."""
        ...
