"""The thread that decodes sound, feeds the card, and lets the clock follow what is heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.player.card_watch import CardWatch
from app.player.clock import MediaClock, Piece
from app.player.route import Route
from app.player.sound_blocks import Block, MediaSound, beep, blocks_along, grain
from app.player.sound_card import CardError, SoundCard
from app.player.sound_queue import SoundQueue
from app.player.sound_requests import NO_RUN, BeepRequest, PlayRequest, SoundFailure
from core_model.media.errors import MediaError

READY_BEFORE_START_S = 0.15
READY_AHEAD_S = 0.5
# Of the sound that is ready, what is still played when another route is taken.
KEPT_AT_CHANGE_S = 0.03
POLL_S = 0.02
CLOSES_WITHIN_S = 2.0
# A card that fell silent is waited for as it is for so long, before it is opened anew.
CARD_RETURNS_S = 4.0
# Waits before each look for a card that was lost; the last one repeats.
LOOK_AGAIN_S = (0.2, *[0.8] * 15, 5.0)
# A grain is heard for so long before the next one takes its place.
LEAST_GRAIN_S = 0.05
# The card goes on for a while after a grain, since another one will mostly follow.
GRAIN_PAUSE_S = 0.6


class SoundOutput(QObject):
    """Owner of the sound card and of the thread that feeds it.

    Every method returns at once; the newest request wins. ``failed`` carries a
    :class:`SoundFailure`, ``started`` the run whose first samples are on their way to the card.
    A card that is lost while a run plays is looked for until another request comes; ``found``
    carries that run. ``beeped`` says at which time of ``time.monotonic`` a beep is heard.
    """

    started = Signal(object)
    failed = Signal(object)
    found = Signal(object)
    beeped = Signal(object)

    def __init__(self, clock: MediaClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._gain = 1.0
        self._condition = threading.Condition()
        self._request: PlayRequest | BeepRequest | None = None
        self._serial = 0
        self._closing = False
        self._queue: SoundQueue | None = None
        self._watch = CardWatch()
        self._had_card = False
        self._sound: MediaSound | None = None
        self._forgets = False
        self._beeps = False
        self._thread = threading.Thread(target=self._work, name="sound output", daemon=True)
        self._thread.start()

    def play(self, request: PlayRequest) -> None:
        """Drop what plays now and play this."""
        self._replace(request)

    def change(self, run: int, route: Route) -> None:
        """Go on along another route from where the sound of ``run`` is, without a gap."""
        with self._condition:
            if isinstance(self._request, PlayRequest) and self._request.run == run:
                self._request = replace(self._request, route=route)
                self._condition.notify_all()

    def beep(self) -> None:
        """Drop what plays now and beep once; ``beeped`` or ``failed`` follows."""
        self._replace(BeepRequest())

    def stop(self) -> None:
        """Be silent at once."""
        self._replace(None)

    def forget(self) -> None:
        """Be silent at once and close the file that was played last."""
        self._forgets = True
        self._replace(None)

    def set_gain(self, gain: float) -> None:
        """Amplitude factor in [0, 1], heard from the next buffer on."""
        self._gain = gain

    def shutdown(self) -> None:
        """Close the card and join the thread.

        A card that keeps the thread waiting is left to it: the window must close.
        """
        with self._condition:
            self._closing = True
            self._queue = None
            self._condition.notify_all()
        self._thread.join(CLOSES_WITHIN_S)

    def _replace(self, request: PlayRequest | BeepRequest | None) -> None:
        with self._condition:
            self._request = request
            self._serial += 1
            # A grain goes on until the next one is ready.
            if request is None or not request.is_grain:
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
            if request is not None:
                card = self._play(request, served, card)
                continue
            if card is not None:
                card.silence()
            if self._forgets:
                self._forgets = False
                self._close_sound()
        self._close_sound()
        if card is not None:
            card.close()

    def _play(
        self, request: PlayRequest | BeepRequest, serial: int, card: SoundCard | None
    ) -> SoundCard | None:
        """Serve one request until another comes; returns the card while it is usable."""
        try:
            if card is None:
                card = self._open_card()
            if isinstance(request, BeepRequest):
                self._beeps = True
                self._feed_grain(beep(card.rate_hz), serial, card)
            elif request.is_grain:
                sound = self._sound_of(request.path, card.rate_hz)
                self._feed_grain(grain(sound, request.route), serial, card)
            else:
                card.silence()
                self._feed(request, serial, card)
        except CardError as error:
            self.failed.emit(SoundFailure(request.run, str(error), no_card=True))
            if request.is_grain:
                if card is not None:
                    card.lose()
                return None
            card = self._look_for_card(card, serial)
            if card is not None and not self._superseded(serial):
                self.found.emit(request.run)
        except MediaError as error:
            self.failed.emit(SoundFailure(request.run, str(error), no_card=False))
        return card

    def _open_card(self) -> SoundCard:
        card = SoundCard(self._fill)
        self._had_card = True
        return card

    def _look_for_card(self, card: SoundCard | None, serial: int) -> SoundCard | None:
        """The card once it takes sound again or can be opened anew; None for a newer request."""
        if card is not None:
            if self._takes_again(card, serial):
                return card
            card.lose()
        looks = 0
        # Where there never was a card, none is expected to come.
        while self._had_card and not self._superseded(serial):
            self._wait(serial, LOOK_AGAIN_S[min(looks, len(LOOK_AGAIN_S) - 1)])
            looks += 1
            if not self._superseded(serial):
                with suppress(CardError):
                    return self._open_card()
        return None

    def _takes_again(self, card: SoundCard, serial: int) -> bool:
        """Wait for a card that fell silent; False when it should be given up."""
        self._watch.begin()
        while card.is_active and not self._superseded(serial):
            self._wait(serial, POLL_S)
            silent_s = self._watch.silent_s()
            if silent_s == 0.0:
                return True
            if silent_s > CARD_RETURNS_S:
                return False
        return card.is_active

    def _wait(self, serial: int, seconds: float) -> None:
        """Sleep unless a newer request comes."""
        with self._condition:
            self._condition.wait_for(lambda: self._superseded(serial), seconds)

    def _feed(self, request: PlayRequest, serial: int, card: SoundCard) -> None:
        queue = SoundQueue(request.run, request.start_us, card.rate_hz)
        sound = self._sound_of(request.path, card.rate_hz)
        blocks = blocks_along(sound, request.route.legs_from(request.start_us))
        try:
            self._fill_up(queue, blocks, serial, READY_BEFORE_START_S)
            if not self._begin(queue, serial, card):
                return
            self.started.emit(request.run)
            while not self._superseded(serial):
                route = self._route()
                if route is not None and route != request.route:
                    request = replace(request, route=route)
                    blocks = self._change_over(queue, sound, route)
                self._fill_up(queue, blocks, serial, READY_AHEAD_S)
                self._wait(serial, POLL_S)
                self._check(card)
        finally:
            with self._condition:
                if self._queue is queue:
                    self._queue = None

    def _begin(self, queue: SoundQueue, serial: int, card: SoundCard) -> bool:
        """Let the card take from the queue; False where a newer request has come."""
        with self._condition:
            if self._superseded(serial):
                return False
            self._queue = queue
        if not card.is_active:
            self._watch.begin()
            card.start()
        return True

    def _feed_grain(self, block: Block, serial: int, card: SoundCard) -> None:
        queue = self._queue
        if queue is None or queue.run != NO_RUN:
            queue = SoundQueue(NO_RUN, block.start_us, card.rate_hz)
        queue.put_instead(block)
        if not self._begin(queue, serial, card):
            return
        self._check(card)
        with self._condition:
            self._condition.wait_for(lambda: self._queue is not queue, LEAST_GRAIN_S)
            if self._condition.wait_for(lambda: self._superseded(serial), GRAIN_PAUSE_S):
                return
            self._queue = None
        self._check(card)
        card.silence()

    def _change_over(self, queue: SoundQueue, sound: MediaSound, route: Route) -> Iterator[Block]:
        """What is heard along another route from where the queue is cut."""
        cut = queue.cut(round(KEPT_AT_CHANGE_S * queue.rate_hz))
        return blocks_along(sound, route.legs_from(cut.media_us), lap=cut.lap + 1, tail=cut.tail)

    def _route(self) -> Route | None:
        with self._condition:
            return self._request.route if isinstance(self._request, PlayRequest) else None

    def _check(self, card: SoundCard) -> None:
        """Raise CardError for a card that was unplugged or has stalled."""
        if not card.is_active:
            raise CardError("the sound card stopped")
        if self._watch.is_silent():
            raise CardError("the sound card does not take any sound")

    def _fill_up(
        self, queue: SoundQueue, blocks: Iterator[Block], serial: int, until_s: float
    ) -> None:
        while queue.waiting_s < until_s and not self._superseded(serial):
            block = next(blocks, None)
            if block is None:
                return
            queue.put(block)

    def _superseded(self, serial: int) -> bool:
        return self._closing or serial != self._serial

    def _sound_of(self, path: Path, rate_hz: int) -> MediaSound:
        """The sound of a file; what was decoded of it for the request before is still there."""
        if self._sound is None or (self._sound.path, self._sound.rate_hz) != (path, rate_hz):
            self._close_sound()
            self._sound = MediaSound(path, rate_hz)
        return self._sound

    def _close_sound(self) -> None:
        if self._sound is not None:
            self._sound.close()
            self._sound = None

    def _fill(self, out: np.ndarray, heard_at_s: float, card: SoundCard) -> None:
        """Fill one buffer of the card, float32 (n, 2); runs in the card's own thread."""
        self._watch.takes(len(out) / card.rate_hz)
        queue = self._queue
        if queue is None:
            out.fill(0.0)
            return
        taken = queue.take(out)
        out *= self._gain
        if taken:
            pieces = [
                Piece(heard_at_s + offset / queue.rate_hz, start_us, end_us, speed, lap)
                for offset, start_us, end_us, speed, lap in taken
            ]
            if self._beeps and queue.run == NO_RUN:
                self._beeps = False
                self.beeped.emit(pieces[0].at_s)
            self._clock.follow(queue.run, pieces)
