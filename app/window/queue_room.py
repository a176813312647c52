"""The queue of detections in the window: on the board, in the status line, in the Model menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.messages import MessageBar
from app.panels.queue_strip import QueueStrip, queue_text
from app.panels.video_board import VideoBoard
from app.runs.run_queue import RunQueue
from app.window.annotation import Annotation
from app.window.detection import DetectionPresenter
from app.window.status_line import StatusLine

ON_SELECTED = ("detect_selected", "queue_next", "queue_drop")


class QueueRoom(QObject):
    """Makes the queue and joins it to the rest; :meth:`stop` and :meth:`shutdown` at the end."""

    def __init__(
        self,
        annotation: Annotation,
        detection: DetectionPresenter,
        board: VideoBoard,
        bundle: Callable[[], Path | None],
        status: StatusLine,
        messages: MessageBar,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._detection = detection
        self._board = board
        self._status = status
        self._actions = actions
        self.queue = RunQueue(annotation.projects, bundle, self)
        self.strip = QueueStrip(self.queue, annotation.projects, actions)
        board.add_below(self.strip)
        board.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        board.view.customContextMenuRequested.connect(self._show_menu)
        board.view.selectionModel().selectionChanged.connect(self._tell)
        board.model.modelReset.connect(self._tell)
        self.queue.changed.connect(self._tell)
        self.queue.noticed.connect(messages.show_notice)
        annotation.changed.connect(self._on_annotation)
        detection.running_changed.connect(self.queue.set_urgent_work)
        detection.found.connect(self._on_found)
        detection.stopped.connect(self._on_stopped)
        self._tell()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "detect_selected": self._detect_selected,
            "detect_all": self._detect_all,
            "queue_next": self._raise_selected,
            "queue_pause": self.queue.pause,
            "queue_drop": self._drop_selected,
            "queue_clear": self.queue.clear,
        }

    def stop(self) -> None:
        """Let the thread end by itself; what waits stays remembered by the project."""
        self.queue.stop()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Join the thread; False if it still runs after ``patience_s``."""
        return self.queue.shutdown(patience_s)

    def _detect_selected(self) -> None:
        self.queue.add(self._board.selected_ids)

    def _detect_all(self) -> None:
        document = self._annotation.projects.document
        self.queue.add(() if document is None else document.videos)

    def _raise_selected(self) -> None:
        self.queue.raise_first(self._board.selected_ids)

    def _drop_selected(self) -> None:
        self.queue.drop(self._board.selected_ids)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self._board.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self._actions[name] for name in ON_SELECTED])
        menu.popup(self._board.view.viewport().mapToGlobal(at))

    def _on_annotation(self) -> None:
        if self._annotation.video_id != self.queue.open_id:
            self.queue.set_open(self._annotation.video_id)

    def _on_found(self, _found: object) -> None:
        if self._annotation.video_id is not None:
            self.queue.done_elsewhere(self._annotation.video_id)

    def _on_stopped(self) -> None:
        """Who stops looking at the open video does not want it looked at behind the scenes."""
        if self._annotation.video_id is not None:
            self.queue.drop({self._annotation.video_id})

    def _tell(self) -> None:
        waiting, selected = self.queue.waiting, self._board.selected_ids
        texts = self.queue.texts()
        runs = {each: (text, each in waiting.failed) for each, text in texts.items()}
        self._board.model.set_runs(runs)
        text = queue_text(self.queue)
        self._status.set_queue(f"queue: {text}" if text else "", "Detection of many videos")
        projects = self._annotation.projects
        document = projects.document
        can = projects.is_writable and document is not None and bool(document.videos)
        is_waiting = any(each in waiting.order for each in selected)
        for name, enabled in (
            ("detect_selected", can and bool(selected)),
            ("detect_all", can),
            ("queue_next", is_waiting),
            ("queue_drop", any(each in runs for each in selected)),
            ("queue_pause", bool(waiting.order) or waiting.is_paused),
            ("queue_clear", bool(runs)),
        ):
            self._actions[name].setEnabled(enabled)
        if self._actions["queue_pause"].isChecked() != waiting.is_paused:
            self._actions["queue_pause"].setChecked(waiting.is_paused)
