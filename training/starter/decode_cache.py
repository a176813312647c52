"""Decode and shrink the corpus once, into plain numpy arrays that are read by memory map.

| array | shape | what |
| --- | --- | --- |
| sound_samples.npy | int16 (S,) | 16 kHz mono, clip after clip |
| sound_bounds.npy | int64 (clips, 2) | first and last + 1 sample of each clip |
| image_pixels.npy | uint8 (images, 128, 128, 3) | each picture squeezed to a square |
| film_colour.npy | uint8 (cells, 112, 112, 3) | the first frame of each quarter second |
| film_grey.npy | uint8 (4 cells, 56, 56) | brightness at 16 frames per second |
| film_bounds.npy | int64 (films, 2) | first and last + 1 cell of each film |
| film_samples.npy, film_sound_bounds.npy | as for sound | the films' own sound; empty without |
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from core_model.media.audio import samples
from core_model.media.probe import probe
from core_model.media.video import frames
from training.starter.corpus import Clip, Corpus

IMAGE_SIDE_PX = 128
FRAME_SIDE_PX = 112
GREY_SIDE_PX = 56


def build_cache(corpus: Corpus, data: Path, cache: Path) -> None:
    """Make the arrays that are not there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "sound_bounds.npy").exists():
        waves = [_waveform(data / "sound" / c.file) for c in _progress(corpus.sound, "sound")]
        _save_waves(waves, cache, "sound_samples.npy", "sound_bounds.npy")
    films = data / "action_video"
    if not (cache / "film_sound_bounds.npy").exists():
        waves = [_waveform(films / c.file) for c in _progress(corpus.action_video, "film sound")]
        _save_waves(waves, cache, "film_samples.npy", "film_sound_bounds.npy")
    if not (cache / "film_bounds.npy").exists():
        _cache_films(corpus.action_video, films, cache)
    if not (cache / "image_pixels.npy").exists():
        _cache_images(corpus.action_images, data / "action_images.zip", cache)


def _save_waves(waves: list[np.ndarray], cache: Path, samples: str, bounds: str) -> None:
    ends = np.cumsum([len(wave) for wave in waves])
    np.save(cache / samples, np.concatenate(waves))
    np.save(cache / bounds, np.stack([np.r_[0, ends[:-1]], ends], axis=1).astype(np.int64))


def _waveform(path: Path) -> np.ndarray:
    """int16 mono at 16 kHz; empty where the file holds no sound."""
    parts = [np.zeros(0, np.float32)]
    if probe(path).audio is not None:
        parts += [chunk.samples for chunk in samples(path)]
    return (np.concatenate(parts).clip(-1, 1) * 32767).astype(np.int16)


def _cache_images(clips: tuple[Clip, ...], archive: Path, cache: Path) -> None:
    pixels = np.empty((len(clips), IMAGE_SIDE_PX, IMAGE_SIDE_PX, 3), np.uint8)
    with zipfile.ZipFile(archive) as stored:
        names = {Path(name).name: name for name in stored.namelist()}
        for index, clip in enumerate(_progress(clips, "images")):
            with av.open(io.BytesIO(stored.read(names[Path(clip.file).name])), "r") as container:
                frame = next(container.decode(video=0))
                pixels[index] = frame.to_ndarray(
                    width=IMAGE_SIDE_PX, height=IMAGE_SIDE_PX, format="rgb24", interpolation="AREA"
                )
    np.save(cache / "image_pixels.npy", pixels)


def _cache_films(clips: tuple[Clip, ...], folder: Path, cache: Path) -> None:
    colour, grey, bounds, start = [], [], [], 0
    for clip in _progress(clips, "films"):
        size_px = (FRAME_SIDE_PX, FRAME_SIDE_PX)
        shown = [frame.image for frame in frames(folder / clip.file, size_px=size_px)]
        cells = len(shown) // 4
        if cells == 0:
            shown, cells = shown + [shown[-1]] * (4 - len(shown)), 1
        stack = np.stack(shown[: 4 * cells])
        colour.append(stack[::4])
        grey.append(grey_frames(stack))
        bounds.append((start, start + cells))
        start += cells
    np.save(cache / "film_colour.npy", np.concatenate(colour))
    np.save(cache / "film_grey.npy", np.concatenate(grey))
    np.save(cache / "film_bounds.npy", np.asarray(bounds, np.int64))


def grey_frames(frames: np.ndarray) -> np.ndarray:
    """uint8 RGB (F, 112, 112, 3) -> uint8 brightness (F, 56, 56): mean of 2 x 2 and of channels."""
    count, height, width, _ = frames.shape
    blocks = frames.reshape(count, height // 2, 2, width // 2, 2, 3)
    return blocks.mean(axis=(2, 4, 5), dtype=np.float32).astype(np.uint8)


def _progress(clips: tuple[Clip, ...], what: str) -> Iterator[Clip]:
    for index, clip in enumerate(clips):
        if index % 500 == 0:
            print(f"{what}: {index} of {len(clips)}", file=sys.stderr, flush=True)
        yield clip
