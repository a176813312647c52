"""From the start of the interpreter to a window that can be used: python -m benchmarks.startup

Each run is a process of its own. A window counts as usable when it has been painted and its
event loop turns. The table also says whether torch had been imported by then.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 1.5

START = """
import sys, time
from app.collector import everything_stays
from app.qt_features import leave_sources_unread

# As main.py and run_window do it.
with everything_stays():
    leave_sources_unread()
    from PySide6.QtCore import QTimer
    from app.bootstrap import make_application, make_window

app = make_application()
with everything_stays():
    window = make_window(app)
    window.show()


def painted():
    # The time since the epoch, which two processes share.
    print(time.time(), "torch" in sys.modules)
    app.quit()


QTimer.singleShot(0, lambda: QTimer.singleShot(0, painted))
app.exec()
window.shutdown()
"""


def start_once(settings: Path) -> tuple[float, bool]:
    """Seconds from the start of the process, and whether torch was there."""
    environment = {**os.environ, "AVSCOPE_CONFIG_DIR": str(settings)}
    # As for a person, whose second start finds the modules compiled.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(settings / "compiled")
    if sys.platform.startswith("linux") and "DISPLAY" not in environment:
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    began_s = time.time()
    said = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    ended_s, torch_there = said.split()
    return float(ended_s) - began_s, torch_there == "True"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        start_once(Path(folder))  # The first one also reads the disk and is not counted.
        results = [start_once(Path(folder)) for _ in range(runs)]
    seconds = [took_s for took_s, _ in results]
    with_torch = any(torch_there for _, torch_there in results)
    print("start to a usable window")
    print(f"  median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s,", end=" ")
    print(f"worst {max(seconds):.2f} s of {runs} runs (limit {LIMIT_S} s)")
    print(f"  torch imported by then: {'yes' if with_torch else 'no'}")


if __name__ == "__main__":
    main()
