"""What is open and what was found in it: the state that panels, timeline and picture share."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import compress

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.detection_table import Booleans, DetectionTable
from app.limits import LabelKey, Limits, Thresholds
from core_model.media.probe import MediaInfo
from core_model.timeline import Detection, Task

# Where no model has named a better one.
DEFAULT_THRESHOLD = 0.5


class Session(QObject):
    """The open media, its detections and the thresholds from which they are shown.

    Thresholds only choose what is shown: every detection above the model's floor stays here, so
    that moving one never asks the model again.
    """

    media_changed = Signal(object)
    detections_changed = Signal()
    thresholds_changed = Signal()
    hits_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media: MediaInfo | None = None
        self._thresholds = Thresholds(DEFAULT_THRESHOLD)
        self._limits = self._thresholds.limits()
        self._table: DetectionTable | None = None
        self._is_shown: Booleans | None = None
        self._shown: tuple[Detection, ...] | None = None
        self._detections: tuple[Detection, ...] = ()
        self._hits: tuple[Detection, ...] = ()

    @property
    def media(self) -> MediaInfo | None:
        return self._media

    @property
    def detections(self) -> tuple[Detection, ...]:
        """All of them, sorted by onset."""
        return self._detections

    @property
    def table(self) -> DetectionTable:
        """The same as arrays."""
        if self._table is None:
            self._table = DetectionTable.of(self._detections)
        return self._table

    @property
    def limits(self) -> Limits:
        """From which score on events are shown, by kind and by label."""
        return self._limits

    def threshold(self, task: Task) -> float:
        """Where the kind's slider stands, in [0, 1], hidden or not."""
        return self._thresholds.kind(task)

    def suggested_threshold(self, task: Task) -> float:
        """The model's own threshold of the kind, in [0, 1]."""
        return self._thresholds.suggested(task)

    def label_threshold(self, key: LabelKey) -> float:
        """Where a label's slider stands, in [0, 1]."""
        return self._thresholds.label(key)

    def suggested_label_threshold(self, key: LabelKey) -> float:
        """The model's own threshold of a label, in [0, 1]."""
        return self._thresholds.suggested_label(key)

    def inherited_threshold(self, key: LabelKey) -> float:
        """Where a label stands while nobody has chosen for it alone, in [0, 1]."""
        return self._thresholds.inherited(key)

    def has_own_threshold(self, key: LabelKey) -> bool:
        """Whether somebody has chosen one for this label alone."""
        return self._thresholds.is_chosen(key)

    @property
    def chosen_label_thresholds(self) -> dict[LabelKey, float]:
        """Those that somebody has chosen for single labels."""
        return self._thresholds.chosen_labels

    def is_hidden(self, task: Task) -> bool:
        return task in self._thresholds.hidden

    @property
    def is_shown(self) -> Booleans:
        """Which detections are at or above the threshold of their label (n,)."""
        if self._is_shown is None:
            self._is_shown = self.table.shown(self._limits)
        return self._is_shown

    @property
    def shown_count(self) -> int:
        """How many of them are."""
        return int(np.count_nonzero(self.is_shown))

    def shown_detections(self) -> tuple[Detection, ...]:
        """The detections at or above the threshold of their label, sorted by onset."""
        if self._shown is None:
            self._shown = tuple(compress(self._detections, self.is_shown.tolist()))
        return self._shown

    def shown_edges_us(self) -> tuple[int, ...]:
        """Onsets and offsets of the shown detections, ascending, each once."""
        table = self.table
        is_shown = self.is_shown
        edges_us = np.concatenate((table.onset_us[is_shown], table.offset_us[is_shown]))
        edges_us.sort()
        # np.unique would do, but it imports numpy's masked arrays, and that takes 100 ms.
        is_new = np.diff(edges_us, prepend=edges_us[:1] - 1) != 0
        return tuple(edges_us[is_new].tolist())

    @property
    def hits(self) -> tuple[Detection, ...]:
        """What is shown of prompts, by onset."""
        return self._hits

    def over_picture_at(self, time_us: int) -> list[Detection]:
        """What is told over the picture at a moment: shown detections and hits of prompts that
        have begun and not ended, by onset."""
        table = self.table
        # Not numpy's search: it lets go of Python's lock, and this is asked for every picture.
        begun = bisect_right(table.onset_us, time_us)
        goes_on = self.is_shown[:begun] & (table.offset_us[:begun] > time_us)
        active = [self._detections[place] for place in np.flatnonzero(goes_on).tolist()]
        begun = bisect_right(self._hits, time_us, key=lambda hit: hit.onset_us)
        active += [hit for hit in self._hits[:begun] if hit.offset_us > time_us]
        return sorted(active, key=lambda each: each.onset_us)

    def set_hits(self, hits: tuple[Detection, ...]) -> None:
        """Take on what is shown of prompts, sorted by onset."""
        if hits != self._hits:
            self._hits = hits
            self.hits_changed.emit()

    def set_media(self, media: MediaInfo | None) -> None:
        """Take on another file, of which nothing is known yet."""
        self._media = media
        self._detections = ()
        self._table = self._is_shown = self._shown = None
        self.media_changed.emit(media)
        self.detections_changed.emit()

    def set_detections(self, detections: tuple[Detection, ...]) -> None:
        if detections != self._detections:
            self._detections = detections
            self._table = self._is_shown = self._shown = None
            self.detections_changed.emit()

    def suggest_thresholds(
        self, kinds: Mapping[Task, float], labels: Mapping[LabelKey, float] | None = None
    ) -> None:
        """Take on the model's own thresholds, but for what somebody has chosen."""
        self._thresholds.suggest(kinds, labels)
        self._tell_thresholds()

    def set_threshold(self, task: Task, threshold: float) -> None:
        """Show events of the kind from this score on, but for labels that have their own choice.

        Raises ValueError outside [0, 1].
        """
        self._thresholds.choose(task, threshold)
        self._tell_change()

    def reset_threshold(self, task: Task) -> None:
        """Go back to the model's own threshold of the kind and of its labels."""
        self._thresholds.forget(task)
        self._tell_change()

    def set_label_threshold(self, key: LabelKey, threshold: float) -> None:
        """Show events of the label from this score on. Raises ValueError outside [0, 1]."""
        self._thresholds.choose_label(key, threshold)
        self._tell_change()

    def reset_label_threshold(self, key: LabelKey) -> None:
        """Let the label follow its kind or the model again."""
        self._thresholds.forget_label(key)
        self._tell_change()

    def reset_all_thresholds(self) -> None:
        """Go back to the model's own thresholds everywhere."""
        for task in Task:
            self._thresholds.forget(task)
        for key in self._thresholds.chosen_labels:
            self._thresholds.forget_label(key)
        self._tell_change()

    def set_hidden(self, task: Task, hidden: bool) -> None:
        """Hide or show a whole kind."""
        self._thresholds.hidden = (
            self._thresholds.hidden | {task} if hidden else self._thresholds.hidden - {task}
        )
        self._tell_change()

    def _tell_change(self) -> None:
        """Nothing is told where nothing is different."""
        if self._thresholds.limits() != self._limits:
            self._tell_thresholds()

    def _tell_thresholds(self) -> None:
        self._limits = self._thresholds.limits()
        self._is_shown = self._shown = None
        self.thresholds_changed.emit()
