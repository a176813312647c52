"""The starter's recipe: how each stage learns, from which scenes, and what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core_model.bundle_description import Similarity
from core_model.encoders.minilm import MiniLM
from core_model.encoders.starter.audio import AudioNetwork, StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder, VisualNetwork
from core_model.timeline import Task
from training.starter import anchors as text_anchors
from training.starter.anchors import Anchors, make_anchors
from training.starter.audio_stage import sound_labels, train_audio
from training.starter.calibration import Comparison
from training.starter.compose import SceneComposer, open_film_sounds
from training.starter.corpus import Clip, Corpus, half_of, read_corpus
from training.starter.picture_bank import IDLE_LABEL, PictureBank, visual_labels
from training.starter.scene_labels import AUDIO_VISUAL
from training.starter.scene_store import SceneSet, encode_scenes, encode_sounds, join
from training.starter.sound_mixing import SoundBank
from training.starter.stage import StageOptions, sharpness
from training.starter.visual_stage import train_visual
from training.starter.warm_start import WarmStart

AUDIO = StageOptions(steps=4600, learning_rate=2e-3)
VISUAL = StageOptions(steps=16000, learning_rate=1.5e-3)
HEAD = StageOptions(steps=8500, learning_rate=1e-3, weight_decay=1e-2, average=0.995)
FRESH = {"audio": AUDIO, "visual": VISUAL, "head": HEAD}
# From the weights of a bundle on: shorter and at a lower rate.
FURTHER = {
    "audio": StageOptions(steps=1000, learning_rate=5e-4),
    "visual": StageOptions(steps=1000, learning_rate=4e-4, warm_up=50, save_every=200),
    "head": StageOptions(steps=2000, learning_rate=4e-4, weight_decay=1e-2, average=0.995),
}
# Set -> (scenes, split of its clips, share of them without any event); 'sounds' have no pictures.
SCENES = {
    "train": (2400, "train", 0.06),
    "sounds": (3000, "train", 0.06),
    "calibrate": (200, "first", 0.1),
    "test": (300, "second", 0.0),
    "background": (60, "second", 1.0),
}
# What only the head learns from.
LEARNED = ("train", "sounds")


@dataclass(frozen=True)
class Recipe:
    """Everything that the stages share."""

    corpus: Corpus
    data: Path
    work: Path
    text: MiniLM
    device: torch.device
    pace: float
    init: WarmStart | None
    learn: frozenset[str]
    most_minutes: float = math.inf

    @classmethod
    def of_cache(cls, data: Path, cache: Path) -> Recipe:
        """To compose scenes of media that were decoded before, on the processor; nothing learns."""
        corpus, cpu = read_corpus(data), torch.device("cpu")
        return cls(corpus, data, cache.parent, MiniLM(), cpu, 1.0, None, frozenset())

    @property
    def cache(self) -> Path:
        return self.work / "cache"

    def options(self, stage: str) -> StageOptions:
        """How a stage learns: from chance, from a bundle on, or not at all."""
        options = FRESH[stage] if self.init is None else FURTHER[stage]
        steps = max(2, round(options.steps * self.pace)) if stage in self.learn else 0
        return replace(options, steps=steps, most_minutes=self.most_minutes)


def audio_network(recipe: Recipe) -> AudioNetwork:
    """Stage 1: the trained audio network."""
    return train_audio(
        recipe.corpus.sound,
        recipe.cache,
        recipe.work,
        recipe.text,
        recipe.options("audio"),
        recipe.device,
        None if recipe.init is None else recipe.init.encoder("audio"),
    )


def visual_network(recipe: Recipe) -> VisualNetwork:
    """Stage 2: the trained visual network."""
    return train_visual(
        recipe.corpus.action_images,
        recipe.corpus.action_video,
        recipe.cache,
        recipe.work,
        recipe.text,
        recipe.options("visual"),
        recipe.device,
        None if recipe.init is None else recipe.init.encoder("visual"),
    )


def wanted_scenes(recipe: Recipe) -> list[str]:
    """The sets that the later stages read: a head that does not learn needs none to learn from."""
    return [name for name in SCENES if name not in LEARNED or "head" in recipe.learn]


def scenes(recipe: Recipe, name: str) -> SceneSet:
    """Stage 3: one set of composed scenes, encoded; made in pieces that are kept."""
    count, split, eventless = SCENES[name]
    count = max(4, round(count * recipe.pace))
    pieces = max(1, count // 150)
    paths = [recipe.work / f"scenes_{name}_{piece}.npz" for piece in range(pieces)]
    for piece, path in enumerate(paths):
        if not path.exists():
            title, share = f"{name} {piece + 1}/{pieces}", count // pieces
            audio = StarterAudioEncoder(audio_network(recipe), recipe.device)
            composer = scene_composer(recipe, split, seed=hash_seed(name, piece))
            if name == "sounds":
                made = encode_sounds(title, composer, share, audio, eventless_share=eventless)
            else:
                visual = StarterVisualEncoder(visual_network(recipe), recipe.device)
                made = encode_scenes(
                    title, composer, share, visual, audio, eventless_share=eventless
                )
            made.save(path)
    return join([SceneSet.load(path) for path in paths])


def hash_seed(name: str, piece: int) -> int:
    """A seed of its own for every piece of every set."""
    return sum(map(ord, name)) * 1000 + piece


def scene_composer(recipe: Recipe, split: str, seed: int) -> SceneComposer:
    """Composes of the clips of one split: 'train', or a half of those held back."""

    def keep(clip: Clip) -> bool:
        return clip.split == "train" if split == "train" else half_of(clip) == split

    corpus, cache = recipe.corpus, recipe.cache
    return SceneComposer(
        SoundBank.open(cache, corpus.sound),
        open_film_sounds(cache, corpus.action_video),
        PictureBank(cache, corpus.action_images, corpus.action_video),
        sound_labels(corpus.sound),
        keep,
        seed,
    )


def head_anchors(recipe: Recipe) -> dict[Task, Anchors]:
    """The labels of each task as points in the text space."""
    sounds = sound_labels(recipe.corpus.sound)
    pictures = visual_labels((*recipe.corpus.action_images, *recipe.corpus.action_video))
    actions = [label for label in pictures if label != IDLE_LABEL]
    text = recipe.text
    return {
        Task.TAL: make_anchors(
            pictures, text_anchors.VISUAL_TEMPLATE, text, background=text_anchors.VISUAL_BACKGROUND
        ).only(actions),
        Task.AVEL: make_anchors(list(AUDIO_VISUAL), text_anchors.AUDIO_VISUAL_TEMPLATE, text),
        Task.SED: make_anchors(
            sounds, text_anchors.SOUND_TEMPLATE, text, background=text_anchors.SOUND_BACKGROUND
        ).only(sounds),
    }


def comparisons(recipe: Recipe, anchors: Mapping[Task, Anchors]) -> dict[Task, Comparison]:
    """With what snippets of sound and of picture are compared: the labels, and no event."""
    text = recipe.text
    silence = make_anchors(
        anchors[Task.SED].labels,
        text_anchors.SOUND_TEMPLATE,
        text,
        background=text_anchors.SOUND_BACKGROUND,
    ).only([text_anchors.SOUND_BACKGROUND])
    pictures = visual_labels((*recipe.corpus.action_images, *recipe.corpus.action_video))
    idle = make_anchors(
        pictures,
        text_anchors.VISUAL_TEMPLATE,
        text,
        background=text_anchors.VISUAL_BACKGROUND,
    ).only([*({IDLE_LABEL} & set(pictures)), text_anchors.VISUAL_BACKGROUND])
    found = {}
    for task, nothing, stage in (
        (Task.SED, silence, "audio"),
        (Task.TAL, idle, "visual"),
    ):
        reference = torch.cat([anchors[task].plain(), nothing.plain()])
        scale = sharpness(recipe.work / f"{stage}.pt")
        found[task] = Comparison(reference, Similarity(scale=scale))
    return found
