"""All tests in two halves side by side, one per processor: python scripts/run_tests.py

The halves are windows and players on one side, everything else on the other; whatever lies in no
folder named here belongs to the second. Each half has a virtual screen of its own where there is
one, so that no window takes the keys from another. What the second half says comes after the
first has ended. Arguments go to pytest, in both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = ("tests/journeys", "tests/app")
# Two screens that look for a free number at the same time may find the same one.
FIRST_SCREENS = (99, 199)
# pytest's code for "no test matched", which is right for one half of a selection.
NO_TESTS = 5


def main() -> int:
    """Run both halves; the exit code is that of a half that failed, or 0."""
    halves = (WINDOWS, ["tests", *(f"--ignore={folder}" for folder in WINDOWS)])
    with tempfile.TemporaryFile() as said:
        second = _start(halves[1], FIRST_SCREENS[1], said)
        try:
            codes = {_start(halves[0], FIRST_SCREENS[0], None).wait(), second.wait()}
        finally:
            # Only does anything where the first half was broken off.
            second.terminate()
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
        sys.stdout.flush()
    failed = codes - {0, NO_TESTS}
    return max(failed) if failed else min(codes)


def _start(half: Sequence[str], screen: int, said: IO[bytes] | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *sys.argv[1:], *half]
    environment = dict(os.environ)
    if shutil.which("xvfb-run"):
        command = ["xvfb-run", "-a", "-n", str(screen), *command]
    elif sys.platform.startswith("linux"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT if said else None
    )


if __name__ == "__main__":
    sys.exit(main())
