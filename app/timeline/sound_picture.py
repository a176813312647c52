"""The sound of the open media as the panes draw it: envelope, level codes, and how far it is."""

from __future__ import annotations

from enum import Enum, auto
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.timeline.pyramid import Pyramid
from app.timeline.sound_builder import (
    ENVELOPE_BLOCK_SAMPLES,
    SoundBlock,
    SoundBuilder,
    SoundEnd,
    SoundRequest,
)
from app.timeline.sound_features import CODES_PER_DB, SpectrogramSettings, level_range
from core_model.timeline import US_PER_S

# While the file is read the level range follows only changes that the eye would notice.
RANGE_TOLERANCE_CODES = int(4 * CODES_PER_DB)
FULL_SCALE = 32_767
MAXIMUM_GAIN = 16


class SoundStatus(Enum):
    """Without media, media without sound, being read, read to the end, given up."""

    NO_MEDIA = auto()
    SILENT = auto()
    READING = auto()
    READY = auto()
    FAILED = auto()


class SoundPicture(QObject):
    """Collects what the builder sends, in the GUI thread; only the newest request counts."""

    extended = Signal(object, object)  # from_us, to_us: newly drawable
    levels_changed = Signal()  # the range of the spectrogram or the gain of the waveform
    status_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = SpectrogramSettings()
        self._numbers = count(1)
        self._builder: SoundBuilder | None = None
        self._retiring: list[SoundBuilder] = []
        self._clear(0)

    def _clear(self, expected_us: int) -> None:
        self._request_id = next(self._numbers)
        self._expected_us = expected_us
        self._origin_us = 0
        self._origin_known = False
        self.status = SoundStatus.NO_MEDIA
        self.reason = ""
        self.levels = level_range(np.zeros(256, np.int64))
        self.gain = 1
        self._peak = 0
        self._histogram = np.zeros(256, np.int64)
        samples = max(expected_us, 0) * self.settings.rate_hz // US_PER_S
        blocks = samples // ENVELOPE_BLOCK_SAMPLES + 64
        self._minima = Pyramid(1, np.int16, np.minimum, blocks)
        self._maxima = Pyramid(1, np.int16, np.maximum, blocks)
        frames = samples // self.settings.hop_samples + 64
        self._codes = Pyramid(self.settings.bands, np.uint8, np.maximum, frames)

    @property
    def built_end_us(self) -> int:
        """Time up to which both pictures can be drawn."""
        frames_us = self._codes.count * self.settings.hop_samples * US_PER_S
        return self._origin_us + frames_us // self.settings.rate_hz

    @property
    def share_built(self) -> float:
        """Share in [0, 1] of the expected sound that is built."""
        if self._expected_us <= 0:
            return 0.0
        return min((self.built_end_us - self._origin_us) / self._expected_us, 1.0)

    @property
    def is_silence(self) -> bool:
        """Whether every sample so far is zero."""
        return self._peak == 0

    @property
    def nbytes(self) -> int:
        """Bytes that the picture data takes."""
        return self._minima.nbytes + self._maxima.nbytes + self._codes.nbytes

    def open(self, path: Path, expected_us: int) -> None:
        """Begin to read a file's sound of about ``expected_us``; what was read before goes."""
        self._retire()
        self._clear(expected_us)
        self.status = SoundStatus.READING
        builder = SoundBuilder(SoundRequest(self._request_id, path, self.settings), self)
        builder.block_ready.connect(self._take_block)
        builder.ended.connect(self._take_end)
        builder.finished.connect(self._forget_finished)
        self._builder = builder
        self.status_changed.emit()
        builder.start(SoundBuilder.Priority.LowPriority)

    def close(self, *, silent: bool = False) -> None:
        """Drop everything; ``silent`` means that there is media, without sound."""
        self._retire()
        self._clear(0)
        self.status = SoundStatus.SILENT if silent else SoundStatus.NO_MEDIA
        self.status_changed.emit()

    def shutdown(self) -> None:
        """Cancel the thread and wait until it has ended (a chunk's time)."""
        self._retire()
        for builder in self._retiring:
            builder.wait()
        self._retiring.clear()

    def envelope(
        self, left_us: float, us_per_column: float, columns: int
    ) -> npt.NDArray[np.float32]:
        """Smallest and largest sample (columns, 2) in [-1, 1]; NaN where nothing is (yet)."""
        block_us = ENVELOPE_BLOCK_SAMPLES * US_PER_S / self.settings.rate_hz
        first, per_column = (left_us - self._origin_us) / block_us, us_per_column / block_us
        minima = self._minima.columns(first, per_column, columns)
        maxima = self._maxima.columns(first, per_column, columns)
        return np.hstack([minima, maxima]) / np.float32(FULL_SCALE)

    def codes(self, left_us: float, us_per_column: float, columns: int) -> npt.NDArray[np.float32]:
        """Level codes (columns, bands), low band first; NaN where nothing is (yet)."""
        hop_us = self.settings.hop_samples * US_PER_S / self.settings.rate_hz
        # A frame stands for half a hop on either side of its centre.
        first = (left_us - self._origin_us) / hop_us + 0.5
        return self._codes.columns(first, us_per_column / hop_us, columns)

    def _take_block(self, block: SoundBlock) -> None:
        if block.request_id != self._request_id:
            return
        from_us = self.built_end_us if self._origin_known else block.origin_us
        self._origin_us, self._origin_known = block.origin_us, True
        self._minima.append(block.envelope[:, :1])
        self._maxima.append(block.envelope[:, 1:])
        self._codes.append(block.codes)
        self._histogram += np.bincount(block.codes.ravel(), minlength=256)
        if len(block.envelope):
            self._peak = max(self._peak, int(np.abs(block.envelope.astype(np.int32)).max()))
        self._follow_levels(RANGE_TOLERANCE_CODES)
        self.extended.emit(from_us, self.built_end_us)

    def _take_end(self, end: SoundEnd) -> None:
        if end.request_id != self._request_id:
            return
        self.reason = end.reason
        self.status = SoundStatus.FAILED if end.reason else SoundStatus.READY
        self._follow_levels(0)
        self.status_changed.emit()

    def _follow_levels(self, tolerance: int) -> None:
        levels = level_range(self._histogram)
        gain = 1
        while gain < MAXIMUM_GAIN and 0 < self._peak * gain * 2 <= FULL_SCALE:
            gain *= 2
        off = max(abs(new - old) for new, old in zip(levels, self.levels, strict=True))
        if off > tolerance or gain != self.gain:
            self.levels, self.gain = levels, gain
            self.levels_changed.emit()

    def _retire(self) -> None:
        builder, self._builder = self._builder, None
        if builder is None:
            return
        builder.cancel()
        if builder.isFinished():
            builder.deleteLater()
        else:
            self._retiring.append(builder)

    def _forget_finished(self) -> None:
        for builder in [b for b in self._retiring if b.isFinished()]:
            self._retiring.remove(builder)
            builder.deleteLater()
