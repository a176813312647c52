"""Where a file is written that somebody has named."""

from __future__ import annotations

import os
from pathlib import Path

from core_model.media.errors import WHOLE_FILE, MediaError


def place_to_write(target: Path) -> Path:
    """The place itself, to which links lead. Raises MediaError for a device or a pipe, which a file
    would replace, and OSError where nothing can be known of it.
    """
    place = Path(os.path.realpath(target))
    if place.exists() and not place.is_file():
        raise MediaError(target, WHOLE_FILE, "is no plain file")
    return place
