"""A real player that opens files and is waited for: python -m benchmarks.player"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize, QTimer

from app.player.player import Player
from app.view_state import ViewState

VIEW_PX = QSize(960, 540)
PATIENCE_S = 30.0


def wait_until(is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Run the event loop until something is so, or raise TimeoutError."""
    loop = QEventLoop()
    timer = QTimer()
    ends_s = time.perf_counter() + patience_s

    def look() -> None:
        if is_so() or time.perf_counter() > ends_s:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(1)
    loop.exec()
    timer.stop()
    if not is_so():
        raise TimeoutError(f"what was waited for did not come within {patience_s:.0f} s")


@contextmanager
def opened(path: Path) -> Iterator[Player]:
    """A player that has opened a file, counted its frames and come to rest."""
    player = Player(ViewState())
    try:
        player.set_view_size(VIEW_PX)
        player.open(path)
        wait_until(lambda: player.picture.numbers.index is not None)
        wait_until(lambda: player.picture.reader.is_idle)
        yield player
    finally:
        player.shutdown()
