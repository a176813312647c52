"""How memory comes and goes, where the C library leaves it to the program."""

from __future__ import annotations

import ctypes
import platform

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
ARENAS = 2
LARGEST_FROM_HEAP_BYTES = 32 << 20
KEPT_FREE_BYTES = 32 << 20


def give_back_free() -> bool:
    """Let the system have every page of the heaps that nothing lies on, between others too.

    Takes some milliseconds per 100 MB of these, in which threads that want memory wait. False
    where the C library cannot.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).malloc_trim(0))


def keep_together() -> bool:
    """Let all threads share few heaps; call it before any thread is started.

    By default glibc gives each thread a heap of its own and keeps what was freed in it: after
    eight openings of a 4 h video the window held a third more, and after closing it three times
    as much. Frames of pictures stay in the heap, because mapping each anew costs 2 ms at 1080p.
    Some free memory stays at the end of the heap: given back whenever more than 128 kB are free,
    as glibc does by default, it had to be mapped anew in every repaint, page by page, which made
    a copy of 400 kB ten times as long. False where the C library is another one.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    shared = library.mallopt(_M_ARENA_MAX, ARENAS)
    kept = library.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)
    return bool(shared and kept and library.mallopt(_M_MMAP_THRESHOLD, LARGEST_FROM_HEAP_BYTES))
