"""A process that is killed while it edits loses nothing that it said was done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project_factory import fast_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_every_acknowledged_edit_survives_fifty_kills(tmp_path: Path) -> None:
    with fast_folder(tmp_path) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.kills", "--kills", "50", "--edits", "500"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("50 kills in ")
