"""``python -m benchmarks [NAME...]``: every benchmark in turn, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "startup",
    "media",
    "detect",
    "uniav",
    "prompts",
    "metrics",
    "timeline",
    "thresholds",
    "prompt_lanes",
    "player",
    "playing_window",
    "av_sync",
    "sound_pictures",
    "project",
    "kills",
    "review",
    "improving",
    "soak",
)


def main() -> int:
    """Run those named on the command line, or all; 1 where one failed, the rest still run."""
    chosen = sys.argv[1:] or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        print(f"no benchmark named {unknown[0]!r}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
