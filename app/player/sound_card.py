"""The sound card: a PortAudio stream that is filled by a callback."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from app.player.sound_blocks import CHANNELS

# The shortest latency at which PulseAudio's stated play time is right with room to spare.
LATENCY_S = 0.1
# The card's clock and the computer's are compared only if nothing came in between.
_AT_ONCE_S = 0.001

FillBuffer = Callable[[np.ndarray, float, "SoundCard"], None]


class CardError(Exception):
    """There is no sound card, or it went away; the message says which."""


class SoundCard:
    """The default output, in stereo at its own rate.

    ``fill`` is called in PortAudio's thread with a float32 (n, 2) buffer, the time at which its
    first sample is heard (of ``time.monotonic``), and this object. Every method may wait for as
    long as the card likes, half a minute where a sound server stands still: never call them in
    the window's thread. Raises CardError where there is no card.
    """

    # Set when a card was lost: the list of devices is no longer true.
    _devices_changed = False

    def __init__(self, fill: FillBuffer) -> None:
        self._fill = fill
        # How far the computer's clock is ahead of the card's.
        self._ahead_s = math.nan
        # PortAudio is a library of the system that may be missing: import it when sound is due.
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise CardError("PortAudio is missing") from error
        self._error_type = sounddevice.PortAudioError
        try:
            if SoundCard._devices_changed:
                # PortAudio looks for devices only when it begins.
                sounddevice._terminate()
                sounddevice._initialize()
                SoundCard._devices_changed = False
            device = sounddevice.query_devices(kind="output")
            self.rate_hz = round(device["default_samplerate"])
            self._stream = sounddevice.OutputStream(
                samplerate=self.rate_hz,
                channels=CHANNELS,
                dtype="float32",
                latency=LATENCY_S,
                callback=self._on_buffer,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            SoundCard._devices_changed = True
            raise CardError("no sound card") from error
        self._open = True

    @property
    def is_active(self) -> bool:
        return self._open and self._stream.active

    def start(self) -> None:
        """Begin to call ``fill``; raises CardError when the card refuses."""
        try:
            self._stream.start()
        except self._error_type as error:
            raise CardError("the sound card does not start") from error

    def silence(self) -> None:
        """Drop the buffers that wait in the card and stop calling ``fill``."""
        self._stream.abort(ignore_errors=True)

    def lose(self) -> None:
        """Give back a card that went away; the next one is looked for anew."""
        SoundCard._devices_changed = True
        self.close()

    def close(self) -> None:
        """Give the card back."""
        self._open = False
        self._stream.close(ignore_errors=True)

    def _on_buffer(self, out: np.ndarray, _count: int, timing: Any, _status: Any) -> None:
        self._fill(out, timing.outputBufferDacTime + self._clock_ahead_s(), self)

    def _clock_ahead_s(self) -> float:
        before_s = time.monotonic()
        try:
            card_s = self._stream.time
        except self._error_type:
            return 0.0 if math.isnan(self._ahead_s) else self._ahead_s
        after_s = time.monotonic()
        if math.isnan(self._ahead_s) or after_s - before_s < _AT_ONCE_S:
            self._ahead_s = (before_s + after_s) / 2 - card_s
        return self._ahead_s
