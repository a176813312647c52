"""``python -m training.study.strange_ears --data DIR --cache DIR --out DIR --without LABEL ...``.

An audio encoder that never heard some labels, in a bundle of its own, and composed scenes encoded
with it: what ``python -m training.study.few_shot`` needs to show how a label is learned of which
neither encoder nor head nor list of labels knows anything. Scenes are sound alone. Every part is
kept and not made again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch

from core_model.bundle import Bundle, save_bundle
from core_model.bundle_description import starter_folder
from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.timeline import Task
from training.starter.audio_stage import BATCH, train_audio
from training.starter.export import save_half
from training.starter.recipe import AUDIO, Recipe, scene_composer
from training.starter.scene_store import encode_sounds
from training.starter.stage import sharpness

PIECE = 150
# Name of the scenes -> (split of their clips, share of them without any event, seed).
SETS = {"heardtrain": ("train", 0.06, 100), "heardtest": ("second", 0.0, 200)}


def make_bundle(
    recipe: Recipe, without: Collection[str], steps: int, batch: int, folder: Path
) -> Path:
    """The starter with an audio encoder that was trained without these labels."""
    out = folder / "bundle"
    if not (out / "bundle.json").exists():
        audio = train_audio(
            recipe.corpus.sound,
            recipe.cache,
            folder,
            recipe.text,
            replace(AUDIO, steps=steps),
            recipe.device,
            without=without,
            batch=batch,
        )
        starter = Bundle(starter_folder())
        shutil.copytree(starter.folder, out, dirs_exist_ok=True)
        (out / "bundle.json").unlink()
        save_half(audio, out / starter.description.audio.file)
        _describe(starter, sharpness(folder / "audio.pt"), out)
    return out


def _describe(starter: Bundle, scale: float, out: Path) -> None:
    """The starter's description with the new encoder's sharpness."""
    description = starter.description
    sounds = description.tasks[Task.SED]
    tasks = {
        **description.tasks,
        Task.SED: replace(sounds, similarity=replace(sounds.similarity, scale=scale)),
    }
    means = {task: starter.template_mean(task) for task in tasks}
    save_bundle(
        out,
        replace(description, name="starter, some labels unheard", tasks=tasks),
        {task: starter.text_embeddings(task, each.labels) for task, each in tasks.items()},
        {task: mean for task, mean in means.items() if mean is not None},
        {task: starter.others(task) for task in tasks if len(starter.others(task))},
    )


def make_scenes(recipe: Recipe, bundle: Path, name: str, count: int, folder: Path) -> None:
    """``count`` scenes in pieces, encoded by the bundle's audio encoder."""
    split, eventless, seed = SETS[name]
    audio = StarterAudioEncoder.load(bundle / "audio.safetensors", recipe.device)
    for piece in range(-(-count // PIECE)):
        path = folder / f"scenes_{name}_{piece}.npz"
        if not path.exists():
            composer = scene_composer(recipe, split, seed + piece)
            share = min(PIECE, count - piece * PIECE)
            title = f"{name} {piece + 1}"
            encode_sounds(title, composer, share, audio, eventless_share=eventless).save(path)


def main(argv: list[str] | None = None) -> None:
    """Encoder, bundle and scenes; ``argv`` of None takes the command line."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    recipe = Recipe.of_cache(arguments.data, arguments.cache)
    arguments.out.mkdir(parents=True, exist_ok=True)
    bundle = make_bundle(recipe, arguments.without, arguments.steps, arguments.batch, arguments.out)
    make_scenes(recipe, bundle, "heardtest", arguments.test_scenes, arguments.out)
    make_scenes(recipe, bundle, "heardtrain", arguments.train_scenes, arguments.out)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.study.strange_ears", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the three tables")
    parser.add_argument(
        "--cache", type=Path, required=True, help="'cache' in the work folder of training.starter"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for bundle and scenes")
    parser.add_argument("--without", nargs="+", required=True, metavar="LABEL")
    parser.add_argument("--steps", type=int, default=AUDIO.steps, help="of the encoder's training")
    parser.add_argument("--batch", type=int, default=BATCH, help="scenes of 4 s per step")
    parser.add_argument("--train-scenes", type=int, default=900)
    parser.add_argument("--test-scenes", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
