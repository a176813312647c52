"""Loads the model's library in a worker while the window is used.

Two things would let the window's thread stand still for a second: the system maps hundreds of
megabytes of code while Python's lock is held, and Python looks for garbage among a million new
objects again and again.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
import threading
from pathlib import Path

ENGINE = "app.jobs.engine"
_LIBRARY = "torch"
_FILES = {"linux": "libtorch_python.so", "darwin": "libtorch_python.dylib"}
_lock = threading.Lock()


def load_engine() -> None:
    """Load the engine and the model's library with it; the first call takes seconds."""
    with _lock:
        if ENGINE in sys.modules:
            return
        _map_library()
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            importlib.import_module(ENGINE)
        finally:
            # What has been loaded stays: nobody needs to look at it again.
            gc.freeze()
            if was_enabled:
                gc.enable()


def _map_library() -> None:
    """Have the system map the library without Python's lock, which an import would hold.

    Where that is not possible, the import does it, and says what is wrong if anything is.
    """
    file = _library_file()
    if file is None or sys.platform == "win32":
        return
    program = ctypes.CDLL(None)
    program.dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    program.dlopen.restype = ctypes.c_void_p
    program.dlopen(os.fsencode(file), os.RTLD_NOW)


def _library_file() -> Path | None:
    spec = importlib.util.find_spec(_LIBRARY)
    name = _FILES.get(sys.platform)
    if spec is None or not spec.submodule_search_locations or name is None:
        return None
    file = Path(spec.submodule_search_locations[0]) / "lib" / name
    return file if file.is_file() else None
