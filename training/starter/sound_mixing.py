"""Short sound scenes with exact labels: one or two clips over a background, made hard.

Everything that differs between recordings but not between events is drawn by chance: level,
room, speed, colour of the noise, bandwidth and equaliser, so that the network can lean on none
of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.signal import fftconvolve
from torch import Tensor

from core_model.encoders.base import SAMPLE_RATE_HZ, SAMPLES_PER_STRIDE
from core_model.encoders.starter.audio import POWER_FLOOR
from training.starter.corpus import Clip

# A label counts in a window while its loudest sixteenth of a second there is at least this loud.
AUDIBLE_BELOW_OWN_PEAK_DB = 32.0
AUDIBLE_BELOW_LOUDEST_DB = 15.0
AUDIBLE_ABOVE_NOISE_DB = -4.0
LEVEL_SAMPLES = 1_000
NOISE_SECONDS = 60


@dataclass(frozen=True)
class SoundBank:
    """Waveforms of the clips, and the clips of each label grouped by recording."""

    samples: np.ndarray
    bounds: np.ndarray
    clips: tuple[Clip, ...]

    @classmethod
    def open(cls, cache: Path, clips: tuple[Clip, ...]) -> SoundBank:
        return cls(
            np.load(cache / "sound_samples.npy", mmap_mode="r"),
            np.load(cache / "sound_bounds.npy"),
            clips,
        )

    def waveform(self, index: int) -> np.ndarray:
        """float32 samples of one clip in [-1, 1]."""
        first, last = self.bounds[index]
        return self.samples[first:last].astype(np.float32) / 32768.0


class SoundScenes:
    """Draws scenes of one length with a soft label for every snippet in them."""

    def __init__(
        self,
        bank: SoundBank,
        labels: tuple[str, ...],
        seed: int,
        *,
        length: int = 4 * SAMPLE_RATE_HZ,
        keep: Callable[[Clip], bool] = lambda clip: clip.split == "train",
    ) -> None:
        self.bank, self.labels = bank, labels
        self.random = np.random.default_rng(seed)
        self.length = length
        self.pool = group_by_label(bank.clips, keep)
        counts = np.array([sum(map(len, self.pool.get(label, {}).values())) for label in labels])
        weights = np.where(counts > 0, counts**0.35, 0.0)
        self.weights = weights / weights.sum()
        self.noises = {
            tilt: coloured_noise(NOISE_SECONDS * SAMPLE_RATE_HZ, tilt, self.random)
            for tilt in (0.0, 0.5, 1.0, 1.5)
        }

    def batch(self, size: int) -> tuple[Float[Tensor, "b s"], Float[Tensor, "b n c"]]:
        """Waveforms and, per snippet, label weights; the last label is the background."""
        scenes = [self.scene() for _ in range(size)]
        return (
            torch.from_numpy(np.stack([scene[0] for scene in scenes])),
            torch.from_numpy(np.stack([scene[1] for scene in scenes])),
        )

    def scene(self) -> tuple[np.ndarray, np.ndarray]:
        """One waveform (S,) and its label weights (snippets, labels + 1)."""
        draw = self.random
        noise_db = -90.0 if draw.random() < 0.25 else draw.uniform(-75, -22)
        parts: list[tuple[int, np.ndarray]] = []
        if draw.random() > 0.04:
            level_db = max(noise_db + draw.uniform(0, 30), draw.uniform(-48, -10))
            parts.append(self._placed(level_db))
            if draw.random() < 0.4:
                parts.append(self._placed(level_db + draw.uniform(-10, 10)))
        mixture = self.noise(noise_db) + sum(wave for _, wave in parts)
        targets = snippet_targets(parts, noise_db, len(self.labels))
        return np.clip(mixture, -1, 1).astype(np.float32), targets

    def noise(self, level_db: float) -> np.ndarray:
        """Coloured noise of the scene's length at an RMS level in dBFS."""
        bank = self.noises[float(self.random.choice([0.0, 0.5, 1.0, 1.5]))]
        start = self.random.integers(len(bank) - self.length)
        return bank[start : start + self.length] * np.float32(10 ** (level_db / 20))

    def _placed(self, level_db: float) -> tuple[int, np.ndarray]:
        """(label index, waveform over the whole scene) of one clip drawn by label, then group."""
        draw = self.random
        label = int(draw.choice(len(self.labels), p=self.weights))
        wave = self.disguise(self._clip_of(self.labels[label]))
        loudest = levels_db(wave).max()
        wave = wave * np.float32(10 ** ((level_db - loudest) / 20))
        scene = np.zeros(self.length, np.float32)
        offset = int(
            draw.integers(
                -max(0, len(wave) - SAMPLE_RATE_HZ),
                max(1, self.length - min(len(wave), SAMPLE_RATE_HZ)),
            )
        )
        if len(wave) > self.length:
            offset = -int(draw.integers(len(wave) - self.length + 1))
        first, last = max(0, offset), min(self.length, offset + len(wave))
        scene[first:last] = wave[first - offset : last - offset]
        return label, scene

    def sound(self, wanted_s: float, label: str | None = None) -> tuple[str, np.ndarray]:
        """A label and a waveform of it: one clip, or takes of one recording for ``wanted_s``."""
        name = label or self.labels[int(self.random.choice(len(self.labels), p=self.weights))]
        groups = list(self.pool[name].values())
        group = groups[self.random.integers(len(groups))]
        wave = self.bank.waveform(group[self.random.integers(len(group))])
        while len(wave) < wanted_s * SAMPLE_RATE_HZ:
            wave = np.concatenate(
                [wave, self.bank.waveform(group[self.random.integers(len(group))])]
            )
        return name, self.disguise(wave)

    def _clip_of(self, label: str) -> np.ndarray:
        groups = list(self.pool[label].values())
        group = groups[self.random.integers(len(groups))]
        return self.bank.waveform(group[self.random.integers(len(group))])

    def disguise(self, wave: np.ndarray) -> np.ndarray:
        """Another speed and another room."""
        draw = self.random
        if draw.random() < 0.5:
            speed = draw.uniform(0.85, 1.18)
            places = np.arange(0, len(wave) - 1, speed)
            wave = np.interp(places, np.arange(len(wave)), wave).astype(np.float32)
        if draw.random() < 0.25:
            wave = self._reverberate(wave)
        return wave

    def _reverberate(self, wave: np.ndarray) -> np.ndarray:
        draw = self.random
        decay_s = draw.uniform(0.1, 0.8)
        time_s = np.arange(int(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        response = draw.standard_normal(len(time_s)).astype(np.float32)
        response *= np.exp(-6.9 * time_s / decay_s).astype(np.float32)
        response *= np.float32(draw.uniform(0.1, 0.8) / np.linalg.norm(response))
        response[0] = 1.0
        return fftconvolve(wave, response)[: len(wave) + SAMPLE_RATE_HZ // 4].astype(np.float32)


def group_by_label(
    clips: tuple[Clip, ...], keep: Callable[[Clip], bool]
) -> dict[str, dict[str, list[int]]]:
    """label -> group -> indices of the clips that ``keep`` lets through."""
    pool: dict[str, dict[str, list[int]]] = {}
    for index, clip in enumerate(clips):
        if keep(clip):
            pool.setdefault(clip.label, {}).setdefault(clip.group, []).append(index)
    return pool


def coloured_noise(count: int, tilt: float, random: np.random.Generator) -> np.ndarray:
    """Noise whose amplitude falls as f^-tilt (0 white, 0.5 pink, 1 brown), of unit RMS."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ), 20.0)
    noise = np.fft.irfft(spectrum * frequency**-tilt, count)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def levels_db(wave: np.ndarray) -> np.ndarray:
    """RMS level in dBFS of each sixteenth of a second."""
    count = max(1, len(wave) // LEVEL_SAMPLES)
    blocks = np.resize(wave, count * LEVEL_SAMPLES) if len(wave) < LEVEL_SAMPLES else wave
    power = np.square(blocks[: count * LEVEL_SAMPLES].reshape(count, LEVEL_SAMPLES)).mean(1)
    return 10 * np.log10(power + 1e-12)


def snippet_targets(
    parts: list[tuple[int, np.ndarray]], noise_db: float, labels: int
) -> np.ndarray:
    """Label weights of every snippet: even among the audible ones, else all on the background."""
    if not parts:
        count = 0
        levels = np.zeros((0, 0))
    else:
        levels = np.stack([snippet_levels_db(wave) for _, wave in parts])
        count = levels.shape[1]
    count = count or 13
    targets = np.zeros((count, labels + 1), np.float32)
    if parts:
        audible = (
            (levels > levels.max(axis=1, keepdims=True) - AUDIBLE_BELOW_OWN_PEAK_DB)
            & (levels > levels.max(axis=0) - AUDIBLE_BELOW_LOUDEST_DB)
            & (levels > noise_db + AUDIBLE_ABOVE_NOISE_DB)
            & (levels > -85.0)
        )
        for row, (label, _) in enumerate(parts):
            targets[:, label] += audible[row]
    total = targets.sum(axis=1, keepdims=True)
    targets[total[:, 0] == 0, -1] = 1.0
    return targets / np.maximum(total, 1.0)


def snippet_levels_db(wave: np.ndarray) -> np.ndarray:
    """Level of the loudest sixteenth of a second in each snippet of the waveform."""
    levels = levels_db(wave)
    per_stride = SAMPLES_PER_STRIDE // LEVEL_SAMPLES
    return np.lib.stride_tricks.sliding_window_view(levels, 4 * per_stride)[::per_stride].max(
        axis=1
    )


def colour_and_mask(
    mel: Float[Tensor, "b bands frames"], generator: torch.Generator
) -> Float[Tensor, "b bands frames"]:
    """Another microphone (equaliser, bandwidth) and holes in time and frequency.

    The holes follow SpecAugment (Park et al., arXiv 1904.08779).
    """
    batch, bands, frames = mel.shape
    knots = torch.randn(batch, 1, 6, generator=generator) * 0.9
    curve = torch.nn.functional.interpolate(knots, size=bands, mode="linear", align_corners=True)
    band = torch.arange(bands)
    cut = torch.rand(batch, 1, generator=generator)
    upper = torch.where(cut < 0.35, 36 + cut / 0.35 * 26, torch.full_like(cut, bands))
    lower = torch.where(cut > 0.85, (cut - 0.85) / 0.15 * 10, torch.zeros_like(cut))
    slope = -(band - upper).clamp(min=0) * 1.2 - (lower - band).clamp(min=0) * 1.2
    gain = (curve[:, 0] + slope)[:, :, None].to(mel.device)
    power = (mel * 4.0 - 7.0 + gain).exp() + POWER_FLOOR
    mel = (power.log() + 7.0) / 4.0
    low = mel.amin(dim=(1, 2), keepdim=True)
    for size, most, count in ((bands, 10, 2), (frames, 28, 2)):
        for _ in range(count):
            width = torch.rand(batch, 1, generator=generator) * most
            start = torch.rand(batch, 1, generator=generator) * (size - width)
            place = torch.arange(size)
            hole = ((place >= start) & (place < start + width)).to(mel.device)
            hole = hole[:, :, None] if size == bands else hole[:, None, :]
            mel = torch.where(hole, low, mel)
    return mel
