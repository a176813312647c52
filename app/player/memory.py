"""How much memory the frames around the playhead may fill."""

from __future__ import annotations

import os
import sys

LEAST_BYTES, MOST_BYTES = 128_000_000, 384_000_000
# Where the system does not say how much memory it has.
_UNKNOWN_BYTES = 256_000_000
_PART = 32


def frames_budget_bytes() -> int:
    """A small part of this machine's memory."""
    if sys.platform == "win32" or not {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= set(os.sysconf_names):
        return _UNKNOWN_BYTES
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(memory_bytes // _PART, LEAST_BYTES), MOST_BYTES)
