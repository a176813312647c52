"""The starter audio encoder: a residual network over log-mel frames, four cells a second.

Frames lie 1/64 s apart and the network strides over 16 of them, so that one output cell covers
a quarter second; a snippet is the mean of four cells. The whole waveform of a block goes through
at once, and neighbouring snippets share their cells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from core_model.encoders.base import SAMPLE_RATE_HZ, SAMPLES_PER_STRIDE, SAMPLES_PER_WINDOW
from core_model.encoders.starter.blocks import ResidualBlock, channels_last, convolution

HOP_SAMPLES = 250
FOURIER_SAMPLES = 512
MEL_BANDS = 64
LOWEST_HZ = 40.0
HIGHEST_HZ = 7_800.0
EMBEDDING_DIM = 384
CELLS_PER_WINDOW = SAMPLES_PER_WINDOW // SAMPLES_PER_STRIDE
# Levels below about -100 dBFS are numerical dust; the floor keeps digital silence finite.
POWER_FLOOR = 1e-7


def mel_filters() -> Float[Tensor, "bins bands"]:
    """Triangular filters, evenly spaced on the mel scale 2595 log10(1 + f / 700)."""
    edges_mel = np.linspace(
        2595 * np.log10(1 + LOWEST_HZ / 700), 2595 * np.log10(1 + HIGHEST_HZ / 700), MEL_BANDS + 2
    )
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, FOURIER_SAMPLES // 2 + 1)[:, None]
    rising = (bins_hz - edges_hz[:-2]) / (edges_hz[1:-1] - edges_hz[:-2])
    falling = (edges_hz[2:] - bins_hz) / (edges_hz[2:] - edges_hz[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0, None)
    return torch.from_numpy((filters / filters.sum(0)).astype(np.float32))


class LogMel(nn.Module):
    """Waveform (B, S) -> log-mel (B, bands, S / 250), one frame centred on each hop."""

    filters: Tensor
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", mel_filters(), persistent=False)
        self.register_buffer("window", torch.hann_window(FOURIER_SAMPLES), persistent=False)

    def forward(self, samples: Float[Tensor, "b s"]) -> Float[Tensor, "b bands frames"]:
        margin = FOURIER_SAMPLES - HOP_SAMPLES
        padded = functional.pad(samples.float(), (margin // 2, margin - margin // 2))
        frames = padded.unfold(-1, FOURIER_SAMPLES, HOP_SAMPLES) * self.window
        spectrum = torch.fft.rfft(frames)
        power = (spectrum.real.square() + spectrum.imag.square()) / FOURIER_SAMPLES
        # The constants bring everyday recordings to about zero mean and unit spread.
        return ((power @ self.filters + POWER_FLOOR).log().transpose(1, 2) + 7.0) / 4.0


class AudioNetwork(nn.Module):
    """Log-mel (B, bands, 16 K) -> snippet embeddings (B, K - 3, 384), not normalised."""

    def __init__(self, dim: int = EMBEDDING_DIM) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            convolution(1, 32, kernel=5, stride=2),
            ResidualBlock(32, 64, stride=2),
            ResidualBlock(64, 128, stride=2),
            ResidualBlock(128, 128),
            ResidualBlock(128, 256, stride=2),
            ResidualBlock(256, 256),
        )
        # Four frequency rows are left, each kept apart: pitch range tells sounds from one another.
        self.cell = nn.Sequential(nn.Linear(4 * 256, 512), nn.ReLU(inplace=True))
        self.project = nn.Linear(512, dim)

    def forward(self, mel: Float[Tensor, "b bands frames"]) -> Float[Tensor, "b n dim"]:
        features = self.trunk(mel[:, None])
        cells = self.cell(features.permute(0, 3, 1, 2).flatten(2)).transpose(1, 2)
        windows = functional.avg_pool1d(cells, CELLS_PER_WINDOW, stride=1)
        return self.project(windows.transpose(1, 2))


class StarterAudioEncoder:
    """:class:`core_model.encoders.base.AudioEncoder` over :class:`AudioNetwork`."""

    dim = EMBEDDING_DIM

    def __init__(self, network: AudioNetwork, device: torch.device | None = None) -> None:
        self.device = device or torch.device("cpu")
        self.frontend = LogMel().to(self.device)
        self.network = channels_last(network.eval().to(self.device))

    @classmethod
    def load(cls, path: Path, device: torch.device | None = None) -> StarterAudioEncoder:
        """Read weights (safetensors); RuntimeError or SafetensorError where they do not fit."""
        network = AudioNetwork()
        network.load_state_dict(load_file(path))
        return cls(network.float(), device)

    @torch.inference_mode()
    def embed(self, samples: np.ndarray) -> Tensor:
        """float32 (16000 + 4000 (n - 1),) in [-1, 1] -> float32 (n, 384)."""
        if len(samples) < SAMPLES_PER_WINDOW or len(samples) % SAMPLES_PER_STRIDE:
            raise ValueError(f"{len(samples)} samples are not whole snippets of 16,000 + 4,000 n")
        waveform = torch.from_numpy(np.ascontiguousarray(samples, np.float32)).to(self.device)
        return self.network(self.frontend(waveform[None]))[0].float().cpu()
