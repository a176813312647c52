"""Which thread waits for which: the window and the sound for none, what plays for these two, and
all that can wait for what plays."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from enum import IntEnum

_NICEST = 19


class Rank(IntEnum):
    """How much nicer than the window's thread another one is; a step of five is a third of the
    processor's time where both want it."""

    PLAYBACK = 5
    BACKGROUND = 15


def give_way(rank: Rank) -> None:
    """Let the calling thread, and those that it starts from now on, stand back by its rank.

    A decoder's own threads are started by the thread that opens it, and stand back with it. Only
    Linux has a niceness for each thread, where Qt's priorities do nothing; elsewhere nothing
    happens. A thread that stands further back already stays there.
    """
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    wanted = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + rank, _NICEST)
    if os.getpriority(os.PRIO_PROCESS, thread) < wanted:
        # Where a sandbox forbids it all threads are equal, as elsewhere.
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, thread, wanted)
