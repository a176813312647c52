"""What is open and what was found in it: the state that panels, timeline and picture share."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

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

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media: MediaInfo | None = None
        self._detections: tuple[Detection, ...] = ()
        self._thresholds = dict.fromkeys(Task, DEFAULT_THRESHOLD)
        self._suggested = dict(self._thresholds)
        self._hidden: frozenset[Task] = frozenset()
        self._shown: tuple[Detection, ...] | None = None
        self._moved_by_hand: frozenset[Task] = frozenset()

    @property
    def media(self) -> MediaInfo | None:
        return self._media

    @property
    def detections(self) -> tuple[Detection, ...]:
        """All of them, sorted by onset."""
        return self._detections

    @property
    def thresholds(self) -> dict[Task, float]:
        """Per kind, in [0, 1]; above 1 for a kind that is hidden altogether."""
        return {
            task: 2.0 if task in self._hidden else value for task, value in self._thresholds.items()
        }

    def threshold(self, task: Task) -> float:
        """Where the kind's slider stands, in [0, 1], hidden or not."""
        return self._thresholds[task]

    def suggested_threshold(self, task: Task) -> float:
        """The model's own threshold of the kind, in [0, 1]."""
        return self._suggested[task]

    def is_hidden(self, task: Task) -> bool:
        return task in self._hidden

    def shown_detections(self) -> tuple[Detection, ...]:
        """The detections at or above the threshold of their kind, sorted by onset."""
        if self._shown is None:
            limits = self.thresholds
            self._shown = tuple(
                found for found in self._detections if found.score >= limits[found.task]
            )
        return self._shown

    def set_media(self, media: MediaInfo | None) -> None:
        """Take on another file, of which nothing is known yet."""
        self._media = media
        self._detections = ()
        self._shown = None
        self.media_changed.emit(media)
        self.detections_changed.emit()

    def set_detections(self, detections: tuple[Detection, ...]) -> None:
        if detections != self._detections:
            self._detections = detections
            self._shown = None
            self.detections_changed.emit()

    def suggest_thresholds(self, thresholds: Mapping[Task, float]) -> None:
        """Take on the model's own thresholds, but for kinds where somebody has chosen another."""
        self._suggested.update(thresholds)
        for task in thresholds.keys() - self._moved_by_hand:
            self._thresholds[task] = thresholds[task]
        self._shown = None
        self.thresholds_changed.emit()

    def set_threshold(self, task: Task, threshold: float) -> None:
        """Show events of the kind from this score on. Raises ValueError outside [0, 1]."""
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(f"threshold must lie in [0, 1]: {threshold}")
        self._moved_by_hand |= {task}
        if threshold != self._thresholds[task]:
            self._thresholds[task] = threshold
            self._shown = None
            self.thresholds_changed.emit()

    def reset_threshold(self, task: Task) -> None:
        """Go back to the model's own threshold of the kind."""
        self.set_threshold(task, self._suggested[task])
        self._moved_by_hand -= {task}

    def set_hidden(self, task: Task, hidden: bool) -> None:
        """Hide or show a whole kind."""
        changed = self._hidden | {task} if hidden else self._hidden - {task}
        if changed != self._hidden:
            self._hidden = changed
            self._shown = None
            self.thresholds_changed.emit()
