"""A file that has to be encoded before questions about it can be answered."""

from __future__ import annotations

import threading
from pathlib import Path


class EncodingWish:
    """One thread wishes, another encodes with the model of ``bundle`` when it has nothing else to
    do, and says where that fails."""

    def __init__(self, path: Path, bundle: Path | None) -> None:
        self.path = path
        self.bundle = bundle
        self._failed = threading.Event()
        self._reason = ""
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether the file is encoded, or nobody waits for it any more."""
        return self._over.is_set()

    def end(self) -> None:
        """The file is encoded, or nobody wants it to be."""
        self._over.set()

    def fail(self, reason: str) -> None:
        """It cannot be encoded; one line for people."""
        self._reason = reason
        self._failed.set()

    def failure(self, timeout_s: float) -> str:
        """Why it cannot be encoded, waiting so long for bad news; "" where there are none."""
        return self._reason if self._failed.wait(timeout_s) else ""
