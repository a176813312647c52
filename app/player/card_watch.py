"""Whether the sound card still takes sound, told apart from a machine that is only busy."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.player.sound_card import LATENCY_S

# A card that has not asked for sound for this long was unplugged or has stalled.
CARD_SILENT_S = 0.7
# Until it has taken so much more than its buffers hold, it may take longer: a sound server that
# slept fills the buffers at once and then waits for up to 2 s.
CARD_STARTS_S = 3.0
STARTED_AFTER_S = 3 * LATENCY_S
# Who looks every 20 ms and comes this much later was kept from running, and so was the card.
MOST_BETWEEN_LOOKS_S = 0.06


class CardWatch:
    """Counts how long the card has been silent while it could have asked for sound.

    The card's thread says what it takes, the sound thread looks on. Time in which the sound
    thread itself did not run counts little: a machine that starves one starves the other, and
    whichever wakes first must not call the other one dead.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._buffers = 0
        self._taken_s = 0.0
        self.begin()

    def begin(self) -> None:
        """The card was started, or is waited for once more."""
        self._taken_s = 0.0
        self._silent_s = 0.0
        self._seen = self._buffers
        self._looked_s = self._monotonic()

    def takes(self, sound_s: float) -> None:
        """The card has asked for so much sound; called in its own thread."""
        self._buffers += 1
        self._taken_s += sound_s

    def silent_s(self) -> float:
        """For how long the card has asked for nothing. Look every 20 ms or so."""
        now_s = self._monotonic()
        elapsed_s, self._looked_s = now_s - self._looked_s, now_s
        if self._buffers != self._seen:
            self._seen = self._buffers
            self._silent_s = 0.0
        else:
            self._silent_s += min(elapsed_s, MOST_BETWEEN_LOOKS_S)
        return self._silent_s

    def is_silent(self) -> bool:
        """Whether the card has asked for nothing for longer than a healthy one does."""
        started = self._taken_s > STARTED_AFTER_S
        return self.silent_s() > (CARD_SILENT_S if started else CARD_STARTS_S)
