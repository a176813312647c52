"""Stills and films of the cache, and how raw batches are drawn from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core_model.encoders.base import FRAMES_PER_WINDOW
from core_model.encoders.starter.visual import CELLS_PER_WINDOW
from training.starter.corpus import Clip

STILLS = 80
FILMS = 8
EMPTIES = 2
FRAMES_OF_FILM = 2
# Folders name one action in two ways; what shows no action is named by what it shows.
RENAMED = {"fight": "fighting", "no fight": "people standing around"}
IDLE_LABEL = "people standing around"

# Stills (n, 128, 128, 3), their labels, film colour, film brightness, film labels.
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def visual_labels(clips: tuple[Clip, ...]) -> tuple[str, ...]:
    """The labels, renamed, in alphabetical order."""
    return tuple(sorted({RENAMED.get(clip.label, clip.label) for clip in clips}))


class PictureBank:
    """Stills and films of the cache with their labels as indices."""

    def __init__(self, cache: Path, stills: tuple[Clip, ...], films: tuple[Clip, ...]) -> None:
        self.labels = visual_labels((*stills, *films))
        self.pixels = np.load(cache / "image_pixels.npy", mmap_mode="r")
        self.colour = np.load(cache / "film_colour.npy", mmap_mode="r")
        self.grey = np.load(cache / "film_grey.npy", mmap_mode="r")
        self.bounds = np.load(cache / "film_bounds.npy")
        self.stills, self.films = stills, films
        self.still_labels = self._indices(stills)
        self.film_labels = self._indices(films)

    def _indices(self, clips: tuple[Clip, ...]) -> np.ndarray:
        place = {label: index for index, label in enumerate(self.labels)}
        return np.array([place[RENAMED.get(clip.label, clip.label)] for clip in clips])

    def film_window(self, film: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
        """Colour (4, 112, 112, 3) and brightness (16, 56, 56) of the second that starts at a cell.

        Films shorter than a second repeat their last cell.
        """
        first, last = self.bounds[film]
        cells = np.minimum(first + cell + np.arange(CELLS_PER_WINDOW), last - 1)
        grey = self.grey.reshape(-1, FRAMES_PER_WINDOW // CELLS_PER_WINDOW, *self.grey.shape[1:])
        return self.colour[cells], grey[cells].reshape(FRAMES_PER_WINDOW, *self.grey.shape[1:])

    def film_cells(self, film: int) -> int:
        """Windows that the film holds."""
        first, last = self.bounds[film]
        return max(1, int(last - first) - CELLS_PER_WINDOW + 1)


class PictureDraw:
    """Draws raw batches: stills, seconds of films, and empty scenes."""

    def __init__(self, bank: PictureBank, seed: int) -> None:
        self.bank = bank
        self.random = np.random.default_rng(seed)
        self.still_pool = np.array([i for i, c in enumerate(bank.stills) if c.split == "train"])
        self.film_pool = np.array([i for i, c in enumerate(bank.films) if c.split == "train"])
        self.still_weights = self._weights(bank.still_labels[self.still_pool], 0.8)
        self.film_weights = self._weights(bank.film_labels[self.film_pool], 0.3)

    @staticmethod
    def _weights(labels: np.ndarray, power: float) -> np.ndarray:
        """Chances of clips so that a label is drawn as its count to a power."""
        count = np.bincount(labels)[labels].astype(float)
        weights = count ** (power - 1)
        return weights / weights.sum()

    def batch(self) -> Batch:
        """Stills (n, 128, 128, 3), their labels, film colour, film brightness, film labels."""
        stills = self.random.choice(self.still_pool, STILLS, p=self.still_weights)
        films = self.random.choice(self.film_pool, FILMS, p=self.film_weights)
        windows = [
            self.bank.film_window(f, int(self.random.integers(self.bank.film_cells(f))))
            for f in films.tolist()
        ]
        shown = self.random.permuted(np.tile(np.arange(CELLS_PER_WINDOW), (FILMS, 1)), axis=1)
        colour = np.stack(
            [w[0][np.sort(s[:FRAMES_OF_FILM])] for w, s in zip(windows, shown, strict=True)]
        )
        pixels = np.concatenate([self.bank.pixels[stills], self.empty(EMPTIES)])
        labels = np.concatenate(
            [self.bank.still_labels[stills], np.full(EMPTIES, len(self.bank.labels))]
        )
        return (
            torch.from_numpy(pixels),
            torch.from_numpy(labels),
            torch.from_numpy(colour),
            torch.from_numpy(np.stack([w[1] for w in windows])),
            torch.from_numpy(self.bank.film_labels[films]),
        )

    def empty(self, count: int) -> np.ndarray:
        """Pictures that hold nothing: smooth colour, gradients, noise, from blurred chance."""
        side = self.bank.pixels.shape[1]
        made = []
        for _ in range(count):
            coarse = int(self.random.choice([1, 2, 3, 8, 32, 128]))
            base = torch.from_numpy(self.random.uniform(0, 255, (1, 3, coarse, coarse)))
            mean = base.mean(dim=(2, 3), keepdim=True)
            base = mean + (base - mean) * self.random.uniform(0, 1)
            picture = functional.interpolate(base, size=side, mode="bilinear", align_corners=False)
            made.append(picture[0].permute(1, 2, 0).numpy().clip(0, 255).astype(np.uint8))
        return np.stack(made)
