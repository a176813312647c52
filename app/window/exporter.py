"""Writes frames and clips in a thread of its own, one after the other."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.precedence import Rank, give_way
from core_model.media.errors import MediaError
from core_model.media.export.clip import ClipProgress, ClipRequest, write_clip
from core_model.media.still import frame_at, write_png

# Often enough for a bar that moves, seldom enough to leave the window alone.
TOLD_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Which frame to read at its full size; ``target`` None means to hand it out."""

    source: Path
    time_us: int
    target: Path | None


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """``part_done`` in [0, 1]; ``seconds_left`` is None while it cannot be told."""

    part_done: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """How it ended: with a problem in one line, or without. ``image`` is a frame handed out,
    uint8 RGB (height, width, 3); ``video`` and ``audio`` say how a clip's streams were made."""

    request: FrameRequest | ClipRequest
    problem: str = ""
    image: np.ndarray | None = None
    video: str = ""
    audio: str = ""


class _GivenUpError(Exception):
    """Nobody waits for the work any more."""


class Exporter(QObject):
    """``progressed`` carries an ExportProgress, ``finished`` an ExportResult; nothing comes from
    work that was cancelled."""

    progressed = Signal(object)
    finished = Signal(object)
    _told = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._serial = 0
        self._threads: list[threading.Thread] = []
        self.is_busy = False
        self._told.connect(self._on_told)

    def start(self, request: FrameRequest | ClipRequest) -> None:
        """Begin with a request; what is under way is cancelled."""
        self.cancel()
        self.is_busy = True
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(self._serial, request), name="export")
        self._threads.append(thread)
        thread.start()

    def cancel(self) -> None:
        """Give up at once; the thread ends, and cleans up, with its next packet."""
        self._serial += 1
        self.is_busy = False

    def shutdown(self) -> None:
        """Give up and join the threads."""
        self.cancel()
        for thread in self._threads:
            thread.join()

    def _work(self, serial: int, request: FrameRequest | ClipRequest) -> None:
        give_way(Rank.PLAYBACK)
        try:
            if isinstance(request, FrameRequest):
                result = _export_frame(request)
            else:
                result = self._export_clip(serial, request)
        except MediaError as error:
            result = ExportResult(request, str(error))
        except _GivenUpError:
            return
        self._told.emit(serial, result)

    def _export_clip(self, serial: int, request: ClipRequest) -> ExportResult:
        """Write a clip, or as much of it as there is before somebody gives up."""

        def go_on() -> None:
            if serial != self._serial:
                raise _GivenUpError

        told = ClipProgress(0.0)
        begun_s = last_s = time.monotonic()
        with closing(write_clip(request, go_on)) as progress:
            for told in progress:
                if serial != self._serial:
                    break
                now_s = time.monotonic()
                if now_s - last_s >= TOLD_EVERY_S:
                    last_s = now_s
                    left_s = _left_s(told.part_done, now_s - begun_s)
                    self._told.emit(serial, ExportProgress(told.part_done, left_s))
        return ExportResult(request, video=told.video, audio=told.audio)

    def _on_told(self, serial: int, told: ExportProgress | ExportResult) -> None:
        if serial != self._serial:
            return
        if isinstance(told, ExportProgress):
            self.progressed.emit(told)
        else:
            self.is_busy = False
            self.finished.emit(told)


def _export_frame(request: FrameRequest) -> ExportResult:
    frame = frame_at(request.source, request.time_us)
    if request.target is None:
        return ExportResult(request, image=frame.image)
    write_png(request.target, frame.image)
    return ExportResult(request)


def _left_s(part_done: float, spent_s: float) -> float | None:
    return spent_s / part_done - spent_s if part_done > 0 else None
