"""Between the worker and the window: asks for detection and tells how it goes."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.jobs.requests import DetectFailure, DetectProgress, DetectResponse, ModelReady
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.event_list import EventList
from app.player.time_code import time_left
from app.session import Session
from app.window.status_line import StatusLine

WAITING_HINT = "Looking for events. They appear here as they are found."
EMPTY_HINT = "Events appear here when a video is open."
NOTHING_HINT = "No events were found in this file."
STOPPED_HINT = "Detection was stopped. Choose Model, Find Events to look again."
FAILED_HINT = "Detection is not possible. The player works without it."


class DetectionPresenter(QObject):
    """Starts, cancels and shows detection; the events go into the session."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        status: StatusLine,
        events: EventList,
        messages: MessageBar,
    ) -> None:
        super().__init__(runner)
        self._session = session
        self._runner = runner
        self._status = status
        self._events = events
        self._messages = messages
        self._model = ""
        runner.responded.connect(self._on_response)
        status.cancel_asked.connect(self.cancel)

    @property
    def is_running(self) -> bool:
        return self._runner.is_busy

    def start(self) -> None:
        """Look for events in the open file, from the beginning."""
        media = self._session.media
        if media is None:
            return
        self._session.set_detections(())
        self._runner.detect(media.path)
        self._status.set_working("Loading the model…" if not self._model else "Reading…", None)
        self._events.set_hint(WAITING_HINT)

    def cancel(self) -> None:
        """Stop; what has been found so far stays."""
        if self.is_running:
            self._runner.cancel()
            self._status.set_idle("Detection stopped")
            self._events.set_hint(STOPPED_HINT)

    def forget(self) -> None:
        """The file is closed: stop without a word."""
        self._runner.cancel()
        self._status.set_idle("")
        self._events.set_hint(EMPTY_HINT)

    def _on_response(self, response: DetectResponse) -> None:
        if isinstance(response, ModelReady):
            self._model = f"{response.model} · {response.device}"
            self._status.set_model(self._model)
            self._status.set_working("Reading…", None)
            self._session.suggest_thresholds(response.thresholds)
        elif isinstance(response, DetectFailure):
            self._status.set_idle("Detection failed")
            self._events.set_hint(FAILED_HINT)
            self._messages.show_error(response.reason)
        else:
            self._on_progress(response)

    def _on_progress(self, progress: DetectProgress) -> None:
        self._session.set_detections(progress.detections)
        if progress.times_real_time > 0:
            speed = f"{progress.times_real_time:.0f}× real time"
            self._status.set_model(f"{self._model} · {speed}")
        if progress.done:
            self._status.set_idle(_done_text(progress, len(self._session.shown_detections())))
            self._events.set_hint(NOTHING_HINT)
            return
        left_s = progress.seconds_left
        left = "" if left_s is None else f" · {time_left(left_s)} left"
        self._status.set_working(
            f"Finding events {progress.part_done * 100:.0f} %{left}", progress.part_done
        )


def _done_text(progress: DetectProgress, shown: int) -> str:
    events = f"{shown} event{'' if shown == 1 else 's'}"
    return f"{events}, read from the cache" if progress.from_cache else f"{events} found"
