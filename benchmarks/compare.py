"""A benchmark of an earlier commit and of this tree, in turns on the same machine.

    python -m benchmarks.compare COMMIT NAME [--rounds 3] [arguments of the benchmark]

The earlier commit is checked out into a folder of its own for the time. Lines are printed as the
benchmark prints them, once for each of both; every number in them is the median of the rounds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare with an earlier commit")
    parser.add_argument("commit")
    parser.add_argument("name")
    parser.add_argument("--rounds", type=int, default=3)
    chosen, passed_on = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder) / "earlier"
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(earlier), chosen.commit], check=True)
        try:
            told: dict[str, list[str]] = {chosen.commit: [], "this tree": []}
            for _ in range(chosen.rounds):
                for name, tree in ((chosen.commit, earlier), ("this tree", HERE)):
                    told[name].append(run(tree, chosen.name, passed_on))
        finally:
            subprocess.run([*git, "remove", "--force", str(earlier)], check=True)
    for name, outputs in told.items():
        print(f"--- {name}, median of {len(outputs)} runs")
        print(merged(outputs))


def run(tree: Path, name: str, arguments: Sequence[str]) -> str:
    """What the benchmark of a tree prints."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def merged(outputs: Sequence[str]) -> str:
    """The same lines with the median of each number; lines that differ in more are the first's."""
    lines: list[str] = []
    for versions in zip(*(output.splitlines() for output in outputs), strict=False):
        first = versions[0]
        found = [NUMBER.findall(version) for version in versions]
        if len({" ".join(NUMBER.sub("0", version).split()) for version in versions}) == 1:
            values = [_median(each) for each in zip(*found, strict=True)]
            pieces = NUMBER.split(first)
            first = "".join(map("".join, zip_longest(pieces, values, fillvalue="")))
        lines.append(first)
    return "\n".join(lines)


def _median(numbers: Sequence[str]) -> str:
    """In as many places as the numbers have."""
    places = max(len(number.partition(".")[2]) for number in numbers)
    return f"{median(float(number) for number in numbers):.{places}f}"


if __name__ == "__main__":
    main()
