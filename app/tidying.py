"""Memory that the window no longer needs goes back to the system now and then."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QTimer

from app.allocator import give_back_free
from app.player.player import Player

TIDY_EVERY_S = 60.0


class Tidying(QObject):
    """Gives free memory back every so many seconds, unless a video is being played then.

    A file of some hours takes 60 MB wherever it is open, for the times of its packets. Opened and
    closed again and again among what stays, such pieces leave the heap half empty and ever larger.
    """

    def __init__(self, player: Player, every_s: float = TIDY_EVERY_S) -> None:
        super().__init__()
        self._player = player
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(round(every_s * 1_000))
        self._timer.timeout.connect(self._tidy)

    def start(self) -> None:
        self._timer.start()

    def shutdown(self) -> None:
        """Stop, and wait for what is under way."""
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()

    def _tidy(self) -> None:
        if self._player.is_playing or (self._thread is not None and self._thread.is_alive()):
            return
        # It does not stand back: whoever it keeps waiting would wait for longer.
        self._thread = threading.Thread(target=give_back_free, name="free memory")
        self._thread.start()
