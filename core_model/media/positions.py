"""Where in a file decoding can begin, for containers that cannot be sought in by time.

Program streams and bare codec streams have no index, and their demuxers seek by guessing. Once a
file has been read through for its frame index, the bytes at which its key frames begin are known;
later seeks go there. Until then such a file is read from its start.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from core_model.media.piece import Identity, Source, identity_of

_REMEMBERED_FILES = 8


@dataclass(frozen=True, slots=True, eq=False)
class KeyPositions:
    """``times_us`` int64 (k,), increasing: when key frames are shown; ``bytes`` int64 (k,), not
    decreasing: from where in the file on they are found."""

    times_us: np.ndarray
    bytes: np.ndarray

    def before(self, time_us: int) -> tuple[int, int] | None:
        """(time in us, byte) of the last key frame at or before a moment; None before the first."""
        place = int(np.searchsorted(self.times_us, time_us, side="right")) - 1
        if place < 0:
            return None
        return int(self.times_us[place]), int(self.bytes[place])


_known: OrderedDict[Identity, dict[Source, KeyPositions]] = OrderedDict()
# Files are indexed in one thread and played in another.
_lock = threading.Lock()


def remember(source: Source, positions: KeyPositions) -> None:
    """Keep what was found of a file, or of a piece of one, for later seeks in this process; the
    oldest file is forgotten."""
    identity = identity_of(source)
    if identity is None:
        return
    with _lock:
        _known.setdefault(identity, {})[source] = positions
        _known.move_to_end(identity)
        while len(_known) > _REMEMBERED_FILES:
            _known.popitem(last=False)


def positions_of(source: Source) -> KeyPositions | None:
    """What is known of a file that has not changed since; None before its index was read."""
    identity = identity_of(source)
    with _lock:
        return None if identity is None else _known.get(identity, {}).get(source)
