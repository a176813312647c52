"""Threads share the heaps, where the C library can be told so."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from app.allocator import ARENAS, give_back_free, keep_together

COUNT_HEAPS = """
import ctypes, re, threading, sys
from pathlib import Path
from app.allocator import keep_together
if sys.argv[1] == "together":
    assert keep_together()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
stop = threading.Barrier(9)
def work():
    library.malloc(1000)
    stop.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
stop.wait()
[thread.join() for thread in threads]
library.fopen.restype = ctypes.c_void_p
file = library.fopen(sys.argv[2].encode(), b"w")
library.malloc_info(0, ctypes.c_void_p(file))
library.fclose(ctypes.c_void_p(file))
print(len(re.findall("<heap ", Path(sys.argv[2]).read_text(encoding="utf-8"))))
"""


def test_threads_share_few_heaps(tmp_path: Path) -> None:
    if platform.libc_ver()[0] != "glibc":
        assert not keep_together()
        pytest.skip("another C library")
    heaps = {}
    for how in ("together", "apart"):
        said = subprocess.run(
            [sys.executable, "-c", COUNT_HEAPS, how, str(tmp_path / how)],
            capture_output=True, encoding="utf-8", check=True,
        )  # fmt: skip
        heaps[how] = int(said.stdout)
    assert heaps["together"] <= ARENAS < heaps["apart"]


LEAVE_HOLES = """
import ctypes, sys
from pathlib import Path
from app.allocator import give_back_free, keep_together
keep_together()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
places = [ctypes.c_void_p(library.malloc(64_000)) for _ in range(2_000)]
for place in places:
    ctypes.memset(place, 1, 64_000)
for place in places[::2]:
    library.free(place)
def pages():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
before = pages()
assert give_back_free()
print((before - pages()) * 4_096)
assert all(ctypes.string_at(place, 64_000) == bytes([1]) * 64_000 for place in places[1::2])
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells the pages")
def test_holes_between_what_stays_are_given_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        assert not give_back_free()
        pytest.skip("another C library")
    said = subprocess.run(
        [sys.executable, "-c", LEAVE_HOLES], capture_output=True, encoding="utf-8", check=True
    )
    assert int(said.stdout) > 40_000_000
