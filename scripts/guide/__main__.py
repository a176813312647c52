"""Makes the pictures and the page of keys of the user's guide: python -m scripts.guide [SCENE...]

Everything is done in the real window on the bundled sample, in folders of its own; nothing of the
person's settings and caches is read or written. Without a display it runs off screen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Make all, or the scenes that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help="one file's name without .png")
    names = parser.parse_args().scenes
    with tempfile.TemporaryDirectory(prefix="avscope-guide-") as folder:
        os.environ["AVSCOPE_CONFIG_DIR"] = str(Path(folder) / "settings")
        os.environ["AVSCOPE_CACHE_DIR"] = str(Path(folder) / "cache")
        os.environ["AVSCOPE_DATA_DIR"] = str(Path(folder) / "data")
        if sys.platform.startswith("linux") and "DISPLAY" not in os.environ:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        # After the folders are named: the program reads them when it begins.
        from scripts.guide.keys import write_keys
        from scripts.guide.scenes import take_pictures

        write_keys()
        take_pictures(Path(folder), names)


if __name__ == "__main__":
    main()
