"""``python -m training CONFIG.json --out DIR``: train UniAV on feature folders.

With several GPUs or machines: ``torchrun --nproc-per-node N -m training CONFIG.json --out DIR``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from training.errors import TrainingError
from training.recipe.run import read_run, train


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr where training could not go on."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("config", type=Path, help="the run's JSON file; paths in it start there")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args(argv)
    try:
        report = train(read_run(arguments.config), arguments.out, torch.device(arguments.device))
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
