"""Many decisions at once: accept all from a score on, reject all below one."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from app.project.edits import DecideByScore
from app.project.values import STATES, Label
from app.window.annotation import Annotation
from training.annotations.model import State

FIRST_ACCEPTED = 0.9
FIRST_REJECTED = 0.2


class ScorePopup(QFrame):
    """Two thresholds with what they would decide on, told before it is done.

    ``decided``: an edit was made, one step of undo.
    """

    decided = Signal()

    def __init__(self, annotation: Annotation, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.setAccessibleName("Decide by score")
        self._annotation = annotation
        self._label: Label | None = None
        self._scope = QLabel()
        self._scope.setObjectName("heading")
        self._accept = QPushButton()
        self._reject = QPushButton()
        self._from = _score_box("Accept from this score on", FIRST_ACCEPTED)
        self._below = _score_box("Reject below this score", FIRST_REJECTED)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 12, 12, 12)
        grid.setSpacing(8)
        grid.addWidget(self._scope, 0, 0, 1, 3)
        rows = (
            ("Score from", self._from, self._accept),
            ("Score below", self._below, self._reject),
        )
        for row, (text, box, button) in enumerate(rows, 1):
            grid.addWidget(QLabel(text), row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(button, row, 2)
            box.valueChanged.connect(self._read)
        self._accept.clicked.connect(self._on_accept)
        self._reject.clicked.connect(self._on_reject)

    def open_for(self, label: Label | None) -> None:
        """Ask about the finds of a label, or of all."""
        self._label = label
        self._scope.setText("ALL LABELS" if label is None else label.name.upper())
        self._read()
        self.show()
        self._from.setFocus()

    def _read(self, _value: object = None) -> None:
        scores = self._scores()
        accepted = int((scores >= self._from.value()).sum())
        rejected = int((scores < self._below.value()).sum())
        can = self._annotation.is_writable
        self._accept.setText(f"Accept {accepted:,}")
        self._accept.setEnabled(can and accepted > 0)
        self._reject.setText(f"Reject {rejected:,}")
        self._reject.setEnabled(can and rejected > 0)

    def _scores(self) -> np.ndarray:
        """Of the undecided finds that are meant; those without a score are not."""
        columns = self._annotation.columns
        if columns is None:
            return np.empty(0)
        meant = columns.states == STATES.index(State.UNDECIDED)
        if self._label is not None:
            meant &= columns.label_ids == self._label.id
        scores = columns.scores[meant]
        return scores[~np.isnan(scores)]

    def _on_accept(self) -> None:
        self._decide(State.ACCEPTED, self._from.value())

    def _on_reject(self) -> None:
        self._decide(State.REJECTED, self._below.value())

    def _decide(self, state: State, score: float) -> None:
        label = self._label
        edit = DecideByScore(
            state,
            round(score, 2),
            self._annotation.video_id,
            None if label is None else label.kind,
            None if label is None else label.name,
        )
        self.hide()
        if self._annotation.perform(edit):
            self.decided.emit()


def _score_box(name: str, value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setRange(0.0, 1.0)
    box.setSingleStep(0.05)
    box.setDecimals(2)
    box.setValue(value)
    return box
