"""The worker thread and the main thread's end of it."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.requests import DetectFailure, DetectProgress, DetectRequest, DetectResponse


class JobRunner(QObject):
    """Sends requests to one worker thread and hands its responses on, in the main thread.

    ``responded`` carries a DetectResponse of the newest request only: what a cancelled or older
    one still sends is dropped. The thread, and with it the model, starts with the first request,
    or when it is asked to warm up.
    """

    responded = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._condition = threading.Condition()
        self._request: DetectRequest | None = None
        self._newest_id = 0
        self._wanted_id: int | None = None
        self._closing = False
        self._thread: threading.Thread | None = None
        self._bundle: Path | None = None
        self._arrived.connect(self._on_arrived)

    @property
    def is_busy(self) -> bool:
        """Whether a request has been sent and neither finished, failed nor been cancelled."""
        return self._wanted_id is not None

    def set_bundle(self, folder: Path | None) -> None:
        """Use this model from the next request on; None for the one that comes along."""
        self._bundle = folder

    def warm_up(self) -> None:
        """Load the model now, so that the first file need not wait for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="detection")
            self._thread.start()

    def detect(self, path: Path) -> int:
        """Ask for the events of a file instead of whatever is under way; returns the id."""
        with self._condition:
            self._newest_id += 1
            self._wanted_id = self._newest_id
            self._request = DetectRequest(self._newest_id, path, bundle=self._bundle)
            self._condition.notify_all()
        self.warm_up()
        return self._newest_id

    def cancel(self) -> None:
        """Want no more responses; the worker stops at its next look."""
        with self._condition:
            self._wanted_id = None
            self._request = None

    def stop(self) -> None:
        """Cancel, take no more requests, and let the thread end by itself."""
        with self._condition:
            self._closing = True
            self._wanted_id = None
            self._request = None
            self._condition.notify_all()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Stop and join the thread; False if it still runs after ``patience_s`` (None: for ever).

        It may be loading the model's library, which takes seconds and heeds nobody.
        """
        self.stop()
        if self._thread is not None:
            self._thread.join(patience_s)
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        # Imported here, in the worker: the model's library takes seconds to load, and the window
        # is used meanwhile.
        from app.jobs.engine import DetectionEngine

        engine = DetectionEngine()
        engine.prepare(self._bundle)
        while (request := self._next_request()) is not None:
            for response in engine.serve(request, lambda asked=request.id: self._must_stop(asked)):
                self._arrived.emit(response)

    def _next_request(self) -> DetectRequest | None:
        with self._condition:
            self._condition.wait_for(lambda: self._closing or self._request is not None)
            request, self._request = self._request, None
            return None if self._closing else request

    def _must_stop(self, request_id: int) -> bool:
        """What the worker asks all the time: whether nobody wants its work any more."""
        return self._is_stale(request_id)

    def _is_stale(self, request_id: int) -> bool:
        return self._wanted_id != request_id

    def _on_arrived(self, response: DetectResponse) -> None:
        if self._is_stale(response.id):
            return
        if isinstance(response, DetectFailure) or (
            isinstance(response, DetectProgress) and response.done
        ):
            self._wanted_id = None
        self.responded.emit(response)
