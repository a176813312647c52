"""``python -m training.study --scenes DIR --out DIR``: the paper's ablations on composed scenes.

``DIR`` of the scenes is the work folder of ``python -m training.starter``. Every run leaves its
result in the out folder, so the command can be stopped and called again; the table holds what is
there. All rows get the same scenes, rounds and batches.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from training.errors import TrainingError
from training.study.runs import StudySettings, results
from training.study.scenes import StudyData, read_scenes
from training.study.table import order_lines, table
from training.study.variants import VARIANTS


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    settings = StudySettings(arguments.dim, arguments.rounds, arguments.batch)
    chosen = [v for v in VARIANTS if arguments.only is None or v.name in arguments.only]
    try:
        data = StudyData.of(
            read_scenes(arguments.scenes, "train", arguments.train_scenes),
            read_scenes(arguments.scenes, "test", arguments.test_scenes),
        )
        seeds = range(1, arguments.seeds + 1)
        found = list(results(data, chosen, seeds, settings, arguments.out, _say))
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    seconds = sum(one.seconds for one in found)
    print(f"Average mAP in per cent, {len(data.train)} scenes to learn from, {len(data.test)} to")
    print(f"judge on, {arguments.seeds} seeds, width {settings.dim}, {settings.rounds} rounds of")
    print(f"{settings.batch} scenes per task, {seconds / 60:.0f} min in all\n")
    print(table(found))
    print("\n" + "\n".join(order_lines(found)))
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    defaults = StudySettings()
    parser = argparse.ArgumentParser(prog="python -m training.study", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, help="folder of scenes_*.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--dim", type=int, default=defaults.dim)
    parser.add_argument("--rounds", type=int, default=defaults.rounds)
    parser.add_argument("--batch", type=int, default=defaults.batch)
    parser.add_argument("--train-scenes", type=int, help="the first so many only")
    parser.add_argument("--test-scenes", type=int)
    parser.add_argument("--threads", type=int, default=1)
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("--only", nargs="+", choices=names, help="these rows only")
    return parser.parse_args(argv)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
