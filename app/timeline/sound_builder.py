"""The thread that reads the sound of a media file once and turns it into picture data."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QThread, Signal

from app.timeline.sound_features import EnvelopeStream, SpectrogramSettings, SpectrogramStream
from core_model.media import audio
from core_model.media.errors import MediaError

ENVELOPE_BLOCK_SAMPLES = 16
# Ten messages a second look continuous and leave the GUI thread alone.
MESSAGE_INTERVAL_S = 0.1


@dataclass(frozen=True, slots=True)
class SoundRequest:
    """Read this file's sound; answers carry ``request_id``."""

    request_id: int
    path: Path
    settings: SpectrogramSettings


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """The next stretch of picture data.

    ``origin_us`` is the time of the very first sample of the file's sound. ``envelope`` holds
    (blocks, 2) int16 minima and maxima, ``codes`` (frames, bands) uint8 level codes.
    """

    request_id: int
    origin_us: int
    envelope: npt.NDArray[np.int16]
    codes: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SoundEnd:
    """Nothing more comes; ``reason`` says why where the sound could not be read (to its end)."""

    request_id: int
    reason: str


class SoundBuilder(QThread):
    """Works on one request; blocks come in order, then one end unless it was cancelled."""

    block_ready = Signal(object)
    ended = Signal(object)

    def __init__(self, request: SoundRequest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sound builder")
        self._request = request
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop after the chunk being read; returns at once."""
        self._cancelled.set()

    def run(self) -> None:
        reason = ""
        try:
            self._build()
        except MediaError as error:
            reason = error.reason
        if not self._cancelled.is_set():
            self.ended.emit(SoundEnd(self._request.request_id, reason))

    def _build(self) -> None:
        settings = self._request.settings
        spectrogram = SpectrogramStream(settings)
        envelope = EnvelopeStream(ENVELOPE_BLOCK_SAMPLES)
        origin_us = 0
        pairs: list[npt.NDArray[np.int16]] = []
        codes: list[npt.NDArray[np.uint8]] = []
        next_message_s = 0.0
        with closing(audio.samples(self._request.path, rate_hz=settings.rate_hz)) as chunks:
            for number, chunk in enumerate(chunks):
                if self._cancelled.is_set():
                    return
                if number == 0:
                    origin_us = chunk.pts_us
                pairs.append(envelope.push(chunk.samples))
                codes.append(spectrogram.push(chunk.samples))
                if time.monotonic() >= next_message_s:
                    self._send(origin_us, pairs, codes)
                    next_message_s = time.monotonic() + MESSAGE_INTERVAL_S
        pairs.append(envelope.finish())
        codes.append(spectrogram.finish())
        self._send(origin_us, pairs, codes)

    def _send(
        self,
        origin_us: int,
        pairs: list[npt.NDArray[np.int16]],
        codes: list[npt.NDArray[np.uint8]],
    ) -> None:
        block = SoundBlock(
            self._request.request_id, origin_us, np.concatenate(pairs), np.concatenate(codes)
        )
        pairs.clear()
        codes.clear()
        self.block_ready.emit(block)
