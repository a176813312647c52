"""Between the worker and the window: asks for detection and tells how it goes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.jobs.requests import (
    DetectFailure,
    DetectProgress,
    DetectResponse,
    ModelReady,
    ModelReplaced,
)
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.event_list import EventList
from app.player.time_code import time_left
from app.session import Session
from app.window.status_line import StatusLine
from core_model.bundle_description import BundleError, read_description, starter_folder
from core_model.timeline import Detection, Task

WAITING_HINT = "Looking for events. They appear here as they are found."
EMPTY_HINT = "Events appear here when a video is open."
NOTHING_HINT = "No events were found in this file."
STOPPED_HINT = "Detection was stopped. Choose Model, Find Events to look again."
FAILED_HINT = "Detection is not possible. The player works without it."


@dataclass(frozen=True, slots=True)
class Found:
    """All that a finished detection found, and by what."""

    model: str
    version: str
    detections: tuple[Detection, ...]


class DetectionPresenter(QObject):
    """Starts, cancels and shows detection; the events go into the session.

    While a project holds the video they do not: ``found`` then carries them once all are found.
    ``model_changed``: another model is in use than before.
    ``running_changed``: detection began or ended. ``stopped``: a person stopped it.
    """

    found = Signal(object)
    model_changed = Signal()
    running_changed = Signal(bool)
    stopped = Signal()

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
        self._model_name = ""
        self._to_project = False
        self._was_running = False
        self._last: DetectProgress | None = None
        runner.responded.connect(self._on_response)
        status.cancel_asked.connect(self.cancel)
        session.thresholds_changed.connect(self._tell_count)

    @property
    def model(self) -> tuple[str, str]:
        """Name and version of the model in use; empty while it is not loaded."""
        name, _, version = self._model_name.rpartition(" ")
        return (name or version, version if name else "")

    @property
    def is_running(self) -> bool:
        return self._runner.is_busy

    def start(self) -> None:
        """Look for events in the open file, from the beginning."""
        media = self._session.media
        if media is None:
            return
        self._last = None
        if not self._to_project:
            self._session.set_detections(())
        self._runner.detect(media.path)
        self._status.set_working("Loading the model…" if not self._model else "Reading…", None)
        self._events.set_hint(WAITING_HINT)
        self._tell_running()

    def cancel(self) -> None:
        """Stop; what has been found so far stays."""
        if self.is_running:
            self._runner.cancel()
            self._status.set_idle("Detection stopped")
            self._events.set_hint(STOPPED_HINT)
            self.stopped.emit()
            self._tell_running()

    def keep_to_project(self, on: bool) -> None:
        """Whether what is found belongs to a project, and is not the session's."""
        self._to_project = on

    def hand_over(self) -> None:
        """Tell again what was found before there was a project; look for it where nothing was."""
        if self._last is not None:
            self._tell_found(self._last)
        elif not self.is_running:
            self.start()

    def rest(self) -> None:
        """Another file is open in which nothing needs to be looked for."""
        self._last = None
        self._runner.cancel()
        self._status.set_idle("")
        self._events.set_hint(NOTHING_HINT)
        self._tell_running()

    def forget(self) -> None:
        """The file is closed: stop without a word."""
        self._last = None
        self._runner.cancel()
        self._status.set_idle("")
        self._events.set_hint(EMPTY_HINT)
        self._tell_running()

    def _tell_running(self) -> None:
        if self._was_running != self.is_running:
            self._was_running = self.is_running
            self.running_changed.emit(self._was_running)

    def _on_response(self, response: DetectResponse) -> None:
        if isinstance(response, ModelReady):
            is_other = self._model_name not in ("", response.model)
            self._model_name = response.model
            self._model = f"{response.model} · {response.device}"
            self._status.set_model(self._model)
            self._status.set_working("Reading…", None)
            self._session.suggest_thresholds(response.thresholds, response.label_thresholds)
            if is_other:
                self.model_changed.emit()
        elif isinstance(response, ModelReplaced):
            self._messages.show_error(f"{response.reason}. The model that comes along is used.")
        elif isinstance(response, DetectFailure):
            self._status.set_idle("Detection failed")
            self._events.set_hint(FAILED_HINT)
            self._messages.show_error(response.reason)
        else:
            self._on_progress(response)
        self._tell_running()

    def _on_progress(self, progress: DetectProgress) -> None:
        if not self._to_project:
            self._session.set_detections(progress.detections)
        # What the cache answers says nothing about how fast the model is.
        if progress.times_real_time > 0 and not progress.from_cache:
            speed = f"{_speed_text(progress.times_real_time)}× real time"
            self._status.set_model(f"{self._model} · {speed}")
        if progress.done:
            self._last = progress
            if self._to_project:
                self._tell_found(progress)
            self._tell_count()
            self._events.set_hint(NOTHING_HINT)
            return
        left_s = progress.seconds_left
        left = "" if left_s is None else f" · {time_left(left_s)} left"
        self._status.set_working(
            f"Finding events {progress.part_done * 100:.0f} %{left}", progress.part_done
        )

    def _tell_found(self, progress: DetectProgress) -> None:
        """Models are named with their version ("starter 1.0")."""
        self.found.emit(Found(*self.model, progress.detections))

    def _tell_count(self) -> None:
        """The same numbers as in the list of events, while the thresholds move."""
        if self._last is None:
            return
        total, shown = len(self._session.detections), self._session.shown_count
        events = f"{shown} of {total} events shown" if total else "No events found"
        if self._to_project:
            events = f"{len(self._last.detections)} events found"
        source = " · read from the cache" if self._last.from_cache else ""
        self._status.set_idle(events + source)


def suggest_bundled(session: Session) -> None:
    """The thresholds of the bundle that comes along, known before it is loaded."""
    try:
        description = read_description(starter_folder())
    except BundleError:
        # Detection says what is wrong with it, where it is needed.
        return
    kinds = {task: known.threshold for task, known in description.tasks.items()}
    session.suggest_thresholds(kinds, description.own_thresholds)


def bundled_sentences() -> dict[Task, str]:
    """The sentence around labels that the bundle that comes along was trained with, by kind."""
    try:
        description = read_description(starter_folder())
    except BundleError:
        return {}
    return {task: known.prompt for task, known in description.tasks.items()}


def _speed_text(times_real_time: float) -> str:
    return f"{times_real_time:.1f}" if times_real_time < 9.95 else f"{times_real_time:.0f}"
