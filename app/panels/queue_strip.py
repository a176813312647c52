"""How far the detection of many videos is, and what waits, under the board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.queue_list import QueueList, QueueRow
from app.player.time_code import time_left
from app.project.project_session import ProjectSession
from app.runs.run_queue import RunQueue
from app.theme import tabular

STEPS = 1_000


class QueueStrip(QWidget):
    """Hidden while nothing waits and nothing failed. What waits is shown when it is asked for."""

    def __init__(
        self, queue: RunQueue, projects: ProjectSession, actions: Mapping[str, QAction]
    ) -> None:
        super().__init__()
        self._queue = queue
        self._projects = projects
        self._text = QLabel()
        self._text.setFont(tabular(self._text.font()))
        self._text.setAccessibleName("Queue of detections")
        self._text.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setRange(0, STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self._bar.setAccessibleName("Progress of the queue")
        self._pause = _button(actions["queue_pause"])
        self._clear = _button(actions["queue_clear"])
        self._clear.setText("Cancel")
        self.list = QueueList()
        self.list.hide()
        self.list.move_asked.connect(queue.move)
        self.list.drop_asked.connect(queue.drop)
        self.unfold = QToolButton()
        self.unfold.setObjectName("rowButton")
        self.unfold.setCheckable(True)
        self.unfold.setArrowType(Qt.ArrowType.RightArrow)
        self.unfold.setToolTip("Show what waits, to change its order")
        self.unfold.setAccessibleName("Show what waits")
        self.unfold.toggled.connect(self._on_unfold)
        actions["queue_pause"].toggled.connect(self._tell)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.unfold)
        line.addWidget(self._text, 1)
        line.addWidget(self._pause)
        line.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._bar)
        column.addLayout(line)
        column.addWidget(self.list)
        queue.changed.connect(self._tell)
        self._tell()

    @property
    def text(self) -> str:
        return self._text.text()

    def _on_unfold(self, on: bool) -> None:
        self.unfold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._tell()

    def _tell(self) -> None:
        waiting = self._queue.waiting
        self.setVisible(bool(waiting.order or waiting.failed))
        self._bar.setVisible(bool(waiting.order))
        self._bar.setValue(round(self._queue.part_done * STEPS))
        self._pause.setVisible(bool(waiting.order))
        self._pause.setText("Go on" if waiting.is_paused else "Pause")
        self._clear.setText("Cancel" if waiting.order else "Close")
        self._text.setText(queue_text(self._queue))
        self.unfold.setVisible(bool(waiting.order))
        is_shown = self.unfold.isChecked() and bool(waiting.order)
        if is_shown:
            self.list.set_rows(self._rows())
        self.list.setVisible(is_shown)

    def _rows(self) -> list[QueueRow]:
        document, texts = self._projects.document, self._queue.texts()
        if document is None:
            return []
        return [
            QueueRow(
                each,
                PurePosixPath(document.videos[each].path).name,
                texts[each].removesuffix(" in the queue"),
                each == self._queue.at_work,
            )
            for each in self._queue.order
            if each in document.videos
        ]


def queue_text(queue: RunQueue) -> str:
    """The whole queue in a few words; "" for an empty one."""
    waiting = queue.waiting
    count = len(waiting.failed)
    failed = f"{count} video{'' if count == 1 else 's'} failed" if count else ""
    if not waiting.order:
        return failed
    parts = [f"{waiting.finished + 1} of {waiting.total}"]
    if waiting.is_paused:
        parts.append("paused")
    elif queue.is_standing:
        parts.append("waits for the open video")
    elif queue.seconds_left is not None:
        parts.append(f"{time_left(queue.seconds_left)} left")
    return " · ".join(part for part in (*parts, failed) if part)


def _button(action: QAction) -> QPushButton:
    button = QPushButton()
    button.setObjectName("small")
    button.setToolTip(action.toolTip())
    button.setAccessibleName(action.text())
    button.clicked.connect(action.trigger)
    return button
