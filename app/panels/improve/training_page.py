"""A training while it runs: how far, how long, and its curves."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.improve.improvement import Improvement
from app.panels.improve.curves import TrainingCurves
from app.player.time_code import time_left
from app.theme import Theme, tabular

STEPS = 1_000


class TrainingPage(QWidget):
    """Shows an improvement that is under way."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._text = QLabel()
        self._text.setFont(tabular(self._text.font()))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName("Progress of training")
        self._remarks = QLabel()
        self._remarks.setObjectName("secondary")
        self._remarks.setWordWrap(True)
        self.curves = TrainingCurves(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        column.addWidget(self.curves, 1)
        column.addWidget(self._remarks)

    @property
    def text(self) -> str:
        return self._text.text()

    def set_theme(self, theme: Theme) -> None:
        self.curves.set_theme(theme)

    def show_state(self, improvement: Improvement) -> None:
        """Say how far it is."""
        steps, encoding = improvement.steps, improvement.encoding
        if steps:
            last = steps[-1]
            left = time_left(last.seconds_left)
            self._tell(f"Step {last.step:,} of {last.of:,} · {left} left", last.step / last.of)
        elif encoding is not None and encoding.done < encoding.of:
            done = encoding.done + encoding.share
            video = f"{encoding.video} {encoding.share * 100:.0f} %"
            place = f"video {encoding.done + 1} of {encoding.of}"
            self._tell(f"Reading {place}: {video}", done / encoding.of)
        else:
            self._tell("Loading the model…", None)
        self._remarks.setText("\n".join(improvement.remarks[-3:]))
        self._remarks.setVisible(bool(improvement.remarks))
        self.curves.show_curves(steps, improvement.evaluations)

    def rest(self) -> None:
        """A busy bar's animation is a timer: it must not outlive the work."""
        self._bar.setRange(0, STEPS)

    def _tell(self, text: str, part_done: float | None) -> None:
        self._text.setText(text)
        self._bar.setRange(0, 0 if part_done is None else STEPS)
        if part_done is not None:
            self._bar.setValue(round(min(max(part_done, 0.0), 1.0) * STEPS))
