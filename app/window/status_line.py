"""The status line: what the program is doing, on what, and how the sound fares."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.player.pacer import SoundState
from app.theme import tabular

PROGRESS_STEPS = 1_000
WIDEST_WORK = "Finding events 100 % · 00:00 left"

_SOUND_TEXTS = {
    SoundState.NONE: "",
    SoundState.READY: "",
    SoundState.PLAYING: "sound on",
    SoundState.SILENT_FILE: "this file has no sound",
    SoundState.NO_CARD: "no sound card: playing on a timer",
    SoundState.UNREADABLE: "sound can't be read: playing on a timer",
}


class StatusLine(QWidget):
    """Fixed height and fixed places, so that nothing jumps while work goes on."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(30)
        self._work = QLabel()
        self._work.setFont(tabular(self._work.font()))
        self._progress = QProgressBar()
        self._progress.setRange(0, PROGRESS_STEPS)
        self._progress.setTextVisible(False)
        self._progress.setFixedSize(160, 6)
        self._progress.setAccessibleName("Progress of detection")
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("small")
        self._cancel.setToolTip("Stop looking for events (Esc)")
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cancel.clicked.connect(self.cancel_asked)
        self._queue = _quiet_label("Queue of detections")
        self._model = _quiet_label("Model")
        self._sound = _quiet_label("Sound")
        self._selection = _quiet_label("Selection")
        self._dropped = _quiet_label("Dropped frames")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.setSpacing(12)
        self._project = QLabel()
        self._project.setAccessibleName("Project")
        self._project.setFont(tabular(self._project.font()))
        self._project.hide()
        layout.addWidget(self._project)
        layout.addWidget(self._work)
        layout.addWidget(self._progress)
        layout.addWidget(self._cancel)
        layout.addStretch(1)
        layout.addWidget(self._queue)
        layout.addWidget(self._selection)
        layout.addWidget(self._dropped)
        layout.addWidget(self._sound)
        layout.addWidget(self._model)
        self.set_idle("")

    @property
    def work_text(self) -> str:
        return self._work.text()

    @property
    def project_text(self) -> str:
        return self._project.text()

    @property
    def sound_text(self) -> str:
        return self._sound.text()

    @property
    def selection_text(self) -> str:
        return self._selection.text()

    @property
    def dropped_text(self) -> str:
        return self._dropped.text()

    @property
    def queue_text(self) -> str:
        return self._queue.text()

    @property
    def model_text(self) -> str:
        return self._model.text()

    def set_working(self, text: str, part_done: float | None) -> None:
        """Work is under way; ``part_done`` in [0, 1], or None while it can't be told."""
        self._work.setText(text)
        # The bar and the button stay where they are while the words change.
        self._work.setMinimumWidth(self._work.fontMetrics().horizontalAdvance(WIDEST_WORK))
        if part_done is None:
            self._progress.setRange(0, 0)
        else:
            self._progress.setRange(0, PROGRESS_STEPS)
            self._progress.setValue(round(part_done * PROGRESS_STEPS))
        self._progress.show()
        self._cancel.show()

    def set_idle(self, text: str) -> None:
        """No work is under way; ``text`` says how the last one ended."""
        self._work.setText(text)
        self._work.setMinimumWidth(0)
        # A busy bar's animation is a timer: it must not outlive the work.
        self._progress.setRange(0, PROGRESS_STEPS)
        self._progress.hide()
        self._cancel.hide()

    def set_model(self, text: str) -> None:
        _tell(self._model, text)

    def set_queue(self, text: str, tip: str) -> None:
        """How far the detection of many videos is; "" where there is none."""
        _tell(self._queue, text, tip)

    def set_project(self, text: str, tip: str, mood: str) -> None:
        """What became of the last change; ``mood`` is "saved", "quiet" or "failed" (red)."""
        _tell(self._project, text, tip)
        self._project.setObjectName(mood)
        # The style sheet looks at a name only when the widget is polished.
        self._project.style().unpolish(self._project)
        self._project.style().polish(self._project)

    def set_selection(self, text: str, span: str) -> None:
        """How much time is selected, and from when to when as a tool tip."""
        _tell(self._selection, text, span)

    def set_dropped(self, count: int) -> None:
        """How many frames of the open video came too late to be shown."""
        frames = "1 frame" if count == 1 else f"{count} frames"
        tip = "Decoded too late to be shown while playing"
        _tell(self._dropped, f"{frames} dropped" if count else "", tip)

    def set_sound(self, state: SoundState, reason: str) -> None:
        """``reason`` is shown as a tool tip."""
        _tell(self._sound, _SOUND_TEXTS[state], reason)


def _tell(label: QLabel, text: str, tip: str = "") -> None:
    """Show a text; without one there is no label, and no gap around it either."""
    label.setText(text)
    label.setToolTip(tip)
    label.setVisible(bool(text))


def _quiet_label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName("secondary")
    label.setAccessibleName(name)
    label.setFont(tabular(label.font()))
    label.hide()
    return label
