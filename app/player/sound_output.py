"""The thread that decodes sound, feeds the card, and lets the clock follow what is heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.player.clock import MediaClock
from app.player.sound_blocks import blocks_from
from app.player.sound_card import CardError, SoundCard
from app.player.sound_queue import SoundQueue
from core_model.media.errors import MediaError

READY_BEFORE_START_S = 0.15
READY_AHEAD_S = 0.5
POLL_S = 0.02
# A card that has not asked for sound for this long was unplugged or has stalled.
CARD_SILENT_S = 0.9
# The first time takes longer: a sound server may have to wake up.
CARD_STARTS_S = 3.0


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """Play the sound of ``path`` from ``start_us`` on; ``run`` is the clock's run it moves."""

    run: int
    path: Path
    start_us: int
    speed: float


@dataclass(frozen=True, slots=True)
class SoundFailure:
    """Why the sound of a run can't be heard; ``no_card`` when the file is not to blame."""

    run: int
    reason: str
    no_card: bool


class SoundOutput(QObject):
    """Owner of the sound card and of the thread that feeds it.

    Every method returns at once; the newest request wins. ``failed`` carries a
    :class:`SoundFailure`, ``started`` the run whose first samples are on their way to the card.
    """

    started = Signal(object)
    failed = Signal(object)

    def __init__(self, clock: MediaClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._gain = 1.0
        self._condition = threading.Condition()
        self._request: PlayRequest | None = None
        self._serial = 0
        self._closing = False
        self._queue: SoundQueue | None = None
        self._last_callback_s = 0.0
        self._was_asked = False
        self._thread = threading.Thread(target=self._work, name="sound output")
        self._thread.start()

    def play(self, request: PlayRequest) -> None:
        """Drop what plays now and play this."""
        self._replace(request)

    def stop(self) -> None:
        """Be silent at once."""
        self._replace(None)

    def set_gain(self, gain: float) -> None:
        """Amplitude factor in [0, 1], heard from the next buffer on."""
        self._gain = gain

    def shutdown(self) -> None:
        """Close the card and join the thread."""
        with self._condition:
            self._closing = True
            self._queue = None
            self._condition.notify_all()
        self._thread.join()

    def _replace(self, request: PlayRequest | None) -> None:
        with self._condition:
            self._request = request
            self._serial += 1
            self._queue = None
            self._condition.notify_all()

    def _work(self) -> None:
        card: SoundCard | None = None
        served = 0
        while True:
            with self._condition:
                self._condition.wait_for(lambda seen=served: self._closing or self._serial != seen)
                if self._closing:
                    break
                served, request = self._serial, self._request
            if request is None:
                if card is not None:
                    card.silence()
                continue
            card = self._play(request, served, card)
        if card is not None:
            card.close()

    def _play(self, request: PlayRequest, serial: int, card: SoundCard | None) -> SoundCard | None:
        """Serve one request until another comes; returns the card while it is usable."""
        try:
            if card is None:
                card = SoundCard(self._fill)
            card.silence()
            self._feed(request, serial, card)
        except CardError as error:
            if card is not None:
                card.close()
            self.failed.emit(SoundFailure(request.run, str(error), no_card=True))
            return None
        except MediaError as error:
            self.failed.emit(SoundFailure(request.run, str(error), no_card=False))
        return card

    def _feed(self, request: PlayRequest, serial: int, card: SoundCard) -> None:
        queue = SoundQueue(request.run, request.start_us, request.speed, card.rate_hz)
        blocks = blocks_from(request.path, request.start_us, card.rate_hz, request.speed)
        try:
            self._fill_up(queue, blocks, serial, READY_BEFORE_START_S)
            with self._condition:
                if self._superseded(serial):
                    return
                self._queue = queue
            self._was_asked = False
            self._last_callback_s = time.monotonic()
            card.start()
            self.started.emit(request.run)
            while not self._superseded(serial):
                self._fill_up(queue, blocks, serial, READY_AHEAD_S)
                with self._condition:
                    self._condition.wait_for(lambda: self._superseded(serial), POLL_S)
                self._check(card)
        finally:
            with self._condition:
                if self._queue is queue:
                    self._queue = None
            blocks.close()

    def _check(self, card: SoundCard) -> None:
        """Raise CardError for a card that was unplugged or has stalled."""
        patience_s = CARD_SILENT_S if self._was_asked else CARD_STARTS_S
        if not card.is_active:
            raise CardError("the sound card stopped")
        if time.monotonic() - self._last_callback_s > patience_s:
            raise CardError("the sound card does not take any sound")

    def _fill_up(
        self, queue: SoundQueue, blocks: Iterator[np.ndarray], serial: int, until_s: float
    ) -> None:
        while queue.waiting_s < until_s and not self._superseded(serial):
            queue.put(next(blocks))

    def _superseded(self, serial: int) -> bool:
        return self._closing or serial != self._serial

    def _fill(self, out: np.ndarray, heard_at_s: float, card: SoundCard) -> None:
        """Fill one buffer of the card, float32 (n, 2); runs in the card's own thread."""
        self._last_callback_s = time.monotonic()
        self._was_asked = True
        queue = self._queue
        if queue is None:
            out.fill(0.0)
            return
        taken = queue.take(out)
        out *= self._gain
        if taken.count:
            span_us = (taken.start_us, taken.end_us)
            self._clock.follow(queue.run, card.now_s, heard_at_s, span_us, queue.speed)
