"""The sound of the open media as the panes draw it: waveform, levels, and how far it is."""

from __future__ import annotations

from enum import Enum, auto
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from app.timeline import sound_drawing as drawing
from app.timeline.pyramid import Known
from app.timeline.sound_axis import FrequencyAxis
from app.timeline.sound_builder import (
    SoundBegun,
    SoundBuilder,
    SoundEnd,
    SoundProgress,
    SoundRequest,
)
from app.timeline.sound_features import (
    CODES_PER_DB,
    FULL_SCALE,
    SEGMENT_FRAMES,
    code_of,
    level_of,
    level_range,
)
from app.timeline.sound_settings import SoundPlan, SpectrogramSettings, plan_for
from app.timeline.sound_shelf import SoundShelf
from app.timeline.sound_store import SoundStore
from app.worker import Worker
from core_model.media.probe import AudioInfo

# While the file is read, what is new is drawn so often: drawing takes from the time to read.
NEWS_APART_MS = 100
# The level range follows only changes that the eye would notice.
RANGE_TOLERANCE_CODES = int(4 * CODES_PER_DB)
MAXIMUM_GAIN = 16
# More segments than any sound has.
ALL_KNOWN = 1 << 62


class SoundStatus(Enum):
    """Without media, media without sound, being read, read to the end, given up."""

    NO_MEDIA = auto()
    SILENT = auto()
    READING = auto()
    READY = auto()
    FAILED = auto()


class SoundPicture(QObject):
    """What is known of the sound, in the GUI thread; only the newest request counts.

    After a change of settings the waveform of the same sound stays until the new one is whole.
    """

    extended = Signal(object, object)  # from_us, to_us: newly drawable
    levels_changed = Signal()  # the range of the spectrogram or the gain of the waveform
    status_changed = Signal()
    settings_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = SpectrogramSettings()
        self.shelf = SoundShelf()
        self._numbers = count(1)
        self._request_id = next(self._numbers)
        self._worker: Worker[SoundBuilder] = Worker(self)
        self._media: tuple[Path, AudioInfo] | None = None
        self._focus_us = (0, 0)
        self._plan: SoundPlan | None = None
        self._store: SoundStore | None = None
        self._earlier: SoundStore | None = None
        self._untold_us: list[tuple[int, int]] = []
        self._pause = QTimer(self, singleShot=True, interval=NEWS_APART_MS)
        self._pause.timeout.connect(self._tell_news)
        self.status = SoundStatus.NO_MEDIA
        self.reason = ""
        self.levels = level_range(np.zeros(256, np.int64))
        self.gain = 1

    # --- what is there -------------------------------------------------------------------------

    @property
    def audio(self) -> AudioInfo | None:
        """The sound that is open."""
        return self._media[1] if self._media else None

    @property
    def plan(self) -> SoundPlan | None:
        """What is computed for the open sound."""
        return self._plan

    @property
    def axis(self) -> FrequencyAxis:
        """The frequencies shown."""
        rate_hz = self._plan.rate_hz if self._plan else 16_000
        return FrequencyAxis(self.settings.axis, *self.settings.range_hz(rate_hz))

    @property
    def share_built(self) -> float:
        """How much of the sound can be drawn, in [0, 1]."""
        if self.status is SoundStatus.READY:
            return 1.0
        if self._store is None or self._media is None:
            return 0.0
        audio, segment_us = self._media[1], SEGMENT_FRAMES * self._store.plan.hop_us
        expected = max((audio.end_us - audio.start_us) / segment_us, 1)
        return min(float(np.count_nonzero(self._store.index.filled)) / expected, 1.0)

    @property
    def is_silence(self) -> bool:
        """Whether all sound so far is digital silence."""
        return self._store is None or self._store.index.peak == 0

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        return self._store.index.nbytes if self._store else 0

    def known_segments(self, start_us: float, end_us: float) -> int:
        """A number that grows whenever more can be drawn between two times."""
        if self.status is SoundStatus.READY:
            return ALL_KNOWN
        stores = [store for store in (self._store, self._earlier) if store is not None]
        return sum(drawing.known_segments(store, start_us, end_us) for store in stores)

    def missing_us(self, start_us: int, end_us: int) -> tuple[int, int] | None:
        """The first stretch between two times that is still to be read."""
        audio = self.audio
        if self.status is not SoundStatus.READING or audio is None:
            return None
        start_us, end_us = max(start_us, audio.start_us), min(end_us, audio.end_us)
        if start_us >= end_us:
            return None
        return (
            drawing.missing_us(self._store, start_us, end_us) if self._store else (start_us, end_us)
        )

    # --- what the outside does -----------------------------------------------------------------

    def open(self, path: Path, audio: AudioInfo) -> None:
        """Show the sound of a file; what was shown before is dropped at once."""
        self._drop()
        self._media = (path, audio)
        self._start()

    def close(self, *, silent: bool = False) -> None:
        """Drop everything; ``silent`` means that there is media, without sound."""
        self._drop()
        self.status = SoundStatus.SILENT if silent else SoundStatus.NO_MEDIA
        self.status_changed.emit()

    def set_settings(self, settings: SpectrogramSettings) -> None:
        """Show it so from now on; what was not yet computed is computed in the background."""
        if settings == self.settings:
            return
        self.settings = settings
        if self._media is not None and plan_for(settings, self._media[1]) != self._plan:
            self._recompute()
        else:
            self._follow_levels(0)
        self.settings_changed.emit()

    def look_at(self, start_us: int, end_us: int) -> None:
        """Compute what lies there before the rest."""
        self._focus_us = (start_us, end_us)
        if self._worker.thread_now is not None:
            self._worker.thread_now.look_at(start_us, end_us)

    def shutdown(self) -> None:
        """Cancel the thread and wait until it has ended (a stretch's time)."""
        self._retire()
        for builder in self._worker.wait():
            for store in builder.given:
                self.shelf.release(store)
        self._release()

    # --- what panes draw -----------------------------------------------------------------------

    def envelope(
        self, left_us: float, us_per_column: float, columns: int, first: int = 0
    ) -> npt.NDArray[np.float32]:
        """Smallest and largest sample (columns, 2) in [-1, 1]; NaN where nothing is (yet)."""
        store = self._earlier or self._store
        if store is None:
            return np.full((columns, 2), np.nan, np.float32)
        return drawing.envelope(store, left_us, us_per_column, columns, first)

    def level_rows(
        self, left_us: float, us_per_column: float, columns: int, rows: int, first: int = 0
    ) -> tuple[npt.NDArray[np.uint8], Known]:
        """Level codes (rows, columns), high frequencies on top, and which columns are known."""
        if self._store is None:
            return np.zeros((rows, columns), np.uint8), np.zeros(columns, np.bool_)
        span = (left_us, us_per_column, columns)
        return drawing.level_rows(self._store, self.axis, *span, rows, first)

    def level_db(self, time_us: int, frequency_hz: float) -> float | None:
        """Decibels of a full-scale sine at a point, None where nothing is (yet)."""
        return drawing.level_db(self._store, time_us, frequency_hz) if self._store else None

    def levels_between(self, start_us: int, end_us: int) -> tuple[int, int]:
        """Floor and ceiling in dB that suit what sounds between two times."""
        columns, rows = 512, 256
        per_column = (end_us - start_us) / columns
        codes, known = self.level_rows(start_us, per_column, columns, rows)
        low, high = level_range(np.bincount(codes[:, known].ravel(), minlength=256))
        return round(level_of(low)), round(level_of(high))

    # --- the builder ---------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._media is not None
        path, audio = self._media
        self._request_id = next(self._numbers)
        self._plan = plan_for(self.settings, audio)
        self.status, self.reason = SoundStatus.READING, ""
        request = SoundRequest(
            self._request_id, path, self._plan, audio.start_us, audio.end_us, self._focus_us
        )
        builder = SoundBuilder(request, self.shelf, self)
        builder.begun.connect(self._take_beginning)
        builder.progressed.connect(self._take_progress)
        builder.ended.connect(self._take_end)
        self.status_changed.emit()
        self._worker.begin(builder, SoundBuilder.Priority.LowPriority)

    def _recompute(self) -> None:
        """Start again with other settings, keeping the waveform that is there."""
        is_same_sound = (
            self._plan is not None
            and self._media is not None
            and plan_for(self.settings, self._media[1]).channel == self._plan.channel
        )
        self._retire()
        if is_same_sound and self.status is SoundStatus.READY and self._store is not None:
            if self._earlier is not None:
                self.shelf.release(self._earlier)
            self._earlier, self._store = self._store, None
        elif not is_same_sound:
            self._release()
        elif self._store is not None:
            self.shelf.release(self._store)
            self._store = None
        self._start()

    def _take_beginning(self, begun: SoundBegun) -> None:
        if begun.request_id != self._request_id:
            self.shelf.release(begun.store)
            return
        if self._store is not None:
            self.shelf.release(self._store)
        self._store = begun.store
        if begun.is_complete:
            self._finish()
        else:
            self.status = SoundStatus.READING
            self.status_changed.emit()

    def _take_progress(self, progress: SoundProgress) -> None:
        store = self._store
        if progress.request_id != self._request_id or store is None:
            return
        store.index.add(progress.done)
        segment_us = SEGMENT_FRAMES * store.plan.hop_us
        from_us = store.origin_us + round(progress.done.number * segment_us)
        self._untold_us.append((from_us, from_us + round(segment_us)))
        if not self._pause.isActive():
            self._tell_news()

    def _tell_news(self) -> None:
        """What can be drawn since it was last told; then nothing for a moment."""
        untold_us, self._untold_us = self._untold_us, []
        if not untold_us:
            return
        self._follow_levels(RANGE_TOLERANCE_CODES)
        for from_us, to_us in untold_us:
            self.extended.emit(from_us, to_us)
        self._pause.start()

    def _forget_news(self) -> None:
        self._untold_us.clear()
        self._pause.stop()

    def _take_end(self, end: SoundEnd) -> None:
        if end.request_id != self._request_id:
            return
        if end.reason:
            self.reason, self.status = end.reason, SoundStatus.FAILED
            self._forget_news()
            self.status_changed.emit()
        elif self.status is SoundStatus.READING:
            self._finish()

    def _finish(self) -> None:
        self.status = SoundStatus.READY
        self._forget_news()
        if self._earlier is not None:
            self.shelf.release(self._earlier)
            self._earlier = None
        self._follow_levels(0)
        self.status_changed.emit()

    def _follow_levels(self, tolerance: int) -> None:
        index = self._store.index if self._store is not None else None
        levels, gain = self._wanted_levels(), 1
        while index and gain < MAXIMUM_GAIN and 0 < index.peak * gain * 2 <= FULL_SCALE:
            gain *= 2
        off = max(abs(new - old) for new, old in zip(levels, self.levels, strict=True))
        if off > tolerance or gain != self.gain:
            self.levels, self.gain = levels, gain
            self.levels_changed.emit()

    def _wanted_levels(self) -> tuple[int, int]:
        if not self.settings.auto_range:
            return code_of(self.settings.floor_db), code_of(self.settings.ceiling_db)
        if self._store is None:
            return self.levels
        return level_range(self._store.index.histogram)

    # --- letting go ----------------------------------------------------------------------------

    def _drop(self) -> None:
        self._retire()
        self._release()
        self._request_id = next(self._numbers)
        self._media = self._plan = None
        self.status, self.reason = SoundStatus.NO_MEDIA, ""
        self.levels, self.gain = level_range(np.zeros(256, np.int64)), 1

    def _release(self) -> None:
        for store in (self._store, self._earlier):
            if store is not None:
                self.shelf.release(store)
        self._store = self._earlier = None

    def _retire(self) -> None:
        self._forget_news()
        builder = self._worker.retire()
        if builder is not None and builder.isFinished():
            # What it has given may still be on its way here.
            for store in builder.given:
                if store not in (self._store, self._earlier):
                    self.shelf.release(store)
