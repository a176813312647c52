"""Lets what looks at events look at a project's segments while one holds the video."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.project.columns import SegmentColumns
from app.project.values import KINDS
from app.session import Session
from app.timeline.event_rows import SCORE_STEPS
from app.timeline.segment_rows import Shown
from app.window.annotation import Annotation
from core_model.timeline import Detection

# Up to so many segments follow at once; more are waited for until the hands rest.
AT_ONCE = 1_000
REST_MS = 700


class EventMirror(QObject):
    """Shows the segments in the session as events: what people drew or accepted with the score
    1, so that no threshold hides it, and nothing of what was rejected.
    """

    def __init__(self, annotation: Annotation, session: Session) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._session = session
        self._was_on = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._show)
        annotation.changed.connect(self._on_changed)

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self._timer.stop()

    def _on_changed(self) -> None:
        columns = self._annotation.columns
        if columns is not None and len(columns) > AT_ONCE:
            self._timer.start()
        else:
            self._timer.stop()
            self._show()

    def _show(self) -> None:
        columns = self._annotation.columns
        if columns is not None:
            names = {label.id: label.name for label in self._annotation.labels()}
            self._session.set_detections(events_of(columns, names))
        elif self._was_on:
            self._session.set_detections(())
        self._was_on = columns is not None


def events_of(columns: SegmentColumns, names: dict[int, str]) -> tuple[Detection, ...]:
    """The segments of a video that nobody rejected, sorted by onset."""
    looks = Shown().looks(columns, slice(None))
    scores = columns.scores.copy()
    # Looks up to the number of steps are those of finds that nobody has decided on.
    decided = (looks > SCORE_STEPS) | (scores != scores)
    scores[decided] = 1.0
    rows = zip(
        columns.kinds[looks >= 0].tolist(),
        columns.label_ids[looks >= 0].tolist(),
        columns.onset_us[looks >= 0].tolist(),
        columns.offset_us[looks >= 0].tolist(),
        scores[looks >= 0].tolist(),
        strict=True,
    )
    return tuple(
        Detection(KINDS[kind], names.get(label, ""), onset_us, offset_us, score)
        for kind, label, onset_us, offset_us, score in rows
    )
