"""``python -m training.starter --data PATH --out PATH``: from media to the bundled model.

Every stage keeps its result in the work folder and is skipped where that is there; a stage that
was cut off goes on at its last saved step.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.encoders.minilm import MiniLM
from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder
from core_model.timeline import Task
from core_model.uniav.model import UniAV
from training.starter.anchors import Anchors
from training.starter.audio_stage import clip_figures
from training.starter.calibration import fit_all
from training.starter.corpus import read_corpus
from training.starter.decode_cache import build_cache
from training.starter.evaluate import measure
from training.starter.export import NAME, export
from training.starter.head_stage import train_head
from training.starter.model_card import write_model_card
from training.starter.recipe import (
    FRESH,
    Recipe,
    audio_network,
    comparisons,
    head_anchors,
    scenes,
    visual_network,
    wanted_scenes,
)
from training.starter.scene_store import absent
from training.starter.stage import OutOfTimeError
from training.starter.visual_stage import picture_figures
from training.starter.warm_start import WarmStart
from training.starter.wording_figures import measure_wordings, unseen_wordings
from training.starter.wording_figures import report as wording_report

# The exit code of a stage that has used up its time, so that a loop of the shell can go on.
STOPPED = 3


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
        arguments.minutes,
    )
    stages: dict[str, Callable[[Recipe, Path], object]] = {
        "cache": lambda r, _: build_cache(r.corpus, r.data, r.cache),
        "audio": lambda r, _: audio_network(r),
        "visual": lambda r, _: visual_network(r),
        "scenes": lambda r, _: [scenes(r, name) for name in wanted_scenes(r)],
        "bundle": make_bundle,
    }
    for name, stage in stages.items():
        if arguments.stage in (None, name):
            try:
                stage(recipe, arguments.out)
            except OutOfTimeError as stopped:
                print(f"{stopped}; the same command goes on there", file=sys.stderr)
                sys.exit(STOPPED)


def head_network(
    recipe: Recipe, anchors: Mapping[Task, Anchors], nothing: tuple[np.ndarray, np.ndarray]
) -> UniAV:
    """Stage 4: the trained head, or that of the bundle as it is."""
    initial = None if recipe.init is None else recipe.init.head()
    if initial is not None and "head" not in recipe.learn:
        return initial.eval()
    return train_head(
        scenes(recipe, "train"),
        scenes(recipe, "sounds"),
        anchors,
        nothing,
        recipe.work,
        recipe.options("head"),
        recipe.device,
        None if initial is None else initial.state_dict(),
    )


def make_bundle(recipe: Recipe, out: Path) -> None:
    """Stages 4 and 5: the head, its calibration, the figures and the bundle."""
    anchors = head_anchors(recipe)
    visual, audio = visual_network(recipe), audio_network(recipe)
    nothing = absent(StarterVisualEncoder(visual), StarterAudioEncoder(audio))
    head = head_network(recipe, anchors, nothing).cpu()
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
    parser.add_argument(
        "--minutes",
        type=float,
        default=math.inf,
        help=f"a stage that learns for longer stops, keeps its state and ends with {STOPPED}",
    )
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
