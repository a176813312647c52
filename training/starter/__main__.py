"""``python -m training.starter --data PATH --out PATH``: from media to the bundled model.

Every stage keeps its result in the work folder and is skipped where that is there; a stage that
was cut off goes on at its last saved step.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core_model.bundle import Bundle
from core_model.bundle_description import Similarity
from core_model.encoders.minilm import MiniLM
from core_model.encoders.starter.audio import AudioNetwork, StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder, VisualNetwork
from core_model.timeline import Task
from training.starter import anchors as text_anchors
from training.starter.anchors import Anchors, make_anchors
from training.starter.audio_stage import clip_figures, sound_labels, train_audio
from training.starter.calibration import Comparison, fit_all
from training.starter.compose import SceneComposer, open_film_sounds
from training.starter.corpus import Clip, Corpus, half_of, read_corpus
from training.starter.decode_cache import build_cache
from training.starter.evaluate import measure
from training.starter.export import NAME, export
from training.starter.head_stage import train_head
from training.starter.model_card import write_model_card
from training.starter.picture_bank import IDLE_LABEL, PictureBank, visual_labels
from training.starter.scene_labels import AUDIO_VISUAL
from training.starter.scene_store import SceneSet, absent, encode_scenes, encode_sounds, join
from training.starter.sound_mixing import SoundBank
from training.starter.stage import StageOptions, sharpness
from training.starter.visual_stage import picture_figures, train_visual
from training.starter.warm_start import WarmStart
from training.starter.wording_figures import measure_wordings, unseen_wordings
from training.starter.wording_figures import report as wording_report

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
        return replace(options, steps=steps)


def main(argv: list[str] | None = None) -> None:
    """Run the stages; ``argv`` of None takes the command line."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    recipe = Recipe(
        read_corpus(arguments.data),
        arguments.data,
        arguments.work,
        MiniLM(),
        torch.device(arguments.device),
        arguments.pace,
        None if arguments.init is None else WarmStart(arguments.init),
        frozenset(arguments.learn),
    )
    stages: dict[str, Callable[[Recipe, Path], object]] = {
        "cache": lambda r, _: build_cache(r.corpus, r.data, r.cache),
        "audio": lambda r, _: audio_network(r),
        "visual": lambda r, _: visual_network(r),
        "scenes": lambda r, _: [scenes(r, name) for name in SCENES],
        "bundle": make_bundle,
    }
    for name, stage in stages.items():
        if arguments.stage in (None, name):
            stage(recipe, arguments.out)


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


def make_bundle(recipe: Recipe, out: Path) -> None:
    """Stages 4 and 5: the head, its calibration, the figures and the bundle."""
    anchors = head_anchors(recipe)
    visual, audio = visual_network(recipe), audio_network(recipe)
    nothing = absent(StarterVisualEncoder(visual), StarterAudioEncoder(audio))
    head = train_head(
        scenes(recipe, "train"),
        scenes(recipe, "sounds"),
        anchors,
        nothing,
        recipe.work,
        recipe.options("head"),
        recipe.device,
        None if recipe.init is None else recipe.init.head(),
    ).cpu()
    fitted = fit_all(head, scenes(recipe, "calibrate"), anchors, comparisons(recipe, anchors))
    figures = measure(head, scenes(recipe, "test"), scenes(recipe, "background"), anchors, fitted)
    export(out, visual, audio, head, anchors, fitted)
    worded = measure_wordings(Bundle(out), scenes(recipe, "test"), unseen_wordings())
    corpus = recipe.corpus
    report = {
        "sound": clip_figures(recipe.work, corpus.sound, recipe.cache, recipe.text),
        "pictures": picture_figures(
            recipe.work, corpus.action_images, corpus.action_video, recipe.cache, recipe.text
        ),
        "scenes": figures.to_dict(),
        "wordings": wording_report(worded),
    }
    (out / "figures.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sizes = {
        f"{name}.safetensors": sum(weight.numel() for weight in network.parameters())
        for name, network in (("visual", visual), ("audio", audio), ("head", head))
    }
    write_model_card(
        out, NAME, {str(task): len(a.labels) for task, a in anchors.items()}, sizes, report
    )
    print(json.dumps(report, indent=1))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.starter", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the three tables")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle to make")
    parser.add_argument("--work", type=Path, help="folder for what stages keep (OUT.work)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pace", type=float, default=1.0, help="share of all steps, for a trial")
    parser.add_argument("--stage", choices=("cache", "audio", "visual", "scenes", "bundle"))
    parser.add_argument(
        "--init", type=Path, metavar="BUNDLE", help="go on from the weights of this bundle"
    )
    parser.add_argument(
        "--learn",
        nargs="*",
        choices=tuple(FRESH),
        default=tuple(FRESH),
        help="parts that learn; with --init the others stay as they are in the bundle",
    )
    arguments = parser.parse_args(argv)
    if arguments.init is None and set(arguments.learn) != set(FRESH):
        parser.error("--learn needs --init: without it every part has to learn")
    arguments.work = arguments.work or arguments.out.with_name(arguments.out.name + ".work")
    return arguments


if __name__ == "__main__":
    main()
