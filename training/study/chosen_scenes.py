"""``python -m training.study.chosen_scenes --data DIR --cache DIR --out DIR --actions LABEL ...``.

Composed scenes in which some actions occur often, encoded with the starter: what ``python -m
training.study.few_shot`` needs to learn an action from 50 events of it. All clips are of
recordings that the encoders never saw; those to be corrected and those to be judged on have none
in common. Pieces that are there already are kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import torch

from core_model.bundle_description import starter_folder
from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder
from training.errors import TrainingError
from training.starter.recipe import Recipe, scene_composer
from training.starter.scene_store import encode_scenes

PIECE = 20
# Name of the scenes -> (half of the held-back clips, seed).
SETS = {"chosentrain": ("first", 300), "chosentest": ("second", 400)}


def weighted(actions: Sequence[str], chosen: Collection[str], share: float) -> list[str]:
    """The actions, the chosen ones so often that one drawn by chance is of them with about this
    share. Raises TrainingError for one that there is not."""
    if unknown := sorted(set(chosen) - set(actions)):
        raise TrainingError(f"no clips of {', '.join(unknown)} in one half of those held back")
    others = [action for action in actions if action not in chosen]
    times = max(1, round(share / (1 - share) * len(others) / len(chosen)))
    return [*others, *(action for action in chosen for _ in range(times))]


def make_scenes(
    recipe: Recipe, chosen: Sequence[str], share: float, name: str, count: int, out: Path
) -> None:
    """``count`` scenes of one set in pieces."""
    half, seed = SETS[name]
    visual = StarterVisualEncoder.load(starter_folder() / "visual.safetensors", recipe.device)
    audio = StarterAudioEncoder.load(starter_folder() / "audio.safetensors", recipe.device)
    for piece in range(-(-count // PIECE)):
        path = out / f"scenes_{name}_{piece}.npz"
        if not path.exists():
            composer = scene_composer(recipe, half, seed + piece)
            composer.actions = weighted(composer.actions, chosen, share)
            size = min(PIECE, count - piece * PIECE)
            title = f"{name} {piece + 1}"
            made = encode_scenes(title, composer, size, visual, audio, eventless_share=0.0)
            made.save(path)


def main(argv: list[str] | None = None) -> int:
    """Both sets; 1 with one line on stderr where an action has no clips, else 0."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    recipe = Recipe.of_cache(arguments.data, arguments.cache)
    arguments.out.mkdir(parents=True, exist_ok=True)
    counts = {"chosentrain": arguments.train_scenes, "chosentest": arguments.test_scenes}
    try:
        for name, count in counts.items():
            make_scenes(recipe, arguments.actions, arguments.share, name, count, arguments.out)
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.study.chosen_scenes", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the three tables")
    parser.add_argument(
        "--cache", type=Path, required=True, help="'cache' in the work folder of training.starter"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the scenes")
    parser.add_argument("--actions", nargs="+", required=True, metavar="LABEL")
    parser.add_argument("--share", type=float, default=0.7, help="of shots with an action")
    parser.add_argument("--train-scenes", type=int, default=160)
    parser.add_argument("--test-scenes", type=int, default=80)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
