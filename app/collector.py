"""The garbage collector while the program starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def everything_stays() -> Iterator[None]:
    """What is made inside is there until the program ends, so nobody looks through it for garbage.

    Imports and the window make some 100,000 objects, and the collector would look through them
    again and again: a tenth of the time to the window, and a pause now and then afterwards.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
