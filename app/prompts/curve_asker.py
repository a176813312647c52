"""Asks the worker how sure the model is of the labels of the heat strips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.requests import CurvesResponse, LabelCurves
from app.jobs.runner import JobRunner
from app.limits import LabelKey
from app.session import Session

# While events stream in, the strips follow as often as that.
REST_MS = 300


class CurveAsker(QObject):
    """``answered`` carries curves by kind and label, no curves for media of which nothing is
    known. ``keys`` says which labels are shown. Call :meth:`shutdown` at the end.
    """

    answered = Signal(object)

    def __init__(
        self, runner: JobRunner, session: Session, keys: Callable[[], Sequence[LabelKey]]
    ) -> None:
        super().__init__(runner)
        self._runner = runner
        self._session = session
        self._keys = keys
        self._is_on = False
        self._id: int | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._ask)
        runner.curves_answered.connect(self._on_response)
        session.media_changed.connect(self._on_media)
        session.detections_changed.connect(self.look_again)

    def set_on(self, on: bool) -> None:
        """Ask from now on, or no more."""
        self._is_on = on
        self.look_again()

    def look_again(self) -> None:
        """Labels or what is known of them may have changed."""
        if self._is_on and not self._rest.isActive():
            self._rest.start()

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self._rest.stop()

    def _on_media(self, _media: object) -> None:
        self._id = None
        self.answered.emit({})

    def _ask(self) -> None:
        media, keys = self._session.media, self._keys()
        if media is not None and keys and self._is_on:
            self._id = self._runner.ask_curves(media.path, keys)

    def _on_response(self, response: CurvesResponse) -> None:
        if response.id == self._id:
            self.answered.emit(response.curves if isinstance(response, LabelCurves) else {})
