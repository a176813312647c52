"""Composed scenes as embeddings: what the head learns from and is measured on."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder
from core_model.timeline import Task
from training.starter.compose import SCENE_CELLS, SCENE_SNIPPETS, Event, SceneComposer
from training.starter.stage import quick_precision


@dataclass(frozen=True)
class SceneSet:
    """Embeddings (scenes, 128, dim) in half precision and the events of each scene.

    Scenes of sound alone have a ``visual`` of width 0.
    """

    visual: np.ndarray
    audio: np.ndarray
    events: tuple[tuple[Event, ...], ...]

    def __len__(self) -> int:
        return len(self.events)

    @classmethod
    def load(cls, path: Path) -> SceneSet:
        """Read what :meth:`save` wrote."""
        with np.load(path) as stored:
            events = json.loads(stored["events"].tobytes().decode("utf-8"))
            return cls(
                stored["visual"],
                stored["audio"],
                tuple(
                    tuple(
                        Event(Task(task), label, onset_s, offset_s)
                        for task, label, onset_s, offset_s in scene
                    )
                    for scene in events
                ),
            )

    def save(self, path: Path) -> None:
        """Write an ``npz``, complete or not at all."""
        rows = [
            [(str(e.task), e.label, e.onset_s, e.offset_s) for e in scene] for scene in self.events
        ]
        partial = path.with_name(path.stem + ".partial.npz")
        np.savez(
            partial,
            visual=self.visual,
            audio=self.audio,
            events=np.frombuffer(json.dumps(rows).encode("utf-8"), np.uint8),
        )
        partial.replace(path)


def join(parts: list[SceneSet]) -> SceneSet:
    """Several sets as one."""
    return SceneSet(
        np.concatenate([p.visual for p in parts]),
        np.concatenate([p.audio for p in parts]),
        tuple(scene for p in parts for scene in p.events),
    )


def encode_scenes(
    name: str,
    composer: SceneComposer,
    count: int,
    visual: StarterVisualEncoder,
    audio: StarterAudioEncoder,
    *,
    eventless_share: float = 0.06,
) -> SceneSet:
    """Compose ``count`` scenes and encode each as the program encodes a video.

    The first ``eventless_share`` of them hold nothing but background.
    """
    pictures = np.empty((count, SCENE_SNIPPETS, visual.dim), np.float16)
    sounds = np.empty((count, SCENE_SNIPPETS, audio.dim), np.float16)
    events = []
    for index in _counted(f"scenes {name}", count):
        scene = composer.scene(eventless=index < eventless_share * count)
        grey = torch.from_numpy(scene.grey).float() / 255
        with quick_precision(visual.device):
            pictures[index] = visual.embed_cells(torch.from_numpy(scene.colour), grey).numpy()
            sounds[index] = audio.embed(scene.samples).numpy()
        events.append(scene.events)
    return SceneSet(pictures, sounds, tuple(events))


def encode_sounds(
    name: str,
    composer: SceneComposer,
    count: int,
    audio: StarterAudioEncoder,
    *,
    eventless_share: float = 0.06,
) -> SceneSet:
    """The same without pictures, which take most of the time."""
    sounds = np.empty((count, SCENE_SNIPPETS, audio.dim), np.float16)
    events = []
    for index in _counted(f"sounds {name}", count):
        samples, heard = composer.sound_scene(eventless=index < eventless_share * count)
        with quick_precision(audio.device):
            sounds[index] = audio.embed(samples).numpy()
        events.append(heard)
    return SceneSet(np.empty((count, SCENE_SNIPPETS, 0), np.float16), sounds, tuple(events))


def _counted(what: str, count: int) -> Iterator[int]:
    """0 to ``count`` - 1, saying now and then how long it will take."""
    started = time.monotonic()
    for index in range(count):
        yield index
        if (index + 1) % 50 == 0:
            left_s = (time.monotonic() - started) / (index + 1) * (count - index - 1)
            print(
                f"{what}: {index + 1} of {count}, {left_s / 60:.1f} min left",
                file=sys.stderr,
                flush=True,
            )


@torch.inference_mode()
def absent(
    visual: StarterVisualEncoder, audio: StarterAudioEncoder
) -> tuple[np.ndarray, np.ndarray]:
    """The embedding of a black picture and of digital silence, (dim,) each."""
    colour = torch.zeros(4, 112, 112, 3, dtype=torch.uint8)
    picture = visual.embed_cells(colour, torch.zeros(16, 56, 56))[0]
    return picture.numpy(), audio.embed(np.zeros(SCENE_CELLS * 4000, np.float32))[8].numpy()
